"""Texts that people write, as HTML."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.markup import LONGEST_TEXT, plain, rendered

PIECES = st.one_of(
    st.sampled_from(list("[]()*_`<>!a#|~^:&\\={} \n")),
    st.sampled_from(["1. ", "http://a.b ", "~~~", "```", "**", "<div>", "</div>", "[^1]", "<!--", "-->", "    "]),
)


class RenderingTests(SynchronousTestCase):
    """Whatever is written comes out safe, and soon."""

    def test_texts_that_cost_much(self) -> None:
        """Signs that Markdown takes the square of time over, and depths in which it drowns, are shown as they stand."""
        for text in (
            "[" * 5000, "[" * 2500 + "]" * 2500, "![a](" * 1000, "<a " * 1600, "\\```" * 1200, "1. " * 1600,
            "> " * 2500, ">" * 5000, "x\n" + "- " * 2400, "\\" * 5000, "a\n: b\n" * 800,
        ):  # fmt: skip
            began = time.process_time()
            html = rendered(text, "text/markdown", permissive=True)
            self.assertLess(time.process_time() - began, 0.1, text[:10])
            self.assertTrue(html.startswith("<p>"), text[:10])

    def test_what_people_write_is_not_taken_for_that(self) -> None:
        """Quotes of quotes, lists in lists, rules, a glossary."""
        for text, made in (
            ("> a\n> > b\n> > > c", "<blockquote>"), ("- a\n    - b\n        1. c", "<ul>"),
            ("a\n\n------------", "<hr"), ("\n".join(f"{n}. x" for n in range(1, 300)), "<ol>"),
            ("word\n: meaning\n" * 20, "<dl>"),
        ):  # fmt: skip
            self.assertIn(made, rendered(text, "text/markdown", permissive=True), text[:20])

    @settings(deadline=None, max_examples=60)
    @given(st.lists(PIECES, min_size=1, max_size=6))
    def test_any_text(self, pieces: list[str]) -> None:
        """Never an error, never a script, never a second."""
        unit = "".join(pieces)
        began = time.process_time()
        html = rendered((unit * LONGEST_TEXT)[:LONGEST_TEXT], None, permissive=True)
        self.assertLess(time.process_time() - began, 1.0)
        self.assertNotIn("<script", html)


class PlainTests(SynchronousTestCase):
    """Texts for who shows no HTML."""

    def test_markup_goes_lines_stay(self) -> None:
        """Whatever it was written in, the words are left."""
        for text, kind, words in (
            ("A *b* <c>\n\nd", "text/markdown", "A b\n\nd"),
            ("<p>One &amp; <b>two</b></p><script>no</script><p>3<br>4</p>", "text/html", "One & two\n3\n4"),
            (" a <b>\n*c* ", "text/plain", "a <b>\n*c*"),
            ("", "text/html", ""),
        ):
            self.assertEqual(words, plain(text, kind), (text, kind))
