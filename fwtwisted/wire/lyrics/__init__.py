"""
The words of songs, with the time of each line or word where it is known: LRC, SRT, TTML and plain text.

Texts come from files and tags of anybody.  What can be read of them is, up to a bound; nothing raises.

Source: docs/subsonic.md §9.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fwtwisted.wire.lyrics.lrc import looks_like_lrc, lrc
from fwtwisted.wire.lyrics.plain import plain
from fwtwisted.wire.lyrics.srt import looks_like_srt, srt
from fwtwisted.wire.lyrics.ttml import looks_like_ttml, ttml
from fwtwisted.wire.lyrics.values import (
    UNKNOWN_LANGUAGE,
    Agent,
    Cue,
    CueLine,
    Kind,
    Line,
    Lyrics,
    language,
)

__all__ = [
    "FORMS",
    "UNKNOWN_LANGUAGE",
    "Agent",
    "Cue",
    "CueLine",
    "Kind",
    "Line",
    "Lyrics",
    "best",
    "language",
    "read_lyrics",
]

_Reader = Callable[[str, str], Sequence[Lyrics]]

# By the endings of files, the richest first.
FORMS: Mapping[str, _Reader] = {"ttml": ttml, "lrc": lrc, "elrc": lrc, "srt": srt, "txt": plain}
_SIGNS: Sequence[tuple[Callable[[str], bool], _Reader]] = (
    (looks_like_ttml, ttml),
    (looks_like_srt, srt),
    (looks_like_lrc, lrc),
)


def read_lyrics(text: str, lang: str = UNKNOWN_LANGUAGE, form: str | None = None) -> Sequence[Lyrics]:
    """
    The words that a text holds; nothing when it holds none.

    :param lang: of the words, when they do not say.
    :param form: one of :data:`FORMS`; None: what it looks like.
    """
    if form is not None and (found := FORMS[form](text, lang)):
        return found
    reader = next((reader for is_it, reader in _SIGNS if is_it(text)), plain)
    return reader(text, lang) or plain(text, lang)


def best(several: Iterable[Lyrics]) -> Sequence[Lyrics]:
    """Of words from several places one of each language and kind: the first with times, else the first."""
    found: dict[tuple[str, Kind], Lyrics] = {}
    for one in several:
        known = found.get((one.lang, one.kind))
        if known is None or (one.is_synced and not known.is_synced):
            found[one.lang, one.kind] = one
    return list(found.values())
