"""
What was published while nobody here was told is read: a follow begins, or media of a server are wanted again.

Source: docs/federation.md §4.3, §6.
"""

from __future__ import annotations

from fwtwisted.core.fediverse.remote.outboxes import Outboxes
from fwtwisted.core.fediverse.remote.scanning import Scanning
from fwtwisted.db.fediverse.remote import libraries
from fwtwisted.db.pool import Tx


class Returning:
    """Has libraries walked through and outboxes read."""

    def __init__(self, scanning: Scanning, outboxes: Outboxes) -> None:
        self._scanning, self._outboxes = scanning, outboxes

    async def ask(self, tx: Tx, server: str | None, actor_id: int | None) -> None:
        """
        Once a policy refuses media no longer: have what our people follow there read anew, after the commit.

        :param server: and those below it; or one actor.
        """
        for library_id, follower_id in await libraries.wanted_libraries(tx, server, actor_id):
            await self._scanning.ask(tx, library_id, follower_id, afresh=True)
        for channel_id in await libraries.wanted_channels(tx, server, actor_id):
            await self._outboxes.ask_for(tx, channel_id)

    async def let_in(self, tx: Tx, follow_id: int) -> None:
        """
        Somebody here may follow: have what they follow read after the commit.

        Where others of ours follow it already we were told of everything; otherwise a walk of the same day does not
        count, nor what was read of an outbox when its channel was found.
        """
        begun = await libraries.begun(tx, follow_id)
        if begun.library_id is not None:
            await self._scanning.ask(tx, begun.library_id, begun.follower_id, afresh=begun.is_first)
        elif begun.channel_id is not None and begun.is_first:
            await self._outboxes.ask_for(tx, begun.channel_id)
