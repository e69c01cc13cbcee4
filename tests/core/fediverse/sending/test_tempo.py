"""How fast deliveries leave (docs/operations.md O-53)."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.sending.tempo import Tempo, TempoSettings
from fwtwisted.outside.giving_way import Turns
from fwtwisted.outside.presence import STAY_SECONDS, Presence

SETTINGS = TempoSettings(first=400, least=200, most=500, together=10, step=50, brake=0.5)


class TempoTests(SynchronousTestCase):
    """Many hosts that want to be written to, and a kernel that says how this process fares."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.presence = Presence(self.clock, None, lambda *_: Deferred())
        self.turns: Turns | None = Turns(0.0, 0.0, 0)
        self.tempo = Tempo(self.clock, self.presence, lambda: self.turns, SETTINGS)
        self.left = 0

    def want(self, count: int) -> Deferred[int]:
        """One host that has so many deliveries."""

        async def leave() -> int:
            leave = await self.tempo.turn(count)
            found = min(leave.most, count)
            self.tempo.left(leave, found)
            self.left += found
            return found

        return Deferred.fromCoroutine(leave())

    def leave_for(self, seconds: float, *, wait: float, run: float) -> float:
        """
        Have hosts written to for some seconds, while somebody is served; how many deliveries left a second.

        :param wait: for the processor, each of a hundred times a second.  :param run: share of a processor in use.
        """
        self.left = 0
        steps = round(seconds * 100)
        for _ in range(steps):
            self.presence.seen()
            while self.want(32).called:  # and one that waits
                pass
            self.clock.advance(0.01)
            if self.turns is not None:
                more = Turns(run * 0.01, wait, 1)
                self.turns = Turns(
                    self.turns.ran_seconds + more.ran_seconds,
                    self.turns.waited_seconds + more.waited_seconds,
                    self.turns.count + 1,
                )
        return self.left / seconds

    def test_nobody_is_there(self) -> None:
        """Everything leaves at once, and so it does again when people have left."""
        for _ in range(100):
            self.assertEqual(self.successResultOf(self.want(32)), 32)
        self.presence.seen()
        self.assertEqual(self.successResultOf(self.want(32)), 10)
        self.assertNoResult(self.want(32))
        self.clock.advance(STAY_SECONDS)
        self.assertEqual(self.successResultOf(self.want(32)), 32)

    def test_evenly(self) -> None:
        """While somebody is served, a few at a time leave at the rate, in the order of their asking."""
        self.presence.seen()
        waiting = [self.want(count) for count in (32, 4, 32, 32)]
        self.assertEqual([one.called for one in waiting], [True, False, False, False])
        self.clock.advance(10.01 / 400)
        self.assertEqual([one.called for one in waiting], [True, True, False, False])
        self.clock.advance(4.01 / 400)
        self.assertEqual([one.called for one in waiting], [True, True, True, False])
        self.clock.advance(10.01 / 400)
        self.assertEqual([self.successResultOf(one) for one in waiting], [10, 4, 10, 10])

    def test_little_for_each(self) -> None:
        """Many hosts with one delivery each are written to as fast as few with many."""
        for _ in range(50):
            self.presence.seen()
            self.want(1)
            self.clock.advance(1 / 400)
        self.presence.seen()
        waiting = [self.want(1) for _ in range(400)]
        for _ in range(110):
            self.clock.advance(0.01)
        self.assertEqual({one.called for one in waiting}, {True})

    def test_slow_to_say(self) -> None:
        """Until it is known how many leave, others wait as long as usual; whoever has none holds nobody up."""
        self.presence.seen()
        self.successResultOf(self.want(32))
        slow = Deferred.fromCoroutine(self.tempo.turn(32))
        waiting = self.want(32)
        self.clock.advance(10 / 400)
        leave = self.successResultOf(slow)
        self.clock.advance(0.001)
        self.assertNoResult(waiting)
        self.tempo.left(leave, 0)
        self.clock.advance(0.002)
        self.successResultOf(waiting)

    def test_who_gives_up(self) -> None:
        """Whoever stops waiting takes no turn."""
        self.presence.seen()
        self.successResultOf(self.want(32))
        first, second = self.want(32), self.want(32)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.clock.advance(10 / 400)
        self.successResultOf(second)

    def test_calm(self) -> None:
        """While we need not wait for a processor, the rate grows to the most."""
        self.leave_for(2, wait=20e-6, run=0.1)
        self.assertEqual(self.tempo.rate, 500)

    def test_others_are_busy(self) -> None:
        """When we wait for processors, deliveries go slower; never below the least, which is kept."""
        rate = self.leave_for(5, wait=1e-3, run=0.1)
        self.assertEqual(self.tempo.rate, 200)
        self.assertLess(rate, 260)
        self.assertGreater(rate, 190)
        self.leave_for(2, wait=0.0, run=0.1)
        self.assertEqual(self.tempo.rate, 500)

    def test_we_are_busy(self) -> None:
        """When this process has much to do itself, they go slower, too."""
        self.leave_for(2, wait=0.0, run=0.6)
        self.assertEqual(self.tempo.rate, 200)

    def test_a_silent_kernel(self) -> None:
        """Where nothing is known of how we fare, the rate stays as it is."""
        self.turns = None
        self.leave_for(2, wait=0.0, run=0.0)
        self.assertEqual(self.tempo.rate, 400)

    def test_a_new_beginning(self) -> None:
        """What happened long ago decides nothing."""
        self.leave_for(2, wait=1e-3, run=0.1)
        self.assertEqual(self.tempo.rate, 200)
        self.clock.advance(60)
        self.leave_for(0.1, wait=1e-3, run=0.1)
        self.assertEqual(self.tempo.rate, 400)

    def test_the_usual(self) -> None:
        """The least is far above what any server may expect of us."""
        self.assertGreaterEqual(TempoSettings().least, 200)
        self.assertLessEqual(TempoSettings().least, TempoSettings().first)
