"""How often somebody may do a thing."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.core.pod.limits import Limits, LimitsSettings, network_of
from fwtwisted.model.errors import Throttled
from fwtwisted.model.limits import Standing
from fwtwisted.outside.tallies import MemoryTallies


class LimitsTests(TestCase):
    """``Limits``."""

    def limits(self, *, enabled: bool = True) -> Limits:
        self.clock = Clock()
        return Limits(MemoryTallies(self.clock), LimitsSettings(enabled, {"signup": (2, 60), "never": (0, 60)}))

    async def test_one_too_many(self) -> None:
        """Each somebody and each scope for itself; after a share of the span there is one more, after it all."""
        limits = self.limits()
        for who in ("a", "b"):
            for _ in range(2):
                await limits.spend("signup", who)
            with self.assertRaises(Throttled) as caught:
                await limits.spend("signup", who)
            self.assertEqual(29, caught.exception.retry_after)
        self.clock.advance(29)
        await limits.spend("signup", "a")
        with self.assertRaises(Throttled):
            await limits.spend("signup", "a")
        self.clock.advance(61)
        for _ in range(2):
            await limits.spend("signup", "a")
        with self.assertRaises(Throttled):
            await limits.spend("signup", "a")

    async def test_where_one_stands(self) -> None:
        """Each deed tells what remains; who is refused is told the same; asking counts for nothing."""
        limits = self.limits()
        self.assertEqual(
            [Standing("signup", 2, 60, 1, 0.0, 30.0), Standing("signup", 2, 60, 0, 28.125, 60.0)],
            [await limits.spend("signup", "a") for _ in range(2)],
        )
        with self.assertRaises(Throttled) as caught:
            await limits.spend("signup", "a")
        full = Standing("signup", 2, 60, 0, 28.125, 60.0)
        self.assertEqual(full, caught.exception.standing)
        for _ in range(2):
            self.assertEqual([Standing("never", 0, 60, 0, 60, 60), full], await limits.standings("a"))
        self.assertEqual(Standing("signup", 2, 60, 2, 0.0, 0.0), (await limits.standings("b"))[1])

    async def test_never(self) -> None:
        """A rate of none lets nobody through."""
        with self.assertRaises(Throttled) as caught:
            await self.limits().spend("never", "a")
        self.assertEqual(60, caught.exception.retry_after)

    async def test_names_are_any_text(self) -> None:
        """Two long or strange names are never taken for one another."""
        limits = self.limits()
        for who in ("x" * 10_000, "x" * 10_001, "\ud800", "ä\n", ""):
            for _ in range(2):
                await limits.spend("signup", who)
            with self.assertRaises(Throttled):
                await limits.spend("signup", who)

    async def test_several_times_the_rate(self) -> None:
        """Counted apart from the plain rate."""
        limits = self.limits()
        for _ in range(6):
            await limits.spend("signup", "a", times=3)
        with self.assertRaises(Throttled):
            await limits.spend("signup", "a", times=3)
        await limits.spend("signup", "a")

    async def test_no_limit(self) -> None:
        """For scopes without a rate, and when all are switched off."""
        for limits, scope in ((self.limits(), "other"), (self.limits(enabled=False), "signup")):
            for _ in range(5):
                await limits.spend(scope, "a")


class NetworkTests(SynchronousTestCase):
    """``network_of``: docs/operations.md O-70."""

    def test_what_counts_as_one(self) -> None:
        """An IPv4 address, an IPv6 /64, anything else as it is."""
        for address, network in (
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:0db8:0000:0000::/64"),
            ("2001:db8:0:0:ffff::1", "2001:0db8:0000:0000::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("", ""),
            ("unix", "unix"),
        ):
            self.assertEqual(network, network_of(address))
