"""Several things that are waited for at once."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.several import all_of


class AllTests(SynchronousTestCase):
    """Three are waited for."""

    def setUp(self) -> None:
        self.broken_off: list[int] = []
        self.three = [self.one(number) for number in range(3)]
        self.all = Deferred.fromCoroutine(all_of(self.three))

    def one(self, number: int) -> Deferred[str]:
        """One of them."""
        return Deferred(lambda _: self.broken_off.append(number))

    def test_results(self) -> None:
        """In order, whichever comes first."""
        for number in (2, 0, 1):
            self.three[number].callback(str(number))
        self.assertEqual(["0", "1", "2"], self.successResultOf(self.all))

    def test_failure(self) -> None:
        """It is raised as what it is, and nobody waits for the others in vain."""
        self.three[0].callback("0")
        self.three[1].errback(KeyError("1"))
        self.failureResultOf(self.all, KeyError)
        self.assertEqual([2], self.broken_off)

    def test_nobody_waits(self) -> None:
        """Then all are broken off."""
        self.all.cancel()
        self.failureResultOf(self.all, CancelledError)
        self.assertEqual([0, 1, 2], self.broken_off)

    def test_none(self) -> None:
        """Nothing comes of nothing."""
        self.assertEqual([], self.successResultOf(Deferred.fromCoroutine(all_of([]))))
