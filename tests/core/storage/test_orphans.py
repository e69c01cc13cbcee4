"""Files that no row names, when looking for them breaks off; and strays: docs/storage.md §9, S-92."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fwtwisted.core.storage.orphans import OrphanHunt, remover
from fwtwisted.core.storage.sides import Here, There
from fwtwisted.core.storage.strays import Strays
from fwtwisted.outside.origin import StoreAway
from tests.core.storage.case import MediaCase
from tests.faults import Fault


def days_later(days: int = 3) -> datetime:
    """When what was stored now is old."""
    return datetime.now(UTC) + timedelta(days=days)


class ResumingTests(MediaCase):
    """A run that ends early says where the next goes on, and nothing is left out."""

    def hunt(self, side: Here | There, *, deletes: bool = False) -> OrphanHunt:
        """One run, when all that lies there is old."""
        hunt = OrphanHunt(self.database, side, remover(side), days_later())
        hunt.orphans.deletes = deletes
        return hunt

    async def some(self, lies: str) -> list[str]:
        """Six files, of which every second has no row."""
        names = [f"tracks/{number}/file.mp3" for number in range(6)]
        for number, name in enumerate(names):
            if number % 2:
                self.put_somewhere(name, b"lost", lies)
            else:
                await self.a_song(name, lies=lies)
        return names

    async def test_stopped_while_listing(self) -> None:
        """What was listed is judged; behind it the next run finds the rest, here and there."""
        for lies, side in (("s3", self.there), ("local", self.here)):
            names = await self.some(lies)
            looks = iter([False, False, False, True])
            first = self.hunt(side)
            told = await first.find("", "", lambda looks=looks: next(looks))  # type: ignore[misc]
            self.assertEqual((True, 4), (told.interrupted, told.listed))
            second = await self.hunt(side).find("", told.goes_on_after, lambda: False)
            found = [one.name for one in (*told.found, *second.found)]
            self.assertEqual(sorted(names[1::2]), sorted(found))
            await self.do("DELETE FROM upload")

    async def test_stopped_before_deleting(self) -> None:
        """Where they should have gone, the next run begins before the first that is still there."""
        names = await self.some("s3")
        looks = iter([False, False, False, True])
        told = await self.hunt(self.there, deletes=True).find("", "", lambda: next(looks))
        second = self.hunt(self.there, deletes=True)
        await second.find("", told.goes_on_after, lambda: False)
        await second.delete(lambda: False)
        self.assertEqual(names[::2], sorted(self.server.keys(self.bucket_name)))
        self.assertEqual(second.orphans.last, second.orphans.goes_on_after)

    async def test_the_store_goes_away(self) -> None:
        """The same when the store breaks off."""
        await self.some("s3")
        hunt = self.hunt(self.there)
        self.faults.always(Fault(status=403, code="AccessDenied"))
        with self.assertRaises(StoreAway):
            await hunt.find("", "tracks/0/file.mp3", lambda: False)
        self.assertEqual((True, "tracks/0/file.mp3"), (hunt.orphans.interrupted, hunt.orphans.goes_on_after))


class StrayTests(MediaCase):
    """The chore."""

    async def test_only_old_copies_without_rows(self) -> None:
        """Copies of other servers' audio that no row names go, on both sides; all else stays."""
        kept = {"federation_cache/tracks/a/named.mp3", "tracks/a/ours.mp3", "federation_cache/old.mp3"}
        await self.a_song("federation_cache/tracks/a/named.mp3", lies="s3")
        self.put_somewhere("tracks/a/ours.mp3", b"1", "s3")
        self.put_somewhere("federation_cache/old.mp3", b"2", "s3")
        self.put_somewhere("federation_cache/tracks/a/there.mp3", b"3", "s3")
        self.put_somewhere("federation_cache/tracks/a/here.mp3", b"4", "local")
        sides = (self.there, self.here)
        self.assertEqual(0, await Strays(self.database, sides).remove())
        self.assertEqual(2, await Strays(self.database, sides, days_later).remove())
        self.assertEqual(kept, set(self.server.keys(self.bucket_name)))
        self.assertIsNone(self.lies_here("federation_cache/tracks/a/here.mp3"))

    async def test_a_wrong_database(self) -> None:
        """A database that knows no upload removes nothing."""
        self.put_somewhere("federation_cache/tracks/a/there.mp3", b"3", "s3")
        self.assertEqual(0, await Strays(self.database, [self.there], days_later).remove())

    async def test_the_store_is_away(self) -> None:
        """Nothing happens, until the next time."""
        self.faults.refuse()
        self.assertEqual(0, await Strays(self.database, [self.there], days_later).remove())
