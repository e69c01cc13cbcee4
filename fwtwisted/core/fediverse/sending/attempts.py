"""
Attempts to bring a few deliveries to a host, and what came of each.

Where children carry, what goes to a host goes to them in a bundle.  They stop at the first letter that is not taken;
what to make of that is decided here: the second knock with the other form of signature, whether the host is sick.  Then
the rest goes on, in bundles while the host is well, one by one when it may not be::

    well? ── bundle ──▶ all taken: done; else judged ──▶ well? again with the rest
      │ no, or nobody takes bundles just now: a few hands, one delivery each, until there is somebody who does and the
      └ host is well, none is left, or the host turns out to be sick

Source: docs/federation.md §4.14.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from fwtwisted.core.fediverse.keys.signing import Wanted, wanted_by
from fwtwisted.core.fediverse.sending import verdicts
from fwtwisted.core.fediverse.sending.carrying import Answer, Carrier, Parcel
from fwtwisted.core.fediverse.sending.verdicts import Judged, Tries, Verdict
from fwtwisted.db.fediverse.deliveries import Due
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.federation import Scheme
from fwtwisted.model.several import all_of
from fwtwisted.outside.couriers import is_taken
from fwtwisted.outside.fetching import FetchFailed, Refused
from fwtwisted.outside.fetching.posting import Posted

LONGEST_ERROR = 300  # characters
_DONE = Judged(Verdict.DONE)


class Knowledge(Protocol):
    """What is known of how servers want to be spoken to."""

    async def scheme_for(self, origin: str) -> Scheme: ...

    async def remember(self, origin: str, scheme: Scheme) -> None: ...


@frozen
class Outcome:
    """A delivery, and what came of it.  :ivar status: of the answer; None: none came, ``error`` says why."""

    due: Due
    judged: Judged
    status: int | None
    error: str | None


@frozen
class _Knocked:
    """What came of a first knock, and the signature that it was made with."""

    answer: Answer
    scheme: Scheme


class Attempts:
    """
    Makes them.

    :param at_once: deliveries to one host.  :param draw: random numbers in [0, 1).
    """

    _log = Logger()

    def __init__(
        self, carrier: Carrier, known: Knowledge, at_once: int, now: Callable[[], datetime], draw: Callable[[], float]
    ) -> None:
        self._carrier, self._known, self._at_once, self._now, self._draw = carrier, known, at_once, now, draw

    async def make(self, found: Sequence[Due], failures: int) -> list[Outcome]:
        """Try deliveries to one host, which failed so often in a row; stop when it turns out to be sick."""
        some = _Some(found, failures)
        while some.may_go_on:
            if self._go_together(some):
                knocks = await self._together(some.waiting)
                some.are_apart = not knocks
                for due, knock in some.take(knocks):
                    some.add(_taken(due, knock) or await self._tried(due, knock))
            else:
                await self._apart(some)
        return some.outcomes

    def _go_together(self, some: _Some) -> bool:
        """Whether those that wait go in a bundle now: the host is well, and somebody takes bundles."""
        return not some.are_apart and not some.in_a_row and self._carrier.takes_some(len(some.waiting))

    async def _apart(self, some: _Some) -> None:
        count = min(self._at_once, len(some.waiting))
        await all_of([Deferred.fromCoroutine(self._hand(some)) for _ in range(count)])

    async def _hand(self, some: _Some) -> None:
        """One by one, until there is a better way."""
        while some.may_go_on and not self._go_together(some):
            some.add(await self._tried(some.waiting.pop(0)))

    async def _together(self, waiting: Sequence[Due]) -> dict[int, _Knocked]:
        """Knock with several at once; what came of it, by place, of those that were carried."""
        try:
            parcels = await self._parcels(waiting)
            answers = await self._carrier.carry_some(parcels, self._at_once)
        except Refused:
            return {}
        except (CancelledError, Unavailable):
            raise
        except Exception:  # what is wrong with which of them is seen when they go one by one
            self._log.failure("deliveries cannot be sent together", event="delivery.apart")
            return {}
        return {place: _Knocked(answer, parcels[place].scheme) for place, answer in answers.items()}

    async def _parcels(self, waiting: Sequence[Due]) -> list[Parcel]:
        """Those that go to the origin of the first.  The others' addresses are judged by whoever carries them."""
        place = _place(waiting[0].inbox)
        origin = self._carrier.origin(waiting[0].inbox)
        scheme = await self._known.scheme_for(origin)
        alike = itertools.takewhile(lambda due: due.inbox.startswith(place), waiting)
        return [Parcel(due.actor_id, origin, due.inbox, due.body, scheme, former_key=due.former_key) for due in alike]

    async def _tried(self, due: Due, knock: _Knocked | None = None) -> Outcome:
        """
        One attempt, of which the first knock may have been made, whatever comes of it.

        :raise Unavailable: of our own parts, for which neither the letter nor the host can be blamed.
        """
        tries = Tries(due.attempts, due.refusals, due.personal_inbox is not None)
        try:
            answer = await self._knock(due, knock)
        except Refused as why:  # we never ask there
            return Outcome(due, Judged(Verdict.GIVE_UP), None, str(why))
        except FetchFailed as why:
            return Outcome(due, verdicts.unanswered(tries, self._draw()), None, str(why))
        except (CancelledError, Unavailable):
            raise
        except Exception as why:  # ours to mend; the host and the other deliveries shall not suffer from it
            self._log.failure("delivery {id} cannot be sent", event="delivery.broke", id=due.id)
            judged = verdicts.unanswered(tries, self._draw())
            return Outcome(due, Judged(judged.verdict, judged.rest), None, type(why).__name__)
        wish = verdicts.wish_of(answer.headers, self._now())
        told = None if answer.status < 300 else answer.body[:LONGEST_ERROR].decode("utf-8", "replace").replace("\0", "")
        judged = verdicts.judged(answer.status, tries, self._draw(), wish)
        return Outcome(due, judged, answer.status, told)

    async def _knock(self, due: Due, knock: _Knocked | None) -> Posted:
        """Post it; who does not take our form of signature is shown the other one, once."""
        origin = self._carrier.origin(due.inbox)
        if knock is None:
            first = await self._known.scheme_for(origin)
            answer = await self._posted(due, origin, first)
        elif isinstance(knock.answer, Posted):
            first, answer = knock.scheme, knock.answer
        else:
            raise knock.answer
        if answer.status != 401:
            return answer
        second = Scheme.CAVAGE if first is Scheme.MESSAGES else Scheme.MESSAGES
        wanted = wanted_by(answer.headers, has_body=True) if second is Scheme.MESSAGES else None
        again = await self._posted(due, origin, second, wanted)
        if again.status != 401:
            await self._known.remember(origin, second)
        return again

    async def _posted(self, due: Due, origin: str, scheme: Scheme, wanted: Wanted | None = None) -> Posted:
        parcel = Parcel(due.actor_id, origin, due.inbox, due.body, scheme, wanted, due.former_key)
        return await self._carrier.carry(parcel)


