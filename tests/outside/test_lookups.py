"""Names are looked up so that slow name servers of some hold up nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Lock
from typing import cast

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from fwtwisted.outside.fetching.lookups import AT_ONCE, AT_ONCE_PER_SITE, Lookup, site, system_lookup
from tests.threads import pooled
from tests.waiting import GUARD_SECONDS


class LookupTests(TestCase):
    """Name servers that are slow, and others."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.asked: list[str] = []
        self.under_way = self.most = 0
        self.lock, self.go = Lock(), Event()
        self.addCleanup(self.go.set)
        self.lookup: Lookup = system_lookup(pooled(self, AT_ONCE), self._look)

    def _look(self, host: str) -> Sequence[str]:
        """In a thread: names of the slow site come when they are let go."""
        with self.lock:
            self.asked.append(host)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        if host.endswith("slow.example"):
            self.go.wait(20)
        with self.lock:
            self.under_way -= 1
        if host.startswith("none."):
            raise OSError("no such name")
        return (f"address of {host}",)

    def begun(self, host: str) -> Deferred[Sequence[str]]:
        """A lookup on its way."""

        async def look() -> Sequence[str]:
            return await self.lookup(host)

        return ensureDeferred(look())

    async def test_a_slow_site(self) -> None:
        """It holds so many threads however many of its names are asked for; others are answered meanwhile."""
        slow = [self.begun(f"n{number}.slow.example") for number in range(AT_ONCE * 2)]
        for number in range(50):
            self.assertEqual([f"address of quick{number}.example"], list(await self.lookup(f"quick{number}.example")))
        self.assertEqual(AT_ONCE_PER_SITE, self.under_way)
        self.go.set()
        self.assertEqual(AT_ONCE * 2, len(await gatherResults(slow)))
        self.assertLessEqual(self.most, AT_ONCE_PER_SITE + 1)

    async def test_one_lookup_for_all(self) -> None:
        """Who asks for the same name at the same time shares the answer; who leaves takes it from nobody."""
        first, second = self.begun("www.slow.example"), self.begun("www.slow.example")
        first.cancel()
        await self.assertFailure(first, CancelledError)
        await deferLater(cast(IReactorTime, reactor), 0.05)
        self.go.set()
        self.assertEqual(["address of www.slow.example"], list(await second))
        self.assertEqual(["www.slow.example"], self.asked)
        await self.lookup("www.slow.example")
        self.assertEqual(2, len(self.asked))

    async def test_nobody_waits_any_more(self) -> None:
        """A name whose turn has not come yet is passed over when all who asked have left; who asks anew gets it."""
        holding = [self.begun(f"n{number}.slow.example") for number in range(AT_ONCE_PER_SITE)]
        left = [self.begun(f"left{number}.slow.example") for number in range(20)]
        for one in left:
            one.cancel()
            await self.assertFailure(one, CancelledError)
        stayed = self.begun("left7.slow.example")
        self.go.set()
        await gatherResults(holding)
        self.assertEqual(["address of left7.slow.example"], list(await stayed))
        self.assertEqual(["left7.slow.example"], [host for host in self.asked if host.startswith("left")])
        self.assertEqual(["address of left8.slow.example"], list(await self.begun("left8.slow.example")))

    async def test_no_such_name(self) -> None:
        """Everybody who asked is told."""
        for one in [self.begun("none.example") for _ in range(3)]:
            await self.assertFailure(one, OSError)
        await self.assertFailure(self.begun("none.example"), OSError)

    def test_sites(self) -> None:
        """What one person has in hand, as far as one can tell from a name."""
        for host, expected in (
            ("pod.example", "pod.example"), ("a.b.pod.example", "pod.example"), ("x.co.uk", "x.co.uk"),
            ("a.x.co.uk", "x.co.uk"), ("localhost", "localhost"), ("pod.example.", "pod.example"), ("", ""),
        ):  # fmt: skip
            self.assertEqual(expected, site(host), host)
