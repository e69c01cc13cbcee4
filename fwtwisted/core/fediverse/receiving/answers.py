"""
Somebody elsewhere lets one of ours follow, or not.

Funkwhale answers with ids of its own making that begin with our follower's; so who and what are looked at, the ids are
not.  An answer is never answered.  Source: docs/federation.md §4.3.
"""

from __future__ import annotations

from typing import Protocol

from fwtwisted.core.fediverse.receiving.follows import Notices
from fwtwisted.core.fediverse.receiving.told import BARE, Deeds, Told, in_turn
from fwtwisted.db.fediverse import follows, receivers
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.fediverse.receivers import Asked
from fwtwisted.db.pool import Tx
from fwtwisted.wire.activitypub import activities


class Returning(Protocol):
    """Reads what was published while nobody here was told: ``remote.returning``."""

    async def let_in(self, tx: Tx, follow_id: int) -> None:
        """Have what somebody here may follow read, after the commit."""


class ReceivedAnswers:
    """Accept and Reject."""

    def __init__(self, notices: Notices, returning: Returning) -> None:
        self._notices, self._returning = notices, returning

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        quick = {
            ("Accept", "Follow"): self.accept,
            ("Accept", BARE): self.accept,
            ("Reject", "Follow"): self.reject,
            ("Reject", BARE): self.reject,
        }
        return Deeds(quick=quick, joint={key: in_turn(deed) for key, deed in quick.items()})

    async def accept(self, tx: Tx, told: Told) -> None:
        """They let one of ours follow, who may have counted as such, as subscribers do; said twice, it is told once."""
        asked = await _asked(tx, told)
        if asked is None or (asked.approved and not await follows.is_unanswered(tx, asked.id)):
            return
        await follows.answer(tx, asked.id, approved=True)
        tx.touch("libraries")
        await self._returning.let_in(tx, asked.id)
        if not asked.approved:
            await self._tell(tx, told, asked)

    async def _tell(self, tx: Tx, told: Told, asked: Asked) -> None:
        wish = activities.follow(asked.fid, asked.follower_fid, asked.target_fid, told.actor.fid)
        new = NewActivity(
            None, told.actor.id, "Accept", activities.accept(asked.uuid, wish),
            library_id=asked.library_id, target_actor_id=asked.target_id, follow_id=asked.id,
        )  # fmt: skip
        await self._notices.tell(tx, told.actor, new, asked.follower_id)

    async def reject(self, tx: Tx, told: Told) -> None:
        """They do not, or no longer; the follow stays, for its owner to see what became of it."""
        asked = await _asked(tx, told)
        if asked is None or asked.approved is False:
            return
        await follows.answer(tx, asked.id, approved=False)
        tx.touch("libraries")


async def _asked(tx: Tx, told: Told) -> Asked | None:
    """The follow that an answer is about, if it is the answering actor's to answer."""
    wish = told.act.object
    if wish is None:
        return None if told.act.about is None else await receivers.asked_by_fid(tx, told.actor.id, told.act.about)
    follower, target = wish.link("actor"), wish.link("object")
    if follower is not None and target is not None:
        return await receivers.asked_by_ends(tx, told.actor.id, follower, target)
    return None if wish.id is None else await receivers.asked_by_fid(tx, told.actor.id, wish.id)
