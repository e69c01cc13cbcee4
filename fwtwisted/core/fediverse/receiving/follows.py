"""
Somebody elsewhere wishes to follow an actor or a library of ours, or no longer.

::

    Follow ─┬─ open to everybody ─────▶ approved ──▶ Accept
            ├─ the owner decides ─────▶ waiting, the owner is told
            └─ blocked, or nobody decides ──────────▶ Reject

Whoever asks again gets the same answer again: they may have lost it.  Source: docs/federation.md §4.1, §4.4.
"""

from __future__ import annotations

from typing import Protocol
from uuid import uuid4

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told
from fwtwisted.db.fediverse import notifications, receivers
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.fediverse.receivers import Target, Wish
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Actor
from fwtwisted.wire.activitypub.activities import follow_id


class Answering(Protocol):
    """Tells who follows what became of it: ``core.fediverse.sending.announcing``."""

    async def accepted(self, tx: Tx, follow_id: int) -> None:
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
        if not await self._policies.silences_notifications(actor.fid, actor.domain) or await receivers.follows(
            tx, reader_id, actor.id
        ):
            await self._inbox.deliver(tx, new, [reader_id])


class ReceivedFollows:
    """Follow, and Undo of it."""

    def __init__(self, notices: Notices, answering: Answering) -> None:
        self._notices, self._answering = notices, answering

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(quick={("Follow", ANY): self.follow, ("Undo", "Follow"): self.undo})

    async def follow(self, tx: Tx, told: Told) -> None:
        """Somebody wishes to follow something."""
        act = told.act
        fid = act.fid or follow_id(told.actor.fid, uuid4())
        wanted = None if act.about is None else await receivers.target(tx, act.about, told.actor.id, fid)
        if wanted is None or wanted.is_taken:
            return
        known = await receivers.hold_wish(tx, told.actor.id, wanted)
        wish = await self._written(tx, told, wanted, known, fid)
        tx.touch("libraries")
        if known is None and wish.approved is not False:
            await self._tell_owner(tx, told, wanted, wish, fid)
        if wish.approved:
            await self._answering.accepted(tx, wish.id)
        elif wish.approved is False:
            await self._answering.rejected(tx, wish.id)

    async def _written(self, tx: Tx, told: Told, wanted: Target, known: Wish | None, fid: str) -> Wish:
        """The follow as it is from now on."""
        if known is None:
            return await receivers.add_wish(tx, uuid4(), fid, told.actor.id, wanted, _verdict(wanted))
        approved = known.approved
        if wanted.is_blocking or approved is None:
            approved = _verdict(wanted)
        return await receivers.renew_wish(tx, known.id, fid, approved)

    async def _tell_owner(self, tx: Tx, told: Told, wanted: Target, wish: Wish, fid: str) -> None:
        if wanted.owner_id is not None:
            new = NewActivity(
                fid, told.actor.id, "Follow", dict(told.act.doc.raw),
                library_id=wanted.library_id, target_actor_id=wanted.actor_id, follow_id=wish.id,
            )  # fmt: skip
            await self._notices.tell_unblocking(tx, told.actor, new, wanted.owner_id)

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


def _verdict(wanted: Target) -> bool | None:
    """What is said at once to who asks for the first time."""
    if wanted.is_blocking or (wanted.owner_id is None and not wanted.is_open):
        return False
    return True if wanted.is_open else None
