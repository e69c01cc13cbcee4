"""
Patience with somebody who should answer, in which only that time counts in which we could have heard them.

A process that is held up (frozen, swapped out, in the midst of a long calculation) wakes up to alarms that have run out
before it has read a word of what came meanwhile.  So patience goes by short ticks.  A tick that comes late by more than
its own length says that it was we who slept, and the other side gets a fresh term::

    tick  tick  zzzzzzzzz  tick (late)  tick  tick  tick  ─▶ enough
    └──────────────┘       └──── the whole term ───┘
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

TICK_SECONDS = 0.5


class Patience:
    """
    Runs from now on, until it is over or :meth:`end` is called.

    :param seconds: the term.  :param over: called once, when it has passed.
    """

    def __init__(self, clock: IReactorTime, seconds: float, over: Callable[[], None]) -> None:
        self._clock, self._seconds, self._over = clock, seconds, over
        self._left = seconds
        self._alarm: IDelayedCall | None = None
        self._wait()

    def end(self) -> None:
        """They answered, or nobody waits for it; harmless when it is over."""
        alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm.cancel()

    def _wait(self) -> None:
        step = min(TICK_SECONDS, self._left)
        self._alarm = self._clock.callLater(step, self._tick, step, self._clock.seconds() + step)

    def _tick(self, step: float, due: float) -> None:
        self._alarm = None
        has_slept = self._clock.seconds() - due > TICK_SECONDS
        self._left = self._seconds if has_slept else self._left - step
        if self._left > 0:
            self._wait()
        else:
            self._over()
