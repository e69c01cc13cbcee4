"""Walks through libraries elsewhere: whole ones, broken ones, endless ones; and when they begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.logger import capturedLogs, formatEvent

from fwtwisted.core.fediverse.remote.scanning import (
    FIRST_REST,
    FURTHER_PAGES,
    MOST_REPEATS,
    MOST_TRIES,
    SCAN,
    TURN_SECONDS,
    Scanning,
    next_monday_at_two,
)
from fwtwisted.db.jobs import Job, Later
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import Answer
from fwtwisted.model.fediverse import Scan
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import ALICE, LIBRARY, OTHER_POD, Document, changed, funkwhale_actor, library, page, upload

PAGES = [f"{LIBRARY}?page={number}" for number in range(20)]  # the first is no page


class ScanningCase(RemoteCase):
    """With a library of Alice's that Bob follows.  :ivar slowness: seconds that each answer takes."""

    slowness = 0.0

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(funkwhale_actor(), library())
        self.library = await self.objects.take_library(library(), LIBRARY)
        self.bob = (await self.a_viewer("bob")).the_actor
        await self.a_follow(self.bob, library=self.library.id)
        self.shown: dict[str, list[Document | Callable[[], None]]] = {}
        self.scanning = Scanning(self.database, self._asked, self.objects, lambda *_: None, self._now)

    async def _asked(self, url: str, **how: Any) -> Answer:
        """The other server takes its time; once each it has other things to show, or changes after it has answered."""
        self.clock.advance(self.slowness)
        answer = await self.world.ask(url, **how)
        waiting = self.shown.get(url, [])
        if waiting and not callable(waiting[0]):
            answer = Answer(url, waiting.pop(0))  # type: ignore[arg-type]
        if waiting and callable(waiting[0]):
            waiting.pop(0)()  # type: ignore[operator]
        return answer

    def shelve(self, *pages: list[Document], total: int | None = None, **members: Any) -> None:
        """Have the library hold these files, page by page."""
        count = sum(map(len, pages)) if total is None else total
        self.world.put(library(totalItems=count, **members))
        for number, items in enumerate(pages, 1):
            onward = {"next": PAGES[number + 1]} if number < len(pages) else {}
            self.world.put(page(*items, number=number, totalItems=count, **onward))

    async def ask(self, *, afresh: bool = False) -> Scan | None:
        """Ask for a walk."""
        return await self.run_in(lambda tx: self.scanning.ask(tx, self.library.id, self.bob, afresh=afresh))

    async def walk(self) -> str:
        """Do the walk that was asked for last, or go on with it; its status."""
        id = await self.value("SELECT max(id) FROM library_scan")
        await self.scanning.scan(_job({"scan": id}))
        return str(await self.value("SELECT status FROM library_scan WHERE id = %s", id))

    async def looked_through(self) -> str:
        """Ask for a walk and do it."""
        await self.do("UPDATE library_scan SET creation_date = creation_date - interval '2 days'")
        await self.ask()
        return await self.walk()

    async def uploads(self) -> list[str]:
        """The ids of the uploads of the library here."""
        return [fid for (fid,) in await self.rows("SELECT fid FROM upload ORDER BY fid")]

    async def scan(self) -> tuple[Any, ...]:
        """Of the latest walk: total, done, wrong."""
        return (await self.rows("SELECT total_files, processed_files, errored_files FROM library_scan"
                                " ORDER BY id DESC LIMIT 1"))[0]  # fmt: skip


def _job(args: dict[str, Any]) -> Job:
    return Job(1, SCAN, None, args, 1, 0, 1, datetime.now(UTC))


def _ids(*numbers: int) -> list[str]:
    return [upload(number)["id"] for number in numbers]


