"""
Activities about follows, as they go over the wire between pods and as inboxes keep them.

Source: docs/api.md §4.16, "Inbox item"; ActivityPub 7.5 and 7.6.
"""

from __future__ import annotations

from fwtwisted.wire.v1 import Document

CONTEXT = ("https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1")


def follow_id(actor: str, uuid: object) -> str:
    """The id of a wish to follow.  :param actor: the federation id of who follows."""
    return f"{actor}#follows/{uuid}"


def follow(id: str, actor: str, target: str, to: str) -> Document:
    """
    Somebody wishes to follow an actor or a library.

    :param target: its id.  :param to: the id of the actor who answers: the target itself, or the library's owner.
    """
    return {"@context": list(CONTEXT), "id": id, "type": "Follow", "actor": actor, "to": [to], "object": target}


def accept(uuid: object, wish: Document) -> Document:
    """
    Who was asked lets somebody follow.

    :param uuid: of the follow; the id of the answer is on the host of who gives it.
    :param wish: what :func:`follow` wrote.
    """
    [owner] = wish["to"]
    inner = {name: value for name, value in wish.items() if name in ("id", "type", "actor", "object")}
    return {
        "@context": list(CONTEXT),
        "id": f"{owner}#accepts/follows/{uuid}",
        "type": "Accept",
        "actor": owner,
        "to": [wish["actor"]],
        "object": inner,
    }
