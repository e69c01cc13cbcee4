"""
How far an import is, told while it runs: a bar on a terminal, a line every ten seconds elsewhere.

How many files there are is not known while they are walked through; for the bar a thread counts them meanwhile, and
until it is done the bar has no length.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from threading import Event
from typing import TextIO

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from fwtwisted.cli.desk import visible
from fwtwisted.core.folders import Progress
from fwtwisted.core.importing.walking import Walk

BAR_SECONDS, LINE_SECONDS = 0.2, 10.0
BAR_WIDTH = 24
COUNTED_AT_ONCE = 500
WIPE = "\r\x1b[K"


def in_words(progress: Progress) -> str:
    """What was done so far: ``1,200 files: 1,198 imported, 2 failed; 640 a second``."""
    counts = (
        (progress.imported, "imported"),
        (progress.updated, "updated"),
        (progress.moved, "moved"),
        (progress.removed, "removed"),
        (progress.unchanged, "unchanged"),
        (progress.skipped, "skipped"),
        (progress.errored, "failed"),
    )
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    files = f"{progress.seen:,} file{'' if progress.seen == 1 else 's'}"
    nothing = "nothing to do" if progress.is_over else "nothing yet"
    return f"{files}: {told or nothing}; {progress.rate:,.0f} a second"


def bar(progress: Progress, total: int | None) -> str:
    """The line that is drawn; without a length while ``total`` is not known."""
    if not total:
        return in_words(progress)
    share = min(1.0, progress.seen / total)
    full = int(share * BAR_WIDTH)
    return f"[{'#' * full}{'-' * (BAR_WIDTH - full)}] {share:4.0%}  {in_words(progress)}"


class Display:
    """
    What people see of an import while it runs.

    :param stream: standard error.
    :ivar is_terminal: draw over what was drawn before.
    :ivar total: how many files there are; None while that is not known.
    """

    def __init__(self, clock: IReactorTime, stream: TextIO, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self.total: int | None = None
        self._stream = stream
        self._progress: Progress | None = None
        self._is_drawn = False
        self._loop = LoopingCall(self._beat)
        self._loop.clock = clock

    def start(self) -> None:
        """Begin to tell."""
        self._loop.start(BAR_SECONDS if self.is_terminal else LINE_SECONDS, now=False)

    def stop(self) -> None:
        """Tell no more; harmless when repeated."""
        if self._loop.running:
            self._loop.stop()
        self.wipe()

    def at(self, progress: Progress) -> None:
        """This is how far it is."""
        self._progress = progress

    def remark(self, text: str) -> None:
        """A line of its own; the bar is drawn again below it."""
        self.wipe()
        self._write(f"{visible(text)}\n")

    def wipe(self) -> None:
        """Take away what was drawn."""
        if self._is_drawn:
            self._write(WIPE)
            self._is_drawn = False

    def _beat(self) -> None:
        if self._progress is None or self._progress.is_over:
            self.wipe()
        elif self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(WIPE + bar(self._progress, self.total)[:width])
            self._is_drawn = True
        else:
            self._write(f"{in_words(self._progress)}\n")

    def _write(self, text: str) -> None:
        """Write; a terminal that is gone is no reason to end an import."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return


def shows_bars(stream: TextIO) -> bool:
    """Whether the stream is a terminal on which a line can be drawn again."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def counted(paths: Sequence[str], recursive: bool, extensions: frozenset[str], enough: Event) -> int:
    """In a thread: how many files an import will look at; ends early when ``enough`` is set."""
    count = 0
    walk = Walk([os.path.abspath(path) for path in paths], recursive, extensions)
    for batch in walk.batches(COUNTED_AT_ONCE, _unheard):
        count += len(batch)
        if enough.is_set():
            break
    return count


def _unheard(*_: str) -> None:
    """The import itself complains."""
