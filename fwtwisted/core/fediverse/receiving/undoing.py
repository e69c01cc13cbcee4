"""Undo of something that is only named by its id.  Source: docs/federation.md §4.4."""

from __future__ import annotations

from fwtwisted.core.fediverse.receiving.follows import ReceivedFollows
from fwtwisted.core.fediverse.receiving.told import BARE, Deeds, Told, in_turn
from fwtwisted.db.fediverse import received, remote_deeds
from fwtwisted.db.pool import Tx
from fwtwisted.wire.activitypub.reading.places import same_origin


class Undoing:
    """Undo of a bare id."""

    def __init__(self, follows: ReceivedFollows) -> None:
        self._follows = follows

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(quick={("Undo", BARE): self.undo}, joint={("Undo", BARE): in_turn(self.undo)})

    async def undo(self, tx: Tx, told: Told) -> None:
        """Take back what the actor did by this id: a follow, or an opinion."""
        about = told.act.about
        if about is not None and not await self._follows.undo_by(tx, told, about, None):
            await remote_deeds.take_back(tx, told.actor.id, [about])
            if same_origin(about, told.actor.fid):
                await received.remember_stillborn(tx, told.actor.id, [about])