class WalkTests(ScanningCase):
    """One walk."""

    async def test_a_whole_walk(self) -> None:
        """Every page is read by who follows, everything on them is kept and counted."""
        self.shelve([upload(1), upload(2)], [upload(3)])
        self.world.askers.clear()
        self.world.asked.clear()
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(_ids(1, 2, 3), await self.uploads())
        self.assertEqual((3, 3, 0), await self.scan())
        self.assertEqual([LIBRARY, PAGES[1], PAGES[2]], self.world.asked)
        self.assertEqual({self.bob}, set(self.world.askers))

    async def test_an_empty_library(self) -> None:
        """It is looked through, and there is nothing; with or without a page that says so."""
        self.shelve([])
        self.assertEqual("finished", await self.looked_through())
        self.world.put(library(totalItems=0, first=None))
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual((0, 0, 0), await self.scan())

    async def test_what_is_gone_is_removed(self) -> None:
        """What a whole walk without errors did not meet is gone from here."""
        self.shelve([upload(1), upload(2)], [upload(3)])
        await self.looked_through()
        self.shelve([upload(1)], [upload(3)])
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(_ids(1, 3), await self.uploads())

    async def test_what_could_not_be_read_removes_nothing(self) -> None:
        """An invalid item is passed over and counted; what else was not met stays."""
        self.shelve([upload(1), upload(2)], [upload(3)])
        await self.looked_through()
        strange = upload(4, library=f"{LIBRARY}0")
        self.shelve([upload(1)], [strange, changed(upload(5), url=[])])
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(_ids(1, 2, 3), await self.uploads())
        self.assertEqual((3, 3, 2), await self.scan())
        self.shelve([upload(1), "text", 7])  # type: ignore[list-item]
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual((_ids(1, 2, 3), (3, 3, 2)), (await self.uploads(), await self.scan()))

    async def test_pages_that_do_not_count(self) -> None:
        """How much there is may stand in the library's own document alone."""
        self.shelve(*[[upload(number)] for number in range(1, 16)])
        for url in PAGES[1:16]:
            del self.world.documents[url]["totalItems"]
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual((15, 15, 0), await self.scan())

    async def test_what_cannot_be_read_fills_no_log(self) -> None:
        """However much of it there is, and whatever it is called: a short line a page."""
        bad = [{**upload(number), "id": f"{upload(number)['id']}{'x' * 10_000}"} for number in range(5)]
        self.shelve([upload(9), *bad], [*bad])
        with capturedLogs() as events:
            await self.looked_through()
        told = [formatEvent(event) for event in events if event.get("event") == "scanning.invalid"]
        self.assertEqual(2, len(told))
        self.assertIn("5 items", told[0])
        self.assertLess(len(told[0]), 1_000)

    async def test_a_library_that_shows_less_than_it_has(self) -> None:
        """Where fewer files are on the pages than it says there are, nothing is removed."""
        self.shelve([upload(1), upload(2)])
        await self.looked_through()
        self.shelve([upload(1)], total=2)
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(_ids(1, 2), await self.uploads())

    async def test_what_came_meanwhile_stays(self) -> None:
        """A file that its server told of during the walk is not taken for one that is gone."""
        self.shelve([upload(1)], [upload(2)])
        self.world.statuses[PAGES[2]] = 503
        await self.ask()
        await self.fails(Later, self.walk())
        await self.objects.take_upload(upload(9), sender=self.library.owner, library=self.library)
        del self.world.statuses[PAGES[2]]
        self.assertEqual("finished", await self.walk())
        self.assertEqual(_ids(1, 2, 9), await self.uploads())

    async def test_nobody_may_look(self) -> None:
        """A private library that nobody here follows is not asked for."""
        await self.do("DELETE FROM follow")
        await self.do("UPDATE library SET privacy_level = 'me' WHERE id = %s", self.library.id)
        self.world.asked.clear()
        self.assertEqual("errored", await self.looked_through())
        self.assertEqual([], self.world.asked)

    async def test_the_pod_looks_where_anybody_may(self) -> None:
        """A public library that nobody follows is read in the name of the pod."""
        await self.do("DELETE FROM follow")
        self.shelve([upload(1)])
        self.world.askers.clear()
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual({None}, set(self.world.askers))


