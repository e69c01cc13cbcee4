"""Words without times."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.wire.lyrics.values import MOST_CHARACTERS, MOST_LINES, Line, Lyrics


def plain(text: str, lang: str) -> Sequence[Lyrics]:
    """The lines of a text; empty ones between others stay."""
    lines = text[:MOST_CHARACTERS].strip().splitlines()[:MOST_LINES]
    return [Lyrics(lang, [Line(None, line.strip()) for line in lines])] if lines else []
