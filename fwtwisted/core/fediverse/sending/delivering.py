"""
Brings what we said to the inboxes of other servers.

One job looks after one host, whichever process does it: so at most two deliveries at a time reach a host, and a dead
one occupies a hand for no longer than it takes to see that::

    due? ──▶ a few at a time ──▶ signed, posted ──▶ written down together ──▶ more due? again
      │ held: nothing, or one as a probe                                  └─▶ later due? a job that wakes us then
      └ stopped: nothing until the host speaks to us

Nothing is known in memory that is not in the database, but for the few that are under way: who is killed sends those
again.  Source: docs/federation.md §4.14.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import field, frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.fediverse.keys.signing import Wanted, wanted_by
from fwtwisted.core.fediverse.sending import verdicts
from fwtwisted.core.fediverse.sending.carrying import Carrier, Parcel
from fwtwisted.core.fediverse.sending.outbox import DELIVER, LANE
from fwtwisted.core.fediverse.sending.verdicts import Judged, Tries, Verdict
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import deliveries, peers
from fwtwisted.db.fediverse.deliveries import Due, Look, Tried
from fwtwisted.db.fediverse.peers import Standing
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.federation import Scheme
from fwtwisted.outside.fetching import FetchFailed, Refused
from fwtwisted.outside.fetching.posting import Posted

WAKE, REPAIR, PRUNE = "federation.wake", "federation.deliveries", "federation.prune"
CHORES = "maintenance"
LONGEST_ERROR = 300  # characters
PRUNED_AT_ONCE = 5_000


class Knowledge(Protocol):
    """What is known of how servers want to be spoken to."""

    async def scheme_for(self, origin: str) -> Scheme: ...

    async def remember(self, origin: str, scheme: Scheme) -> None: ...


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
    """

    clock: IReactorTime
    database: Database
    carrier: Carrier
    known: Knowledge
    welcome: Welcome
    ring: Ring
    now: Callable[[], datetime]
    draw: Callable[[], float]
    settings: DeliverySettings = field(factory=DeliverySettings)


@frozen
class _Outcome:
    """A delivery, and what came of it.  :ivar answer: None: none came; ``error`` says why."""

    due: Due
    judged: Judged
    status: int | None
    error: str | None