class TroubleTests(ScanningCase):
    """What goes wrong on the way."""

    async def test_it_goes_on_with_the_page_that_failed(self) -> None:
        """A page that cannot be had is asked for again after a rest that doubles; those before it are not."""
        self.shelve([upload(1)], [upload(2)], [upload(3)])
        self.world.statuses[PAGES[2]] = 503
        await self.ask()
        for tries in range(3):
            later = await self.fails(Later, self.walk())
            self.assertEqual(FIRST_REST * 2**tries, later.seconds)
        self.assertEqual(_ids(1), await self.uploads())
        del self.world.statuses[PAGES[2]]
        self.world.asked.clear()
        self.assertEqual("finished", await self.walk())
        self.assertEqual([PAGES[2], PAGES[3]], self.world.asked)
        self.assertEqual((_ids(1, 2, 3), (3, 3, 0)), (await self.uploads(), await self.scan()))

    async def test_others_have_their_turn(self) -> None:
        """A walk that takes long lets its hand go now and then, and goes on where it was; nothing is asked twice."""
        self.shelve(*([upload(number)] for number in range(1, 6)))
        self.slowness = TURN_SECONDS / 2.5
        await self.ask()
        turns = 1
        while True:
            try:
                status = await self.walk()
                break
            except Later as rest:
                self.assertEqual(0, rest.seconds)
                turns += 1
        self.assertEqual(("finished", 2), (status, turns))
        self.assertEqual(_ids(1, 2, 3, 4, 5), await self.uploads())
        self.assertEqual(PAGES[1:6], [url for url in self.world.asked if "page=" in url])

    async def test_it_gives_up(self) -> None:
        """After five times it is errored, and nothing is removed."""
        self.shelve([upload(1), upload(2)])
        await self.looked_through()
        self.shelve([upload(1)], [])
        self.world.statuses[PAGES[2]] = 429
        await self.do("UPDATE library_scan SET creation_date = creation_date - interval '2 days'")
        await self.ask()
        for _ in range(MOST_TRIES):
            await self.fails(Later, self.walk())
        self.assertEqual("errored", await self.walk())
        self.assertEqual(_ids(1, 2), await self.uploads())
        self.assertEqual([], await self.rows("SELECT 1 FROM library_scan_met"))
        self.assertEqual("errored", await self.walk())

    async def test_what_no_patience_helps(self) -> None:
        """A page that is refused ends the walk at once."""
        for status in (401, 403, 404, 410):
            self.shelve([upload(1)], [upload(2)])
            self.world.statuses = {PAGES[2]: status}
            self.assertEqual("errored", await self.looked_through(), status)

    async def test_a_library_that_gets_smaller(self) -> None:
        """What is behind moves forward, unseen, and the last page vanishes: the walk begins again, and ends well."""
        few = [upload(number) for number in (3, 4, 5)]
        for vanishes in (True, False):
            await self.do("DELETE FROM upload")
            self.shelve([upload(1), upload(2)], [upload(3), upload(4)], [upload(5)])
            first, second = self.world.documents[PAGES[1]], self.world.documents[PAGES[2]]

            def turn(vanishes: bool = vanishes, second: Document = second) -> None:
                self.shelve(few[:2], few[2:])
                if vanishes:
                    del self.world.documents[PAGES[3]]
                    self.shown[PAGES[2]] = [second]

            self.shown = {PAGES[1]: [first, turn]}
            self.assertEqual("finished", await self.looked_through())
            self.assertEqual((_ids(3, 4, 5), (3, 3, 0)), (await self.uploads(), await self.scan()))
            self.assertEqual([], await self.rows("SELECT 1 FROM library_scan_met"))

    async def test_a_library_that_gets_smaller_for_ever(self) -> None:
        """Some day it is enough."""
        self.shelve([upload(1)], total=1_000)
        for number in range(1_000, 900, -1):
            self.shown.setdefault(LIBRARY, []).append(library(totalItems=number))
            self.shown.setdefault(PAGES[1], []).append(page(upload(1), totalItems=number - 1))
        self.world.asked.clear()
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(1 + MOST_REPEATS, self.world.asked.count(PAGES[1]))

    async def test_a_way_on_from_the_end(self) -> None:
        """After the last file it does no harm that a page leads to one that is not there."""
        self.shelve([upload(1), upload(2)], [upload(3)])
        await self.looked_through()
        self.shelve([upload(1)], [upload(3)], [])
        del self.world.documents[PAGES[3]]
        self.assertEqual("finished", await self.looked_through())
        self.assertEqual(_ids(1, 3), await self.uploads())

    async def test_no_library(self) -> None:
        """A library that cannot be had, or is another one, ends the walk."""
        for status in (401, 403, 404, 500, 503):
            self.world.statuses = {LIBRARY: status}
            self.assertEqual("errored", await self.looked_through(), status)
        self.world.statuses = {}
        self.world.documents[LIBRARY] = library(f"{LIBRARY}0")
        self.assertEqual("errored", await self.looked_through())
        self.world.documents[LIBRARY] = funkwhale_actor(ALICE)
        self.assertEqual("errored", await self.looked_through())

    async def test_ways_that_lead_astray(self) -> None:
        """A circle, another server's page, and what is no page end the walk; what was met is kept, nothing removed."""
        self.shelve([upload(1), upload(2)])
        await self.looked_through()
        circle = page(upload(1), next=PAGES[1], totalItems=1)
        foreign = page(upload(1), next=f"{OTHER_POD}/page/2")
        theirs = (page(upload(1), attributedTo=f"{OTHER_POD}/x"), page(upload(1), partOf=f"{LIBRARY}0"))
        no_page = changed(page(upload(1)), type="Library")
        for wrong in (circle, foreign, *theirs, no_page, page(upload(1), fid=f"{OTHER_POD}/x")):
            self.world.documents[PAGES[1]] = wrong
            self.assertEqual("errored", await self.looked_through(), wrong)
            self.assertEqual(_ids(1, 2), await self.uploads())
        self.assertNotIn(f"{OTHER_POD}/page/2", self.world.asked)

    async def test_an_endless_library(self) -> None:
        """No more pages are read than there can be, also when the walk was cut off between them."""
        for number in range(1, 20):
            onward = f"{LIBRARY}?page={number + 1}"
            self.world.put(page(upload(number), number=number, totalItems=2, next=onward))
        self.world.statuses = {PAGES[5]: 503}
        await self.ask()
        await self.fails(Later, self.walk())
        self.world.statuses = {}
        self.assertEqual("errored", await self.walk())
        read = {url for url in self.world.asked if "?page=" in url}
        self.assertEqual(2 + FURTHER_PAGES, len(read))


