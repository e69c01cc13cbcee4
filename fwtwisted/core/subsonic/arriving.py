"""
Podcasts that are on their way: feeds that take longer to answer than an app waits.

Who subscribes waits a little, and mostly that is enough.  Then the work goes on alone, and the podcast stands in its
listener's list as ``downloading``; one that could not be read stands there as an error for a while.  All this is known
to this process alone.

Source: docs/subsonic.md §8.9, ``createPodcastChannel``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

from attrs import define
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import FwError, Invalid, Throttled
from fwtwisted.model.people import Viewer

Subscribe: TypeAlias = Callable[[Viewer, str], Awaitable[object]]

PATIENCE_SECONDS = 3.0  # of an app
REMEMBERED_SECONDS = 600.0  # what went wrong
SETTLED_SECONDS = 5.0  # what is there: a list that was asked for before does not know it yet
MOST = 20  # of one account at the same time


@define
class Arrival:
    """
    A podcast that somebody wants.

    :ivar uuid: that it has for as long as it is on its way.
    :ivar trouble: why it does not come; None: it may still.
    """

    actor_id: int
    url: str
    uuid: UUID
    work: Deferred[None] | None = None
    trouble: str | None = None
    over: float = 0.0


class Arriving:
    """Waits for feeds."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, subscribe: Subscribe) -> None:
        self._clock, self._subscribe = clock, subscribe
        self._arrivals: dict[tuple[int, str], Arrival] = {}

    def of(self, actor_id: int) -> Sequence[Arrival]:
        """What somebody waits for, or waited for in vain."""
        return [one for one in self._fresh() if one.actor_id == actor_id]

    async def subscribe(self, viewer: Viewer, url: str) -> None:
        """
        Follow the feed at an address; returns when it is followed, or when that takes too long and goes on alone.

        :raise FwError: what was wrong, when that is known in time.  :raise Throttled: too many are on their way.
        """
        assert viewer.actor_id is not None, "only people with an account follow"
        key = viewer.actor_id, url
        known = self._arrivals.get(key)
        if known is not None and known.work is not None:
            return
        if len(self.of(viewer.actor_id)) >= MOST:
            raise Throttled(int(REMEMBERED_SECONDS))
        arrival = Arrival(viewer.actor_id, url, uuid5(NAMESPACE_URL, f"{viewer.actor_id} {url}"))
        arrival.work = Deferred.fromCoroutine(self._come(viewer, url))
        if not arrival.work.called:
            self._arrivals[key] = arrival
        await self._awaited(key, arrival, arrival.work)

    async def _come(self, viewer: Viewer, url: str) -> None:
        await self._subscribe(viewer, url)

    async def _awaited(self, key: tuple[int, str], arrival: Arrival, work: Deferred[None]) -> None:
        """Wait for the work, but not too long.  Raises what went wrong meanwhile."""
        turn: Deferred[None] = Deferred()
        late = self._clock.callLater(PATIENCE_SECONDS, turn.callback, None)

        def done(result: Failure | None) -> None:
            arrival.work = None
            if turn.called:
                self._ended(key, arrival, result)
                return
            late.cancel()
            self._arrivals.pop(key, None)
            turn.callback(result)

        work.addBoth(done)
        await turn

    def _ended(self, key: tuple[int, str], arrival: Arrival, result: Failure | None) -> None:
        """Nobody waits any more: the podcast is there, or its trouble is told in the list."""
        if not isinstance(result, Failure):
            arrival.over = self._clock.seconds() + SETTLED_SECONDS
            return
        if result.check(CancelledError):
            return
        if isinstance(result.value, FwError):
            arrival.trouble = _words(result.value)
        else:
            self._log.failure("a podcast could not be followed", result, event="arriving.bug")
            arrival.trouble = "internal error"
        arrival.over = self._clock.seconds() + REMEMBERED_SECONDS

    def _fresh(self) -> Sequence[Arrival]:
        """All that are on their way, or failed lately."""
        now = self._clock.seconds()
        self._arrivals = {key: one for key, one in self._arrivals.items() if one.work is not None or one.over > now}
        return list(self._arrivals.values())

    def arrived(self, actor_id: int, url: str) -> None:
        """Its listener has seen it in the list: it is no longer on its way."""
        known = self._arrivals.get((actor_id, url))
        if known is not None and known.work is None:
            del self._arrivals[actor_id, url]

    def give_up(self, actor_id: int, uuid: UUID) -> bool:
        """Wait for a podcast no longer; False when nobody waits for such."""
        for key, one in list(self._arrivals.items()):
            if one.actor_id == actor_id and one.uuid == uuid:
                del self._arrivals[key]
                if one.work is not None:
                    one.work.cancel()
                return True
        return False

    def close(self) -> None:
        """Wait for nothing."""
        for one in list(self._arrivals.values()):
            self.give_up(one.actor_id, one.uuid)


def _words(error: FwError) -> str:
    """What went wrong, for people."""
    if isinstance(error, Invalid):
        return " ".join(text for texts in error.problems.values() for text in texts)
    return str(error)
