"""SRT: subtitles, each with a number, its times, and its lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fwtwisted.wire.lyrics.values import MOST_CHARACTERS, MOST_LINES, Line, Lyrics

_HEAD = re.compile(
    r"^[ \t]*(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})[ \t]*-->[ \t]*\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}[^\n]*$",
    re.ASCII | re.MULTILINE,
)
_DRESS = re.compile(r"<[^<>\n]{0,200}>|\{[^{}\n]{0,200}\}")


def looks_like_srt(text: str) -> bool:
    """Whether there is a line of two times with an arrow."""
    return _HEAD.search(text[:MOST_CHARACTERS]) is not None


def srt(text: str, lang: str) -> Sequence[Lyrics]:
    """The words, by time; several lines of one subtitle are one."""
    parts = _HEAD.split("\n".join(text[:MOST_CHARACTERS].splitlines()))
    lines = []
    for at in range(1, len(parts), 5):
        hours, minutes, seconds, fraction, body = parts[at : at + 5]
        start = int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(fraction.ljust(3, "0"))
        lines.append(Line(start, _words(body, is_last=at + 5 >= len(parts))))
    return [Lyrics(lang, sorted(lines[:MOST_LINES], key=_start))] if lines else []


def _start(line: Line) -> int:
    return line.start or 0


def _words(body: str, *, is_last: bool) -> str:
    """What is said, without the number of the next subtitle."""
    lines = [line.strip() for line in body.strip().splitlines()]
    if not is_last and lines and lines[-1].isdigit():
        lines.pop()
    return _DRESS.sub("", " ".join(line for line in lines if line)).strip()
