"""
Settings files: ``NAME=value`` lines, as service managers read them.

Two programs hand such a file to a server, and they do not agree on every line: systemd (``EnvironmentFile=``) and
Docker Compose (``env_file:``).  So a file is read twice, once in the manner of each.  Where the two yield the same,
all is well; where they differ, systemd's reading is taken and the difference is told, since the same file will mean
something else on the day it moves.

============================  ========================  =====================================
a line                        systemd                   Docker Compose
============================  ========================  =====================================
``A=b # c``                   ``b # c``                 ``b``
``A=b\\c``                     ``bc``                    ``b\\c``
``A="b\\nc"``                  ``b\\nc``                  ``b``, a line break, ``c``
``A="b" c``                   ``bc``                    refused
``A=b$C``                     ``b$C``                   ``b`` and the value of ``C``
``export A=b``                passed over               ``b``
``; words``                   a comment                 refused
============================  ========================  =====================================

Sources: systemd.exec(5), "EnvironmentFile="; the Compose specification, "env_file".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BLANKS: Final = " \t"


@frozen
class EnvFile:
    """
    What a file says.

    :ivar values: by name, in systemd's reading.
    :ivar warnings: a sentence for each name on which Docker Compose would read something else; never a value.
    """

    values: Mapping[str, str]
    warnings: tuple[str, ...]


def parsed(text: str) -> EnvFile:
    """What the file's text says; any text is lawful."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    ours, theirs = as_systemd(text), as_compose(text)
    return EnvFile(ours, tuple(_difference(name, ours, theirs) for name in _differing(ours, theirs)))


def _differing(ours: Mapping[str, str], theirs: Mapping[str, str | None]) -> list[str]:
    return [name for name in {**ours, **theirs} if name not in ours or theirs.get(name) != ours[name]]


def _difference(name: str, ours: Mapping[str, str], theirs: Mapping[str, str | None]) -> str:
    if name not in ours:
        return f"{name} is read by Docker only; systemd and this server pass over its line"
    if theirs.get(name) is None:
        return f"{name} is read here as systemd does; Docker refuses its line"
    return f"{name} is read here as systemd does; Docker reads another value (quote it in single quotes)"


def as_systemd(text: str) -> dict[str, str]:
    """The assignments as systemd's ``EnvironmentFile=`` reads them; the last of a name wins."""
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        at = _past(text, at, BLANKS + "\n")
        if text[at : at + 1] in ("#", ";"):
            at = _line_end(text, at) + 1
            continue
        stop = _line_end(text, at)
        equals = text.find("=", at, stop)
        if equals < 0:
            at = stop + 1
            continue
        value, stop = _systemd_value(text, equals + 1)
        name = text[at:equals].rstrip(BLANKS)
        if NAME.fullmatch(name) and "\0" not in value:
            values[name] = value
        at = stop + 1
    return values


def _systemd_value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at ``at``, and where its line ends.  Quoted pieces follow one another without a gap."""
    pieces: list[str] = []
    while True:
        at = _past(text, at, BLANKS)
        mark = text[at : at + 1]
        if mark not in ("'", '"'):
            bare, at = _systemd_bare(text, at)
            return "".join((*pieces, bare)), at
        piece, at = _systemd_single(text, at + 1) if mark == "'" else _systemd_double(text, at + 1)
        pieces.append(piece)


def _systemd_bare(text: str, at: int) -> tuple[str, int]:
    """An unquoted value: a backslash takes the next character as it is, before a line break it joins the lines."""
    kept: list[str] = []
    solid = 0
    while at < len(text) and text[at] != "\n":
        if text[at] == "\\":
            at += 1
            if text[at : at + 1] not in ("", "\n"):
                kept.append(text[at])
                solid = len(kept)
        else:
            kept.append(text[at])
            solid = solid if text[at] in BLANKS else len(kept)
        at += 1
    return "".join(kept[:solid]), min(at, len(text))


def _systemd_single(text: str, at: int) -> tuple[str, int]:
    stop = text.find("'", at)
    return (text[at:], len(text)) if stop < 0 else (text[at:stop], stop + 1)


def _systemd_double(text: str, at: int) -> tuple[str, int]:
    kept: list[str] = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
            if text[at] not in '"\\`$\n':
                kept.append("\\")
            kept.append("" if text[at] == "\n" else text[at])
        else:
            kept.append(text[at])
        at += 1
    return "".join(kept), min(at + 1, len(text))


COMPOSE_NAME: Final = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*")
COMPOSE_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
VARIABLE: Final = re.compile(r"\$[A-Za-z_{]")


def as_compose(text: str) -> dict[str, str | None]:
    """
    The assignments as Docker Compose's ``env_file:`` reads them.

    None stands for a line that Compose would refuse or fill in from elsewhere (``$NAME``).
    """
    values: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        at = _past(text, at, BLANKS + "\n")
        match = None if text[at : at + 1] == "#" else COMPOSE_NAME.match(text, at)
        if match is None:
            at = _line_end(text, at) + 1
            continue
        value, stop = _compose_value(text, match.end())
        if NAME.fullmatch(match[1]):
            values[match[1]] = value
        at = stop + 1
    return values


def _compose_value(text: str, at: int) -> tuple[str | None, int]:
    mark = text[at : at + 1]
    if mark not in ("'", '"'):
        stop = _line_end(text, at)
        bare = re.split(r"(?:^|[ \t])#", text[at:stop], maxsplit=1)[0].rstrip(BLANKS)
        return (None if VARIABLE.search(bare) else bare), stop
    close = _closing(text, at + 1, mark)
    if close is None:
        return None, _line_end(text, at)
    stop = _line_end(text, close)
    rest = text[close + 1 : stop].strip(BLANKS)
    if rest and not rest.startswith("#"):
        return None, stop
    inside = text[at + 1 : close]
    return (inside if mark == "'" else _compose_double(inside)), stop


def _closing(text: str, at: int, mark: str) -> int | None:
    """Where the quote ends; a quote behind a backslash does not end it."""
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == mark:
            return at
        at += 1
    return None


def _compose_double(inside: str) -> str | None:
    if VARIABLE.search(re.sub(r"\\.", "", inside)):
        return None
    return re.sub(r"\\(.)", lambda m: COMPOSE_ESCAPES.get(m[1], m[0]), inside)


def _past(text: str, at: int, characters: str) -> int:
    """The first place from ``at`` on that holds none of the characters."""
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _line_end(text: str, at: int) -> int:
    stop = text.find("\n", at)
    return len(text) if stop < 0 else stop
