"""Rearranging what is in a playlist."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import BadRequest
from fwtwisted.model.playlists import NoSuchPlace, moved, without


class ArrangingTests(SynchronousTestCase):
    """Nothing is lost, whatever is asked."""

    def test_a_moved_item_stands_where_it_was_sent(self) -> None:
        """Every pair of places, up and down; the others keep their order."""
        items = "abcde"
        for start in range(5):
            for end in range(5):
                arranged = moved(items, start, end)
                self.assertEqual(items[start], arranged[end])
                rest = [one for one in items if one != items[start]]
                self.assertEqual(rest, [one for one in arranged if one != items[start]])

    def test_places_that_are_none(self) -> None:
        """Nothing at the start is another failure than an end beyond the last."""
        for start in (-1, 3, 99):
            self.assertRaises(NoSuchPlace, moved, "abc", start, 0)
        for end in (-1, 3, 99):
            self.assertRaises(BadRequest, moved, "abc", 0, end)
        self.assertRaises(NoSuchPlace, moved, "", 0, 0)

    def test_taking_out(self) -> None:
        """All or none of the indexes."""
        self.assertEqual(["b"], without("abc", [2, 0, 0]))
        self.assertEqual(["a", "b", "c"], without("abc", []))
        self.assertRaises(NoSuchPlace, without, "abc", [0, 3])
