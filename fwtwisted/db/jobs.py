"""
The queue, in PostgreSQL.

**Claiming is postponing.**  There is no running state and no reaper: a claim moves ``due`` into the future, and when
the claimer dies the job simply comes due again.  ``claims`` counts the claims and is never reset; every word about a
claimed job carries the number, so that a holder whose claim lapsed can no longer touch what another now holds.

==========  =====================================================================================
ask         insert; on conflict (kind, key) ``wanted + 1``.  In the caller's transaction
claim       postpone the first few due jobs of a lane, ``claims + 1``; ``lapses + 1`` if its last holder fell silent
keep        push the own claim further on
done        delete; asked for again meanwhile: due now
later       a failure that may pass: due after a rest, ``failures + 1``
bury        move to ``dead_job`` with the error
==========  =====================================================================================

So handlers run *at least once*: each is written so that twice is once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from attrs import frozen
from twisted.internet.defer import Deferred

from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring

Args: TypeAlias = "dict[str, Any]"

BELL = "jobs"
"""Rung with the name of a lane in which there is work."""


def ring_for(tx: Tx, ring: Ring, lane: str) -> None:
    """Have the hands of a lane look for work, once the transaction is committed."""
    tx.after_commit(ring, BELL, lane.encode())


@frozen
class Job:
    """
    A claimed job.

    :ivar args: what was asked, plain JSON values.
    :ivar claims: the fence.
    :ivar failures: how often it failed since it last went well.
    :ivar lapses: how often a holder fell silent (killed, or cut off) since it last went well.
    :ivar asked: when it was first asked for.
    """

    id: int
    kind: str
    key: str | None
    args: Args
    claims: int
    failures: int
    wanted: int
    asked: datetime
    lapses: int = 0


class Later(Exception):
    """
    Raised by a handler: not now, and nobody's fault.  The job comes due again after a rest.

    :ivar seconds: how long to rest.
    """

    def __init__(self, seconds: float, why: str = "") -> None:
        super().__init__(why)
        self.seconds = seconds


class GiveUp(Exception):
    """Raised by a handler: trying again cannot help.  The job is buried with this text."""


Handler: TypeAlias = Callable[[Job], Coroutine[Deferred[Any], Any, None]]


@frozen
class Handled:
    """
    What became of jobs that were taken on together, by their ids; whatever is not named here is run by itself.

    :ivar done: those that are done.  :ivar more: those that are to go on, after whatever else waits.
    """

    done: Collection[int] = ()
    more: Collection[int] = ()


Joint: TypeAlias = Callable[[Sequence[Job]], Coroutine[Deferred[Any], Any, Handled]]


@frozen
class JobKind:
    """
    How jobs of one kind are run.

    :ivar lane: which hands: import, delivery, fetch, transcode, maintenance, mail.
    :ivar run: the coroutine function; at least once per job.
    :ivar joint: does for several jobs at once what is quickly done, for less than each of them would cost by itself.
        It must be over soon, for nothing else of its lane is claimed meanwhile; None: each is run by itself.
    :ivar alone: the lane whose hands run what ``joint`` leaves, so that it keeps nobody waiting who comes after; None:
        the same.
    :ivar attempts: failures, or silent ends of its holder, after which the job is buried.
    :ivar time_limit: seconds after which a run is cancelled; None: never, the claim is renewed meanwhile.
    """

    lane: str
    run: Handler
    attempts: int = 8
    time_limit: float | None = 300.0
    joint: Joint | None = None
    alone: str | None = None


Kinds: TypeAlias = "Mapping[str, JobKind]"


@frozen
class Schedule:
    """
    A chore with a beat.

    :ivar kind: the job that is asked for.
    :ivar next_after: the first moment after a given one at which it is due; UTC.
    :ivar expires: a run missed by more than this is skipped.
    """

    kind: str
    lane: str
    next_after: Callable[[datetime], datetime]
    expires: timedelta = timedelta(hours=1)


def next_hour(now: datetime) -> datetime:
    """The next full hour: the beat of hourly chores."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_midnight(now: datetime) -> datetime:
    """The next midnight: the beat of daily chores."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


ASK = """
    INSERT INTO job (kind, lane, key, args, due)
    VALUES (%s, %s, %s, %s, now() + %s * interval '1 second')
        ON CONFLICT (kind, key) DO UPDATE
       SET wanted = job.wanted + 1, args = EXCLUDED.args
