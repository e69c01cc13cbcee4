"""
Several at work at once, as many as is good for the store: when it is busy half of them sit down, and one a minute gets
up again.

Source: docs/storage.md S-76.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

BACK_SECONDS = 60.0
HEARD_SECONDS = 1.0  # several refusals within this are one


class Crew:
    """
    :param most: how many work at once when all is well.
    :param yields: whether others go first just now: then one works, and nobody else.
    :ivar width: how many may at the moment.
    """

    def __init__(self, clock: IReactorTime, most: int, yields: Callable[[], bool] | None = None) -> None:
        self._clock, self._most, self._yields = clock, most, yields
        self.width = most
        self._changed_at = clock.seconds()
        self._heard_at: float | None = None
        self._running: set[Deferred[None]] = set()
        self._waiting: Deferred[None] | None = None
        self._failure: Failure | None = None

    def too_much(self) -> None:
        """The store is busy."""
        now = self._clock.seconds()
        if self._heard_at is None or now - self._heard_at >= HEARD_SECONDS:
            self._heard_at = self._changed_at = now
            self.width = max(1, self.width // 2)

    async def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """
        Have it done as soon as somebody is free; answers when it has begun.

        What goes wrong in it is raised by whoever calls us next.
        """
        while len(self._running) >= self._grown():
            self._waiting = Deferred()
            await self._waiting
        self._complain()
        self._start(work)

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            await work()

        running = Deferred.fromCoroutine(all_of_it())
        self._running.add(running)
        running.addBoth(self._ended, running)

    async def finish(self) -> None:
        """Wait until everybody is done."""
        while self._running:
            self._waiting = Deferred()
            await self._waiting
        self._complain()

    async def drop(self) -> None:
        """Stop everybody, in the middle of what they do."""
        running = list(self._running)
        for one in running:
            one.cancel()
        await DeferredList(running)
        self._failure = None

    def _grown(self) -> int:
        """How many may work now."""
        minutes = int((self._clock.seconds() - self._changed_at) / BACK_SECONDS)
        if minutes and self.width < self._most:
            self.width = min(self._most, self.width + minutes)
            self._changed_at += minutes * BACK_SECONDS
        return 1 if self._yields is not None and self._yields() else self.width

    def _ended(self, result: Failure | None, running: Deferred[None]) -> None:
        self._running.discard(running)
        if isinstance(result, Failure) and self._failure is None and not result.check(CancelledError):
            self._failure = result
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)

    def _complain(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            failure.raiseException()
