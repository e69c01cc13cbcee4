"""
Actors of other servers that one of our people wants nothing to do with.

Whoever is blocked follows nothing of theirs: what they follow ends with a Reject, what they ask for is rejected
(``receiving/follows``), and nobody is told of it.  No Block is sent.  Source: docs/federation.md §6.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from fwtwisted.db.fediverse import user_blocks
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import BadRequest, Invalid, NotFound
from fwtwisted.model.moderation import Blocked
from fwtwisted.model.people import Viewer


class Rejecting(Protocol):
    """Tells who follows something that they no longer may: ``sending/announcing``."""

    async def rejected(self, tx: Tx, follow_id: int) -> None:
        """Said before the follow is removed."""


class UserBlocks:
    """What people block for themselves."""

    def __init__(self, database: Database, rejecting: Rejecting) -> None:
        self._database, self._rejecting = database, rejecting

    async def listed(self, viewer: Viewer, limit: int, offset: int) -> tuple[int, list[Blocked]]:
        """How many actors the viewer blocks, and one page of them."""
        account = viewer.the_account
        return await self._database.read(lambda tx: user_blocks.page(tx, account, limit, offset))

    async def one(self, viewer: Viewer, uuid: UUID) -> Blocked:
        """One of the viewer's own.  :raise NotFound:"""
        return await self._database.read(lambda tx: _known(tx, viewer.the_account, uuid))

    async def block(self, viewer: Viewer, handle: str) -> Blocked:
        """
        Have nothing to do with ``user@domain`` any more.

        :raise Invalid: on ``target``: nobody of that name is known here, or they live here.
        :raise BadRequest: they are blocked already.
        """
        account, own = viewer.the_account, viewer.the_actor

        async def work(tx: Tx) -> Blocked:
            username, _, domain = handle.removeprefix("@").partition("@")
            target = await people.actor_named(tx, username, domain)
            if target is None:
                raise Invalid.on("target", f"{handle[:100]} is not known here.")
            if target.is_local:
                raise Invalid.on("target", "Only people of other servers can be blocked.")
            uuid = await user_blocks.add(tx, account, target.id)
            if uuid is None:
                raise BadRequest("They are blocked already.")
            ended = await user_blocks.follows(tx, target.id, own)
            for follow_id in ended:
                await self._rejecting.rejected(tx, follow_id)
            await user_blocks.remove_follows(tx, ended)
            tx.touch("libraries")
            return await _known(tx, account, uuid)

        return await self._database.transaction(work)

    async def unblock(self, viewer: Viewer, uuid: UUID) -> None:
        """Let them ask again.  :raise NotFound: nothing of the viewer's has this uuid."""
        account = viewer.the_account
        if not await self._database.transaction(lambda tx: user_blocks.remove(tx, account, uuid)):
            raise NotFound


async def _known(tx: Tx, account: int, uuid: UUID) -> Blocked:
    found = await user_blocks.one(tx, account, uuid)
    if found is None:
        raise NotFound
    return found
