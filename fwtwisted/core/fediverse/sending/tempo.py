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

from collections.abc import Callable

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from fwtwisted.outside.giving_way import Turns
from fwtwisted.outside.presence import Presence


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

    first: float = 500.0
    least: float = 250.0
    most: float = 1000.0
    together: int = 16
    look_seconds: float = 0.2
    step: float = 25.0
    brake: float = 0.75
    calm_wait_seconds: float = 60e-6
    calm_share: float = 0.25


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
        self._free_at = self._looked_at = 0.0
        self._seen: Turns | None = None

    async def turn(self, wanted: int) -> int:
        """Wait until deliveries to a host may leave; how many of those that are wanted."""
        self._presence.look_round()
        if not self._presence.is_anywhere:
            return wanted
        now = self._clock.seconds()
        self._look(now)
        count = min(wanted, self._settings.together)
        wait = max(0.0, self._free_at - now)
        self._free_at = now + wait + count / self.rate
        if wait:
            await deferLater(self._clock, wait)
        return count

    def unused(self, count: int) -> None:
        """So many of those that might have left were not there."""
        self._free_at -= count / self.rate

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
