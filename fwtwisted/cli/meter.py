"""How far something is, told while it runs: a bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TextIO

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from fwtwisted.cli.desk import visible

BAR_SECONDS, LINE_SECONDS = 0.2, 10.0
BAR_WIDTH = 24
WIPE = "\r\x1b[K"
UNITS = ("B", "kB", "MB", "GB", "TB")


class Meter:
    """
    Tells how far something is, for as long as it runs.

    :param line: says how far it is, in one line; None: nothing to say.
    :param beat: called instead of writing lines, where there is no terminal: for programs that listen.
    :param is_terminal: None: as the stream says.
    :ivar is_terminal: draws over what was drawn before.
    """

    def __init__(
        self,
        clock: IReactorTime,
        stream: TextIO,
        line: Callable[[], str | None],
        beat: Callable[[], object] | None = None,
        *,
        is_terminal: bool | None = None,
    ) -> None:
        self.is_terminal = beat is None and (_shows_bars(stream) if is_terminal is None else is_terminal)
        self._stream, self._line, self._other_beat = stream, line, beat
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
        if self._other_beat is not None:
            self._other_beat()
            return
        line = self._line()
        if line is None:
            self.wipe()
        elif self.is_terminal:
            self._write(WIPE + line[: shutil.get_terminal_size().columns - 1])
            self._is_drawn = True
        else:
            self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        """Write; a terminal that is gone is no reason to end the work."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return


def _shows_bars(stream: TextIO) -> bool:
    """Whether the stream is a terminal on which a line can be drawn again."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def in_units(count: float) -> str:
    """Bytes as people read them: ``1.5 GB``."""
    for unit in UNITS:
        if abs(count) < 1000 or unit == UNITS[-1]:
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def in_time(seconds: float) -> str:
    """A stretch of time as people read it: ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def bar(share: float) -> str:
    """A bar with its share beside it."""
    full = int(max(0.0, min(1.0, share)) * BAR_WIDTH)
    return f"[{'#' * full}{'-' * (BAR_WIDTH - full)}] {min(1.0, share):4.0%}"
