"""
Activities as they go over the wire, and as inboxes keep them.

Pure: documents of what they are about come from ``writing``, whom they reach is decided elsewhere.
Source: docs/federation.md §4; ActivityPub 6 and 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fwtwisted.wire.activitypub.contexts import MUSIC, PLAIN, naming
from fwtwisted.wire.activitypub.writing.paper import moment
from fwtwisted.wire.v1 import Document

LARGEST_LIST = 100  # ids of one Delete

Context = Sequence[str | Mapping[str, Any]]


def _activity(
    type: str,
    id: str,
    actor: str,
    object: Any,
    to: Sequence[str],
    *,
    cc: Sequence[str] = (),
    published: datetime | None = None,
    context: Context = PLAIN,
) -> Document:
    written: Document = {"@context": list(context), "id": id, "type": type, "actor": actor, "to": list(to)}
    if cc:
        written["cc"] = list(cc)
    if published is not None:
        written["published"] = moment(published)
    return {**written, "object": object}


# --- follows -------------------------------------------------------------------------------------


def follow_id(actor: str, uuid: object) -> str:
    """The id of a wish to follow.  :param actor: the federation id of who follows."""
    return f"{actor}#follows/{uuid}"


def follow(id: str, actor: str, target: str, to: str) -> Document:
    """
    Somebody wishes to follow an actor or a library.

    :param target: its id.  :param to: the id of the actor who answers: the target itself, or the library's owner.
    """
    return _activity("Follow", id, actor, target, [to])


def _inner(wish: Mapping[str, Any]) -> Document:
    """A wish to follow within what is said about it."""
    return {name: value for name, value in wish.items() if name in ("id", "type", "actor", "object")}


def accept(uuid: object, wish: Mapping[str, Any]) -> Document:
    """
    Who was asked lets somebody follow.

    :param uuid: new for each time it is said: who knows the id of an answer does not hear it again after a Reject.
    :param wish: what :func:`follow` wrote, or what came: its id, actor and object are told unchanged.
    """
    return _answer("Accept", f"accepts/follows/{uuid}", wish)


def reject(uuid: object, wish: Mapping[str, Any]) -> Document:
    """Who was asked does not let somebody follow, or not any longer.  :param uuid: new for each time it is said."""
    return _answer("Reject", f"rejects/follows/{uuid}", wish)


def _answer(type: str, tail: str, wish: Mapping[str, Any]) -> Document:
    [owner] = wish["to"]
    return _activity(type, f"{owner}#{tail}", owner, _inner(wish), [wish["actor"]])


def undo(wish: Mapping[str, Any]) -> Document:
    """Somebody follows no longer.  :param wish: what :func:`follow` wrote."""
    return _activity("Undo", f"{wish['id']}/undo", wish["actor"], _inner(wish), wish["to"])


# --- what there is -------------------------------------------------------------------------------


def create(
    id: str,
    actor: str,
    object: Mapping[str, Any],
    to: Sequence[str],
    *,
    cc: Sequence[str] = (),
    published: datetime | None = None,
    context: Context = MUSIC,
    repeats_context: bool = False,
) -> Document:
    """
    Something is there now.

    :param repeats_context: the object says the context, too: Funkwhale 1.x loses a library's Create without it.
    """
    return _activity(
        "Create", id, actor, _within(object, context, repeats_context), to, cc=cc, published=published, context=context
    )


def update(
    id: str,
    actor: str,
    object: Mapping[str, Any],
    to: Sequence[str],
    *,
    cc: Sequence[str] = (),
    published: datetime | None = None,
    context: Context = MUSIC,
    repeats_context: bool = False,
) -> Document:
    """Something is another way now.  :param repeats_context: as in :func:`create`."""
    return _activity(
        "Update", id, actor, _within(object, context, repeats_context), to, cc=cc, published=published, context=context
    )


def _within(object: Mapping[str, Any], context: Context, repeats: bool) -> Document:
    bare = {name: value for name, value in object.items() if name != "@context"}
    return {"@context": list(context), **bare} if repeats else bare


def delete(id: str, actor: str, type: str, object: str | Sequence[str], to: Sequence[str]) -> Document:
    """
    Something is gone.

    :param object: its id; a list of them is what Funkwhale reads of uploads, at most :data:`LARGEST_LIST`.
    """
    ids: str | list[str] = object if isinstance(object, str) else list(object)
    return _activity("Delete", id, actor, {"type": type, "id": ids}, to, context=naming(type))


def farewell(id: str, actor: str, to: Sequence[str]) -> Document:
    """An actor is gone, in the form that everybody but Funkwhale reads: Takahē takes nothing but the bare id."""
    return _activity("Delete", id, actor, actor, to)


def bury(id: str, actor: str, object: str, to: Sequence[str]) -> Document:
    """Something is gone, in the form that everybody but Funkwhale reads."""
    return _activity("Delete", id, actor, {"type": "Tombstone", "id": object}, to)


# --- what people think ---------------------------------------------------------------------------


def flag(id: str, actor: str, objects: Sequence[str], content: str, type: str, to: str) -> Document:
    """Something is wrong.  :param objects: ids.  :param type: a word of the contract, such as ``illegal_content``."""
    made = _activity("Flag", id, actor, list(objects), [to], context=PLAIN)
    return {**made, "content": content, "tag": [{"type": "Hashtag", "name": f"#{type}"}]}


def _of_track(type: str, id: str, actor: str, track: str, to: str, audience: str) -> Document:
    made = _activity(type, id, actor, {"type": "Track", "id": track}, [to], context=naming("Track", type))
    return {**made, "audience": audience}


def like(id: str, actor: str, track: str, followers: str, audience: str) -> Document:
    """Somebody likes a track.  :param audience: ``everyone`` or ``followers``."""
    return _of_track("Like", id, actor, track, followers, audience)


def dislike(id: str, actor: str, track: str, followers: str, audience: str) -> Document:
    """Somebody likes a track no longer."""
    return _of_track("Dislike", id, actor, track, followers, audience)


def listen(id: str, actor: str, track: str, followers: str, audience: str) -> Document:
    """Somebody heard a track."""
    return _of_track("Listen", id, actor, track, followers, audience)