def _place(url: str) -> str:
    """Scheme and host as they are written, up to the path; the whole, where there is none."""
    return "/".join([*url.split("/", 3)[:3], ""]) if url.count("/") > 2 else url


def _taken(due: Due, knock: _Knocked) -> Outcome | None:
    """The outcome of what was taken at the first knock."""
    answer = knock.answer
    return Outcome(due, _DONE, answer.status, None) if isinstance(answer, Posted) and is_taken(answer) else None


class _Some:
    """
    A few deliveries: those that wait, what came of the others, and how often the host failed in a row.

    :ivar are_apart: they were not carried together, and are not to be.
    """

    def __init__(self, found: Sequence[Due], failures: int) -> None:
        self.waiting, self.in_a_row, self.are_apart = list(found), failures, False
        self._most = max(failures + 1, verdicts.FAILURES_TO_HOLD)
        self.outcomes: list[Outcome] = []

    @property
    def may_go_on(self) -> bool:
        """There are more, and the host is not known to be sick."""
        return bool(self.waiting) and self.in_a_row < self._most

    def take(self, knocks: Mapping[int, _Knocked]) -> list[tuple[Due, _Knocked]]:
        """Those that wait at these places wait no longer."""
        taken = [(self.waiting[place], knock) for place, knock in knocks.items()]
        self.waiting = [due for place, due in enumerate(self.waiting) if place not in knocks]
        return taken

    def add(self, outcome: Outcome) -> None:
        """One more is over."""
        self.outcomes.append(outcome)
        self.in_a_row = self.in_a_row + 1 if outcome.judged.is_sick else 0
