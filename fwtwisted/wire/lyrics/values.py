"""What words of songs are."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

UNKNOWN_LANGUAGE = "und"
MOST_LINES = 5000
MOST_CHARACTERS = 200_000  # that are looked at
MOST_CUES = 400  # of a line; one with more has none
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE | re.ASCII)


class Kind(enum.StrEnum):
    """What the words are to the song."""

    MAIN = "main"
    TRANSLATION = "translation"
    PRONUNCIATION = "pronunciation"


@frozen
class Line:
    """A line of a song.  :ivar start: milliseconds; None in words without times."""

    start: int | None
    text: str


@frozen
class Cue:
    """
    When a part of a line is sung.

    :ivar start: and ``end``: milliseconds.
    :ivar at: and ``to``: which characters of the line, the last one excluded.
    """

    start: int
    end: int | None
    at: int
    to: int


@frozen
class CueLine:
    """
    When the parts of a line are sung.

    :ivar index: the line's, from 0.
    :ivar agent: id of who sings; empty: nobody says.
    """

    index: int
    text: str
    cues: Sequence[Cue]
    start: int | None = None
    end: int | None = None
    agent: str = ""


@frozen
class Agent:
    """Somebody who sings.  :ivar role: ``main``, ``voice``, ``bg``, ``group``."""

    id: str
    role: str
    name: str = ""


@frozen
class Lyrics:
    """
    The words of a song in one language.

    :ivar offset: milliseconds by which everything comes sooner.
    :ivar lines: by time, when they have times: then all of them do.
    """

    lang: str
    lines: Sequence[Line]
    kind: Kind = Kind.MAIN
    offset: int = 0
    artist: str = ""
    title: str = ""
    agents: Sequence[Agent] = ()
    cue_lines: Sequence[CueLine] = ()

    @property
    def is_synced(self) -> bool:
        """Whether the lines have times."""
        return bool(self.lines) and self.lines[0].start is not None

    @property
    def text(self) -> str:
        """The words alone."""
        return "\n".join(line.text for line in self.lines)


def language(text: str) -> str:
    """A language as it is written (``de``, ``eng``, ``pt-BR``); :data:`UNKNOWN_LANGUAGE` for what is none."""
    plain = text.strip().replace("_", "-")
    if _LANGUAGE.fullmatch(plain) is None or plain.lower() == "xxx":
        return UNKNOWN_LANGUAGE
    first, dash, rest = plain.partition("-")
    return first.lower() + dash + rest


def cued(pieces: Iterable[tuple[int | None, str]], index: int, closes: int | None = None) -> CueLine | None:
    """
    A line from its pieces.

    :param pieces: each with the time at which it begins, milliseconds; None: it has none of its own.
    :param closes: when the last one ends; None: nobody says.
    :return: None when no piece has a time, or they do not come one after the other.
    """
    text, cues = "", []
    for start, piece in pieces:
        word = piece.strip()
        if start is not None and word:
            at = len(text) + piece.index(word)
            cues.append(Cue(start, None, at, at + len(word)))
        text += piece
    lead = len(text) - len(text.lstrip())
    starts = [cue.start for cue in cues]
    if not cues or len(cues) > MOST_CUES or starts != sorted(starts):
        return None
    moved = [evolve(cue, at=cue.at - lead, to=cue.to - lead) for cue in cues]
    return CueLine(index, text.strip(), ended(moved, closes), starts[0], closes)


def ended(cues: Sequence[Cue], closes: int | None) -> Sequence[Cue]:
    """The same with an end for each, taken from what follows; with none at all where the last one's is unknown."""
    last = cues[-1].end if cues[-1].end is not None else closes
    if last is None or last < cues[-1].start:
        return [evolve(cue, end=None) for cue in cues]
    following = [*(cue.start for cue in cues[1:]), last]
    return [
        evolve(cue, end=after if cue.end is None else min(cue.end, after))
        for cue, after in zip(cues, following, strict=True)
    ]
