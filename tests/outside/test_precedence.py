"""The pod goes first (docs/storage.md S-76)."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.outside.pace import Pace
from fwtwisted.outside.precedence import BELIEVED_SECONDS, FILE, Precedence, Traffic


class PrecedenceTests(SynchronousTestCase):
    """A server, and somebody who has time."""

    def setUp(self) -> None:
        self.folder, self.clock = os.path.abspath(self.mktemp()), Clock()
        self.used, self.is_used = 0, False

        def at_once(work, *args):  # type: ignore[no-untyped-def]
            done: Deferred[object] = Deferred()
            done.callback(work(*args))
            return done

        self.traffic = Traffic(self.clock, self.folder, at_once, lambda: self.used, lambda: self.is_used)
        self.other = Precedence(self.clock, self.folder, at_once)
        self.traffic.start()
        self.other.start()

    def noted(self) -> bool:
        """Whether the server goes first after another second; the note is from then on long ago."""
        self.clock.advance(1)
        due = self.other.is_due
        path = os.path.join(self.folder, FILE)
        if os.path.exists(path):
            before = os.stat(path).st_mtime - BELIEVED_SECONDS
            os.utime(path, (before, before))
        return due

    def test_while_the_store_is_used(self) -> None:
        """A server that asks the store, or is still at it, goes first; one that does neither says nothing."""
        self.assertFalse(self.noted())
        self.assertFalse(os.path.exists(self.folder))
        self.used += 1
        self.assertTrue(self.noted())
        self.assertFalse(self.noted())
        self.is_used = True
        self.assertTrue(self.noted())
        self.assertTrue(self.noted())
        self.successResultOf(Deferred.fromCoroutine(self.traffic.stop()))
        self.assertFalse(self.noted())

    def tearDown(self) -> None:
        for one in (self.traffic, self.other):
            self.successResultOf(Deferred.fromCoroutine(one.stop()))
        self.assertEqual([], self.clock.getDelayedCalls())


class PaceTests(SynchronousTestCase):
    """How whoever has time leaves the way to others."""

    def test_most_of_the_time(self) -> None:
        """Three times as long as a piece has taken nothing is sent, and never for longer than a second."""
        clock, due = Clock(), [False]
        pace = Pace(clock, None, lambda: due[0])
        clock.advance(10)
        self.assertIsNone(pace.admit(1000))
        due[0] = True
        clock.advance(0.1)
        waiting = pace.admit(1000)
        assert waiting is not None
        clock.advance(0.29)
        self.assertNoResult(waiting)
        clock.advance(0.02)
        self.successResultOf(waiting)
        clock.advance(60)
        waiting = pace.admit(1000)
        assert waiting is not None
        clock.advance(1.01)
        self.successResultOf(waiting)