"""


async def ask(tx: Tx, kind: str, lane: str, args: Args, key: str | None = None, due_in: float = 0.0) -> None:
    """
    Have the job done after this transaction has committed.

    :param key: at most one job per kind and key is there; asking while it runs has it run once more afterwards.
    :param due_in: seconds to wait.
    """
    await tx.do(ASK, kind, lane, key, args, due_in)


ASK_MANY = """
    INSERT INTO job (kind, lane, key, args)
    SELECT %s, %s, keyed.key, keyed.args::jsonb FROM unnest(%s::text[], %s::text[]) AS keyed (key, args)
        ON CONFLICT (kind, key) DO UPDATE SET wanted = job.wanted + 1
"""


async def ask_many(tx: Tx, kind: str, lane: str, keys: list[str], args: list[str]) -> None:
    """:func:`ask` for several keys; ``args`` are JSON texts."""
    await tx.do(ASK_MANY, kind, lane, keys, args)


WAKE_MANY = """
    INSERT INTO job (kind, lane, key, args)
    SELECT %s, %s, keyed.key, keyed.args::jsonb FROM unnest(%s::text[], %s::text[]) AS keyed (key, args)
        ON CONFLICT (kind, key) DO UPDATE
       SET wanted = job.wanted + 1, due = CASE WHEN job.held THEN job.due ELSE least(job.due, now()) END
"""


async def wake_many(tx: Tx, kind: str, lane: str, keys: list[str], args: list[str]) -> None:
    """:func:`ask_many`, and those that rest rest no longer.  :param keys: in order, so that nobody waits in a ring."""
    await tx.do(WAKE_MANY, kind, lane, keys, args)


CLAIM = """
    UPDATE job
       SET due = now() + %s * interval '1 second', claims = job.claims + 1,
           held = true, lapses = job.lapses + job.held::int
      FROM (SELECT id FROM job
             WHERE lane = %s AND due <= now() AND kind = ANY(%s)
             ORDER BY due, id LIMIT %s FOR UPDATE SKIP LOCKED) AS first
     WHERE job.id = first.id
 RETURNING job.id, job.kind, job.key, job.args, job.claims, job.failures, job.wanted, job.asked,
           job.lapses
"""


async def claim(tx: Tx, lane: str, kinds: list[str], limit: int, lease: float) -> list[Job]:
    """At most ``limit`` due jobs of the lane, ours for ``lease`` seconds."""
    return await tx.many(Job, CLAIM, lease, lane, kinds, limit)


KEEP = "UPDATE job SET due = now() + %s * interval '1 second' WHERE id = %s AND claims = %s"


async def keep(tx: Tx, job: Job, lease: float) -> bool:
    """Hold the job for ``lease`` seconds from now; False when it is no longer ours."""
    return await tx.do(KEEP, lease, job.id, job.claims) == 1


# The rows are locked before they are looked at: whoever asks again in this very moment is not overlooked.  They are
# locked in the order in which others wake several, so that nobody waits in a ring.
DONE = """
    WITH mine AS (SELECT job.id, job.wanted <> over.wanted OR over.goes_on AS goes_on
                    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::boolean[]) AS over (id, claims, wanted, goes_on)
                    JOIN job ON job.id = over.id AND job.claims = over.claims
                   ORDER BY job.kind COLLATE "C", job.key COLLATE "C" FOR UPDATE OF job),
         gone AS (DELETE FROM job USING mine WHERE job.id = mine.id AND NOT mine.goes_on)
    UPDATE job SET due = now(), failures = 0, lapses = 0, held = false, asked = now()
      FROM mine WHERE job.id = mine.id AND mine.goes_on
"""


async def done(tx: Tx, job: Job) -> None:
    """It went well.  If it was asked for again since the claim, it is due now."""
    await all_done(tx, [job])


async def all_done(tx: Tx, over: Sequence[Job], more: Collection[int] = ()) -> None:
    """:func:`done` for several; those among ``more`` are due now in any case."""
    columns = zip(*((job.id, job.claims, job.wanted, job.id in more) for job in over), strict=True)
    await tx.do(DONE, *(list(column) for column in columns))


MOVE = """
    UPDATE job SET lane = %s, due = now(), held = false
      FROM unnest(%s::bigint[], %s::int[]) AS mine (id, claims)
     WHERE job.id = mine.id AND job.claims = mine.claims
