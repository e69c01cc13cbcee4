"""
LRC: a time before each line, and in its enhanced form one before each word.

::

    [ti:First Light]  [la:en]  [offset:+200]
    [00:12.00]Here it comes
    [00:15.30]<00:15.30>again <00:15.90>and <00:16.20>again<00:17.00>
    [00:20.00][01:40.00]the same words twice

There is no standard; this is what editors write and players read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from fwtwisted.wire.lyrics.values import (
    MOST_CHARACTERS,
    MOST_LINES,
    UNKNOWN_LANGUAGE,
    CueLine,
    Line,
    Lyrics,
    cued,
    language,
)

_TIME = re.compile(r"\s*\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]", re.ASCII)
_WORD = re.compile(r"<(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?>", re.ASCII)
_ABOUT = re.compile(r"\s*\[([A-Za-z#]{1,20}):([^\]]*)\]\s*")
_SIGN = re.compile(r"^[ \t]*\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\]", re.ASCII | re.MULTILINE)
_OFFSET = re.compile(r"\s*([+-]?\d{1,7})\s*", re.ASCII)


@frozen
class _Sung:
    """A line at one of its times."""

    start: int
    text: str
    cues: CueLine | None


def looks_like_lrc(text: str) -> bool:
    """Whether a line begins with a time."""
    return _SIGN.search(text[:MOST_CHARACTERS]) is not None


def lrc(text: str, lang: str) -> Sequence[Lyrics]:
    """The words, by time; nothing when no line has one."""
    about: dict[str, str] = {}
    sung: list[_Sung] = []
    for written in text[:MOST_CHARACTERS].splitlines()[:MOST_LINES]:
        times, rest = _times(written)
        if not times and (match := _ABOUT.fullmatch(written)):
            about.setdefault(match[1].lower(), match[2].strip())
        elif times:
            sung += _sung(times, rest)
    sung = sorted(sung[:MOST_LINES], key=lambda one: one.start)
    return [_together(sung, about, lang)] if sung else []


def _times(written: str) -> tuple[list[int], str]:
    """The times before a line, milliseconds, and the line."""
    times, at = [], 0
    while match := _TIME.match(written, at):
        times.append(_milliseconds(match))
        at = match.end()
    return times, written[at:]


def _sung(times: Sequence[int], rest: str) -> Iterator[_Sung]:
    """A line at each of its times; its words have theirs at the first."""
    parts = _WORD.split(rest)
    words = "".join(parts[::4]).strip()
    timed: list[tuple[int | None, str]] = [
        (_time(*parts[at : at + 3]), parts[at + 3]) for at in range(1, len(parts), 4)
    ]
    closes = None
    if timed and not timed[-1][1].strip():
        closes = timed.pop()[0]
    cues = cued([(None, parts[0]), *timed], 0, closes) if timed else None
    for number, start in enumerate(times):
        yield _Sung(start, words, cues if number == 0 else None)


def _together(sung: Sequence[_Sung], about: Mapping[str, str], lang: str) -> Lyrics:
    cue_lines = []
    for index, one in enumerate(sung):
        if one.cues is not None:
            cue_lines.append(evolve(one.cues, index=index))
    said = language(about.get("la") or about.get("lang") or "")
    offset = _OFFSET.fullmatch(about.get("offset", ""))
    return Lyrics(
        lang if said == UNKNOWN_LANGUAGE else said,
        [Line(one.start, one.text) for one in sung],
        offset=int(offset[1]) if offset else 0,
        artist=about.get("ar", ""),
        title=about.get("ti", ""),
        cue_lines=cue_lines,
    )


def _milliseconds(match: re.Match[str]) -> int:
    return _time(match[1], match[2], match[3])


def _time(minutes: str, seconds: str, fraction: str | None) -> int:
    return int(minutes) * 60_000 + int(seconds) * 1000 + int((fraction or "0").ljust(3, "0"))
