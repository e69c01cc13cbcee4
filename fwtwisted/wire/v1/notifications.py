"""
What reached somebody's inbox, as documents, and what people ask of it.

Source: docs/api.md §4.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.fediverse import Activity, InboxItem, InboxQuestion
from fwtwisted.wire.fields import REQUIRED, Fields, must_name, whole_number
from fwtwisted.wire.v1 import Document, Query, last, when
from fwtwisted.wire.v1.people import actor
from fwtwisted.wire.v1.questions import truth, whole

MOST_OBJECTS = 10_000
READ = "read"


def inbox_item(item: InboxItem) -> Document:
    """An item of an inbox."""
    return {"id": item.id, "type": item.type, "is_read": item.is_read, "activity": _activity(item.activity)}


def _activity(activity: Activity) -> Document:
    about, follow = _about(activity), _follow(activity)
    is_answer = activity.type == "Accept"
    return {
        "uuid": str(activity.uuid),
        "fid": activity.fid,
        "actor": actor(activity.actor),
        "payload": activity.payload,
        "type": activity.type,
        "creation_date": when(activity.creation_date),
        "object": follow if is_answer else about,
        "target": None,
        "related_object": about if is_answer else follow,
    }


def _about(activity: Activity) -> Document | None:
    """What is followed: a library or an actor."""
    if activity.library is not None:
        uuid, name = activity.library
        return {"type": "music.Library", "uuid": str(uuid), "name": name}
    if activity.target is not None:
        return {"type": "federation.Actor", "full_username": activity.target}
    return None


def _follow(activity: Activity) -> Document | None:
    if activity.follow is None:
        return None
    uuid, approved = activity.follow
    kind = "LibraryFollow" if activity.library is not None else "Follow" if activity.is_of_channel else "UserFollow"
    return {"type": f"federation.{kind}", "uuid": str(uuid), "approved": approved}


# --- what people ask -----------------------------------------------------------------------------


def inbox_question(query: Query) -> InboxQuestion:
    """What the parameters of the list ask.  :raise Invalid: a number that is none."""
    return InboxQuestion(
        is_read=truth(query, "is_read"),
        before=_whole(query, "before"),
        type=last(query, "activity__type") or None,
        actor=whole(query, "activity__actor"),
    )


def _whole(query: Query, name: str) -> int | None:
    try:
        return whole(query, name)
    except Invalid:
        raise Invalid.on(name, "Enter a number.") from None


def read_mark(document: Mapping[str, Any]) -> bool:
    """Whether an item is to count as read.  :raise Invalid:"""
    fields = Fields(document)
    if not fields.has("is_read"):
        fields.refuse("is_read", REQUIRED)
    is_read = fields.flag("is_read")
    fields.check()
    return is_read


def read_action(document: Mapping[str, Any]) -> InboxQuestion:
    """Which items an action (§3.13) marks as read; there is no other action.  :raise Invalid:"""
    must_name(document, "action", "objects")
    action, objects = document["action"], document["objects"]
    if action != READ:
        raise Invalid.on("action", f"{str(action)[:100]} is not a valid action.")
    if objects == "all":
        return _filters(document.get("filters"))
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on(NON_FIELD, 'objects must be "all" or a list of ids.')
    return InboxQuestion(ids=tuple(_id(one) for one in objects))


def _id(value: object) -> int:
    id = whole_number(value)
    if id is None:
        raise Invalid.on(NON_FIELD, f"{str(value)[:100]} is not an id.")
    return id


def _filters(value: object) -> InboxQuestion:
    """The filters of an action: the list's parameters, as a document."""
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise Invalid.on(NON_FIELD, "filters must be an object.")
    try:
        return inbox_question({name: [str(given)] for name, given in value.items() if given is not None})
    except Invalid as why:
        raise Invalid.on(NON_FIELD, f"Invalid filters: {why}") from why