"""


async def move(tx: Tx, some: Sequence[Job], lane: str) -> None:
    """Hand claimed jobs to the hands of another lane; they stay there until they are done."""
    await tx.do(MOVE, lane, [job.id for job in some], [job.claims for job in some])


LATER = """
    UPDATE job SET due = now() + %s * interval '1 second', failures = failures + %s, held = false
     WHERE id = %s AND claims = %s
"""


async def later(tx: Tx, job: Job, seconds: float, *, failed: bool) -> None:
    """Not now; ``failed`` counts against it."""
    await tx.do(LATER, seconds, int(failed), job.id, job.claims)


BURY = """
    WITH gone AS (DELETE FROM job WHERE id = %s AND claims = %s RETURNING *)
    INSERT INTO dead_job (id, kind, lane, key, args, asked, failures, error)
    SELECT id, kind, lane, key, args, asked, failures + 1, %s FROM gone
"""


async def bury(tx: Tx, job: Job, error: str) -> None:
    """Give it up, visibly."""
    await tx.do(BURY, job.id, job.claims, error)


@frozen
class Waiting:
    """A job as shown to the administrator."""

    id: int
    kind: str
    lane: str
    key: str | None
    asked: datetime
    due: datetime
    failures: int


WAITING = "SELECT id, kind, lane, key, asked, due, failures FROM job ORDER BY due, id LIMIT %s"


async def waiting(tx: Tx, limit: int) -> list[Waiting]:
    """Jobs that wait or run, soonest first."""
    return await tx.many(Waiting, WAITING, limit)


@frozen
class Dead:
    """A job that was given up."""

    id: int
    kind: str
    lane: str
    key: str | None
    args: Args
    asked: datetime
    died: datetime
    failures: int
    error: str


DEAD = "SELECT id, kind, lane, key, args, asked, died, failures, error FROM dead_job ORDER BY died DESC, id LIMIT %s"


async def dead(tx: Tx, limit: int) -> list[Dead]:
    """Jobs that were given up, latest first."""
    return await tx.many(Dead, DEAD, limit)


REVIVE = """
    WITH risen AS (DELETE FROM dead_job WHERE cardinality(%s::bigint[]) = 0 OR id = ANY(%s::bigint[]) RETURNING *),
         apart AS (SELECT DISTINCT ON (kind, key, CASE WHEN key IS NULL THEN id END) kind, lane, key, args, asked
                     FROM risen ORDER BY kind, key, CASE WHEN key IS NULL THEN id END, died DESC),
         back AS (INSERT INTO job (kind, lane, key, args, asked) SELECT * FROM apart
                      ON CONFLICT (kind, key) DO UPDATE SET wanted = job.wanted + 1, due = now())
    SELECT count(*) FROM risen
"""


async def revive(tx: Tx, ids: list[int]) -> int:
    """Try the given dead jobs again, all when none is named; how many.  Those of one key become one."""
    return await tx.one(int, REVIVE, ids, ids)


DEPTHS = "SELECT lane, count(*), min(due) FROM job GROUP BY lane ORDER BY lane"


async def depths(tx: Tx) -> list[tuple[str, int, datetime]]:
    """Per lane: how many jobs, and when the first is due."""
    return await tx.many(lambda lane, count, due: (lane, count, due), DEPTHS)


ENLIST = """
    INSERT INTO schedule (name, next_run) SELECT * FROM unnest(%s::text[], %s::timestamptz[])
        ON CONFLICT (name) DO NOTHING
"""
DUE_NAMES = "SELECT name, next_run FROM schedule WHERE next_run <= now() AND NOT paused AND name = ANY(%s)"
MOVE_ON = "UPDATE schedule SET next_run = %s, last_run = now() WHERE name = %s AND next_run = %s"
CLOCK = "SELECT now()"


async def enlist(tx: Tx, first_runs: Mapping[str, datetime]) -> None:
    """Make the schedules known; those known already keep their beat."""
    await tx.do(ENLIST, list(first_runs), list(first_runs.values()))


async def due_schedules(tx: Tx, names: list[str]) -> list[tuple[str, datetime]]:
    """Which of the names are due, and since when."""
    return await tx.many(lambda name, since: (name, since), DUE_NAMES, names)


async def move_on(tx: Tx, name: str, since: datetime, until: datetime) -> bool:
    """Take the right to run ``name``; False when another process took it first."""
    return await tx.do(MOVE_ON, until, name, since) == 1


async def database_now(tx: Tx) -> datetime:
    """The clock that all processes share."""
    return await tx.one(lambda now: now, CLOCK)
