"""Beats of chores, as settings write them."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.beats import Beat


class BeatTests(SynchronousTestCase):
    """Reading, and what comes next."""

    def after(self, text: str, hour: int, minute: int, second: int = 0) -> tuple[int, int, int]:
        """Day, hour and minute of the next beat after a moment of the first of a month."""
        found = Beat.of(text).after(datetime(2026, 1, 1, hour, minute, second, tzinfo=UTC))
        return found.day, found.hour, found.minute

    def test_next(self) -> None:
        """The first moment that fits, never the given one."""
        self.assertEqual(self.after("minute=0,hour=*", 3, 0), (1, 4, 0))
        self.assertEqual(self.after("minute=0,hour=*", 2, 59, 59), (1, 3, 0))
        self.assertEqual(self.after("minute=*/20", 3, 20), (1, 3, 40))
        self.assertEqual(self.after("minute=5;50,hour=7", 7, 5), (1, 7, 50))
        self.assertEqual(self.after("minute=5;50,hour=7", 7, 50), (2, 7, 5))
        self.assertEqual(self.after("hour=23", 23, 59), (2, 23, 0))

    def test_nonsense(self) -> None:
        """What is no beat says so."""
        for text in ("hourly", "minute=60", "hour=24", "minute=", "day=1", "minute=*/0", "minute=-1", "minute=x"):
            with self.assertRaises(ValueError, msg=text):
                Beat.of(text)
