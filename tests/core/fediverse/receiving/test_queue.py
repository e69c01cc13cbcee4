"""What was accepted has its effect, in order, whatever becomes of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from fwtwisted.core.fediverse.receiving.queue import RESTS, Queue, QueueSettings
from fwtwisted.core.fediverse.receiving.told import ANY, BARE, Deeds, Told
from fwtwisted.db.fediverse import received
from fwtwisted.db.jobs import Job, Later
from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from fwtwisted.model.errors import Invalid, Unavailable
from fwtwisted.model.federation import AskFailed
from tests.core.fediverse.receiving.case import ELSEWHERE, POD, ReceivingCase


def note(name: str, type: str = "Quick", about: str = "a") -> dict[str, Any]:
    """An activity."""
    return {"id": f"{ELSEWHERE}/{name}", "type": type, "object": {"type": "Thing", "id": f"{ELSEWHERE}/{about}"}}


class QueueTests(ReceivingCase):
    """The queue, with handlers that do as they are told."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.done: list[str] = []
        self.troubles: dict[str, list[Exception]] = {}
        self.queue = self.a_queue(Deeds({("Quick", ANY): self._quick}, {("Slow", "Thing"): self._slow}))

    async def _quick(self, tx: Tx, told: Told) -> None:
        await self._slow(told)
        await tx.do("INSERT INTO domain (name) VALUES (%s)", str(told.act.fid).rpartition("/")[2])

    async def _slow(self, told: Told) -> None:
        name = str(told.act.fid).rpartition("/")[2]
        if self.troubles.get(name):
            raise self.troubles[name].pop(0)
        self.done.append(name)

    def about(self, wanted: float, found: float, off: float) -> None:
        """Whether a number of seconds is as wanted, but for what the test took."""
        self.assertLess(abs(wanted - found), off)

    async def rest(self) -> Any:
        """How long the host's posts rest."""
        return await self.run_in(received.rest_seconds, "far.example")

    async def effects(self) -> Sequence[str]:
        """What quick ones left in the database."""
        return await self.run_in(Tx.many, str, "SELECT name FROM domain WHERE length(name) = 1 ORDER BY name")

    async def test_in_order(self) -> None:
        """Quick and slow ones have their effect in the order in which they came; unknown ones have none."""
        await self.tells(self.bob, note("1"), note("2"), note("3", "Slow"), note("4", "Odd"), note("5"))
        self.assertEqual(["1", "2", "3", "5"], self.done)
        self.assertEqual(["done"] * 5, await self.states())

    async def test_one_fails(self) -> None:
        """One that fails rests, and those beside it have their effect once."""
        self.troubles["2"] = [Invalid.on("a", "b"), Invalid.on("a", "b"), Invalid.on("a", "b")]
        await self.tells(self.bob, note("1"), note("2", about="b"), note("3"))
        self.assertEqual(["1", "3"], await self.effects())
        self.assertEqual(["done", "failed", "done"], await self.states())

    async def test_one_that_takes_for_ever(self) -> None:
        """Who asks servers that do not answer is cut off, and rests; those behind it have their effect."""

        async def slow(told: Told) -> None:
            await Deferred()

        deeds = Deeds({("Quick", ANY): self._quick}, {("Slow", "Thing"): slow})
        settings = QueueSettings(deed_seconds=0.2)
        self.queue = Queue(
            self.database, deeds, self.threads, self.bell.ring, reactor, lambda: datetime.now(UTC), POD, settings
        )
        await self.tells(self.bob, note("1", "Slow"), note("2", about="b"))
        self.assertEqual((["2"], ["waiting", "done"]), (await self.effects(), await self.states()))
        self.assertIn("too long", await self.value("SELECT error FROM received WHERE state = 'waiting'"))

    async def test_one_that_is_too_much_for_the_database(self) -> None:
        """It rests like any other that fails; its host's line is not held up by it for ever."""
        hasty = Database(reactor, DatabaseSettings(self.dsn, connections=4, statement_seconds=0.5))
        self.addCleanup(hasty.close)

        async def quick(tx: Tx, told: Told) -> None:
            if str(told.act.fid).endswith("2"):
                await tx.do("SELECT pg_sleep(60)")
            await self._quick(tx, told)

        self.queue = Queue(
            hasty, Deeds({("Quick", ANY): quick}), self.threads, self.bell.ring, reactor, lambda: datetime.now(UTC), POD
        )
        await self.tells(self.bob, note("1"), note("2", about="b"), note("3"))
        self.assertEqual((["1", "3"], ["done", "waiting", "done"]), (await self.effects(), await self.states()))
        self.assertIn("OutOfTime", await self.value("SELECT error FROM received WHERE state = 'waiting'"))

    async def test_rests_longer_each_time(self) -> None:
        """What breaks is tried again after ever longer rests, then given up, and kept."""
        self.troubles["1"] = [ZeroDivisionError() for _ in range(20)]
        await self.tells(self.bob, note("1"))
        for rest in RESTS:
            waits = await self.value("SELECT extract(epoch FROM due - now())::float FROM received")
            self.about(rest, waits, 2)
            await self.do("UPDATE received SET due = now()")
            await self.drained()
        self.assertEqual(["failed"], await self.states())
        self.assertIn("ZeroDivisionError", await self.value("SELECT error FROM received"))
        self.assertEqual(len(RESTS) + 1, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_later_is_no_failure(self) -> None:
        """A handler that asks for time gets it, as often as it asks."""
        self.troubles["1"] = [Later(20.0) for _ in range(12)]
        await self.tells(self.bob, note("1", "Slow"), drain=False)
        for _ in range(12):
            self.about(20.0, await self.drained() or 0, 1)
            await self.do("UPDATE received SET due = now()")
        self.assertIsNone(await self.drained())
        self.assertEqual(["1"], self.done)

    async def test_same_object_waits(self) -> None:
        """What is said later about the same object waits for what rests; other things go on."""
        self.troubles["1"] = [AskFailed("timeout")]
        await self.tells(self.bob, note("1", "Slow"), note("2"), note("3", about="b"))
        self.assertEqual(["3"], self.done)
        await self.do("UPDATE received SET due = now()")
        await self.drained()
        self.assertEqual(["3", "1", "2"], self.done)

    async def test_what_cannot_get_better(self) -> None:
        """What another server refused for good is not asked for again; what it could not do just now, is."""
        for number, (trouble, state) in enumerate(
            (
                (AskFailed("http", status_code=404), "failed"),
                (AskFailed("blocked"), "failed"),
                (AskFailed("http", status_code=503), "waiting"),
                (AskFailed("http", status_code=429), "waiting"),
                (AskFailed("connection"), "waiting"),
            )
        ):
            self.troubles[str(number)] = [trouble]
            await self.tells(self.bob, note(str(number), "Slow", about=str(number)))
            self.assertEqual(state, (await self.states())[-1], trouble)

    async def test_database_away(self) -> None:
        """A database that gives way is nobody's failure: the job comes again, nothing is counted."""
        self.troubles["1"] = [Unavailable()]
        with self.assertRaises(Unavailable):
            await self.tells(self.bob, note("1"))
        self.assertEqual(0, await self.value("SELECT attempts FROM received"))
        await self.drained()
        self.assertEqual(["done"], await self.states())

    async def test_hosts_are_apart(self) -> None:
        """What rests of one host keeps nobody else waiting, and is looked for again soon."""
        self.troubles["1"] = [AskFailed("timeout") for _ in range(3)]
        await self.tells(self.bob, note("1", "Slow"), drain=False)
        self.about(RESTS[0], await self.drained() or 0, 1)
        self.assertIsNone(await self.drained("other.example"))

    async def test_turns(self) -> None:
        """A host that answers slowly has its turn, in order, and then rests as long as it took."""
        moment = [datetime.now(UTC)]

        async def slowly(told: Told) -> None:
            moment[0] += timedelta(seconds=20)
            await self._slow(told)

        deeds = Deeds({("Quick", ANY): self._quick}, {("Slow", "Thing"): slowly})
        self.queue = Queue(self.database, deeds, self.threads, self.bell.ring, reactor, lambda: moment[0], POD)
        await self.tells(self.bob, note("1", "Slow"), note("2", "Slow"), note("3"), drain=False)
        for done in (["1"], ["1", "2"]):
            self.about(20.0, await self.drained() or 0, 1)
            self.assertEqual(done, self.done)
        await self.drained()
        self.assertEqual(["1", "2", "3"], self.done)

    async def test_tidy(self) -> None:
        """After thirty days nothing is remembered; what waits without a job gets one."""
        await self.tells(self.bob, note("1"), note("2"))
        await self.do("UPDATE received SET arrived = now() - interval '31 days' WHERE fid LIKE '%%1'")
        await self.do("DELETE FROM job")
        await self.tells(self.bob, note("3"), drain=False)
        await self.do("DELETE FROM job")
        queue = Queue(self.database, Deeds(), self.threads, self.bell.ring, reactor, lambda: datetime.now(UTC), POD)
        await queue.tidy(Job(1, "", None, {}, 1, 0, 1, datetime.now(UTC)))
        self.assertEqual(["done", "waiting"], await self.states())
        self.assertEqual("far.example", await self.value("SELECT key FROM job"))

    async def test_nobody_fills_the_disk(self) -> None:
        """What had its effect is remembered by its id: what was long at once, what was short after a day."""
        await self.tells(self.bob, note("1"), note("2") | {"padding": "x" * 20_000}, note("3"))
        kept = "SELECT array_agg(length(body) > 0 ORDER BY id) FROM received"
        self.assertEqual([True, False, True], await self.value(kept))
        await self.do("UPDATE received SET arrived = now() - interval '25 hours' WHERE fid LIKE '%%1'")
        await self.queue.tidy(Job(1, "", None, {}, 1, 0, 1, datetime.now(UTC)))
        self.assertEqual([False, False, True], await self.value(kept))
        await self.tells(self.bob, note("2") | {"padding": "x" * 20_000})
        self.assertEqual(["1", "2", "3"], self.done)

    async def test_woken(self) -> None:
        """A host whose job rests is looked at when something new comes; one that is at work is not disturbed."""
        await self.tells(self.bob, note("1"), drain=False)
        await self.do("UPDATE job SET due = now() + interval '1 hour'")
        await self.tells(self.bob, note("2"), drain=False)
        self.assertTrue(await self.value("SELECT due <= now() FROM job"))
        await self.do("UPDATE job SET due = now() + interval '1 hour', held = true")
        await self.tells(self.bob, note("3"), drain=False)
        self.assertFalse(await self.value("SELECT due <= now() FROM job"))

    async def test_large(self) -> None:
        """A large activity is read in a thread, and has the same effect."""
        await self.tells(self.bob, note("1") | {"padding": ["x" * 1000] * 900})
        self.assertEqual(["1"], self.done)

    async def test_rest_seconds(self) -> None:
        """How long to rest is told from what is due later, and is nothing where something is due."""
        self.assertIsNone(await self.rest())
        await self.tells(self.bob, note("1"), drain=False)
        self.assertEqual(0.0, await self.rest())
        await self.do("UPDATE received SET due = %s", datetime.now(UTC) + timedelta(seconds=90))
        self.about(90.0, await self.rest(), 2)


class DeedsTests(ReceivingCase):
    """Who handles what."""

    async def test_every_activity(self) -> None:
        """Each activity of the contract is somebody's, and nobody's twice; anything else has no effect."""
        deeds = self.deeds()
        claimed = {*deeds.quick, *deeds.slow}
        for key in (
            ("Follow", ANY), ("Undo", "Follow"), ("Undo", "Like"), ("Undo", BARE), ("Accept", "Follow"),
            ("Reject", BARE), ("Create", "Audio"), ("Update", "Audio"), ("Update", "AudioCollection"),
            ("Update", "Library"), ("Update", "Track"), ("Update", "Album"), ("Update", "Artist"),
            ("Update", "Person"), ("Delete", ANY), ("Flag", ANY), ("Like", ANY), ("Dislike", ANY), ("Listen", ANY),
            ("Announce", ANY),
        ):  # fmt: skip
            self.assertIn(key, claimed)
        self.assertRaises(ValueError, lambda: deeds | deeds)
        for type in ("Block", "Move", "Add", "EmojiReact", "Question", "Person", "Create"):
            await self.tells(self.bob, note(type, type))
        self.assertEqual({"done"}, set(await self.states()))
        self.assertEqual([], self.said.log)
