"""What comes next: never twice, at random, the best first, or what was heard least."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.listening.radios.drawing import BEST, at_random, best_first, least_heard


class DrawingTests(SynchronousTestCase):
    """Draws from a list."""

    def test_everything_comes_once(self) -> None:
        """Until nothing is left, one by one or in bundles."""
        for draw in (at_random, best_first):
            for count in (1, 3, 7, 200):
                chance, played, pool = Random(1), set[int](), list(range(100))
                while drawn := draw(pool, played, count, chance):
                    self.assertEqual(min(count, 100 - len(played)), len(drawn))
                    self.assertEqual(set(), played & set(drawn))
                    played |= set(drawn)
                self.assertEqual(set(pool), played)

    def test_nothing_from_nothing(self) -> None:
        """An empty pool, or one of which all was played."""
        for draw in (at_random, best_first):
            self.assertEqual([], draw([], set(), 5, Random(1)))
            self.assertEqual([], draw([1, 2], {1, 2, 3}, 5, Random(1)))

    def test_chance_is_fair(self) -> None:
        """Each of ten comes about as often as the others, also when some were played."""
        chance = Random(7)
        found = [at_random(range(13), {10, 11, 12}, 1, chance)[0] for _ in range(5_000)]
        for one in range(10):
            self.assertTrue(400 < found.count(one) < 600, found.count(one))

    def test_the_best_come_first(self) -> None:
        """Each is one of the ten best that are left."""
        chance, played = Random(3), set[int]()
        for _ in range(60):
            (one,) = best_first(range(60), played, 1, chance)
            left = [other for other in range(60) if other not in played]
            self.assertIn(one, left[:BEST])
            played.add(one)

    def test_the_least_heard_come_first(self) -> None:
        """Among equals the order of the sample decides."""
        self.assertEqual([5, 6, 2], least_heard([2, 5, 4, 6], {2: 1, 4: 9}, 3))
