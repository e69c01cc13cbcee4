"""Collections and their pages: docs/federation.md §2.7."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.wire.activitypub.writing.collections import Leaf, leaf, ordered, ordered_page

PLACE = "https://pod.example/c"


class LeafTests(SynchronousTestCase):
    """Which page is asked for."""

    def test_pages(self) -> None:
        """Numbers from one on; what is no number is malformed."""
        self.assertIsNone(leaf(None, 50))
        self.assertEqual(Leaf(7, 50), leaf("7", 50))
        for text in ("", "x", "-1", "1.5", "٣", " 1"):
            self.assertRaises(BadRequest, leaf, text, 50)
        for text in ("0", "00", "9" * 11):
            self.assertRaises(NotFound, leaf, text, 50)

    @given(st.text())
    def test_anything(self, text: str) -> None:
        """A page, or a refusal."""
        try:
            found = leaf(text, 50)
        except (BadRequest, NotFound):
            return
        assert found is not None
        self.assertGreaterEqual(found.number, 1)

    @given(st.integers(0, 500), st.integers(1, 60))
    def test_a_walk_meets_everything_once(self, total: int, size: int) -> None:
        """From ``first`` by ``next`` to ``last``, and back by ``prev``."""
        document = ordered(PLACE, total, size)
        met: list[int] = []
        place, before = document["first"], None
        while place is not None:
            found = leaf(place.rpartition("=")[2], size)
            assert found is not None
            found.check(total)
            items = range(found.offset, min(total, found.offset + size))
            page = ordered_page(PLACE, total, found, list(items))
            self.assertEqual((place, before), (page["id"], page.get("prev")))
            met += page["orderedItems"]
            before, place = place, page.get("next")
        self.assertEqual(list(range(total)), met)
        self.assertEqual(document["last"], before)
        self.assertRaises(NotFound, Leaf(len(met) // size + 2, size).check, total)