class AskingTests(ScanningCase):
    """When walks begin."""

    async def test_once_a_day(self) -> None:
        """A second walk within a day is not begun, unless who asks insists, or the first went wrong."""
        self.assertIsNotNone(await self.ask())
        self.assertIsNone(await self.ask())
        self.assertIsNone(await self.ask(afresh=True))  # it has not even begun
        self.shelve([upload(1)])
        self.assertEqual("finished", await self.walk())
        self.assertIsNone(await self.ask())
        self.assertIsNotNone(await self.ask(afresh=True))
        self.world.statuses = {LIBRARY: 403}
        self.assertEqual("errored", await self.walk())
        await self.do("DELETE FROM library_scan WHERE status = 'finished'")
        self.assertIsNotNone(await self.ask())

    async def test_weekly(self) -> None:
        """All that somebody here follows is looked through; what is shut out, unreachable or not followed is not."""
        other = await self.objects.take_library(library(f"{LIBRARY}0"), f"{LIBRARY}0")
        waiting = await self.objects.take_library(library(f"{LIBRARY}1"), f"{LIBRARY}1")
        await self.a_follow(self.bob, library=waiting.id, approved=None)
        await self.scanning.scan_all(_job({}))
        found = await self.rows("SELECT library_id, actor_id, status FROM library_scan")
        self.assertEqual([(self.library.id, None, "pending")], found)
        self.assertEqual([(str(self.library.id),)], await self.rows("SELECT key FROM job WHERE kind = %s", SCAN))
        self.assertNotEqual(other.id, self.library.id)
        await self.do("DELETE FROM library_scan")
        for column, value in (("blocked", "true"), ("reachable", "false")):
            await self.do(f"UPDATE domain SET {column} = {value} WHERE name = 'far.example'")
            await self.scanning.scan_all(_job({}))
            self.assertEqual([], await self.rows("SELECT 1 FROM library_scan"))
            await self.do(f"UPDATE domain SET {column} = NOT {column} WHERE name = 'far.example'")

    async def test_old_walks_are_forgotten(self) -> None:
        """But the last one through each library."""
        for _ in range(3):
            self.shelve([upload(1)])
            await self.looked_through()
        await self.do("UPDATE library_scan SET creation_date = now() - interval '100 days'")
        await self.do("DELETE FROM follow")
        await self.scanning.scan_all(_job({}))
        self.assertEqual([(1,)], await self.rows("SELECT count(*) FROM library_scan"))

    async def test_who_is_over_is_not_walked_again(self) -> None:
        """A job that comes twice, or after its library is gone, does nothing."""
        self.shelve([upload(1)])
        await self.looked_through()
        self.world.asked.clear()
        self.assertEqual("finished", await self.walk())
        self.assertEqual([], self.world.asked)

        async def gone(tx: Tx) -> None:
            await tx.do("DELETE FROM library_scan")

        await self.run_in(gone)
        await self.scanning.scan(_job({"scan": 1}))
        self.assertEqual([], self.world.asked)

    async def test_the_beat(self) -> None:
        """Mondays at two, in UTC; never the same moment again."""
        monday = datetime(2026, 1, 5, 2, tzinfo=UTC)
        self.assertEqual(monday, next_monday_at_two(monday - timedelta(seconds=1)))
        self.assertEqual(monday + timedelta(days=7), next_monday_at_two(monday))
        self.assertEqual(monday, next_monday_at_two(monday - timedelta(days=3)))
