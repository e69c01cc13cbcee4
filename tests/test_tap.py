"""What the way in by ``twistd`` does before anything else."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.tap import count_steadily


class SteadyTests(SynchronousTestCase):
    """The reactor's time."""

    def test_the_clock_is_put_back_and_forward(self) -> None:
        """It begins as the time of day and goes on evenly, whatever becomes of that."""
        counted, wall, steady = Clock(), Clock(), Clock()
        wall.advance(1_800_000_000)
        count_steadily(counted, wall.seconds, steady.seconds)
        for jump in (0, -3600, 7200):
            wall.advance(jump)
            before = counted.seconds()
            steady.advance(5)
            self.assertEqual(5, counted.seconds() - before)
        self.assertEqual(1_800_000_015, counted.seconds())
