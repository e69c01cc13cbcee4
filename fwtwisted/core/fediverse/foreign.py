"""Libraries as those see them who follow them, here or on another pod, and walks through what is new in them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.fediverse import follows
from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.model.fediverse import Scan, SeenLibrary
from fwtwisted.model.people import Viewer


class Walks(Protocol):
    """Walks through libraries elsewhere: ``remote.scanning``."""

    async def ask(self, tx: Tx, library_id: int, actor_id: int | None) -> Scan | None:
        """Have one walked through after the commit; None when that was done within a day."""


class ForeignLibraries:
    """What a follower sees of a library."""

    def __init__(self, database: Database, visibility: Visibility, walks: Walks) -> None:
        self._database, self._visibility, self._walks = database, visibility, walks

    async def one(self, viewer: Viewer, uuid: UUID) -> SeenLibrary:
        """A library that the viewer may look into, has, or has asked for.  :raise NotFound:"""
        return await self._database.read(lambda tx: self._seen(tx, viewer, uuid))

    async def scan(self, viewer: Viewer, uuid: UUID) -> Scan | None:
        """
        Have a library walked through for what is new.

        None where there is nothing to do: at home all is known, and one elsewhere is walked through once a day, for
        those who may look into it.

        :raise NotFound: as :meth:`one`.
        """
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> Scan | None:
            library = (await self._seen(tx, viewer, uuid)).library
            if library.owner.is_local or library.id not in await self._visibility.libraries_in(tx, viewer):
                return None
            return await self._walks.ask(tx, library.id, actor_id)

        return await self._database.transaction(work)

    async def _seen(self, tx: Tx, viewer: Viewer, uuid: UUID) -> SeenLibrary:
        library = await libraries.library(tx, uuid)
        if library is None:
            raise NotFound
        if library.id not in await self._visibility.libraries_in(tx, viewer):
            actor_id = viewer.actor_id
            if actor_id is None or not await follows.follows_or_owns(tx, actor_id, library.id):
                raise NotFound
        [seen] = await follows.seen_by(tx, [library], viewer.actor_id)
        return seen
