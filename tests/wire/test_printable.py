"""What strangers write, without what nobody sees."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.letters import one_line
from fwtwisted.wire.printable import seen, seen_line


class PrintableTests(SynchronousTestCase):
    """Controls and what turns the direction of text."""

    def test_what_goes(self) -> None:
        """Escapes, nulls, overrides and isolates; lines stay lines, in names they become blanks."""
        for tricky in ("\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u202a", "\u2066", "\u2069", "\ufeff"):
            self.assertEqual("ab", seen(f"a{tricky}b"), ascii(tricky))
        self.assertEqual("a\n\tb", seen("a\n\tb"))
        self.assertEqual("a b c", seen_line("a\r\nb \u202e c"))

    def test_what_stays(self) -> None:
        """Every script, what joins letters and emoji, and the marks that right-to-left text needs."""
        for text in (
            "Björk",
            "\u05e9\u05dc\u05d5\u05dd\u200f!",
            "\u0645\u06cc\u200c\u062e",
            "\U0001f468\u200d\U0001f3a4",
            "音楽",
            "a\u00adb",
        ):
            self.assertEqual(text, seen(text))
            self.assertEqual(text, seen_line(text))

    def test_letters(self) -> None:
        """Subjects hold none of it."""
        self.assertEqual("From evil live", one_line("From\r\n \u202eevil\u2066 live"))
