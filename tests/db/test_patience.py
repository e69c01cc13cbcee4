"""Patience in which only that time counts in which we were awake."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.db.patience import TICK_SECONDS, Patience

TERM = 1.75  # no whole number of ticks


class PatienceTests(SynchronousTestCase):
    """Time passes, while we are awake or asleep."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.began = self.clock.seconds()
        self.ends: list[float] = []
        self.patience = Patience(self.clock, TERM, lambda: self.ends.append(self.clock.seconds()))

    def awake(self, seconds: float) -> None:
        """So much time passes, and we see it pass."""
        self.clock.pump([0.05] * round(seconds / 0.05))

    def test_it_ends(self) -> None:
        """After the term, once."""
        self.awake(TERM - 0.1)
        self.assertEqual([], self.ends)
        self.awake(10)
        self.assertEqual(1, len(self.ends))
        self.assertApproximates(TERM, self.ends[0], 0.25)

    def test_who_slept_begins_anew(self) -> None:
        """However long that was, and whenever it began; but a little lateness is nobody's sleep."""
        for awake, asleep in ((0.0, 2.5), (1.4, 60.0), (TERM - 0.1, TICK_SECONDS * 3)):
            self.awake(awake)
            self.clock.advance(asleep)
            self.assertEqual([], self.ends)
        self.awake(TERM - 0.1)
        self.assertEqual([], self.ends)
        self.awake(0.5)
        self.assertEqual(1, len(self.ends))

    def test_a_little_late(self) -> None:
        """Ticks that are late by less than their length count as what they are."""
        self.clock.pump([TICK_SECONDS * 1.4] * 4)
        self.assertEqual(1, len(self.ends))

    def test_they_answered(self) -> None:
        """Then nothing comes of it, and no alarm is left."""
        self.awake(1)
        self.patience.end()
        self.patience.end()
        self.awake(10)
        self.assertEqual([], self.ends)
        self.assertEqual([], self.clock.getDelayedCalls())
