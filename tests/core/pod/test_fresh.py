"""One look at a time, and never an old value after a change."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.pod.fresh import Fresh
from fwtwisted.model.errors import Unavailable


class FreshTests(SynchronousTestCase):
    """A value good for ten seconds, whose looks end when the test says so."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.looks: list[Deferred[str]] = []
        self.fresh: Fresh[str] = Fresh(self.clock, 10, self.look)

    async def look(self) -> str:
        """Wait for the test."""
        look: Deferred[str] = Deferred()
        self.looks.append(look)
        return await look

    def ask(self) -> Deferred[str]:
        """Ask once."""
        return Deferred.fromCoroutine(self.fresh.get())

    def test_looked_up_once(self) -> None:
        """Everybody who asks meanwhile, and for ten seconds after, gets the same."""
        first, second = self.ask(), self.ask()
        self.looks[0].callback("a")
        self.assertEqual(["a", "a"], [self.successResultOf(first), self.successResultOf(second)])
        self.clock.advance(9)
        self.assertEqual("a", self.successResultOf(self.ask()))
        self.clock.advance(1)
        third = self.ask()
        self.looks[1].callback("b")
        self.assertEqual("b", self.successResultOf(third))
        self.assertEqual(2, len(self.looks))

    def test_a_change_is_seen_at_once(self) -> None:
        """Also when it comes while somebody looks: that look is repeated."""
        first = self.ask()
        self.fresh.forget()
        self.looks[0].callback("old")
        self.assertNoResult(first)
        self.looks[1].callback("new")
        self.assertEqual("new", self.successResultOf(first))
        self.fresh.forget()
        second = self.ask()
        self.looks[2].callback("newest")
        self.assertEqual("newest", self.successResultOf(second))

    def test_asked_again_by_who_was_just_told(self) -> None:
        """Whoever hears the value, makes it old and asks again is answered, too."""

        async def twice() -> str:
            await self.fresh.get()
            self.fresh.forget()
            return await self.fresh.get()

        asking = Deferred.fromCoroutine(twice())
        self.looks[0].callback("old")
        self.looks[1].callback("new")
        self.assertEqual("new", self.successResultOf(asking))

    def test_who_leaves_takes_nothing_along(self) -> None:
        """One asker's cancellation is its own."""
        leaver, stayer = self.ask(), self.ask()
        leaver.cancel()
        self.failureResultOf(leaver, CancelledError)
        self.looks[0].callback("a")
        self.assertEqual("a", self.successResultOf(stayer))

    def test_away(self) -> None:
        """With nothing known the failure is told; else the last value serves on, and is tried again in a second."""
        first = self.ask()
        self.looks[0].errback(Unavailable())
        self.failureResultOf(first, Unavailable)
        second = self.ask()
        self.looks[1].callback("a")
        self.successResultOf(second)
        self.clock.advance(11)
        third = self.ask()
        self.looks[2].errback(Unavailable())
        self.assertEqual("a", self.successResultOf(third))
        self.assertEqual("a", self.successResultOf(self.ask()))
        self.clock.advance(1)
        fourth = self.ask()
        self.looks[3].callback("b")
        self.assertEqual("b", self.successResultOf(fourth))

    def test_a_bug_is_told_and_not_kept(self) -> None:
        """The next one who asks looks again."""
        first = self.ask()
        self.looks[0].errback(ValueError())
        self.failureResultOf(first, ValueError)
        second = self.ask()
        self.looks[1].callback("a")
        self.assertEqual("a", self.successResultOf(second))
