"""The queue and its hands: at least once, never lost, each lane at its width; schedules fire once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2.extensions
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from fwtwisted.db import jobs
from fwtwisted.db.jobs import GiveUp, Handled, Job, JobKind, Later, Schedule
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Unavailable
from fwtwisted.worker import Clock, Hands, WorkerSettings, back_off
from tests.database import DatabaseCase
from tests.servers import postgres
from tests.waiting import PATIENCE_SECONDS, settled

QUICK = WorkerSettings(look_seconds=0.02, grace_seconds=5.0, lease_seconds=3.0)


class Rung:
    """A bell that only these tests ring."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Callable[[bytes], None]]] = {}

    def listen(self, name: str, heard: Callable[[bytes], None]) -> Callable[[], None]:
        self.heard.setdefault(name, []).append(heard)
        return lambda: self.heard[name].remove(heard)

    def ring(self, name: str, payload: bytes = b"") -> None:
        for heard in self.heard.get(name, []):
            heard(payload)


class HandsCase(DatabaseCase):
    """Hands that do what a test wants done."""

    def setUp(self) -> None:
        super().setUp()
        self.ran: list[Job] = []
        self.bell = Rung()
        self._waiting: list[tuple[int, Deferred[None]]] = []

    def hands(self, settings: WorkerSettings = QUICK, **kinds: JobKind) -> Hands:
        hands = Hands(reactor, self.database, kinds, self.bell.listen, settings, lambda: 0.5)
        self.addCleanup(self._stop, hands)
        hands.startService()
        return hands

    async def _stop(self, hands: Hands) -> None:
        if hands.running:
            await hands.stopService()

    async def note(self, job: Job) -> None:
        """A handler that only remembers what it was given."""
        self.ran.append(job)
        for count, heard in list(self._waiting):
            if len(self.ran) >= count and not heard.called:
                heard.callback(None)

    async def until_ran(self, count: int) -> None:
        """Wait until handlers ran so often."""
        if len(self.ran) < count:
            heard: Deferred[None] = Deferred()
            self._waiting.append((count, heard))
            await heard.addTimeout(PATIENCE_SECONDS, reactor)

    async def ask(self, kind: str, key: str | None = None, **args: Any) -> None:
        await self.run_in(jobs.ask, kind, "import", args, key)

    async def until(self, sql: str, wanted: object) -> None:
        """Wait until the database says so."""
        while await self.value(sql) != wanted:  # the test's time-out is the limit
            await settled(1)

    async def until_empty(self) -> None:
        await self.until("SELECT count(*) FROM job", 0)


