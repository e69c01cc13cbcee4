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
        self.areas, self.may_change = tx.areas, tx.may_change

    def __getattr__(self, name: str) -> Any:
        async def run(*args: Any) -> Any:
            self._countdown -= 1
            if self._countdown == 0:
                await self._deed()
            return await getattr(self._tx, name)(*args)

        return run


class KeptTests(MusicCase):
    """Artists and albums, for as long as the catalog stays the same."""

    async def names(self, shelves: Shelves, album: int) -> tuple[str, str]:
        """The album's title and its artist's name, as a page of it tells them."""
        shelf = await self.database.read(lambda tx: shelves.albums(tx, [album], ()))
        written = catalog.album(shelf.albums[album], shelf, PAPER)
        return written["title"], written["artist"]["name"]

    async def test_a_change_is_seen_at_once(self) -> None:
        """Every write raises the version of the catalog; until then nothing is asked for again."""
        shelves = Shelves()
        artist = await self.an_artist("Nova")
        album = await self.an_album("Harbour", artist)
        self.assertEqual(("Harbour", "Nova"), await self.names(shelves, album))

        async def rename(tx: Tx) -> None:
            await tx.do("UPDATE artist SET name = 'Stella'")
            await tx.do("UPDATE album SET title = 'Haven'")
            tx.touch("catalog")

        await self.database.transaction(rename)
        self.assertEqual(("Haven", "Stella"), await self.names(shelves, album))
        await self.do("UPDATE artist SET name = 'Luna'")  # by a hand that does not belong to the house
        self.assertEqual(("Haven", "Stella"), await self.names(shelves, album))
        await self.changed()
        self.assertEqual(("Haven", "Luna"), await self.names(shelves, album))

    async def test_a_transaction_sees_its_own(self) -> None:
        """And what it sees, which may be undone, nobody else is told."""
        shelves = Shelves()
        artist = await self.an_artist("Nova")
        album = await self.an_album("Harbour", artist)
        await self.names(shelves, album)

        async def rename(tx: Tx) -> None:
            await tx.do("UPDATE album SET title = 'Haven'")
            await tx.do("UPDATE artist SET name = 'Stella'")
            shelf = await shelves.albums(tx, [album], ())
            self.assertEqual(("Haven", "Stella"), (shelf.albums[album].title, shelf.artists[artist].name))
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            await self.database.transaction(rename)
        self.assertEqual(("Harbour", "Nova"), await self.names(shelves, album))

    async def test_what_is_not_there(self) -> None:
        """Unknown ids are left out, also when asked for again."""
        shelves = Shelves()
        for _ in range(2):
            shelf = await self.database.read(lambda tx: shelves.artists(tx, [999], ()))
            self.assertEqual({}, dict(shelf.artists))


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
