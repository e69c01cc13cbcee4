"""Whether people are served, by whichever process (docs/operations.md O-53)."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.outside.precedence import BELIEVED_SECONDS
from fwtwisted.outside.presence import FILE, STAY_SECONDS, Presence


def at_once(work, *args):  # type: ignore[no-untyped-def]
    """As threads would."""
    done: Deferred[object] = Deferred()
    done.callback(work(*args))
    return done


class PresenceTests(SynchronousTestCase):
    """Two processes of one machine: one serves, the other has work."""

    def setUp(self) -> None:
        self.folder, self.clock = os.path.abspath(self.mktemp()), Clock()
        self.clock.advance(1000)
        self.serving, self.working = (Presence(self.clock, self.folder, at_once) for _ in range(2))
        self.serving.tell()

    def tearDown(self) -> None:
        for one in (self.serving, self.working):
            self.successResultOf(Deferred.fromCoroutine(one.close()))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_who_asked_stays_for_a_while(self) -> None:
        """Whoever asks for something is there for some seconds, in the process that serves them at once."""
        self.assertFalse(self.serving.is_anywhere)
        self.serving.seen()
        self.assertTrue(self.serving.is_here and self.serving.is_anywhere)
        self.clock.advance(STAY_SECONDS - 0.1)
        self.assertTrue(self.serving.is_anywhere)
        self.clock.advance(0.2)
        self.assertFalse(self.serving.is_anywhere)

    def test_the_others_know(self) -> None:
        """Another process knows a moment later, and that nobody is there any more a few seconds after they left."""
        self.working.look_round()
        self.assertFalse(self.working.is_anywhere)
        self.serving.seen()
        self.clock.advance(1)
        self.working.look_round()
        self.clock.advance(1)
        self.assertTrue(self.working.is_anywhere)
        self.assertFalse(self.working.is_here)
        self.clock.advance(STAY_SECONDS)
        before = os.stat(os.path.join(self.folder, FILE)).st_mtime - BELIEVED_SECONDS
        os.utime(os.path.join(self.folder, FILE), (before, before))
        self.clock.advance(1)
        self.assertFalse(self.working.is_anywhere)

    def test_alone(self) -> None:
        """Without a folder each knows of its own people only."""
        alone = Presence(self.clock, None, at_once)
        alone.tell()
        alone.look_round()
        alone.seen()
        self.assertTrue(alone.is_anywhere)
        self.successResultOf(Deferred.fromCoroutine(alone.close()))
