"""All that a pod holds, as those see it who look after it (§4.19)."""

from __future__ import annotations

from fwtwisted.model.music import CATEGORIES
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    DAY,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    PATH,
    TEXT,
    UUID,
    Named,
    Schema,
    choice,
    either,
    listed,
    maybe,
    named,
    one_of,
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.administration import MOST_OBJECTS
from fwtwisted.wire.v1.librarians.asked import DELETE
from fwtwisted.wire.v1.music_fields import LONGEST_TAG
from fwtwisted.wire.v1.shapes import ATTACHMENT, CONTENT, THING, acted
from fwtwisted.wire.v1.shapes.administration import ADMIN_ACTOR
from fwtwisted.wire.v1.shapes.people import PRIVACY
from fwtwisted.wire.v1.shapes.uploads import STATUS

_HOME: dict[str, Schema] = {"domain": maybe(TEXT), "is_local": FLAG}
_THING: dict[str, Schema] = {**THING, **_HOME}
_OWNED: dict[str, Schema] = {
    "attributed_to": maybe(ADMIN_ACTOR),
    "tags": listed(TEXT),
    "cover": maybe(ATTACHMENT),
}


def _in_detail(thing: Named) -> Named:
    return named(f"{thing.name}Detail", with_more(thing, description=maybe(CONTENT)))


# --- works ---------------------------------------------------------------------------------------

ARTIST_OF = named("AdminArtistOf", told(_THING, name=TEXT))
ARTIST = named(
    "AdminArtist",
    told(
        {**_THING, **_OWNED},
        name=TEXT,
        tracks_count=COUNT,
        albums_count=COUNT,
        channel=maybe(UUID),
        content_category=choice(CATEGORIES),
    ),
)
_RELEASE: dict[str, Schema] = {"title": TEXT, "release_date": maybe(DAY), "artist": ARTIST_OF}
ALBUM = named("AdminAlbum", told({**_THING, **_OWNED, **_RELEASE}, tracks_count=COUNT))
ALBUM_OF = named("AdminAlbumOf", told({**_THING, **_RELEASE}, cover=maybe(ATTACHMENT), tracks_count={"type": "null"}))
_RECORDING: dict[str, Schema] = {
    "title": TEXT,
    "position": maybe(COUNT),
    "disc_number": maybe(COUNT),
    "copyright": maybe(TEXT),
    "license": maybe(TEXT),
}
TRACK_OF = named("AdminTrackOf", told({**_THING, **_RECORDING}))
TRACK = named(
    "AdminTrack",
    told({**_THING, **_OWNED, **_RECORDING}, artist=ARTIST_OF, album=maybe(ALBUM_OF), uploads_count=COUNT),
)
ARTIST_DETAIL, ALBUM_DETAIL, TRACK_DETAIL = _in_detail(ARTIST), _in_detail(ALBUM), _in_detail(TRACK)

# --- what holds them -----------------------------------------------------------------------------

LIBRARY_OF = named(
    "AdminLibraryOf",
    told(
        _HOME,
        id=ID,
        uuid=UUID,
        fid=ADDRESS,
        url={"type": "null"},
        name=TEXT,
        description=maybe(TEXT),
        creation_date=MOMENT,
        privacy_level=PRIVACY,
        followers_url=ADDRESS,
        actor=ADMIN_ACTOR,
    ),
)
LIBRARY = named("AdminLibrary", with_more(LIBRARY_OF, uploads_count=COUNT, followers_count=COUNT))
UPLOAD = named(
    "AdminUpload",
    told(
        _HOME,
        id=ID,
        uuid=UUID,
        fid=ADDRESS,
        audio_file=maybe(ADDRESS),
        listen_url=maybe(PATH),
        source=maybe(TEXT),
        filename=TEXT,
        mimetype=maybe(TEXT),
        duration=maybe(COUNT),
        bitrate=maybe(COUNT),
        size=maybe(COUNT),
        creation_date=MOMENT,
        accessed_date=maybe(MOMENT),
        modification_date=MOMENT,
        metadata=OBJECT,
        import_date=maybe(MOMENT),
        import_details=OBJECT,
        import_status=STATUS,
        import_metadata=OBJECT,
        import_reference=TEXT,
        track=maybe(TRACK_OF),
        library=LIBRARY_OF,
    ),
)
TAG = named(
    "AdminTag",
    told(id=ID, name=TEXT, creation_date=MOMENT, tracks_count=COUNT, albums_count=COUNT, artists_count=COUNT),
)
CHANNEL = named(
    "AdminChannel",
    told(
        id=ID,
        uuid=UUID,
        creation_date=MOMENT,
        artist=ARTIST,
        attributed_to=ADMIN_ACTOR,
        actor=ADMIN_ACTOR,
        rss_url=maybe(ADDRESS),
        metadata=OBJECT,
    ),
)
CHANNEL_DETAIL = named("AdminChannelDetail", with_more(CHANNEL, artist=ARTIST_DETAIL))

# --- numbers -------------------------------------------------------------------------------------

_SIZES = ("uploads", "reports", "media_total_size", "media_downloaded_size")
_HEARD = ("listenings", "mutations", "playlists", "track_favorites")
WORK_STATS = named("AdminWorkStats", told(dict.fromkeys((*_HEARD, "libraries", "channels", *_SIZES), COUNT)))
CHANNEL_STATS = named("AdminChannelStats", told(dict.fromkeys((*_HEARD, "follows", *_SIZES), COUNT)))
LIBRARY_STATS = named(
    "AdminLibraryStats", told(dict.fromkeys(("followers", "tracks", "albums", "artists", *_SIZES), COUNT))
)

# --- what people send ----------------------------------------------------------------------------


def _removal(name: str, ids: Schema) -> Named:
    return named(
        f"Admin{name}Action", sent({"action": one_of(DELETE), "objects": listed(ids, most=MOST_OBJECTS, least=1)})
    )


WORK_ACTION = _removal("Work", ID)
PLACE_ACTION = _removal("Place", either(ID, UUID))
TAG_ACTION = _removal("Tag", text(LONGEST_TAG))
REMOVED = named("AdminRemoved", acted(DELETE))
TAG_WISH = named("AdminTagWish", sent({"name": text(LONGEST_TAG + 1)}))
