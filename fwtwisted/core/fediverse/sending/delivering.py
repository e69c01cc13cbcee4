"""
Brings what we said to the inboxes of other servers.

One job looks after one host, whichever process does it: so at most two deliveries at a time reach a host, and a dead
one occupies a hand for no longer than it takes to see that::

    due? ──▶ a few at a time ──▶ attempts ──▶ written down together ──▶ more due? again
      │ held: nothing, or one as a probe                                  └─▶ later due? a job that wakes us then
      └ stopped: nothing until the host speaks to us

Nothing is known in memory that is not in the database, but for the few that are under way: who is killed sends those
again.  Source: docs/federation.md §4.14.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from attrs import field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.fediverse.sending import verdicts
from fwtwisted.core.fediverse.sending.attempts import Attempts, Knowledge, Outcome
from fwtwisted.core.fediverse.sending.carrying import Carrier
from fwtwisted.core.fediverse.sending.outbox import DELIVER, LANE
from fwtwisted.core.fediverse.sending.tempo import Tempo
from fwtwisted.core.fediverse.sending.verdicts import Verdict
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import deliveries, peers
from fwtwisted.db.fediverse.deliveries import Look, Tried
from fwtwisted.db.fediverse.peers import Standing
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring

WAKE, REPAIR, PRUNE = "federation.wake", "federation.deliveries", "federation.prune"
CHORES = "maintenance"
PRUNED_AT_ONCE = 5_000

Welcome = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Those of the hosts that moderators let us write to."""


@frozen
class DeliverySettings:
    """
    :ivar haste: all waits are divided by it; for tests.
    :ivar at_once: deliveries to one host.  :ivar batch: written down together.
    :ivar turn_seconds: after which a host with more lets others go first.
    :ivar done_seconds: how long deliveries that are over are kept, and ``said_seconds`` what we said.
    """

    haste: float = 1.0
    at_once: int = 2
    batch: int = 32
    turn_seconds: float = 10.0
    done_seconds: float = 7 * 86400.0
    said_seconds: float = 30 * 86400.0


@frozen
class DeliveryGround:
    """
    What this stands on.

    :ivar welcome: asks moderators' decisions.  :ivar draw: random numbers in [0, 1).
    :ivar tempo: says when deliveries may leave.
    """

    clock: IReactorTime
    database: Database
    carrier: Carrier
    known: Knowledge
    welcome: Welcome
    ring: Ring
    now: Callable[[], datetime]
    draw: Callable[[], float]
    tempo: Tempo
    settings: DeliverySettings = field(factory=DeliverySettings)