class Delivering:
    """Looks after hosts."""

    _log = Logger()

    def __init__(self, ground: DeliveryGround) -> None:
        self._ground, self._database, self._settings = ground, ground.database, ground.settings
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
            look = await self._database.read(lambda tx: deliveries.look(tx, host, self._settings.batch))
            if look.standing.is_stopped:
                return
            rest = look.standing.held if look.standing.held > 0 else look.rest
            if rest is not None:
                await self._sleep(host, rest)
                return
            if not look.due:
                return
            await self._some(host, look)
        await self._sleep(host, 0)

    async def _some(self, host: str, look: Look) -> None:
        """Deliver a few."""
        if host not in await self._ground.welcome([host]):
            await self._database.transaction(
                lambda tx: deliveries.give_up_host(tx, host, "Moderators shut this server out.")
            )
            return
        is_probe = look.standing.failures >= verdicts.FAILURES_TO_HOLD
        found = look.due[:1] if is_probe else look.due
        await self._write(host, look.standing, await self._all(found, look.standing.failures))

    async def _sleep(self, host: str, seconds: float) -> None:
        """Be woken for the host in so many seconds."""
        await self._database.transaction(lambda tx: deliveries.wake(tx, WAKE, LANE, [host], seconds))

    async def _wake(self, job: Job) -> None:
        host: str = job.args["host"]

        async def work(tx: Tx) -> None:
            await deliveries.wake(tx, DELIVER, LANE, [host])
            jobs.ring_for(tx, self._ground.ring, LANE)

        await self._database.transaction(work)

    # --- a few deliveries ------------------------------------------------------------------------

    async def _all(self, found: Sequence[Due], failures: int) -> list[_Outcome]:
        """Try them, a few at once; stop when the host turns out to be sick."""
        waiting = list(reversed(found))
        outcomes: list[_Outcome] = []
        in_a_row = failures

        async def hand() -> None:
            nonlocal in_a_row
            while waiting and in_a_row < max(failures + 1, verdicts.FAILURES_TO_HOLD):
                outcome = await self._tried(waiting.pop())
                outcomes.append(outcome)
                in_a_row = in_a_row + 1 if outcome.judged.is_sick else 0

        await gatherResults(
            [Deferred.fromCoroutine(hand()) for _ in range(min(self._settings.at_once, len(found)))],
            consumeErrors=True,
        )
        return outcomes

    async def _tried(self, due: Due) -> _Outcome:
        """One attempt, whatever comes of it."""
        tries = Tries(due.attempts, due.refusals, due.personal_inbox is not None)
        try:
            answer = await self._knock(due)
        except Refused as why:  # we never ask there
            return _Outcome(due, Judged(Verdict.GIVE_UP), None, str(why))
        except FetchFailed as why:
            return _Outcome(due, verdicts.unanswered(tries, self._ground.draw()), None, str(why))
        except Exception as why:  # ours to mend; the host and the other deliveries shall not suffer from it
            self._log.failure("delivery {id} cannot be sent", event="delivery.broke", id=due.id)
            judged = verdicts.unanswered(tries, self._ground.draw())
            return _Outcome(due, Judged(judged.verdict, judged.rest), None, type(why).__name__)
        wish = verdicts.wish_of(answer.headers, self._ground.now())
        told = None if answer.status < 300 else answer.body[:LONGEST_ERROR].decode("utf-8", "replace").replace("\0", "")
        judged = verdicts.judged(answer.status, tries, self._ground.draw(), wish)
        return _Outcome(due, judged, answer.status, told)

    async def _knock(self, due: Due) -> Posted:
        """Post it; who does not take our form of signature is shown the other one, once."""
        origin = self._ground.carrier.origin(due.inbox)
        first = await self._ground.known.scheme_for(origin)
        answer = await self._posted(due, origin, first)
        if answer.status != 401:
            return answer
        second = Scheme.CAVAGE if first is Scheme.MESSAGES else Scheme.MESSAGES
        wanted = wanted_by(answer.headers, has_body=True) if second is Scheme.MESSAGES else None
        again = await self._posted(due, origin, second, wanted)
        if again.status != 401:
            await self._ground.known.remember(origin, second)
        return again

    async def _posted(self, due: Due, origin: str, scheme: Scheme, wanted: Wanted | None = None) -> Posted:
        return await self._ground.carrier.carry(Parcel(due.actor_id, origin, due.inbox, due.body, scheme, wanted))

    # --- writing down ----------------------------------------------------------------------------

    async def _write(self, host: str, standing: Standing, outcomes: Sequence[_Outcome]) -> None:
        def tried(outcome: _Outcome) -> Tried:
            judged = outcome.judged
            state = {Verdict.DONE: "done", Verdict.AGAIN: "waiting"}.get(judged.verdict, "given_up")
            rest = judged.rest / self._settings.haste
            return Tried(outcome.due.id, state, rest, outcome.status, outcome.error, judged.is_refused)

        all_tried = [tried(outcome) for outcome in outcomes]
        if standing.failures == 0 and all(outcome.judged.verdict is Verdict.DONE for outcome in outcomes):
            await self._database.alone(lambda tx: deliveries.note(tx, all_tried))
            return

        async def work(tx: Tx) -> None:
            await deliveries.note(tx, all_tried)
            for outcome in outcomes:
                if outcome.judged.is_gone:
                    await self._nobody(tx, outcome)
            await self._note_host(tx, host, standing, outcomes)

        await self._database.transaction(work)

    async def _nobody(self, tx: Tx, outcome: _Outcome) -> None:
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

    async def _note_host(self, tx: Tx, host: str, standing: Standing, outcomes: Sequence[_Outcome]) -> None:
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