class QueueTests(HandsCase):
    """Asking and doing."""

    async def test_asked_is_done(self) -> None:
        """A job runs with what it was asked, and is gone afterwards."""
        self.hands(work=JobKind("import", self.note))
        await self.ask("work", track=7)
        await self.until_ran(1)
        self.assertEqual({"track": 7}, self.ran[0].args)
        await self.until_empty()

    async def test_undone_transactions_ask_nothing(self) -> None:
        """A job asked for in a transaction that is rolled back never runs."""

        async def work(tx: Tx) -> None:
            await jobs.ask(tx, "work", "import", {})
            raise GiveUp

        with self.assertRaises(GiveUp):
            await self.database.transaction(work)
        self.assertEqual(0, await self.value("SELECT count(*) FROM job"))

    async def test_a_job_that_silences_its_holders_ends(self) -> None:
        """A job whose holders die without a word is buried after as many deaths as it has attempts."""
        await self.ask("work")
        for _ in range(3):  # holders that claim, and are never heard of again
            await self.run_in(jobs.claim, "import", ["work"], 1, 0.0)
        self.hands(work=JobKind("import", self.note, attempts=2))
        await self.until("SELECT count(*) FROM dead_job WHERE error LIKE '%%fell silent%%'", 1)
        self.assertEqual([], self.ran)

    async def test_a_job_that_was_handed_back_is_no_suspect(self) -> None:
        """What its holder spoke about does not count as silence."""
        await self.ask("work")
        for _ in range(5):
            (job,) = await self.run_in(jobs.claim, "import", ["work"], 1, 60.0)
            await self.run_in(partial(jobs.later, failed=False), job, 0)
        self.hands(work=JobKind("import", self.note, attempts=2))
        await self.until_ran(1)

    async def test_one_job_per_key(self) -> None:
        """Asked for five times before it runs, a job with a key runs once."""
        for _ in range(5):
            await self.ask("work", key="same")
        self.hands(work=JobKind("import", self.note))
        await self.until_empty()
        self.assertEqual(1, len(self.ran))

    async def test_asked_again_while_it_runs(self) -> None:
        """What is asked for while the job runs makes it run once more."""
        gate: Deferred[None] = Deferred()

        async def slow(job: Job) -> None:
            await self.note(job)
            if len(self.ran) == 1:
                await gate

        self.hands(work=JobKind("import", slow))
        await self.ask("work", key="k", round=1)
        await self.until_ran(1)
        await self.ask("work", key="k", round=2)
        gate.callback(None)
        await self.until_empty()
        self.assertEqual([1, 2], [job.args["round"] for job in self.ran])

    async def test_a_ring_is_enough(self) -> None:
        """Hands that look seldom come at once when the bell rings."""
        seldom = WorkerSettings(look_seconds=3600)
        self.hands(seldom, work=JobKind("import", self.note))
        await settled()
        await self.ask("work")
        self.bell.ring("jobs", b"import")
        await self.until_ran(1)

    async def test_lanes_have_widths(self) -> None:
        """No more jobs of a lane run at once than stated, and another lane is not held up."""
        gate: Deferred[None] = Deferred()
        running: list[int] = []

        async def slow(job: Job) -> None:
            running.append(job.id)
            await self.note(job)
            waiting: Deferred[None] = Deferred()
            gate.addCallback(lambda _: waiting.callback(None))
            await waiting

        for _ in range(6):
            await self.ask("slow")
        await self.run_in(jobs.ask, "quick", "mail", {})
        settings = WorkerSettings(widths={"import": 2}, look_seconds=0.02)
        self.hands(settings, slow=JobKind("import", slow), quick=JobKind("mail", self.note))
        await self.until_ran(3)
        await settled()
        self.assertEqual(2, len(running))
        gate.callback(None)
        await self.until_empty()


