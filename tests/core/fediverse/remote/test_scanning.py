"""Walks through libraries elsewhere, and what those may not do with us: docs/federation.md §2.7, §5.2."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fwtwisted.core.fediverse.remote import scanning
from fwtwisted.core.fediverse.remote.scanning import MOST_PAGES, Scanning
from fwtwisted.db.jobs import Job, Later
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import Answer
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import ALICE, LIBRARY, POD, Document, funkwhale_actor, library, page, upload

EVE = f"{POD}/federation/actors/eve"


class ScanningCase(RemoteCase):
    """With a public library of Alice's, of which nothing is here yet."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(funkwhale_actor(), library())
        self.library = await self.objects.take_library(library(), LIBRARY)
        self.scanning = Scanning(self.database, self.world.ask, self.objects, lambda *_: None)
        self.total = 0

    async def walk(self, *pages: Document, **members: Any) -> str:
        """Have the library walked through; what became of it."""
        self.world.put(library(**members), *pages)

        async def ask(tx: Tx) -> None:
            await self.scanning.ask(tx, self.library.id, None, afresh=True)

        await self.database.transaction(ask)
        return await self.go_on()

    async def go_on(self) -> str:
        """Have the latest walk go on."""
        id = await self.value("SELECT max(id) FROM library_scan")
        await self.scanning.scan(Job(1, scanning.SCAN, None, {"scan": id}, 1, 0, 1, datetime.now(UTC)))
        status: str = await self.value("SELECT status FROM library_scan WHERE id = %s", id)
        return status

    async def titles(self) -> list[str]:
        """What there is by now."""
        return [title for [title] in await self.rows("SELECT title FROM track ORDER BY title")]


class WalkTests(ScanningCase):
    """From the first page to the last."""

    async def test_all_of_it(self) -> None:
        """Page by page; what a whole walk does not meet any more is removed."""
        onward = f"{LIBRARY}?page=2"
        pages = [page(upload(1), next=onward), page(upload(2), number=2)]
        self.assertEqual("finished", await self.walk(*pages))
        self.assertEqual(["Track 1", "Track 2"], await self.titles())
        self.assertEqual("finished", await self.walk(page(upload(2)), totalItems=1))
        self.assertEqual(["Track 2"], await self.titles())

    async def test_not_all_was_met(self) -> None:
        """A walk with errors, or which met less than the library says that it has, removes nothing."""
        await self.walk(page(upload(1), upload(2)))
        self.assertEqual("finished", await self.walk(page(upload(1), {"type": "Audio", "id": "x"})))
        self.assertEqual("finished", await self.walk(page(upload(1)), totalItems=2))
        self.assertEqual(["Track 1", "Track 2"], await self.titles())

    async def test_goes_on(self) -> None:
        """A page that does not come is asked for again later; what was done is not done again."""
        onward = f"{LIBRARY}?page=2"
        self.world.statuses[onward] = 502
        await self.fails(Later, self.walk(page(upload(1), next=onward), page(upload(2), number=2)))
        self.world.statuses.clear()
        self.world.asked.clear()
        self.assertEqual(("finished", [onward]), (await self.go_on(), self.world.asked))

    async def test_refused(self) -> None:
        """A page that is for others ends it at once."""
        self.world.statuses[f"{LIBRARY}?page=1"] = 403
        self.assertEqual("errored", await self.walk())


class HostileTests(ScanningCase):
    """What a library does to us that means no good."""

    async def test_what_is_of_others(self) -> None:
        """Files of another library, another server, or ours are passed over."""
        await self.walk(
            page(
                upload(1), upload(2, library=f"{POD}/federation/music/libraries/other"),
                upload(3, pod="https://third.example"), upload(4, id="https://pod.example/federation/music/uploads/4"),
                upload(5, id=f"{POD}:8443/5"), "https://third.example/1", None, [upload(6)],
            )
        )  # fmt: skip
        self.assertEqual(["Track 1"], await self.titles())

    async def test_pages_elsewhere(self) -> None:
        """A way on to another server, to ours, or to another port is not gone."""
        for onward in ("https://evil.example/p", "https://pod.example/federation/p", f"{POD}:8443/p", "file:///etc"):
            self.assertEqual("errored", await self.walk(page(upload(1), next=onward)), onward)
            self.assertNotIn(onward, self.world.asked)
        elsewhere = "https://evil.example/p"
        self.assertEqual("errored", await self.walk(page(upload(1), id=elsewhere), first=elsewhere))
        self.assertNotIn(elsewhere, self.world.asked)

    async def test_led_away(self) -> None:
        """A page that another server answered is none of this library's."""
        ask = self.world.ask

        async def led_away(url: str, **how: Any) -> Answer:
            found = await ask(url, **how)
            return Answer("https://evil.example/p", found.document) if "page=" in url else found

        self.scanning = Scanning(self.database, led_away, self.objects, lambda *_: None)
        self.assertEqual("errored", await self.walk(page(upload(1))))
        self.assertEqual([], await self.titles())

    async def test_loops(self) -> None:
        """Pages that lead back to one another end; nothing is asked twice."""
        self.world.asked.clear()
        one, two = f"{LIBRARY}?page=1", f"{LIBRARY}?page=2"
        await self.walk(page(upload(1), next=two), page(upload(2), number=2, next=one))
        self.assertEqual([LIBRARY, one, two], self.world.asked)

    async def test_no_end(self) -> None:
        """Ever new pages end where the library's own number says that they must, and soon whatever it says."""
        counted = 0
        ask = self.world.ask

        async def endless(url: str, **how: Any) -> Answer:
            nonlocal counted
            if "page=" not in url:
                return await ask(url, **how)
            counted += 1
            return Answer(url, page(number=counted, next=f"{LIBRARY}?page={counted + 1}", totalItems=self.total))

        self.total = 5
        self.scanning = Scanning(self.database, endless, self.objects, lambda *_: None)
        self.assertEqual("errored", await self.walk())
        self.assertEqual(15, counted)
        self.total = 2**31 - 1
        await self.do("UPDATE library_scan SET creation_date = now() - interval '2 days'")

        async def most(url: str, **how: Any) -> Answer:
            if counted > 20:
                return Answer(url, page(number=counted))
            return await endless(url, **how)

        self.scanning = Scanning(self.database, most, self.objects, lambda *_: None)
        await self.walk()
        self.assertEqual(MOST_PAGES, await self.value("SELECT max(most_pages) FROM library_scan"))

    async def test_another_library(self) -> None:
        """Nobody hands a library to somebody else, not even on the same server."""
        self.world.put(funkwhale_actor(EVE))
        self.assertEqual("errored", await self.walk(page(upload(1)), attributedTo=EVE))
        self.world.put(library())
        self.assertEqual("errored", await self.walk(page(upload(1)), attributedTo="https://evil.example/eve"))
        self.assertEqual([(ALICE,)], await self.rows("SELECT actor.fid FROM library JOIN actor ON actor.id = actor_id"))
        self.assertEqual([], await self.titles())
