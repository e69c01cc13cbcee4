"""What tallies promise, in memory and in Redis, and what happens while Redis is away."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from fwtwisted.outside.shared import CacheSettings, RedisConnection, RedisPlace
from fwtwisted.outside.tallies import MemoryTallies, RedisTallies, Tallies
from tests import servers
from tests.waiting import GUARD_SECONDS


class TalliesContract:
    """What all tallies promise.  Subclasses make some, on :attr:`clock`."""

    clock: Clock

    # What this asks of the TestCase that it is mixed into.
    assertEqual: Any
    assertAlmostEqual: Any
    assertTrue: Any
    assertFalse: Any

    def make(self) -> Tallies:
        """Tallies of which nothing was drawn."""
        raise NotImplementedError

    async def drawn(self, tallies: Tallies, key: str, times: int, allowed: int, seconds: float) -> list[bool]:
        return [(await tallies.draw(key, allowed, seconds)).admitted for _ in range(times)]

    async def test_so_many_at_once(self) -> None:
        """Exactly as many as allowed, for each key, also where shares are odd fractions."""
        tallies = self.make()
        for key, allowed, seconds in (("a", 3, 60), ("b", 7, 3600), ("c", 300, 86400), ("d", 1, 1), ("e", 19, 0.7)):
            self.assertEqual(
                [True] * allowed + [False] * 3, await self.drawn(tallies, key, allowed + 3, allowed, seconds)
            )

    async def test_shares_come_back_one_by_one(self) -> None:
        """Refusals cost nothing, and do not put the next off."""
        tallies = self.make()
        await self.drawn(tallies, "a", 60, 30, 3600)
        for _ in range(3):
            self.clock.advance(120)
            self.assertEqual([True, False, False], await self.drawn(tallies, "a", 3, 30, 3600))
        self.clock.advance(3600)
        self.assertEqual([True] * 30 + [False], await self.drawn(tallies, "a", 31, 30, 3600))

    async def test_how_long_it_counts(self) -> None:
        """Each deed by its share, never longer than the span; asking changes nothing."""
        tallies = self.make()
        busy = [(await tallies.draw("a", 4, 60)).busy_seconds for _ in range(5)]
        for expected, told in zip((15, 30, 45, 60, 60), busy, strict=True):
            self.assertAlmostEqual(expected, told, places=3)
        self.clock.advance(20)
        for _ in range(2):
            first, second = await tallies.busy(["a", "b"])
            self.assertAlmostEqual(40, first, places=3)
            self.assertEqual(0, second)
        self.assertEqual([], await tallies.busy([]))
        self.clock.advance(60)
        self.assertEqual([0.0], await tallies.busy(["a"]))

    async def test_many_at_the_same_time(self) -> None:
        """As many as allowed, whoever comes first."""
        tallies = self.make()
        draws = [Deferred.fromCoroutine(tallies.draw("a", 5, 60)) for _ in range(20)]
        self.assertEqual(5, sum(one.admitted for one in await gatherResults(draws)))


class MemoryTalliesTests(TalliesContract, TestCase):
    """Tallies of one process."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_800_000_000)

    def make(self) -> Tallies:
        return MemoryTallies(self.clock)

    async def test_memory_is_bounded(self) -> None:
        """The tally that was not drawn on for longest is forgotten."""
        tallies = MemoryTallies(self.clock, most=3)
        for key in "abcacd":
            await tallies.draw(key, 5, 50)
        self.assertEqual([20.0, 0.0, 20.0, 10.0], await tallies.busy(list("abcd")))


class RedisTalliesTests(TalliesContract, TestCase):
    """Tallies that processes share."""

    timeout = GUARD_SECONDS

    async def setUp(self) -> None:  # type: ignore[override]
        self.clock = Clock()
        self.clock.advance(1_800_000_000)
        self.prefix = f"{self.id()}:"
        self.redis = await self.connect(servers.redis().url)

    async def connect(self, url: str) -> RedisConnection:
        redis = RedisConnection(reactor, CacheSettings(RedisPlace.at(url), prefix=self.prefix))
        redis.startService()
        self.addCleanup(lambda: Deferred.fromCoroutine(redis.stopService()))
        await redis.settled()
        return redis

    def make(self) -> Tallies:
        return RedisTallies(self.redis, self.clock, self.prefix)

    async def test_two_processes_count_together(self) -> None:
        """What one has drawn the other lacks."""
        here, there = self.make(), self.make()
        await self.drawn(here, "a", 2, 3, 60)
        self.assertEqual([True, False], await self.drawn(there, "a", 2, 3, 60))

    async def test_nothing_stays_behind(self) -> None:
        """A tally leaves Redis when it counts no more."""
        await self.make().draw("a", 3, 60)
        left = await self.redis.ask("PTTL", f"{self.prefix}a")
        self.assertTrue(19_000 < int(left) <= 20_000, left)

    async def test_clocks_apart(self) -> None:
        """A process whose clock is far behind is not shut out by what others have counted."""
        here = self.make()
        await self.drawn(here, "a", 2, 3, 60)
        self.clock = Clock()
        self.clock.advance(1_799_000_000)
        self.assertTrue((await self.make().draw("a", 3, 60)).admitted)

    async def test_redis_away(self) -> None:
        """Each process counts for itself, and nobody waits."""
        away = RedisTallies(await self.connect("redis://127.0.0.1:1/0"), self.clock, self.prefix)
        self.assertEqual([True, True, False], await self.drawn(away, "a", 3, 2, 60))
        self.assertEqual([60.0], await away.busy(["a"]))
