"""
Where what we say to other servers is put down, in the transaction of what it tells of.

Source: docs/federation.md §4.12, §4.14.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.sending.recipients import Recipients
from fwtwisted.db.notifications import NewActivity
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.people import Pod
from fwtwisted.wire.v1 import Document

Ring = Callable[[str, bytes], None]
Preference = Callable[[str], Awaitable[Any]]


@frozen
class Outgoing:
    """
    An activity as we send it.

    :ivar actor_id: who says it; an actor of ours, whose key signs it.
    :ivar about: the id of the object; what is said about one object keeps its order towards one inbox.
    :ivar written: the document for a kind of peer; None: that kind is not told.
    :ivar local: what our own people's inboxes are told; None: nothing.
    """

    type: str
    fid: str
    actor_id: int
    about: str
    written: Callable[[PeerClass], Document | None]
    local: NewActivity | None = None


class Outbox:
    """Puts down what is to be said, and to whom."""

    def __init__(self, inbox: Inbox, preference: Preference, ring: Ring, pod: Pod) -> None:
        self._inbox, self._preference, self._ring, self._pod = inbox, preference, ring, pod

    async def send(self, tx: Tx, activity: Outgoing, to: Recipients) -> None:
        """Have the recipients told once this is committed; those at home here find it in their inboxes."""
        raise NotImplementedError
