"""
Somebody elsewhere wishes to follow an actor or a library of ours, or no longer.

::

    Follow ─┬─ open to everybody ─────▶ approved ──▶ Accept
            ├─ the owner decides ─────▶ waiting, the owner is told
            └─ blocked, or nobody decides ──────────▶ Reject

Whoever asks again gets the same answer again: they may have lost it.  Source: docs/federation.md §4.1, §4.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import uuid4

from attrs import frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told, in_turn, singly
from fwtwisted.db.fediverse import notifications, receivers
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.fediverse.receivers import NewWish, Target, Wanted, Wish
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Actor
from fwtwisted.wire.activitypub.activities import follow_id


class Answering(Protocol):
    """Tells who follows what became of it: ``core.fediverse.sending.announcing``."""

    async def accepted(self, tx: Tx, *follow_ids: int) -> None:
        """They may."""

    async def rejected(self, tx: Tx, follow_id: int) -> None:
        """They may not; said before the follow is removed."""


class Silencing(Protocol):
    """Knows whom nobody is told of: ``core.fediverse.moderation.policies``."""

    async def silences_notifications(self, fid: str, domain: str) -> bool:
        """See there."""


class Notices:
    """Tells our people what others did, unless moderators silenced those, or they themselves block them."""

    def __init__(self, inbox: Inbox, policies: Silencing) -> None:
        self._inbox, self._policies = inbox, policies

    async def tell(self, tx: Tx, actor: Actor, new: NewActivity, reader_id: int) -> None:
        """Put an activity of ``actor`` into the inbox of one of ours."""
        if not await receivers.blocks(tx, reader_id, actor.id):
            await self.tell_unblocking(tx, actor, new, reader_id)

    async def tell_unblocking(self, tx: Tx, actor: Actor, new: NewActivity, reader_id: int) -> None:
        """The same, when it is known that they do not block ``actor``."""
        if await self._is_heard(tx, actor, reader_id):
            await self._inbox.deliver(tx, new, [reader_id])

    async def tell_each_unblocking(self, tx: Tx, told: Sequence[tuple[Actor, NewActivity, int]]) -> None:
        """The same for several, all of which have an id."""
        heard = [(new, reader_id) for actor, new, reader_id in told if await self._is_heard(tx, actor, reader_id)]
        await self._inbox.deliver_each(tx, heard)

    async def _is_heard(self, tx: Tx, actor: Actor, reader_id: int) -> bool:
        """Whether moderators leave it to one of ours to hear of ``actor``, or they follow them."""
        is_silenced = await self._policies.silences_notifications(actor.fid, actor.domain)
        return not is_silenced or await receivers.follows(tx, reader_id, actor.id)


@frozen
class _Asked:
    """A wish to follow as it came.  :ivar about: the id of what.  :ivar fid: of the wish."""

    told: Told
    about: str
    fid: str


class ReceivedFollows:
    """Follow, and Undo of it."""

    def __init__(self, notices: Notices, answering: Answering) -> None:
        self._notices, self._answering = notices, answering

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(
            quick={("Follow", ANY): singly(self.follow), ("Undo", "Follow"): self.undo},
            joint={("Follow", ANY): self.follow, ("Undo", "Follow"): in_turn(self.undo)},
        )

    async def follow(self, tx: Tx, some: Sequence[Told]) -> None:
        """Each wishes to follow something; no two are of one actor and about one thing."""
        asked = [_Asked(told, told.act.about, _id_of(told)) for told in some if told.act.about is not None]
        found = await receivers.targets(tx, [Wanted(a.about, a.told.actor.id, a.fid) for a in asked])
        new, approvals = [], {}
        for one, about in zip(asked, found, strict=True):
            if about is None or about[1].is_taken:
                continue
            is_known, target = about
            known = await receivers.hold_wish(tx, one.told.actor.id, target) if is_known else None
            if known is None:
                new.append((one, target))
            else:
                wish = await self._renewed(tx, known, target, one.fid)
                approvals[wish.id] = wish.approved
        for wish in await self._added(tx, new):
            approvals[wish.id] = wish.approved
        if approvals:
            tx.touch("libraries")
            await self._answer(tx, approvals)

    async def _added(self, tx: Tx, new: Sequence[tuple[_Asked, Target]]) -> list[Wish]:
        """They ask for the first time; the owners are told of those who are not turned away."""
        wishes = await receivers.add_wishes(
            tx, [NewWish(uuid4(), one.fid, one.told.actor.id, target, _verdict(target)) for one, target in new]
        )
        told = [
            (one.told.actor, _news(one, target, wish), target.owner_id)
            for (one, target), wish in zip(new, wishes, strict=True)
            if wish.approved is not False and target.owner_id is not None
        ]
        await self._notices.tell_each_unblocking(tx, told)
        return wishes

    async def _renewed(self, tx: Tx, known: Wish, target: Target, fid: str) -> Wish:
        """They ask again."""
        approved = known.approved
        if target.is_blocking or approved is None:
            approved = _verdict(target)
        return await receivers.renew_wish(tx, known.id, fid, approved)

    async def _answer(self, tx: Tx, approvals: Mapping[int, bool | None]) -> None:
        """Tell those who asked what became of it, as far as that is decided."""
        accepted = [id for id, approved in approvals.items() if approved]
        if accepted:
            await self._answering.accepted(tx, *accepted)
        for id in (id for id, approved in approvals.items() if approved is False):
            await self._answering.rejected(tx, id)

    async def undo(self, tx: Tx, told: Told) -> None:
        """Somebody follows no longer."""
        wish = told.act.object
        await self.undo_by(tx, told, None if wish is None else wish.id, None if wish is None else wish.link("object"))

    async def undo_by(self, tx: Tx, told: Told, fid: str | None, target_fid: str | None) -> bool:
        """Remove their follow of this id, or of what has that; whether there was one."""
        uuid = await receivers.wish_of(tx, told.actor.id, fid, target_fid)
        if uuid is None:
            return False
        await notifications.forget_wish(tx, uuid, told.actor.id)
        await receivers.unfollow(tx, uuid)
        tx.touch("libraries")
        return True


def _id_of(told: Told) -> str:
    """The id of a Follow; one of ours where it has none."""
    return told.act.fid or follow_id(told.actor.fid, uuid4())


def _news(asked: _Asked, target: Target, wish: Wish) -> NewActivity:
    """What the owner is told."""
    return NewActivity(
        asked.fid, asked.told.actor.id, "Follow", dict(asked.told.act.doc.raw),
        library_id=target.library_id, target_actor_id=target.actor_id, follow_id=wish.id,
    )  # fmt: skip


def _verdict(wanted: Target) -> bool | None:
    """What is said at once to who asks for the first time."""
    if wanted.is_blocking or (wanted.owner_id is None and not wanted.is_open):
        return False
    return True if wanted.is_open else None
