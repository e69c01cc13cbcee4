"""
Media of a server are wanted again, once a policy refuses them no longer: what our people follow there is read anew.

Source: docs/federation.md §6.
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
        """Have it done after the commit.  :param server: and those below it; or one actor."""
        for library_id, follower_id in await libraries.wanted_libraries(tx, server, actor_id):
            await self._scanning.ask(tx, library_id, follower_id, afresh=True)
        for channel_id in await libraries.wanted_channels(tx, server, actor_id):
            await self._outboxes.ask_for(tx, channel_id)
