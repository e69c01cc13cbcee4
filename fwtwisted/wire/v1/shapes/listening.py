"""Favourites, listenings, what happens on the pod (§4.11)."""

from __future__ import annotations

from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    ID,
    MOMENT,
    TEXT,
    listed,
    maybe,
    named,
    one_of,
    sent,
    told,
    with_more,
)
from fwtwisted.wire.v1.shapes.catalog import TRACK
from fwtwisted.wire.v1.shapes.people import ACTOR, USER

FAVORITE = named("Favorite", told(id=ID, user=maybe(USER), track=TRACK, creation_date=MOMENT, actor=ACTOR))
LISTENING = named("Listening", FAVORITE.schema)
FAVORITE_MADE = named("FavoriteMade", told(id=ID, track=ID, creation_date=MOMENT))
LISTENING_MADE = named("ListeningMade", with_more(FAVORITE_MADE, user=maybe(ID)))
ALL_FAVORITES = named("AllFavorites", told(results=listed(told(id=ID, track=ID)), count=COUNT))

ACTIVITY = named(
    "Activity",
    told(
        type=one_of("Like", "Listen"),
        id=ADDRESS,
        local_id=ID,
        actor=told(id=ADDRESS, local_id=TEXT, name=TEXT, type=one_of("Person")),
        object=told(id=ADDRESS, local_id=ID, name=TEXT, type=one_of("Audio"), artist=TEXT, album=maybe(TEXT)),
        published=MOMENT,
    ),
)
LATEST = named("LatestActivity", told(results=listed(ACTIVITY)))

TRACK_NAMED = named("TrackNamed", sent({"track": ID}))
LISTENED = named("Listened", sent({"track": ID}, creation_date=maybe(MOMENT)))
