"""Playlists, and what people send to make, change and fill them (§4.12)."""

from __future__ import annotations

from fwtwisted.model.errors import NON_FIELD
from fwtwisted.model.playlists import COVERS, LONGEST_NAME
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    listed,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.playlists import HOLDS_ALREADY, MOST_AT_ONCE
from fwtwisted.wire.v1.shapes.catalog import TRACK
from fwtwisted.wire.v1.shapes.people import ACTOR, PRIVACY, USER

PLAYLIST = named(
    "Playlist",
    partly(
        told(
            id=ID,
            name=TEXT,
            user=maybe(USER),
            actor=ACTOR,
            creation_date=MOMENT,
            modification_date=MOMENT,
            privacy_level=PRIVACY,
            tracks_count=COUNT,
            duration=COUNT,
            album_covers=listed(ADDRESS, most=COVERS),
            is_playable=FLAG,
        ),
        rules=OBJECT,
    ),
)
ITEMS = named(
    "PlaylistTracks",
    told(count=COUNT, results=listed(told(track=TRACK, index=COUNT, creation_date=MOMENT))),
)
DUPLICATES = named(
    "PlaylistDuplicates",
    told(playlist=told({NON_FIELD: listed(told(tracks=listed(TEXT), playlist_name=TEXT, code=one_of(HOLDS_ALREADY)))})),
)

PLAYLIST_WISH = named("PlaylistWish", sent({"name": text(LONGEST_NAME)}, privacy_level=PRIVACY, rules=maybe(OBJECT)))
PLAYLIST_CHANGE = named("PlaylistChange", sent(name=text(LONGEST_NAME), privacy_level=PRIVACY, rules=maybe(OBJECT)))
ADDITION = named(
    "PlaylistAddition",
    sent({"tracks": listed(ID, most=MOST_AT_ONCE)}, allow_duplicates=maybe(FLAG), index=maybe(ID)),
)
INDEX = named("PlaylistIndex", sent({"index": ID}))
MOVE = named("PlaylistMove", sent({"from": ID, "to": ID}))
