"""
How often things were done, by key: what limits are made of.

A tally is one number: the moment at which nothing of it will count any more.  Each deed moves it into the future by
its share of the span (ten an hour: by six minutes), and a deed that would move it further away than the span is one
too many, and moves nothing.  So ``allowed`` may come at once, then one share after another; a limit that was used up
opens again bit by bit, and never keeps anybody out for a whole day.

With Redis all processes of a pod count together; while it is away, each for itself (docs/operations.md O-61, O-70).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.outside.shared import RedisAway, RedisConnection

SLACK = 1 / 16
"""Of a share: what adding up fractions of seconds may be off."""
MOST_TALLIES = 100_000
"""In memory; a tally takes some 200 bytes."""


@frozen
class Drawn:
    """
    What came of a draw.

    :ivar admitted: it was counted; else it was one too many, and was not.
    :ivar busy_seconds: until nothing of the tally counts any more.
    """

    admitted: bool
    busy_seconds: float


class Tallies(Protocol):
    """Counts deeds by key."""

    async def draw(self, key: str, allowed: int, seconds: float) -> Drawn:
        """
        Count one deed, if it is not one too many.

        :param allowed: at least 1.  :param seconds: the span in which so many are allowed.
        """

    async def busy(self, keys: Sequence[str]) -> list[float]:
        """Until when each tally counts, in seconds from now; nothing is counted by asking."""


class MemoryTallies:
    """Tallies of this process; when there are too many, what was not used for longest is forgotten."""

    def __init__(self, clock: IReactorTime, most: int = MOST_TALLIES) -> None:
        self._clock, self._most = clock, most
        self._until: OrderedDict[str, float] = OrderedDict()

    async def draw(self, key: str, allowed: int, seconds: float) -> Drawn:
        """See :meth:`Tallies.draw`."""
        now, share = self._clock.seconds(), seconds / allowed
        busy = max(0.0, self._until.get(key, now) - now)
        if busy + share > seconds + share * SLACK:
            return Drawn(False, busy)
        self._until[key] = now + busy + share
        self._until.move_to_end(key)
        if len(self._until) > self._most:
            self._until.popitem(last=False)
        return Drawn(True, busy + share)

    async def busy(self, keys: Sequence[str]) -> list[float]:
        """See :meth:`Tallies.busy`."""
        now = self._clock.seconds()
        return [max(0.0, self._until.get(key, now) - now) for key in keys]


# The clock is that of the process that asks: one round trip, and hosts agree within seconds (docs/operations.md O-67).
# Where they do not, a tally may count for longer than anything can: it is none, for nobody shall be shut out by that.
DRAW = """
    local now, span, share, slack = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local busy = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
    if busy > span + slack then busy = 0 end
    if busy + share > span + slack then return string.format('0 %.6f', busy) end
    busy = busy + share
    redis.call('SET', KEYS[1], string.format('%.6f', now + busy), 'PX', math.ceil(busy * 1000))
    return string.format('1 %.6f', busy)
"""


class RedisTallies:
    """Tallies that all processes share; while Redis is away, those of this process."""

    def __init__(self, redis: RedisConnection, clock: IReactorTime, prefix: str) -> None:
        self._redis, self._clock, self._prefix = redis, clock, prefix
        self._here = MemoryTallies(clock)

    async def draw(self, key: str, allowed: int, seconds: float) -> Drawn:
        """See :meth:`Tallies.draw`."""
        share = seconds / allowed
        numbers = (f"{number:.6f}" for number in (self._clock.seconds(), seconds, share, share * SLACK))
        try:
            told: bytes = await self._redis.ask("EVAL", DRAW, 1, self._prefix + key, *numbers)
        except RedisAway:
            return await self._here.draw(key, allowed, seconds)
        admitted, _, busy = told.partition(b" ")
        return Drawn(admitted == b"1", float(busy))

    async def busy(self, keys: Sequence[str]) -> list[float]:
        """See :meth:`Tallies.busy`."""
        try:
            told = await self._redis.ask("MGET", *(self._prefix + key for key in keys)) if keys else []
        except RedisAway:
            return await self._here.busy(keys)
        now = self._clock.seconds()
        return [max(0.0, float(until) - now) if until else 0.0 for until in told]