class JointTests(HandsCase):
    """Jobs that are taken on together."""

    def setUp(self) -> None:
        super().setUp()
        self.joined: list[list[str]] = []

    async def joint(self, some: Sequence[Job]) -> Handled:
        """What says "alone" is left, what says "more" goes on once, the rest is done."""
        self.joined.append(sorted(job.key for job in some if job.key))
        said = {job.id: job.args.get("says") for job in some}
        more = {id for id, word in said.items() if word == "more" and len(self.joined) == 1}
        return Handled({id for id, word in said.items() if word != "alone"} - more, more)

    async def test_together(self) -> None:
        """Those that are claimed at once are done by one call; what it leaves is run by itself, what it wants again."""
        for key, word in (("a", "done"), ("b", "alone"), ("c", "more"), ("d", "done")):
            await self.ask("work", key, says=word)
        self.hands(work=JobKind("import", self.note, joint=self.joint))
        await self.until_empty()
        self.assertEqual([["a", "b", "c", "d"], ["c"]], self.joined)
        self.assertEqual(["b"], [job.key for job in self.ran])

    async def test_a_lane_for_the_rest(self) -> None:
        """What is left goes to hands of its own, even if it never ends; who comes after is done meanwhile."""
        go: Deferred[None] = Deferred()

        async def endless(job: Job) -> None:
            await self.note(job)
            await go

        widths = WorkerSettings(look_seconds=0.02, widths={"import": 2, "slow": 1})
        for key in "abc":
            await self.ask("work", key, says="alone")
        self.hands(widths, work=JobKind("import", endless, joint=self.joint, alone="slow"))
        await self.until_ran(1)
        await self.ask("work", "d", says="done")
        await self.until("SELECT string_agg(lane || key, ' ' ORDER BY key) FROM job", "slowa slowb slowc")
        self.assertEqual(1, len(self.ran))
        await self.ask("work", "a", says="done")  # in hands: it is run once more, by these
        go.callback(None)
        await self.until_empty()
        self.assertEqual(list("aabc"), sorted(str(job.key) for job in self.ran))
        self.assertEqual(list("abcd"), sorted(key for some in self.joined for key in some))

    async def test_suspects_and_their_lane(self) -> None:
        """What a holder fell silent over is handed to the lane of those that are run alone."""
        await self.ask("work", "a")
        await self.run_in(jobs.claim, "import", ["work"], 1, 0.0)
        self.hands(work=JobKind("import", self.note, joint=self.joint, alone="slow"))
        await self.until_empty()
        self.assertEqual(([], ["a"]), (self.joined, [job.key for job in self.ran]))

    async def test_asked_for_meanwhile(self) -> None:
        """What is asked for again while it is being done together is done again."""

        async def joint(some: Sequence[Job]) -> Handled:
            if not self.joined:
                await self.ask("work", "a")
                await self.ask("work", "b")
            return await self.joint(some)

        await self.ask("work", "a")
        self.hands(work=JobKind("import", self.note, joint=joint))
        await self.until_empty()
        self.assertEqual([["a"], ["a", "b"]], self.joined)

    async def test_trouble(self) -> None:
        """What goes wrong together is run one by one; what failed by itself is no company for others any more."""
        broken = ["a"]

        async def joint(some: Sequence[Job]) -> Handled:
            await self.joint(some)
            raise ZeroDivisionError

        async def alone(job: Job) -> None:
            await self.note(job)
            if job.key in broken:
                broken.remove(job.key)
                raise Unavailable

        await self.ask("work", "a")
        await self.ask("work", "b")
        self.hands(work=JobKind("import", alone, joint=joint))
        await self.until_ran(2)
        await self.until("SELECT string_agg(key || failures, ' ') FROM job", "a1")
        await self.do("UPDATE job SET due = now()")
        await self.until_empty()
        self.assertEqual(([["a", "b"]], ["a", "a", "b"]), (self.joined, sorted(str(job.key) for job in self.ran)))

    async def test_what_killed_its_holder(self) -> None:
        """What a holder fell silent over comes by itself."""
        await self.ask("work", "a")
        await self.run_in(jobs.claim, "import", ["work"], 1, 0.0)
        await self.ask("work", "b")
        self.hands(work=JobKind("import", self.note, joint=self.joint))
        await self.until_empty()
        self.assertEqual(([["b"]], ["a"]), (self.joined, [job.key for job in self.ran]))

    async def test_claims_are_kept(self) -> None:
        """Those who are at it keep their claims, and others of the lane wait; who stops waits for them."""
        go, begun = Deferred[None](), Deferred[None]()

        async def joint(some: Sequence[Job]) -> Handled:
            begun.callback(None)
            await go
            return await self.joint(some)

        await self.ask("work", "a")
        hands = self.hands(
            WorkerSettings(look_seconds=0.02, lease_seconds=0.3), work=JobKind("import", self.note, joint=joint)
        )
        await begun
        before = await self.value("SELECT due FROM job")
        await self.until("SELECT due > '" + str(before) + "' FROM job", True)
        self.assertEqual([f"import {await self.value('SELECT id FROM job')}"], hands.under_way())
        stopping = Deferred.fromCoroutine(hands.stopService())
        await settled(3)
        self.assertFalse(stopping.called)
        go.callback(None)
        await stopping
        self.assertEqual((0, 0), (await self.value("SELECT count(*) FROM job"), len(hands.under_way())))

    async def test_ended_at_the_same_moment(self) -> None:
        """Jobs that end at the same moment are all struck off, and each that was asked for again is run again."""
        again = ["a", "c"]

        async def work(job: Job) -> None:
            if job.key in again:
                again.remove(str(job.key))
                await self.ask("work", job.key)
            await self.note(job)

        for key in "abcdef":
            await self.ask("work", key)
        self.hands(WorkerSettings(look_seconds=0.02, widths={"import": 6}), work=JobKind("import", work))
        await self.until_empty()
        self.assertEqual(list("aabccdef"), sorted(str(job.key) for job in self.ran))


