"""
What was accepted has its effect: in the order of its host, whatever becomes of the one before.

There is one job per host.  Those that are claimed together share a look and a transaction (:mod:`.joining`), as long as
everything that waits of their hosts is new and needs nothing but the database.  Any other host is looked after alone,
by hands of another lane, so that nobody waits for those: some of what waits is taken at a time; activities that need
nothing but the database share a transaction with those beside them, and when one of them fails, each is done by itself.
Those that ask other servers come alone.

::

    hosts a b c d ─▶ [a a b d d d] ─▶ done
                  └▶ c: [quick quick quick] [slow] [quick quick] … ─▶ done
                             │ fails           │ fails
                             ▼                 ▼
                          one by one      rests, longer each time ─▶ failed: kept and shown, nobody tries again

What is quick is struck off in the transaction of its effect, by whoever comes first, so that this is there exactly
once; what is slow may come twice.  What rests holds back what is said later about the same object; nothing else of its
host, and no other host.  Source: docs/federation.md §1.7, §8.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.logger import Logger

from fwtwisted.core.fediverse.receiving.joining import Joining
from fwtwisted.core.fediverse.receiving.ledger import ALONE, DRAIN, LANE, wake
from fwtwisted.core.fediverse.receiving.told import Deeds, Quick, Slow, Told
from fwtwisted.db.fediverse import received
from fwtwisted.db.fediverse.received import Waiting
from fwtwisted.db.jobs import Job, JobKind, Later, Schedule, next_hour
from fwtwisted.db.pool import Database, OutOfTime, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import BadRequest, FwError, Invalid, NotFound, Unavailable
from fwtwisted.model.federation import AskFailed
from fwtwisted.model.people import Pod
from fwtwisted.model.threads import Threads
from fwtwisted.wire.activitypub.acts import act_of
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.strict import belongs_in_a_thread

TIDY: Final = "received.tidy"
TIDY_LANE: Final = "maintenance"
AT_ONCE: Final = 50
ROUNDS: Final = 20  # until others get their turn, or
TURN_SECONDS: Final = 15.0  # that a host has of a hand; then it rests as long as it took, that is
LONGEST_REST: Final = 60.0
LONGEST_WAIT: Final = 30.0  # seconds between looks while something rests
RESTS: Final = (5.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 28_800.0)  # seconds after each failure
REMOVED_AT_ONCE: Final = 1_000
LONGEST_ERROR: Final = 500
# What another server answered that a later attempt will not change.
HOPELESS: Final = frozenset(
    ("blocked", "invalid_json", "invalid_jsonld", "missing_jsonld_type", "validation", "unhandled")
)


@frozen
class QueueSettings:
    """
    :ivar kept_days: how long what was received is remembered.
    :ivar deed_seconds: that an activity has which asks other servers; then it rests, and others have its hand.
    """

    kept_days: int = 30
    deed_seconds: float = 60.0


@frozen
class _Item:
    """One of the queue, read, with who handles it."""

    row: Waiting
    told: Told
    quick: Quick | None
    slow: Slow | None


class Queue:
    """Hands what waits to who handles it.  :param clock: for what must not take for ever: the reactor."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        deeds: Deeds,
        threads: Threads,
        ring: Ring,
        clock: Any,
        now: Callable[[], datetime],
        pod: Pod,
        settings: QueueSettings | None = None,
    ) -> None:
        self._database, self._deeds, self._threads, self._ring = database, deeds, threads, ring
        self._clock, self._now = clock, now
        self._pod, self._settings = pod, settings or QueueSettings()
        self.joining = Joining(database, deeds, pod)

    async def drain(self, job: Job) -> None:
        """Handle what waits of a host.  :raise Later: something of it rests, or there is more."""
        host, began = str(job.args["host"]), self._now()
        for _ in range(ROUNDS):
            rows = await self._database.read(lambda tx: received.following(tx, host, AT_ONCE))
            if not rows:
                break
            await self._handle(rows, began + timedelta(seconds=TURN_SECONDS))
            took = (self._now() - began).total_seconds()
            if took > TURN_SECONDS:  # it answers slowly: other hosts must not wait for it
                raise Later(min(LONGEST_REST, took), "others have their turn")
        rest = await self._database.read(lambda tx: received.rest_seconds(tx, host))
        if rest is not None:
            raise Later(min(LONGEST_WAIT, max(0.0, rest)))

    async def _handle(self, rows: Sequence[Waiting], until: datetime) -> None:
        items = [await self._item(row) for row in rows]
        resting: set[str | None] = set()
        for is_slow, run in itertools.groupby(items, lambda item: item.slow is not None):
            if self._now() > until:
                return
            if is_slow:
                for item in run:
                    if self._now() <= until:
                        await self._one(item, resting)
            else:
                await self._together([item for item in run if item.told.act.about not in resting], resting)

    async def _item(self, row: Waiting) -> _Item:
        body = row.body.encode()
        doc = await self._threads(Doc.parse, body) if belongs_in_a_thread(body) else Doc.parse(body)
        act = act_of(doc, self._pod.domain)
        slow = self._deeds.slow_for(act)
        quick = None if slow is not None else self._deeds.quick_for(act)
        return _Item(row, Told(act, row.actor, row.arrived), quick, slow)

    async def _together(self, items: Sequence[_Item], resting: set[str | None]) -> None:
        """Have several their effect in one transaction, or if one fails, each in its own."""
        try:
            if len(items) > 1:
                await self._in_one_transaction(items)
                return
        except Exception as trouble:  # whatever one of them does, the others must have their effect
            if _is_ours(trouble):
                raise
            self._log.debug("{count} activities are handled one by one", event="received.apart", count=len(items))
        for item in items:
            await self._one(item, resting)

    async def _in_one_transaction(self, items: Sequence[_Item]) -> None:
        async def work(tx: Tx) -> None:
            struck = await received.strike_off(tx, [item.row.id for item in items])
            for item in items:
                if item.quick is not None and item.row.id in struck:
                    await item.quick(tx, item.told)

        await self._database.transaction(work)

    async def _one(self, item: _Item, resting: set[str | None]) -> None:
        """Have one its effect, unless something that was said before about the same thing rests."""
        about = item.told.act.about
        if about in resting:
            return
        try:
            if item.slow is not None:
                await self._in_time(item.slow(item.told))
                await self._database.transaction(lambda tx: received.strike_off(tx, [item.row.id]))
            else:
                await self._in_one_transaction([item])
        except Exception as trouble:  # the same
            if _is_ours(trouble):
                raise
            if await self._went_wrong(item, trouble) and about is not None:
                resting.add(about)

    async def _in_time(self, slow: Awaitable[None]) -> None:
        """:raise AskFailed: other servers let us wait for too long; what they told us meanwhile is not asked again."""

        async def work() -> None:
            await slow

        working = Deferred.fromCoroutine(work())
        working.addTimeout(self._settings.deed_seconds, self._clock)
        try:
            await working
        except TimeoutError as why:
            raise AskFailed("timeout", "Other servers took too long to answer.") from why

    async def _went_wrong(self, item: _Item, trouble: Exception) -> bool:
        """Try it again later, or never; whether it rests."""
        row, act = item.row, item.told.act
        error = f"{type(trouble).__name__}: {trouble}"[:LONGEST_ERROR].replace("\0", "")
        if not isinstance(trouble, FwError | Later):
            self._log.failure("{type} of {actor} broke", event="received.broke", type=act.type, actor=act.actor)
        if not isinstance(trouble, Later) and (_is_hopeless(trouble) or row.attempts >= len(RESTS)):
            self._log.info(
                "{type} of {actor} has no effect: {error}",
                event="received.failed", type=act.type, actor=act.actor, error=error,
            )  # fmt: skip
            await self._database.transaction(lambda tx: received.fail(tx, row.id, error))
            return False
        failed = not isinstance(trouble, Later)
        rest = trouble.seconds if isinstance(trouble, Later) else RESTS[row.attempts]
        await self._database.transaction(lambda tx: received.postpone(tx, row.id, rest, error, failed=failed))
        return True

    # --- chores ----------------------------------------------------------------------------------

    async def tidy(self, _: Job) -> None:
        """Forget what is old; take up what nobody has a job for."""
        before = self._now() - timedelta(days=self._settings.kept_days)
        while await self._database.transaction(lambda tx: received.remove_old(tx, before, REMOVED_AT_ONCE)):
            pass
        while await self._database.transaction(lambda tx: received.empty(tx, REMOVED_AT_ONCE)):
            pass

        async def work(tx: Tx) -> None:
            await received.forget_stillborn(tx)
            await wake(tx, sorted(await received.hosts_waiting(tx, REMOVED_AT_ONCE)), self._ring)

        await self._database.transaction(work)

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            # Its failures are the database's; what an activity does wrong is counted with the activity.
            DRAIN: JobKind(LANE, self.drain, attempts=100, time_limit=None, joint=self.joining.join, alone=ALONE),
            TIDY: JobKind(TIDY_LANE, self.tidy),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {TIDY: Schedule(TIDY, TIDY_LANE, next_hour)}


def _is_ours(trouble: Exception) -> bool:
    """Whether we are stopped, or the database is away.  What it has not done in all its time may be too much to do."""
    return isinstance(trouble, CancelledError | Unavailable) and not isinstance(trouble, OutOfTime)


def _is_hopeless(trouble: Exception) -> bool:
    """Whether another attempt would end the same way."""
    if isinstance(trouble, AskFailed):
        refused = trouble.status_code is not None and 400 <= trouble.status_code < 500
        return trouble.code in HOPELESS or (refused and trouble.status_code not in (408, 425, 429))
    return isinstance(trouble, Invalid | BadRequest | NotFound)
