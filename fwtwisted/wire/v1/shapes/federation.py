"""Follows, look-ups, actors, servers, what reaches an inbox (§4.16)."""

from __future__ import annotations

from fwtwisted.model.fediverse import FetchStatus, Thing
from fwtwisted.wire.addresses import LONGEST_ADDRESS
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    UUID,
    choice,
    either,
    listed,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.notifications import MOST_OBJECTS, READ
from fwtwisted.wire.v1.shapes import ATTACHMENT, CONTENT, acted
from fwtwisted.wire.v1.shapes.libraries import SCAN, SEEN_LIBRARY
from fwtwisted.wire.v1.shapes.people import ACTOR, USER

ALL_FOLLOWS = named(
    "AllFollows", told(results=listed(told(uuid=UUID, library=UUID, approved=maybe(FLAG))), count=COUNT)
)
USER_FOLLOW = named(
    "UserFollow", told(creation_date=MOMENT, actor=ACTOR, uuid=UUID, target=ACTOR, approved=maybe(FLAG))
)
ALL_USER_FOLLOWS = named(
    "AllUserFollows", told(results=listed(told(uuid=UUID, actor=ADDRESS, approved=maybe(FLAG))), count=COUNT)
)
SCAN_ANSWER = named("ScanAnswer", partly(told(status=one_of("skipped", "scheduled")), scan=SCAN))
LIBRARY_FOUND = named("LibraryFound", told(count=one_of(1), results=listed(SEEN_LIBRARY, most=1, least=1)))
FETCH = named(
    "Fetch",
    told(
        id=ID,
        url=TEXT,
        actor=ACTOR,
        status=choice(FetchStatus),
        detail=OBJECT,
        creation_date=MOMENT,
        fetch_date=maybe(MOMENT),
        object=maybe(partly(told(type=choice(Thing)), id=ID, uuid=UUID, full_username=TEXT)),
    ),
)
PERSONA = named(
    "ActorPage",
    told(
        {
            **ACTOR.schema["properties"],
            "is_channel": FLAG,
            "user": maybe(USER),
            "summary": maybe(CONTENT),
            "icon": maybe(ATTACHMENT),
        }
    ),
)
DOMAIN = named("Domain", told(name=TEXT))

_LIBRARY = told(type=one_of("music.Library"), uuid=UUID, name=TEXT)
_ACTOR = told(type=one_of("federation.Actor"), full_username=TEXT)
_FOLLOW = told(
    type=one_of("federation.LibraryFollow", "federation.UserFollow", "federation.Follow"),
    uuid=UUID,
    approved=maybe(FLAG),
)
INBOX_ITEM = named(
    "InboxItem",
    told(
        id=ID,
        type=TEXT,
        is_read=FLAG,
        activity=told(
            uuid=UUID,
            fid=maybe(ADDRESS),
            actor=ACTOR,
            payload=OBJECT,
            type=TEXT,
            creation_date=MOMENT,
            object=maybe(either(_LIBRARY, _ACTOR, _FOLLOW)),
            target={"type": "null"},
            related_object=maybe(either(_LIBRARY, _ACTOR, _FOLLOW)),
        ),
    ),
)

# --- what people send ----------------------------------------------------------------------------

FOLLOW_WISH = named("FollowWish", sent({"target": UUID}))
USER_FOLLOW_WISH = named("UserFollowWish", sent({"target": text(LONGEST_ADDRESS)}))
FETCH_WISH = named("FetchWish", sent({"object": text(LONGEST_ADDRESS)}, force=FLAG))
LIBRARY_ADDRESS = named("LibraryAddress", sent({"fid": text(LONGEST_ADDRESS)}))
READ_MARK = named("ReadMark", sent({"is_read": FLAG}))
READ_ACTION = named(
    "ReadAction",
    sent(
        {"action": one_of(READ), "objects": either(listed(ID, most=MOST_OBJECTS, least=1), one_of("all"))},
        filters=maybe(
            sent(is_read=maybe(FLAG), before=maybe(ID), activity__type=maybe(TEXT), activity__actor=maybe(ID))
        ),
    ),
)
READ_ACTED = named("ReadActed", acted(READ))
