"""Artists, albums, tracks, tags, licences (§3.5–§3.8, §4.8, §4.10)."""

from __future__ import annotations

from fwtwisted.model.music import CATEGORIES
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    PATH,
    TEXT,
    UUID,
    choice,
    listed,
    maybe,
    named,
    told,
    with_more,
)
from fwtwisted.wire.v1.shapes import ATTACHMENT, CONTENT, THING
from fwtwisted.wire.v1.shapes.people import ACTOR

CATEGORY = choice(CATEGORIES)
RELEASED = maybe(TEXT)

SIMPLE_ARTIST = named(
    "SimpleArtist",
    told(
        THING,
        name=TEXT,
        modification_date=MOMENT,
        content_category=CATEGORY,
        description=maybe(CONTENT),
        attachment_cover=maybe(ATTACHMENT),
        channel=maybe(UUID),
    ),
)
ARTIST = named(
    "Artist",
    told(
        THING,
        name=TEXT,
        content_category=CATEGORY,
        cover=maybe(ATTACHMENT),
        tags=listed(TEXT),
        attributed_to=maybe(ACTOR),
        tracks_count=COUNT,
        channel=maybe(
            told(uuid=UUID, actor=told(full_username=TEXT, preferred_username=TEXT, domain=TEXT)),
        ),
        albums=listed(
            named(
                "AlbumOfArtist",
                told(
                    THING,
                    title=TEXT,
                    artist=ID,
                    release_date=RELEASED,
                    cover=maybe(ATTACHMENT),
                    tracks_count=COUNT,
                    is_playable=FLAG,
                ),
            )
        ),
    ),
)
ARTIST_DETAIL = named("ArtistDetail", with_more(ARTIST, description=maybe(CONTENT)))

NESTED_ALBUM = named(
    "NestedAlbum",
    told(
        THING,
        title=TEXT,
        artist=SIMPLE_ARTIST,
        release_date=RELEASED,
        cover=maybe(ATTACHMENT),
        tracks_count=COUNT,
    ),
)
ALBUM = named(
    "Album",
    with_more(NESTED_ALBUM, tags=listed(TEXT), attributed_to=maybe(ACTOR), is_playable=FLAG, duration=COUNT),
)
ALBUM_DETAIL = named("AlbumDetail", with_more(ALBUM, description=maybe(CONTENT)))

UPLOAD_OF_TRACK = named(
    "UploadOfTrack",
    told(
        uuid=UUID,
        listen_url=PATH,
        size=maybe(COUNT),
        duration=maybe(COUNT),
        bitrate=maybe(COUNT),
        mimetype=maybe(TEXT),
        extension=TEXT,
        is_local=FLAG,
    ),
)
TRACK = named(
    "Track",
    told(
        THING,
        title=TEXT,
        artist=SIMPLE_ARTIST,
        album=maybe(NESTED_ALBUM),
        position=maybe(COUNT),
        disc_number=maybe(COUNT),
        copyright=maybe(TEXT),
        license=maybe(TEXT),
        cover=maybe(ATTACHMENT),
        tags=listed(TEXT),
        attributed_to=maybe(ACTOR),
        downloads_count=COUNT,
        listen_url=PATH,
        is_playable=FLAG,
        uploads=listed(UPLOAD_OF_TRACK),
    ),
)
TRACK_DETAIL = named("TrackDetail", with_more(TRACK, description=maybe(CONTENT)))

TAG = named("Tag", told(name=TEXT, creation_date=MOMENT))
LICENSE = named(
    "License",
    told(
        id=ADDRESS,
        url=ADDRESS,
        code=TEXT,
        name=TEXT,
        redistribute=FLAG,
        derivative=FLAG,
        commercial=FLAG,
        attribution=FLAG,
        copyleft=FLAG,
    ),
)
FEW_OF_EVERYTHING = named(
    "FewOfEverything",
    told(artists=listed(ARTIST), albums=listed(ALBUM), tracks=listed(TRACK), tags=listed(TAG)),
)
