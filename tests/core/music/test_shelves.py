"""Pages while what is on them is removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from fwtwisted.core.music.shelves import Shelves
from fwtwisted.db.pool import Tx
from fwtwisted.wire.v1 import Pictures, catalog
from fwtwisted.wire.v1.catalog import CatalogPaper
from tests.music import BASE, MusicCase

PAPER = CatalogPaper(Pictures(f"{BASE}/media/", BASE), f"{BASE}/")
MOST_STATEMENTS = 12


class Interrupted:
    """Statements; before one of them, somebody else does something."""

    def __init__(self, tx: Tx, countdown: int, deed: Callable[[], Awaitable[object]]) -> None:
        self._tx, self._countdown, self._deed = tx, countdown, deed
        self.areas = tx.areas

    def __getattr__(self, name: str) -> Any:
        async def run(*args: Any) -> Any:
            self._countdown -= 1
            if self._countdown == 0:
                await self._deed()
            return await getattr(self._tx, name)(*args)

        return run


class RemovalTests(MusicCase):
    """Somebody removes an artist with all their works, between any two statements of a reader."""

    async def meet(self, countdown: int, look: Callable[[Tx, int, int, int], Awaitable[object]]) -> None:
        """Look at works, and have them removed meanwhile."""
        artist = await self.an_artist(f"Artist {countdown}")
        album = await self.an_album(f"Album {countdown}", artist)
        track = await self.a_track(f"Track {countdown}", artist, album)

        async def remove() -> None:
            for kind, id in (("track", track), ("album", album), ("artist", artist)):
                await self.do(f"DELETE FROM {kind} WHERE id = %s", id)

        async def work(tx: Tx) -> None:
            await look(cast(Tx, Interrupted(tx, countdown, remove)), artist, album, track)

        await self.aside.read(work)

    async def test_tracks(self) -> None:
        """A page of tracks can be written, with what is whole of it."""

        async def look(tx: Tx, _: int, __: int, track: int) -> None:
            tracks, shelf = await Shelves().tracks(tx, [track], ())
            self.assertEqual(len(tracks), len(catalog.tracks(tracks, shelf, PAPER)))

        for countdown in range(1, MOST_STATEMENTS):
            await self.meet(countdown, look)

    async def test_albums(self) -> None:
        """A page of albums, likewise."""

        async def look(tx: Tx, _: int, album: int, __: int) -> None:
            shelf = await Shelves().albums(tx, [album], ())
            self.assertLessEqual(len([catalog.album(one, shelf, PAPER) for one in shelf.albums.values()]), 1)

        for countdown in range(1, MOST_STATEMENTS):
            await self.meet(countdown, look)

    async def test_artists(self) -> None:
        """A page of artists, likewise."""

        async def look(tx: Tx, artist: int, _: int, __: int) -> None:
            shelf = await Shelves().artists(tx, [artist], ())
            self.assertLessEqual(len([catalog.artist(one, shelf, PAPER) for one in shelf.artists.values()]), 1)

        for countdown in range(1, MOST_STATEMENTS):
            await self.meet(countdown, look)
