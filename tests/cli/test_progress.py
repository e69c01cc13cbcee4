"""How far an import is, in words and as a bar."""

from __future__ import annotations

from io import StringIO
from threading import Event

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.cli.meter import LINE_SECONDS, WIPE
from fwtwisted.cli.progress import Display, bar_of, counted, in_words
from fwtwisted.core.folders import Progress
from fwtwisted.wire.audiotags import EXTENSIONS
from tests.audio import make_many


class WordTests(SynchronousTestCase):
    """What is said."""

    def test_words(self) -> None:
        """Only what happened is counted."""
        progress = Progress("r", seen=1200, imported=1198, errored=2, seconds=2.0)
        self.assertEqual("1,200 files: 1,198 imported, 2 failed; 600 a second", in_words(progress))
        self.assertEqual("0 files: nothing yet; 0 a second", in_words(Progress("r")))
        self.assertEqual("0 files: nothing to do; 0 a second", in_words(Progress("r", is_over=True)))

    def test_bar(self) -> None:
        """A bar has a length as soon as the total is known, and is never longer than full."""
        progress = Progress("r", seen=50, imported=50, seconds=1.0)
        self.assertTrue(bar_of(progress, None).startswith("50 files: "))
        self.assertTrue(bar_of(progress, 100).startswith(f"[{'#' * 12}{'-' * 12}]  50%  50 files"))
        self.assertTrue(bar_of(progress, 10).startswith(f"[{'#' * 24}] 100%"))

    def test_counted(self) -> None:
        """Files are counted as the import finds them, until nobody wants to know."""
        folder = self.mktemp()
        make_many(folder, 20)
        self.assertEqual(20, counted([folder], True, frozenset(EXTENSIONS), Event()))


class DisplayTests(SynchronousTestCase):
    """When it is said."""

    def setUp(self) -> None:
        self.clock, self.stream = Clock(), StringIO()

    def display(self, *, is_terminal: bool) -> Display:
        """One that runs."""
        display = Display(self.clock, self.stream, is_terminal=is_terminal)
        display.start()
        self.addCleanup(display.stop)
        return display

    def test_lines(self) -> None:
        """Elsewhere than on a terminal there is a line every ten seconds, while there is something to tell."""
        display = self.display(is_terminal=False)
        self.clock.advance(LINE_SECONDS)
        self.assertEqual("", self.stream.getvalue())
        display.at(Progress("r", seen=1, imported=1, seconds=1.0))
        self.clock.advance(LINE_SECONDS - 0.1)
        self.assertEqual("", self.stream.getvalue())
        self.clock.advance(0.1)
        self.assertEqual("1 file: 1 imported; 1 a second\n", self.stream.getvalue())
        display.at(Progress("r", is_over=True))
        self.clock.advance(LINE_SECONDS)
        self.assertEqual(1, self.stream.getvalue().count("\n"))

    def test_a_terminal(self) -> None:
        """On a terminal it is drawn over what was drawn, makes room for remarks, and leaves nothing behind."""
        display = self.display(is_terminal=True)
        display.at(Progress("r", seen=1, imported=1, seconds=1.0))
        self.clock.advance(0.2)
        display.remark("a.mp3: broken\n")
        self.clock.advance(0.2)
        display.stop()
        drawn = f"{WIPE}1 file: 1 imported; 1 a second"
        self.assertEqual(f"{drawn}{WIPE}a.mp3: broken\\n\n{drawn}{WIPE}", self.stream.getvalue())

    def test_a_terminal_that_is_gone(self) -> None:
        """Nobody to tell is no reason to end an import."""
        display = self.display(is_terminal=False)
        display.at(Progress("r"))
        self.stream.close()
        self.clock.advance(LINE_SECONDS)
        display.remark("still there")
