"""
How fast deliveries leave: as fast as they go while nobody is there, and at a tempo that people do not notice otherwise.

A page asks for less than a millisecond of the processors, and is late whenever others have them, or when the reactor
has something else in hand.  Children that give way spare it the worst; what is left is what this process itself does
for deliveries, what the database does, and that all share the same processors.  So while people are served, deliveries
leave a few at a time, evenly spread, at a rate that is found by looking several times a second at what the kernel tells
of this process::

    calm ──▶ a little faster                      calm: it hardly waits for a processor when it is woken,
    not calm ──▶ a quarter slower, never below a least rate     and has little to do

Where the kernel tells nothing, they leave at the rate that others begin with.  Source: docs/operations.md O-53.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from attrs import evolve, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from fwtwisted.outside.giving_way import Turns
from fwtwisted.outside.presence import Presence

LATE_SECONDS = 0.01
"""By how much somebody may leave late and the next be none the later for it: timers are never quite on time."""
USUAL_OF = 8
"""Turns from which it is guessed how many deliveries leave in the next."""


@frozen
class TempoSettings:
    """
    All of it for the time in which people are served.

    :ivar first: rate to begin with, deliveries a second; never below ``least``, nor above ``most``.
    :ivar together: deliveries to one host that leave together.
    :ivar look_seconds: between two looks at how we fare, each of which makes the rate ``step`` faster or ``brake``
        times as fast.
    :ivar calm_wait_seconds: that we may wait for a processor, on the average of the times that we want one.
    :ivar calm_share: of a processor that we may use.
    """

    first: float = 400.0
    least: float = 250.0
    most: float = 500.0
    together: int = 16
    look_seconds: float = 0.2
    step: float = 25.0
    brake: float = 0.75
    calm_wait_seconds: float = 100e-6
    calm_share: float = 0.25


@frozen
class Leave:
    """
    It is somebody's turn.

    :ivar most: deliveries that may leave.  :ivar counted: as how many it counts until it is known; 0: nobody counts.
    """

    most: int
    counted: float = 0.0


class Tempo:
    """
    Says whose turn it is to leave.

    :param turns_had: what this process has had of the processors.
    """

    def __init__(
        self,
        clock: IReactorTime,
        presence: Presence,
        turns_had: Callable[[], Turns | None],
        settings: TempoSettings | None = None,
    ) -> None:
        self._clock, self._presence, self._turns_had = clock, presence, turns_had
        self._settings = settings or TempoSettings()
        self.rate = self._settings.first
        self._usual = float(self._settings.together)  # deliveries that leave in a turn, of late
        self._free_at = self._looked_at = 0.0
        self._seen: Turns | None = None
        self._waiting: deque[Deferred[Leave]] = deque()
        self._call: IDelayedCall | None = None

    async def turn(self, wanted: int) -> Leave:
        """Wait until deliveries to a host may leave.  How many there were is to be told by :meth:`left`."""
        self._presence.look_round()
        if not self._presence.is_anywhere:
            return Leave(wanted)
        now = self._clock.seconds()
        self._look(now)
        if not self._waiting:
            self._free_at = max(self._free_at, now)
        waiting: Deferred[Leave] = Deferred()
        self._waiting.append(waiting)
        if self._call is None:
            self._open()
        return evolve(await waiting, most=min(wanted, self._settings.together))

    def left(self, leave: Leave, count: int) -> None:
        """So many have left at a turn: as much time passes until the next."""
        if not leave.counted:
            return
        self._usual += (max(1, count) - self._usual) / USUAL_OF
        self._free_at += (max(1, count) - leave.counted) / self.rate
        if self._call is not None:
            self._call.reset(max(0.0, self._free_at - self._clock.seconds()))

    def _open(self) -> None:
        """Let leave who may, and look again when the next one may."""
        self._call = None
        while self._waiting and self._may_go():
            turn, counted = self._waiting.popleft(), self._usual
            if not turn.called:  # else whoever waited has given up
                self._free_at = max(self._free_at, self._clock.seconds() - LATE_SECONDS) + counted / self.rate
                turn.callback(Leave(0, counted))
        if self._waiting and self._call is None:
            self._call = self._clock.callLater(max(0.0, self._free_at - self._clock.seconds()), self._open)

    def _may_go(self) -> bool:
        """Whether the next one may leave: it is time, or there is nobody any more for whom it matters."""
        return self._clock.seconds() >= self._free_at or not self._presence.is_anywhere

    def _look(self, now: float) -> None:
        """Look how we fare, when it is time, and set the rate."""
        settings, passed = self._settings, now - self._looked_at
        if passed < settings.look_seconds:
            return
        before, self._seen, self._looked_at = self._seen, self._turns_had(), now
        if before is None or self._seen is None or passed > 5 * settings.look_seconds:
            self.rate = settings.first  # it was not we who kept it busy
        elif _is_calm(before, self._seen, passed, settings):
            self.rate = min(settings.most, self.rate + settings.step)
        else:
            self.rate = max(settings.least, self.rate * settings.brake)


def _is_calm(before: Turns, after: Turns, seconds: float, settings: TempoSettings) -> bool:
    """Whether we hardly waited for processors, and used little of them, in so many seconds."""
    waited = after.waited_seconds - before.waited_seconds
    ran = after.ran_seconds - before.ran_seconds
    allowed = settings.calm_wait_seconds * max(1, after.count - before.count)
    return waited <= allowed and ran <= settings.calm_share * seconds