class TroubleTests(HandsCase):
    """Jobs fail, workers die; nothing is lost and nothing is done by two."""

    async def test_failures_rest_longer_and_longer(self) -> None:
        """A failed job comes due after a rest, and its failure is counted and logged."""

        async def broken(job: Job) -> None:
            raise ZeroDivisionError

        await self.ask("work")
        began = await self.value("SELECT now()")
        self.hands(work=JobKind("import", broken))
        await self.until("SELECT max(failures) FROM job", 1)
        due, now = await self.run_in(Tx.one, lambda *row: row, "SELECT due, now() FROM job")
        rest = timedelta(seconds=back_off(1, 0.5))
        self.assertGreaterEqual(due, began + rest)
        self.assertLessEqual(due, now + rest)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.assertEqual([2.0, 4.0, 8.0, 3600.0], [back_off(n, 0.5) for n in (1, 2, 3, 60)])

    async def test_the_database_goes_away(self) -> None:
        """What becomes of a job is said as soon as the database is back: nobody waits until its claim runs out."""
        calm = WorkerSettings(look_seconds=0.02, grace_seconds=5.0, lease_seconds=600.0)

        async def work(job: Job) -> None:
            await self.note(job)
            if len(self.ran) == 1:
                self._admit("false")
                reactor.callLater(0.2, self._admit, "true")
                raise Later(0.0)

        await self.ask("work")
        self.hands(calm, work=JobKind("import", work))
        await self.until_ran(2)
        await self.until_empty()

    def _admit(self, admitted: str) -> None:
        """Have the database let everybody in again, or throw everybody out."""
        name = psycopg2.extensions.parse_dsn(self.dsn)["dbname"]
        postgres().execute(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS {admitted}",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    async def test_given_up_jobs_are_visible_and_can_be_revived(self) -> None:
        """A job that cannot succeed lies in ``dead_job`` with its error; revived, it runs again."""
        fail = True

        async def work(job: Job) -> None:
            if fail:
                raise GiveUp("no such thing")
            await self.note(job)

        await self.ask("work", key="k", track=3)
        self.hands(work=JobKind("import", work))
        await self.until("SELECT count(*) FROM dead_job", 1)
        (dead,) = await self.run_in(jobs.dead, 10)
        self.assertEqual(("GiveUp: no such thing", {"track": 3}, "k"), (dead.error, dead.args, dead.key))
        fail = False
        self.assertEqual(1, await self.run_in(jobs.revive, [dead.id]))
        await self.until_ran(1)

    async def test_attempts_run_out(self) -> None:
        """After as many failures as its kind admits, a job is buried."""

        async def broken(job: Job) -> None:
            raise ZeroDivisionError

        await self.ask("work")
        self.hands(work=JobKind("import", broken, attempts=1))
        await self.until("SELECT count(*) FROM dead_job", 1)
        self.flushLoggedErrors(ZeroDivisionError)

    async def test_later_is_no_failure(self) -> None:
        """A job that says "not now" rests without a mark."""

        async def not_now(job: Job) -> None:
            raise Later(100)

        await self.ask("work")
        self.hands(work=JobKind("import", not_now))
        await self.until("SELECT count(*) FROM job WHERE due > now() + interval '90 s' AND failures = 0", 1)

    async def test_a_lapsed_claim_is_taken_up(self) -> None:
        """When a holder vanishes, its job comes due; the old holder's word no longer counts."""
        await self.ask("work")
        (lost,) = await self.run_in(jobs.claim, "import", ["work"], 1, 0.0)
        (taken,) = await self.run_in(jobs.claim, "import", ["work"], 1, 60.0)
        self.assertEqual(lost.id, taken.id)
        await self.run_in(jobs.done, lost)
        self.assertFalse(await self.run_in(jobs.keep, lost, 60.0))
        self.assertEqual(1, await self.value("SELECT count(*) FROM job"))
        await self.run_in(jobs.done, taken)
        self.assertEqual(0, await self.value("SELECT count(*) FROM job"))

    async def test_two_claimers_share(self) -> None:
        """Claims that happen at once never hand out a job twice."""
        for _ in range(40):
            await self.ask("work")

        async def some() -> list[int]:
            found = await self.run_in(jobs.claim, "import", ["work"], 5, 60.0)
            return [job.id for job in found]

        found: Any = await gatherResults([Deferred.fromCoroutine(some()) for _ in range(8)], consumeErrors=True)
        ids = [id for several in found for id in several]
        self.assertEqual((40, 40), (len(ids), len(set(ids))))

    async def test_stopping_hands_unfinished_jobs_back(self) -> None:
        """A job that does not end within the grace is due again at once."""
        never: Deferred[None] = Deferred()

        async def endless(job: Job) -> None:
            await self.note(job)
            await never

        await self.ask("work")
        hands = self.hands(WorkerSettings(look_seconds=0.02, grace_seconds=0.05), work=JobKind("import", endless))
        await self.until_ran(1)
        await hands.stopService()
        self.assertEqual(1, await self.value("SELECT count(*) FROM job WHERE due <= now() AND failures = 0"))

    async def test_a_killed_worker_loses_nothing(self) -> None:
        """kill -9 in the middle of its work: another worker does what the dead one held."""
        for number in range(6):
            await self.ask("work", number=number)
        child = Child([sys.executable, "-m", "tests.stuck_worker", self.dsn])
        self.addCleanup(child.end)
        await child.says(b"claimed")
        child.kill()
        await child.ended
        self.assertEqual(6, await self.value("SELECT count(*) FROM job"))
        self.hands(work=JobKind("import", self.note))
        await self.until_empty()
        self.assertEqual(set(range(6)), {job.args["number"] for job in self.ran})


class Child(ProcessProtocol):
    """A process of the tests' own."""

    def __init__(self, command: list[str]) -> None:
        self.ended: Deferred[None] = Deferred()
        self._said = b""
        self._awaited: tuple[bytes, Deferred[None]] | None = None
        self._process: Any = reactor.spawnProcess(
            self, command[0], command, env=os.environ, path=str(Path(__file__).parent.parent)
        )

    def outReceived(self, data: bytes) -> None:
        self._said += data
        if self._awaited is not None and self._awaited[0] in self._said:
            (_, heard), self._awaited = self._awaited, None
            heard.callback(None)

    def errReceived(self, data: bytes) -> None:
        self._said += data

    def processEnded(self, reason: Failure) -> None:
        self.ended.callback(None)
        if self._awaited is not None:
            self._awaited[1].errback(Failure(ProcessTerminated(status=self._said.decode("utf-8", "replace"))))

    async def says(self, word: bytes) -> None:
        """Wait until it has said the word."""
        if word not in self._said:
            heard: Deferred[None] = Deferred()
            self._awaited = (word, heard)
            await heard.addTimeout(PATIENCE_SECONDS, reactor)

    def kill(self) -> None:
        self._process.signalProcess(signal.SIGKILL.value)

    def end(self) -> Deferred[None]:
        if not self.ended.called:
            self.kill()
        return self.ended


class ScheduleTests(HandsCase):
    """Chores with a beat."""

    def _clock(self, **schedules: Schedule) -> Clock:
        return Clock(reactor, self.database, schedules, self.bell.ring)

    async def test_due_once_over_many(self) -> None:
        """However many processes look at the clock, a due chore is asked for once."""
        hourly = Schedule("chore", "maintenance", lambda now: now + timedelta(hours=1))
        clocks = [self._clock(prune=hourly) for _ in range(4)]
        for clock in clocks:
            self.assertEqual([], await clock.look())
        await self.do("UPDATE schedule SET next_run = now() - interval '1 minute'")
        asked: Any = await gatherResults([Deferred.fromCoroutine(clock.look()) for clock in clocks], consumeErrors=True)
        self.assertEqual(["prune"], [name for several in asked for name in several])
        self.assertEqual(1, await self.value("SELECT count(*) FROM job WHERE kind = 'chore'"))
        self.assertTrue(await self.value("SELECT next_run > now() + interval '59 minutes' FROM schedule"))

    async def test_missed_for_too_long_is_skipped(self) -> None:
        """A run that expired while all was down is not made up for."""
        clock = self._clock(prune=Schedule("chore", "maintenance", lambda now: now + timedelta(hours=1)))
        await clock.look()
        await self.do("UPDATE schedule SET next_run = now() - interval '2 hours'")
        self.assertEqual([], await clock.look())
        self.assertEqual(0, await self.value("SELECT count(*) FROM job"))

    async def test_paused_means_not(self) -> None:
        """A paused schedule does not fire."""
        clock = self._clock(prune=Schedule("chore", "maintenance", lambda now: datetime(2100, 1, 1, tzinfo=UTC)))
        await clock.look()
        await self.do("UPDATE schedule SET next_run = now() - interval '1 minute', paused = true")
        self.assertEqual([], await clock.look())
