"""
A value that is looked up again when it has grown old.

However many ask at once, there is one look at a time; who asks while one is under way gets its outcome.  While the
database is away the last known value goes on serving.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from fwtwisted.model.errors import Unavailable

T = TypeVar("T")

AGAIN_SECONDS: Final = 1.0
"""When to look again after a look that found the database away."""


@frozen
class _Known(Generic[T]):
    value: T
    until: float


class Fresh(Generic[T]):
    """
    Keeps one value.

    :param seconds: how long it is good for.
    :param look: finds it anew.
    """

    def __init__(self, clock: IReactorTime, seconds: float, look: Callable[[], Awaitable[T]]) -> None:
        self._clock, self._seconds, self._look = clock, seconds, look
        self._known: _Known[T] | None = None
        self._changes = 0
        self._is_looking = False
        self._looking: Deferred[None] | None = None
        self._waiting: list[Deferred[T]] = []

    def forget(self) -> None:
        """Something changed: whoever asks from now on gets what is found from now on."""
        self._changes += 1
        if self._known is not None:
            self._known = _Known(self._known.value, self._clock.seconds() - 1)

    async def get(self) -> T:
        """
        The value.

        :raise Unavailable: nothing was ever found, and the database is away.
        """
        if self._known is not None and self._clock.seconds() < self._known.until:
            return self._known.value
        told: Deferred[T] = Deferred()
        self._waiting.append(told)
        if not self._is_looking:
            self._is_looking = True
            self._looking = Deferred.fromCoroutine(self._found())
        return await told

    async def _found(self) -> None:
        """Look until nothing changed while looking, and tell all who wait."""
        outcome: T | Failure
        try:
            changes = -1
            while changes != self._changes:
                changes = self._changes
                value = await self._look()
            self._known = _Known(value, self._clock.seconds() + self._seconds)
            outcome = value
        except Unavailable:
            if self._known is None:
                outcome = Failure()
            else:
                self._known = _Known(self._known.value, self._clock.seconds() + AGAIN_SECONDS)
                outcome = self._known.value
        except Exception:  # whatever it is, it is told to those who wait
            outcome = Failure()
        self._is_looking = False  # before anybody hears of it, who may ask again at once
        self._tell(outcome)

    def _tell(self, outcome: T | Failure) -> None:
        waiting, self._waiting = self._waiting, []
        for told in waiting:
            if told.called:  # its asker has left
                continue
            if isinstance(outcome, Failure):
                told.errback(outcome)
            else:
                told.callback(outcome)
