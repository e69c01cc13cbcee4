"""Libraries as those see them who follow them, here or on another pod, and walks through what is new in them."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db import follows, libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.model.fediverse import Scan, SeenLibrary
from fwtwisted.model.people import Viewer


class ForeignLibraries:
    """What a follower sees of a library."""

    def __init__(self, database: Database, visibility: Visibility) -> None:
        self._database, self._visibility = database, visibility

    async def one(self, viewer: Viewer, uuid: UUID) -> SeenLibrary:
        """A library that the viewer may look into, has, or has asked for.  :raise NotFound:"""
        return await self._database.read(lambda tx: self._seen(tx, viewer, uuid))

    async def scan(self, viewer: Viewer, uuid: UUID) -> Scan | None:
        """
        Have a library walked through for what is new; None where there is nothing to walk: at home, all is known.

        :raise NotFound: as :meth:`one`.
        """
        await self.one(viewer, uuid)
        return None

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
