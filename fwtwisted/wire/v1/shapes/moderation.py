"""What moderators decide about servers and actors, and whom people block (§4.17, §4.19)."""

from __future__ import annotations

from fwtwisted.model.moderation import ServerAct
from fwtwisted.model.policies import LONGEST_DOMAIN, Switch
from fwtwisted.wire.schema import (
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
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.administration import MOST_OBJECTS
from fwtwisted.wire.v1.policies import ALL, LONGEST_HANDLE, LONGEST_REASON, PURGE, TARGETS
from fwtwisted.wire.v1.shapes import acted
from fwtwisted.wire.v1.shapes.administration import ADMIN_ACTOR, MEMBER
from fwtwisted.wire.v1.shapes.people import ACTOR

POLICY = named(
    "InstancePolicy",
    told(
        {switch.value: FLAG for switch in Switch},
        id=ID,
        uuid=UUID,
        target=told(type=choice(TARGETS), id=TEXT),
        creation_date=MOMENT,
        actor=TEXT,
        summary=maybe(TEXT),
        is_active=FLAG,
    ),
)
NODEINFO = named(
    "Nodeinfo",
    either(told(), told(status=one_of("ok"), payload=OBJECT), told(status=one_of("error"), error=TEXT)),
)
SERVER = named(
    "AdminDomain",
    told(
        name=TEXT,
        creation_date=MOMENT,
        actors_count=COUNT,
        outbox_activities_count=COUNT,
        nodeinfo=NODEINFO,
        nodeinfo_fetch_date=maybe(MOMENT),
        instance_policy=maybe(ID),
        allowed=maybe(FLAG),
    ),
)
KNOWN_ACTOR = named(
    "AdminAccount", with_more(ADMIN_ACTOR, uploads_count=COUNT, user=maybe(MEMBER), instance_policy=maybe(ID))
)
_COUNTS = dict.fromkeys(
    (
        "outbox_activities", "libraries", "channels", "received_library_follows", "emitted_library_follows", "artists",
        "albums", "tracks", "uploads", "media_total_size", "media_downloaded_size",
    ),
    COUNT,
)  # fmt: skip
SERVER_STATS = named("AdminDomainStats", told({**_COUNTS, "actors": COUNT}))
ACTOR_STATS = named("AdminAccountStats", told({**_COUNTS, "reports": COUNT, "requests": COUNT}))
BLOCK = named("UserBlock", told(uuid=UUID, target=ACTOR, creation_date=MOMENT))

# --- what people send ----------------------------------------------------------------------------

_SAID = {**{switch.value: FLAG for switch in Switch}, "is_active": FLAG, "summary": maybe(text(LONGEST_REASON, 0))}
POLICY_WISH = named(
    "InstancePolicyWish",
    sent({"target": sent({"type": choice(TARGETS), "id": text(LONGEST_HANDLE)})}, **_SAID),
)
POLICY_CHANGE = named("InstancePolicyChange", sent(**_SAID))
SERVER_WISH = named("AdminDomainWish", sent({"name": text(LONGEST_DOMAIN)}, allowed=maybe(FLAG)))
SERVER_CHANGE = named("AdminDomainChange", sent(allowed=maybe(FLAG)))
SERVER_ACTION = named(
    "AdminDomainAction",
    sent(
        {"action": choice(ServerAct), "objects": either(listed(TEXT, most=MOST_OBJECTS, least=1), one_of(ALL))},
        filters=maybe(OBJECT),
    ),
)
SERVER_ACTED = named("AdminDomainActed", acted(*ServerAct))
ACTOR_ACTION = named(
    "AdminAccountAction", sent({"action": one_of(PURGE), "objects": listed(ID, most=MOST_OBJECTS, least=1)})
)
ACTOR_ACTED = named("AdminAccountActed", acted(PURGE))
BLOCK_WISH = named("UserBlockWish", sent({"target": sent({"full_username": text(LONGEST_HANDLE)})}))
