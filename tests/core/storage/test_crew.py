"""How many work at once (docs/storage.md S-76)."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.storage.crew import Crew


class CrewTests(SynchronousTestCase):
    """A crew of three."""

    def setUp(self) -> None:
        self.clock, self.others_first = Clock(), False
        self.crew = Crew(self.clock, 3, lambda: self.others_first)
        self.working: list[Deferred[None]] = []

    async def work(self) -> None:
        """Until it is said to be done."""
        mine: Deferred[None] = Deferred()
        self.working.append(mine)
        await mine

    def test_others_first(self) -> None:
        """Who works goes on; whoever comes waits until nobody else works, or the others are done."""
        began = [Deferred.fromCoroutine(self.crew.begin(self.work)) for _ in range(2)]
        self.others_first = True
        third = Deferred.fromCoroutine(self.crew.begin(self.work))
        self.assertEqual(2, len(self.working))
        self.working[0].callback(None)
        self.assertEqual(2, len(self.working))
        self.working[1].callback(None)
        self.assertEqual(3, len(self.working))
        self.others_first = False
        began += [Deferred.fromCoroutine(self.crew.begin(self.work)) for _ in range(2)]
        self.assertEqual(5, len(self.working))
        for one in self.working[2:]:
            one.callback(None)
        for began_one in (*began, third):
            self.successResultOf(began_one)
