"""The breaker, by the clock: docs/storage.md S-40."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.outside.s3.breaker import Breaker, Open


class BreakerTests(SynchronousTestCase):
    """Closed, open, one trial."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.breaker = Breaker(self.clock)

    def fail_often(self, times: int = 5) -> None:
        """So many calls in a row fail."""
        for _ in range(times):
            self.breaker.admit()
            self.breaker.failed()

    def test_five_in_a_row(self) -> None:
        """Four are none too many, a success forgives all, failures of long ago do not count."""
        self.fail_often(4)
        self.breaker.worked()
        self.fail_often(4)
        self.clock.advance(31)
        self.fail_often(4)
        self.assertFalse(self.breaker.is_open)
        self.fail_often(1)
        self.assertTrue(self.breaker.is_open)
        self.assertRaises(Open, self.breaker.admit)

    def test_one_trial(self) -> None:
        """After ten seconds one call goes through, the others still fail; its success closes."""
        self.fail_often()
        self.clock.advance(10)
        self.breaker.admit()
        self.assertRaises(Open, self.breaker.admit)
        self.breaker.worked()
        self.breaker.admit()
        self.assertFalse(self.breaker.is_open)

    def test_twice_as_long(self) -> None:
        """Each failed trial doubles the rest, up to two minutes."""
        self.fail_often()
        rests = []
        for _ in range(6):
            try:
                self.breaker.admit()
            except Open as resting:
                rests.append(resting.seconds)
                self.clock.advance(resting.seconds)
                self.breaker.admit()
            self.breaker.failed()
        self.assertEqual([10, 20, 40, 80, 120, 120], rests)

    def test_a_trial_that_is_given_up(self) -> None:
        """Leaves room for the next."""
        self.fail_often()
        self.clock.advance(10)
        self.breaker.admit()
        self.breaker.unknown()
        self.breaker.admit()
