"""Internet radio stations: a list that those who set up the pod keep for everybody.  Source: docs/subsonic.md §8.10."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import stations
from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.people import Viewer
from fwtwisted.model.together import Station

SCOPE = "write:instance:settings"


class Stations:
    """Keeps the list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Station]:
        """Every station, by name."""
        return await self._database.read(stations.stations)

    def must_keep(self, viewer: Viewer) -> None:
        """:raise Forbidden: the viewer does not set up the pod."""
        if not viewer.may(SCOPE):
            raise Forbidden("Only those who look after the pod's settings may change its stations.")

    async def add(self, viewer: Viewer, name: str, stream_url: str, home_page_url: str) -> None:
        """Add a station.  :raise Forbidden:"""
        self.must_keep(viewer)
        await self._database.transaction(lambda tx: stations.add(tx, name, stream_url, home_page_url))

    async def change(self, viewer: Viewer, id: int, name: str, stream_url: str, home_page_url: str | None) -> None:
        """Change one; None leaves its home page.  :raise Forbidden:  :raise NotFound:"""
        self.must_keep(viewer)
        if not await self._database.transaction(lambda tx: stations.change(tx, id, name, stream_url, home_page_url)):
            raise NotFound

    async def remove(self, viewer: Viewer, id: int) -> None:
        """Remove one.  :raise Forbidden:  :raise NotFound:"""
        self.must_keep(viewer)
        if not await self._database.transaction(lambda tx: stations.remove(tx, id)):
            raise NotFound
