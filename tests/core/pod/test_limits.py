"""How often somebody may do a thing."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.core.pod.limits import Limits, LimitsSettings, network_of
from fwtwisted.model.errors import Throttled
from fwtwisted.outside.shared import MemoryCache


class LimitsTests(TestCase):
    """``Limits``."""

    def limits(self, *, enabled: bool = True) -> Limits:
        self.clock = Clock()
        return Limits(MemoryCache(self.clock).count, LimitsSettings(enabled, {"signup": (2, 60)}))

    async def test_one_too_many(self) -> None:
        """Each somebody and each scope for itself; after the window it begins anew."""
        limits = self.limits()
        for who in ("a", "b"):
            for _ in range(2):
                await limits.spend("signup", who)
            with self.assertRaises(Throttled) as caught:
                await limits.spend("signup", who)
            self.assertEqual(60, caught.exception.retry_after)
        self.clock.advance(60)
        await limits.spend("signup", "a")

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
            ("", ""),
            ("unix", "unix"),
        ):
            self.assertEqual(network, network_of(address))
