"""
Where what we say to other servers is put down, in the transaction of what it tells of.

The activity, its bytes for each kind of peer, and one delivery for each inbox are there before the first attempt; the
commit rings for whoever delivers.  Source: docs/federation.md §3.9, §4.12, §4.14.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import orjson
from attrs import field, frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.sending.recipients import Recipients
from fwtwisted.db.fediverse import deliveries
from fwtwisted.db.fediverse.deliveries import Letter, Meant, NewOutgoing
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.jobs import ring_for
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.federation import PeerClass
from fwtwisted.wire.v1 import Document

DELIVER = "federation.deliver"
LANE = "federation"


@frozen
class Outgoing:
    """
    An activity as we send it.

    :ivar actor_id: who says it; an actor of ours, whose key signs it.
    :ivar about: the id of the object; what is said about one object keeps its order towards one inbox.
    :ivar written: the document for a kind of peer; None: that kind is not told.
    :ivar local: what the inboxes of those recipients who are at home here are told; None: nothing.
    :ivar former_key: PEM: the key that the actor had, which signs it; None: the one that it has.
    """

    type: str
    fid: str
    actor_id: int
    about: str
    written: Callable[[PeerClass], Document | None]
    local: NewActivity | None = None
    former_key: str | None = field(default=None, repr=False)


def same_for_all(document: Document) -> Callable[[PeerClass], Document | None]:
    """One document whoever reads it."""
    return lambda _: document


@frozen
class OutboxSettings:
    """:ivar note_software: programs, as their nodeinfo names them, that are sent a Note where others get Audio."""

    note_software: frozenset[str] = frozenset(("gotosocial",))


class Outbox:
    """Puts down what is to be said, and to whom."""

    def __init__(self, inbox: Inbox, ring: Ring, settings: OutboxSettings) -> None:
        self._inbox, self._ring, self._settings = inbox, ring, settings

    async def readers(self, tx: Queries, to: Recipients) -> frozenset[PeerClass]:
        """Which kinds of peers are among the recipients: what need not be written for any other."""
        found = await deliveries.classes(tx, _meant(to), self._settings.note_software)
        return frozenset(PeerClass(name) for name in found)

    async def forget(self, tx: Tx, fids: Collection[str]) -> None:
        """These objects are gone: what waits to be said of them is not said."""
        await deliveries.supersede(tx, fids)

    async def send(self, tx: Tx, activity: Outgoing, to: Recipients) -> None:
        """
        Have the recipients told once this is committed.

        :param to: those elsewhere get a delivery for each of their distinct inboxes; those who are named and at home
            here find ``activity.local`` in their inboxes.
        """
        named = to.actors | to.in_person
        if activity.local is not None and named:
            await self._inbox.deliver(tx, activity.local, sorted(named))
        new = NewOutgoing(activity.fid, activity.actor_id, activity.type, activity.about, activity.former_key)
        spread = await deliveries.spread(tx, new, _meant(to), self._settings.note_software)
        id = spread.outgoing_id
        bodies = await self._bodies(tx, activity, spread.classes, named) if spread.classes else {}
        if not bodies:
            await deliveries.take_back(tx, id)
            return
        if bodies.keys() != spread.classes:
            await deliveries.only_for(tx, id, bodies)
        await deliveries.keep_and_wake(tx, id, bodies, DELIVER, LANE, spread.hosts)
        ring_for(tx, self._ring, LANE)

    async def send_each(self, tx: Tx, letters: Sequence[Letter]) -> None:
        """Have somebody elsewhere, by an inbox of their own, told each of these once this is committed."""
        if letters and await deliveries.spread_each(tx, letters, self._settings.note_software, DELIVER, LANE):
            ring_for(tx, self._ring, LANE)

    async def say_again(self, tx: Tx, actor_id: int, peer: PeerClass, types: Collection[str]) -> None:
        """Tell servers of a kind once more what an actor has said since its key was replaced."""
        hosts = await deliveries.say_again(tx, actor_id, peer.value, types)
        if hosts:
            await deliveries.wake(tx, DELIVER, LANE, hosts)
            ring_for(tx, self._ring, LANE)

    async def _bodies(
        self, tx: Tx, activity: Outgoing, classes: Collection[str], named: Collection[int]
    ) -> Mapping[str, str]:
        shut_out = frozenset(await deliveries.shut_out(tx, named)) if len(named) > 1 else frozenset()
        written = {name: activity.written(PeerClass(name)) for name in classes}
        return {
            name: orjson.dumps(_addressed(document, shut_out)).decode()
            for name, document in written.items()
            if document is not None
        }


def _meant(to: Recipients) -> Meant:
    return Meant(
        tuple(to.followers_of), tuple(to.library_followers), tuple(to.actors), tuple(to.in_person), to.pods
    )  # fmt: skip


def _addressed(document: Document, shut_out: Collection[str]) -> Document:
    """The document without the names of those whom moderators shut out, and without blind copies."""
    told = {name: value for name, value in document.items() if name not in ("bto", "bcc")}
    for name in ("to", "cc"):
        if shut_out and name in told:
            told[name] = [fid for fid in told[name] if fid not in shut_out]
    return told
