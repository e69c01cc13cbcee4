"""Texts that people write, as HTML."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.markup import LONGEST_TEXT, rendered

PIECES = st.one_of(
    st.sampled_from(list("[]()*_`<>!a#|~^:&\\={} \n")),
    st.sampled_from(["1. ", "http://a.b ", "~~~", "```", "**", "<div>", "</div>", "[^1]", "<!--", "-->", "    "]),
)


class RenderingTests(SynchronousTestCase):
    """Whatever is written comes out safe, and soon."""

    def test_texts_that_cost_much(self) -> None:
        """Signs that Markdown takes the square of time over, and depths in which it drowns, are shown as they stand."""
        for text in ("[" * 5000, "[" * 2500 + "]" * 2500, "![a](" * 1000, "<a " * 1600, "\\```" * 1200, "1. " * 1600):
            began = time.process_time()
            html = rendered(text, "text/markdown", permissive=True)
            self.assertLess(time.process_time() - began, 0.5, text[:10])
            self.assertTrue(html.startswith("<p>"), text[:10])

    @settings(deadline=None, max_examples=60)
    @given(st.lists(PIECES, min_size=1, max_size=6))
    def test_any_text(self, pieces: list[str]) -> None:
        """Never an error, never a script, never a second."""
        unit = "".join(pieces)
        began = time.process_time()
        html = rendered((unit * LONGEST_TEXT)[:LONGEST_TEXT], None, permissive=True)
        self.assertLess(time.process_time() - began, 1.0)
        self.assertNotIn("<script", html)
