"""Podcasts that take longer than an app waits (docs/subsonic.md §8.9)."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.subsonic.arriving import MOST, PATIENCE_SECONDS, REMEMBERED_SECONDS, SETTLED_SECONDS, Arriving
from fwtwisted.model.errors import Invalid, Throttled
from fwtwisted.model.people import Viewer

NADIA, OMAR = Viewer(actor_id=1), Viewer(actor_id=2)
URL = "https://far.example/feed"


class ArrivingTests(SynchronousTestCase):
    """A feed that answers when the test says so."""

    def setUp(self) -> None:
        self.clock, self.feeds = Clock(), list[Deferred[object]]()
        self.arriving = Arriving(self.clock, self._subscribe)

    async def _subscribe(self, viewer: Viewer, url: str) -> object:
        self.feeds.append(Deferred())
        return await self.feeds[-1]

    def wanted(self, viewer: Viewer = NADIA, url: str = URL) -> Deferred[None]:
        return Deferred.fromCoroutine(self.arriving.subscribe(viewer, url))

    def test_in_time(self) -> None:
        """What is there soon, or fails soon, is told to whoever waits, and is in nobody's list."""
        first, second = self.wanted(), self.wanted(OMAR)
        self.feeds[0].callback(None)
        self.assertIsNone(self.successResultOf(first))
        self.feeds[1].errback(Invalid.on("url", "No."))
        self.failureResultOf(second, Invalid)
        self.assertEqual(([], []), (self.arriving.of(1), self.arriving.of(2)))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_later(self) -> None:
        """After a while it goes on alone; wanted again it is asked for once; nobody else sees it."""
        waiting = self.wanted()
        self.clock.advance(PATIENCE_SECONDS)
        self.assertIsNone(self.successResultOf(waiting))
        self.assertIsNone(self.successResultOf(self.wanted()))
        self.assertEqual(1, len(self.feeds))
        [one] = self.arriving.of(1)
        self.assertEqual((URL, None), (one.url, one.trouble))
        self.assertEqual([], self.arriving.of(2))
        self.arriving.arrived(1, URL)
        self.assertEqual([one], self.arriving.of(1), "it is not there")
        self.feeds[0].callback(None)
        self.assertEqual([one], self.arriving.of(1), "who asked before does not see it yet")
        self.arriving.arrived(2, URL)
        self.arriving.arrived(1, URL)
        self.assertEqual([], self.arriving.of(1))

    def test_settled(self) -> None:
        """What has come is told apart for some seconds only, though nobody looks."""
        self.wanted()
        self.clock.advance(PATIENCE_SECONDS)
        self.feeds[0].callback(None)
        self.clock.advance(SETTLED_SECONDS)
        self.assertEqual([], self.arriving.of(1))

    def test_in_vain(self) -> None:
        """What went wrong is told for a while; a bug is logged, and told without its words."""
        for url, error, words in ((URL, Invalid.on("url", "No."), "No."), (f"{URL}2", KeyError("x"), "internal error")):
            self.wanted(url=url)
            self.clock.advance(PATIENCE_SECONDS)
            self.feeds[-1].errback(error)
            self.assertEqual(words, self.arriving.of(1)[-1].trouble)
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))
        self.clock.advance(REMEMBERED_SECONDS)
        self.assertEqual([], self.arriving.of(1))

    def test_given_up(self) -> None:
        """Who does not want it any more ends the work; nobody ends it for others."""
        self.wanted()
        self.clock.advance(PATIENCE_SECONDS)
        [one] = self.arriving.of(1)
        self.assertFalse(self.arriving.give_up(2, one.uuid))
        self.assertTrue(self.arriving.give_up(1, one.uuid))
        self.assertTrue(self.feeds[0].called)
        self.assertEqual([], self.arriving.of(1))

    def test_too_many(self) -> None:
        """There is a limit to what one account waits for."""
        for number in range(MOST):
            self.wanted(url=f"{URL}{number}")
        self.failureResultOf(self.wanted(), Throttled)
        self.clock.advance(PATIENCE_SECONDS)
        self.arriving.close()
        self.assertEqual([], self.arriving.of(1))