class Delivering:
    """Looks after hosts."""

    _log = Logger()

    def __init__(self, ground: DeliveryGround) -> None:
        self._ground, self._database, self._settings = ground, ground.database, ground.settings
        self._attempts = Attempts(ground.carrier, ground.known, ground.settings.at_once, ground.now, ground.draw)
        if self._settings.haste != 1:
            self._log.warn(
                "FEDERATION_DELIVERY_HASTE={haste}: servers that fail are tried again that much sooner",
                event="delivery.haste", haste=self._settings.haste,
            )  # fmt: skip

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            DELIVER: JobKind(LANE, self._look_after, attempts=1_000_000, time_limit=None),
            WAKE: JobKind(LANE, self._wake),
            REPAIR: JobKind(CHORES, self._repair),
            PRUNE: JobKind(CHORES, self._prune),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {REPAIR: Schedule(REPAIR, CHORES, next_hour), PRUNE: Schedule(PRUNE, CHORES, next_hour)}

    # --- one host --------------------------------------------------------------------------------

    async def _look_after(self, job: Job) -> None:
        """Deliver what is due to a host, for one turn."""
        host: str = job.args["host"]
        until = self._ground.clock.seconds() + self._settings.turn_seconds
        while self._ground.clock.seconds() < until:
            leave = await self._ground.tempo.turn(self._settings.batch)
            look = await self._database.read(partial(deliveries.look, host=host, limit=leave.most))
            self._ground.tempo.left(leave, len(look.due))
            if look.standing.is_stopped:
                return
            rest = look.standing.held if look.standing.held > 0 else look.rest
            if rest is not None:
                await self._sleep(host, rest)
                return
            if not look.due or not await self._some(host, look):
                return
        await self._sleep(host, 0)

    async def _some(self, host: str, look: Look) -> bool:
        """Deliver a few; whether more may be waiting."""
        if host not in await self._ground.welcome([host]):
            await self._database.transaction(
                lambda tx: deliveries.give_up_host(tx, host, "Moderators shut this server out.")
            )
            return True
        is_probe = look.standing.failures >= verdicts.FAILURES_TO_HOLD
        found = look.due[:1] if is_probe else look.due
        return await self._write(host, look.standing, await self._attempts.make(found, look.standing.failures))

    async def _sleep(self, host: str, seconds: float) -> None:
        """Be woken for the host in so many seconds."""
        await self._database.transaction(lambda tx: deliveries.wake(tx, WAKE, LANE, [host], seconds))

    async def _wake(self, job: Job) -> None:
        host: str = job.args["host"]

        async def work(tx: Tx) -> None:
            await deliveries.wake(tx, DELIVER, LANE, [host])
            jobs.ring_for(tx, self._ground.ring, LANE)

        await self._database.transaction(work)

    # --- writing down ----------------------------------------------------------------------------

    async def _write(self, host: str, standing: Standing, outcomes: Sequence[Outcome]) -> bool:
        """Write down what came of a few; whether more may be waiting."""
        if standing.failures == 0 and all(outcome.judged.verdict is Verdict.DONE for outcome in outcomes):
            taken = {outcome.due.id: outcome.status or 0 for outcome in outcomes}
            return await self._database.alone(lambda tx: deliveries.note_taken(tx, host, taken))

        def tried(outcome: Outcome) -> Tried:
            judged = outcome.judged
            state = {Verdict.DONE: "done", Verdict.AGAIN: "waiting"}.get(judged.verdict, "given_up")
            rest = judged.rest / self._settings.haste
            return Tried(outcome.due.id, state, rest, outcome.status, outcome.error, judged.is_refused)

        all_tried = [tried(outcome) for outcome in outcomes]

        async def work(tx: Tx) -> None:
            await deliveries.note(tx, all_tried)
            for outcome in outcomes:
                if outcome.judged.is_gone:
                    await self._nobody(tx, outcome)
            await self._note_host(tx, host, standing, outcomes)

        await self._database.transaction(work)
        return True

    async def _nobody(self, tx: Tx, outcome: Outcome) -> None:
        """An inbox is no more: the recipient's own may be; who has none left in the end follows nobody."""
        due = outcome.due
        if outcome.judged.verdict is Verdict.ELSEWHERE and due.personal_inbox is not None:
            host = await deliveries.deliver_instead(tx, due.id, due.personal_inbox)
            if host is not None:
                await deliveries.wake(tx, DELIVER, LANE, [host])
                jobs.ring_for(tx, self._ground.ring, LANE)
        elif due.recipient_id is not None and await deliveries.nobody_there(tx, due.recipient_id) >= 3:
            await deliveries.unfollow_all(tx, due.recipient_id)
            tx.touch("libraries")

    async def _note_host(self, tx: Tx, host: str, standing: Standing, outcomes: Sequence[Outcome]) -> None:
        failures = standing.failures
        for outcome in outcomes:
            failures = failures + 1 if outcome.judged.is_sick else 0
        if failures == 0:
            if standing.failures:
                await peers.recovered(tx, [host])
            return
        rest = verdicts.host_rest(failures, standing.rest_seconds)
        is_down = standing.down > verdicts.DOWN_TO_STOP
        held = 0 if not rest else max(1, int(rest / self._settings.haste))
        await peers.failed(tx, host, failures, held, rest, stopped=is_down)
        if is_down:
            await deliveries.give_up_host(tx, host, "The server was not there for two weeks.")
            self._log.info("no more is sent to {host}", event="delivery.stopped", host=host)

    # --- chores ----------------------------------------------------------------------------------

    async def _repair(self, _: Job) -> None:
        """Look after hosts that nobody looks after, whatever may have happened to their jobs."""

        async def work(tx: Tx) -> None:
            hosts = await deliveries.forgotten(tx, [DELIVER, WAKE], 60)
            if hosts:
                await deliveries.wake(tx, DELIVER, LANE, hosts)
                jobs.ring_for(tx, self._ground.ring, LANE)

        await self._database.transaction(work)

    async def _prune(self, _: Job) -> None:
        """Forget what is long over."""
        s = self._settings

        async def work(tx: Tx) -> int:
            return await deliveries.prune(tx, s.done_seconds, s.said_seconds, PRUNED_AT_ONCE)

        if await self._database.transaction(work):
            raise jobs.Later(1)
