"""
TTML: words as XML, with times for lines and words, voices, translations and how it is pronounced.

A document with a DOCTYPE is not read: what it could define is of no use in lyrics.

Source: W3C TTML2, 7 to 12; the roles ``x-bg``, ``x-translation`` and ``x-roman`` as editors of lyrics write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from attrs import define, evolve, field

from fwtwisted.wire.lyrics.values import (
    MOST_CHARACTERS,
    MOST_CUES,
    MOST_LINES,
    UNKNOWN_LANGUAGE,
    Agent,
    Cue,
    CueLine,
    Kind,
    Line,
    Lyrics,
    ended,
    language,
)

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_SIGN = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*)?<(?:\w+:)?tt[\s>]", re.DOTALL)
_HEAD_CHARACTERS = 2000
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)
_COUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|m|s|ms)?", re.ASCII)
_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1, None: 1000}
_BACKGROUND = "x-bg"
_ASIDE: Mapping[str, Kind] = {
    "x-translation": Kind.TRANSLATION,
    "x-roman": Kind.PRONUNCIATION,
    "x-romanization": Kind.PRONUNCIATION,
}
_SPACES = re.compile(r"\s+")


def looks_like_ttml(text: str) -> bool:
    """Whether it begins as such a document does."""
    return _SIGN.match(text.lstrip()[:_HEAD_CHARACTERS]) is not None


def ttml(text: str, lang: str) -> Sequence[Lyrics]:
    """The words, and what stands beside them in other languages; nothing when it is no such document."""
    text = text.strip()
    if len(text) > 4 * MOST_CHARACTERS or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return []
    try:
        root = ElementTree.fromstring(text.encode("utf-8", "replace"))
    except (ElementTree.ParseError, ValueError, LookupError):  # also for encodings that nobody knows
        return []
    said = language(root.get(_LANG, ""))
    song = _Song(lang if said == UNKNOWN_LANGUAGE else said)
    for paragraph in _paragraphs(root):
        song.take(paragraph)
    return song.lyrics(_agents(root))


def _paragraphs(root: Element) -> Iterator[Element]:
    count = 0
    for element in root.iter():
        if _name(element) == "p" and count < MOST_LINES:
            count += 1
            yield element


def _agents(root: Element) -> dict[str, tuple[str, str]]:
    """Type and name of those who sing, by id."""
    found = {}
    for element in root.iter():
        if _name(element) == "agent" and (id := element.get(_ID)):
            names = ("".join(one.itertext()).strip() for one in element if _name(one) == "name")
            found[id] = element.get("type", ""), next(names, "")
    return found


@define
class _Song:
    """What was read so far.  :ivar aside: lines in other languages, by language and kind."""

    lang: str
    lines: list[Line] = field(factory=list)
    cues: list[CueLine] = field(factory=list)
    aside: dict[tuple[str, Kind], list[Line]] = field(factory=dict)

    def take(self, paragraph: Element) -> None:
        """A line."""
        start, end = _time(paragraph.get("begin")), _time(paragraph.get("end"))
        voice = _agent(paragraph)
        words = _words(paragraph, len(self.lines), voice, start, end)
        self.lines.append(Line(start, words.text))
        if words.cues:
            self.cues.append(words)
        for span in paragraph:
            role = _role(span)
            if role == _BACKGROUND:
                behind = _words(
                    span, len(self.lines) - 1, _BACKGROUND, _time(span.get("begin")), _time(span.get("end"))
                )
                self.cues += [behind] if behind.cues else []
            elif role in _ASIDE and (said := _flat("".join(span.itertext()))):
                key = language(span.get(_LANG, "")), _ASIDE[role]
                self.aside.setdefault(key, []).append(Line(start, said))

    def lyrics(self, agents: Mapping[str, tuple[str, str]]) -> list[Lyrics]:
        """Everything."""
        if not any(line.text for line in self.lines):
            return []
        main = _ordered(Lyrics(self.lang, self.lines, cue_lines=self.cues))
        others = [_ordered(Lyrics(lang, lines, kind)) for (lang, kind), lines in self.aside.items()]
        return [_voiced(main, agents), *others]


def _ordered(lyrics: Lyrics) -> Lyrics:
    """By time; without times when a line has none."""
    if any(line.start is None for line in lyrics.lines):
        return evolve(lyrics, lines=[Line(None, line.text) for line in lyrics.lines], cue_lines=())
    places = sorted(range(len(lyrics.lines)), key=lambda index: lyrics.lines[index].start or 0)
    moved = {old: new for new, old in enumerate(places)}
    cues = [evolve(one, index=moved[one.index]) for one in lyrics.cue_lines]
    cues.sort(key=lambda one: (one.index, one.agent == _BACKGROUND))
    return evolve(lyrics, lines=[lyrics.lines[index] for index in places], cue_lines=cues)


def _voiced(lyrics: Lyrics, known: Mapping[str, tuple[str, str]]) -> Lyrics:
    """With those who sing, when there are several; one of them is the main one."""
    heard = list(dict.fromkeys(one.agent for one in lyrics.cue_lines))
    if len(heard) < 2:
        return evolve(lyrics, cue_lines=[evolve(one, agent="") for one in lyrics.cue_lines])
    named = {id: id or "main" for id in heard}
    main = next(id for id in heard if id != _BACKGROUND)
    agents = [Agent(named[id], _voice(id, main, known), known.get(id, ("", ""))[1]) for id in heard]
    cues = [evolve(one, agent=named[one.agent]) for one in lyrics.cue_lines]
    return evolve(lyrics, agents=agents, cue_lines=cues)


def _voice(id: str, main: str, known: Mapping[str, tuple[str, str]]) -> str:
    if id == main:
        return "main"
    if id == _BACKGROUND:
        return "bg"
    return "group" if known.get(id, ("", ""))[0] == "group" else "voice"


def _words(element: Element, index: int, agent: str, start: int | None, end: int | None) -> CueLine:
    """The words directly in an element, with the times of its spans; what is aside is left out."""
    if len(element) > MOST_CUES:
        return CueLine(index, _flat("".join(element.itertext())), (), start, end, agent)
    text, cues = element.text or "", []
    for span in element:
        if _role(span) != _BACKGROUND and _role(span) not in _ASIDE:
            begins, word = _time(span.get("begin")), "".join(span.itertext())
            if begins is not None and word.strip():
                before = _flat(text)
                at = len(before) + (1 if before and (text[-1:].isspace() or word[:1].isspace()) else 0)
                cues.append(Cue(begins, _time(span.get("end")), at, at + len(_flat(word))))
            text += "\n" if _name(span) == "br" else word
        text += span.tail or ""
    starts = [cue.start for cue in cues]
    kept = ended(cues, end) if cues and starts == sorted(starts) else ()
    return CueLine(index, _flat(text), kept, starts[0] if start is None and starts else start, end, agent)


def _flat(text: str) -> str:
    """On one line, with single blanks."""
    return _SPACES.sub(" ", text).strip()


def _name(element: Element) -> str:
    """Without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _role(element: Element) -> str:
    return _attribute(element, "role")


def _agent(element: Element) -> str:
    return _attribute(element, "agent")


def _attribute(element: Element, name: str) -> str:
    """An attribute of whatever namespace."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _time(text: str | None) -> int | None:
    """Milliseconds; None for what is no time, or is counted in frames."""
    written = (text or "").strip()
    if match := _CLOCK.fullmatch(written):
        return round((int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])) * 1000)
    if match := _COUNT.fullmatch(written):
        return round(float(match[1]) * _UNITS[match[2]])
    return None
