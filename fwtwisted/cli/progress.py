"""
How far an import is, told while it runs: a bar on a terminal, a line every ten seconds elsewhere.

How many files there are is not known while they are walked through; for the bar a thread counts them meanwhile, and
until it is done the bar has no length.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Event
from typing import TextIO

from twisted.internet.interfaces import IReactorTime

from fwtwisted.cli.meter import Meter, bar
from fwtwisted.core.folders import Progress
from fwtwisted.core.importing.walking import Walk

COUNTED_AT_ONCE = 500


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


def bar_of(progress: Progress, total: int | None) -> str:
    """The line that is drawn; without a length while ``total`` is not known."""
    return f"{bar(progress.seen / total)}  {in_words(progress)}" if total else in_words(progress)


class Display(Meter):
    """
    What people see of an import while it runs.

    :param stream: standard error.
    :ivar total: how many files there are; None while that is not known.
    """

    def __init__(self, clock: IReactorTime, stream: TextIO, *, is_terminal: bool | None = None) -> None:
        super().__init__(clock, stream, self._told, is_terminal=is_terminal)
        self.total: int | None = None
        self._progress: Progress | None = None

    def at(self, progress: Progress) -> None:
        """This is how far it is."""
        self._progress = progress

    def _told(self) -> str | None:
        if self._progress is None or self._progress.is_over:
            return None
        return bar_of(self._progress, self.total) if self.is_terminal else in_words(self._progress)


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
