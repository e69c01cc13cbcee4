"""
The hands that do jobs, and the clock that asks for chores.  Neither knows what any job is about.

``Hands`` keeps, per lane, a stated number of jobs running.  It looks for work when the bell rings, when a hand
becomes free, and every few seconds in any case: a lost ring costs seconds, never work.  While a job runs its claim is
renewed; when this process dies the claim lapses and another takes the job up.

Where a kind of job has a joint handler, those that were claimed at once are done by that together; what it leaves is
run one by one, each by a hand, of a lane of its own where the kind names one::

    claim ──▶ joint: what is quickly done ──▶ struck off together ──▶ what came meanwhile: claim
                 └─ the others ──▶ a hand each

``Clock`` turns due schedules into jobs.  Any number of processes may run one: moving a schedule's next run forward is
the right to ask, and only one of them can.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.db import jobs
from fwtwisted.db.jobs import GiveUp, Handled, Job, JobKind, Joint, Kinds, Later, Schedule
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.together import Together
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import FwError, Unavailable

Listen = Callable[[str, Callable[[bytes], None]], Callable[[], None]]


@frozen
class WorkerSettings:
    """
    How many jobs are done at once, and for how long one is whose.

    :ivar widths: how many jobs of a lane run at once in this process.
    :ivar default_width: for lanes that are not named.
    :ivar lease_seconds: how long a claim lasts; renewed each third of it.
    :ivar look_seconds: how often to look for work when nobody rings.
    :ivar grace_seconds: on stopping, how long running jobs may take to finish.
    """

    widths: Mapping[str, int] = {
        "import": 4, "transcode": 2, "delivery": 8, "fetch": 4, "maintenance": 1, "mail": 2, "inbox": 24,
        "inbox-alone": 12, "federation": 32,
    }  # fmt: skip
    default_width: int = 2
    lease_seconds: float = 60.0
    look_seconds: float = 5.0
    grace_seconds: float = 20.0


def back_off(failures: int, draw: float) -> float:
    """
    Seconds to rest after the given number of failures: 2, 4, 8, … at most an hour, ± a quarter.

    :param draw: a random number in [0, 1).
    """
    return float(min(3600.0, 2.0**failures) * (0.75 + draw / 2))


class Hands(Service):
    """Claims jobs and runs them, each lane at its own width."""

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        kinds: Kinds,
        listen: Listen,
        settings: WorkerSettings,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._clock, self._database, self._kinds = clock, database, dict(kinds)
        self._listen, self._settings, self._draw = listen, settings, draw
        lanes = {lane for kind in kinds.values() for lane in (kind.lane, kind.alone) if lane is not None}
        self._lanes = {lane: _Lane(self, lane, self._width(lane)) for lane in lanes}
        self._deaf: Callable[[], None] = _silent
        self._ended: Together[Job, None] = Together(database.alone, _strike_off)
        self._look = LoopingCall(self._look_everywhere)
        self._look.clock = clock

    def _width(self, lane: str) -> int:
        return self._settings.widths.get(lane, self._settings.default_width)

    def startService(self) -> None:
        """Begin to look for work."""
        super().startService()
        self._deaf = self._listen(jobs.BELL, lambda lane: self._rung(lane.decode()))
        self._look.start(self._settings.look_seconds)

    def under_way(self) -> list[str]:
        """The jobs that run here: lane and number."""
        return [f"{name} {id}" for name, lane in self._lanes.items() for id in (*lane.joined, *lane.running)]

    async def stopService(self) -> None:
        """Claim no more; let running jobs finish within the grace, hand the others back."""
        super().stopService()
        self._deaf()
        if self._look.running:
            self._look.stop()
        for lane in self._lanes.values():  # first, for what a search still finds is running, too
            await lane.quiet()
        running = [done for lane in self._lanes.values() for done in lane.running.values()]
        impatient = self._clock.callLater(self._settings.grace_seconds, _cancel_all, running)
        await DeferredList([_echo(done) for done in running])
        if impatient.active():
            impatient.cancel()

    def _look_everywhere(self) -> None:
        for lane in self._lanes.values():
            lane.look()

    def _rung(self, lane: str) -> None:
        if lane in self._lanes:
            self._lanes[lane].look()

    async def run(self, job: Job) -> None:
        """Run one claimed job to its end and say how it went."""
        kind = self._kinds[job.kind]
        if job.lapses >= kind.attempts:
            await self._silenced(job)
            return
        renewing = LoopingCall(self._renew, job)
        renewing.clock = self._clock
        renewing.start(self._settings.lease_seconds / 3, now=False)
        try:
            await deferLater(self._clock, 0)  # whoever claimed must have us on the list of what runs
            work = Deferred.fromCoroutine(kind.run(job))
            if kind.time_limit is not None:
                work.addTimeout(kind.time_limit, self._clock)
            await work
        except Exception:  # whatever a job does must not stop the hands
            await self._went_wrong(job, kind, Failure())
        else:
            await self._said(lambda: self._ended.done(job))
        finally:
            renewing.stop()

    async def _said(self, say: Callable[[], Awaitable[object]]) -> None:
        """
        Say how jobs went: while the database is away, over and over, as long as a claim lasts.

        Else whoever comes next would wait until the claim runs out, as after a death.

        :raise Unavailable: it stays away, or we are stopping.
        """
        until = self._clock.seconds() + self._settings.lease_seconds
        while True:
            try:
                await say()
                return
            except Unavailable:
                if not self.running or self._clock.seconds() >= until:
                    raise
            await deferLater(self._clock, self._settings.look_seconds)

    def apart(self, lane: str, found: Sequence[Job]) -> tuple[list[Job], list[tuple[JobKind, list[Job]]]]:
        """
        Which jobs of a lane are run by themselves, and which are taken on together.

        Over what a holder fell silent, or what failed, is by itself: it may be what others would suffer from.
        """
        alone: list[Job] = []
        together: dict[str, tuple[JobKind, list[Job]]] = {}
        for job in found:
            kind = self._kinds[job.kind]
            if kind.joint is None or lane == kind.alone or (kind.alone is None and _is_suspect(job)):
                alone.append(job)
            else:
                together.setdefault(job.kind, (kind, []))[1].append(job)
        return alone, list(together.values())

    async def run_together(self, kind: JobKind, some: Sequence[Job]) -> list[Job]:
        """Take on several claimed jobs of a kind together; those that the same lane is to run by themselves."""
        fit = [job for job in some if not _is_suspect(job)]
        over = await self._joined(kind.joint, fit) if kind.joint is not None and fit else []
        left = [job for job in some if job not in over]
        if left and kind.alone is not None:
            lane = kind.alone
            await self._database.alone(lambda tx: jobs.move(tx, left, lane))
            self._lanes[lane].look()
            return []
        return left

    async def _joined(self, joint: Joint, some: Sequence[Job]) -> list[Job]:
        """Take them on, and strike off what was done; this."""
        renewing = LoopingCall(lambda: DeferredList([self._renew(job) for job in some]))
        renewing.clock = self._clock
        renewing.start(self._settings.lease_seconds / 3, now=False)
        try:
            handled = await joint(some)
        except Exception:  # whatever they met together, each by itself may not
            handled = Handled()
            why = Failure()
            self._log.info(
                "{count} jobs are run one by one: {why}", event="job.apart", count=len(some), why=_told(why.value)
            )
        finally:
            renewing.stop()
        over = [job for job in some if job.id in handled.done or job.id in handled.more]
        if over:
            await self._said(lambda: self._database.alone(lambda tx: jobs.all_done(tx, over, handled.more)))
        return over

    async def _silenced(self, job: Job) -> None:
        """Bury a job that nobody who held it has spoken about: it may be what kills its holders."""
        error = f"{job.lapses} holders fell silent over it"
        self._log.error(
            "job {id} ({kind}) is given up: {error}", event="job.silenced", id=job.id, kind=job.kind, error=error
        )
        await self._database.transaction(lambda tx: jobs.bury(tx, job, error))

    def _renew(self, job: Job) -> Deferred[bool | None]:
        kept = self._database.alone(lambda tx: jobs.keep(tx, job, self._settings.lease_seconds))
        return kept.addErrback(self._not_renewed, job)

    def _not_renewed(self, why: Failure, job: Job) -> None:
        self._log.warn("job {id} keeps no claim: {why}", event="job.unkept", id=job.id, why=str(why.value))

    async def _went_wrong(self, job: Job, kind: JobKind, why: Failure) -> None:
        error = why.value
        if isinstance(error, Later):
            seconds = error.seconds
            await self._put_off(job, seconds, failed=False)
        elif isinstance(error, CancelledError) and not self.running:
            await self._put_off(job, 0, failed=False)
        elif isinstance(error, GiveUp) or job.failures + 1 >= kind.attempts:
            self._complain(job, why, "job {id} ({kind}) is given up: {error}", "job.buried")
            await self._said(lambda: self._database.transaction(lambda tx: jobs.bury(tx, job, _told(error))))
        else:
            rest = back_off(job.failures + 1, self._draw())
            self._complain(job, why, "job {id} ({kind}) rests for {rest:.0f}s: {error}", "job.failed", rest=rest)
            await self._put_off(job, rest, failed=True)

    async def _put_off(self, job: Job, seconds: float, *, failed: bool) -> None:
        await self._said(lambda: self._database.alone(lambda tx: jobs.later(tx, job, seconds, failed=failed)))

    def _complain(self, job: Job, why: Failure, text: str, event: str, **more: object) -> None:
        known = isinstance(why.value, FwError | GiveUp)
        self._log.warn(text, event=event, id=job.id, kind=job.kind, error=_told(why.value), **more)
        if not known:
            self._log.failure("job {id} ({kind}) broke", why, event="job.broke", id=job.id, kind=job.kind)

    async def claim(self, lane: str, limit: int) -> list[Job]:
        """Due jobs of the lane; none while the database is away."""
        names = [name for name, kind in self._kinds.items() if lane in (kind.lane, kind.alone)]
        lease = self._settings.lease_seconds
        try:
            return await self._database.alone(lambda tx: jobs.claim(tx, lane, names, limit, lease))
        except Unavailable:
            return []


class _Lane:
    """The jobs of one lane that run in this process, and the one search for more."""

    _log = Logger()

    def __init__(self, hands: Hands, name: str, width: int) -> None:
        self._hands, self._name, self._width = hands, name, width
        self.running: dict[int, Deferred[None]] = {}
        self.joined: list[int] = []
        self._search: Deferred[None] | None = None
        self._again = False

    def look(self) -> None:
        """Look for work, now or as soon as the present look is over."""
        if not self._hands.running:
            return
        if self._search is not None:
            self._again = True
        elif len(self.running) < self._width:
            self._search = Deferred.fromCoroutine(self._claim_some())
            self._search.addErrback(lambda why: self._log.failure("looking for work failed", why, event="job.look"))
            self._search.addBoth(self._looked)

    async def _claim_some(self) -> None:
        free = self._width - len(self.running)
        found = await self._hands.claim(self._name, free)
        self._again = self._again or len(found) == free
        alone, together = self._hands.apart(self._name, found)
        self._start(alone)
        for kind, some in together:
            await self._together(kind, some)

    def _start(self, some: Sequence[Job]) -> None:
        """Have each run by a hand."""
        for job in some:
            done = Deferred.fromCoroutine(self._hands.run(job))
            self.running[job.id] = done
            done.addErrback(
                lambda why: self._log.failure("the outcome of a job is not written down", why, event="job.outcome")
            )
            done.addBoth(self._finished, job.id)

    async def _together(self, kind: JobKind, some: Sequence[Job]) -> None:
        """Have them taken on together, and the rest of them run; whatever came meanwhile is looked for next."""
        self.joined = [job.id for job in some]
        try:
            self._start(await self._hands.run_together(kind, some))
        finally:
            self.joined = []
            self._again = True

    def _looked(self, _: object) -> None:
        self._search = None
        if self._again:
            self._again = False
            self.look()

    def _finished(self, _: object, id: int) -> None:
        self.running.pop(id, None)
        self.look()

    async def quiet(self) -> None:
        """Wait until no search is under way."""
        if self._search is not None:
            await _echo(self._search)


class Clock(Service):
    """Asks for the chores that are due."""

    _log = Logger()
    period = 20.0  # seconds between looks

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        schedules: Mapping[str, Schedule],
        ring: Ring,
    ) -> None:
        self._database, self._schedules, self._ring = database, dict(schedules), ring
        self._loop = LoopingCall(lambda: Deferred.fromCoroutine(self._round()))
        self._loop.clock = clock
        self._known = False
        self._stopped: Deferred[LoopingCall] | None = None

    def startService(self) -> None:
        """Begin to look at the clock."""
        super().startService()
        self._stopped = self._loop.start(self.period)

    async def stopService(self) -> None:
        """Wait for the look that is under way."""
        super().stopService()
        if self._loop.running and self._stopped is not None:
            self._loop.stop()
            await self._stopped

    async def _round(self) -> None:
        try:
            await self.look()
        except Unavailable:
            self._log.warn("the database is away, schedules wait", event="schedule.away")
        except Exception:  # the beat goes on, whatever one round met
            self._log.failure("a round of schedules failed", event="schedule.failed")

    async def look(self) -> list[str]:
        """Ask for what is due; the names that this process asked for."""
        if not self._known:
            await self._database.transaction(self._enlist)
            self._known = True
        asked = []
        for name, since in await self._database.read(lambda tx: jobs.due_schedules(tx, list(self._schedules))):
            if await self._ask(name, since):
                asked.append(name)
        return asked

    async def _enlist(self, tx: Tx) -> None:
        now = await jobs.database_now(tx)
        await jobs.enlist(tx, {name: schedule.next_after(now) for name, schedule in self._schedules.items()})

    async def _ask(self, name: str, since: datetime) -> bool:
        schedule = self._schedules[name]

        async def take(tx: Tx) -> bool:
            now = await jobs.database_now(tx)
            if not await jobs.move_on(tx, name, since, schedule.next_after(now)):
                return False
            if now - since > schedule.expires:
                return False
            await jobs.ask(tx, schedule.kind, schedule.lane, {}, key=name)
            jobs.ring_for(tx, self._ring, schedule.lane)
            return True

        return await self._database.transaction(take)


def _is_suspect(job: Job) -> bool:
    """Whether something went wrong with it before."""
    return bool(job.lapses or job.failures)


async def _strike_off(tx: Tx, over: Sequence[Job]) -> list[None]:
    """Jobs that went well at the same moment are struck off by one statement."""
    await jobs.all_done(tx, over)
    return [None] * len(over)


def _told(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _echo(done: Deferred[None]) -> Deferred[None]:
    """Fires when ``done`` has, and leaves its result alone."""
    heard: Deferred[None] = Deferred()

    def tell(result: object) -> object:
        heard.callback(None)
        return result

    done.addBoth(tell)
    return heard


def _cancel_all(running: list[Deferred[None]]) -> None:
    for done in running:
        done.cancel()


def _silent() -> None:
    """Nothing is to be done."""
