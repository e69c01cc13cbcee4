"""
Words that lie beside a song: ``song.lrc``, ``song.de.lrc``, ``song.ttml``, ….

They are read when somebody asks for them, so that what was written after the import counts.  Everything here blocks.

Source: docs/subsonic.md §9.3; docs/storage.md §2.3.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from attrs import frozen

from fwtwisted.wire.audiotags.words import mended
from fwtwisted.wire.lyrics import FORMS, UNKNOWN_LANGUAGE, language

LARGEST = 1 << 20  # bytes of a file
MOST = 20  # files beside one song
_ORDER = {form: place for place, form in enumerate(FORMS)}


@frozen
class Sidecar:
    """
    A file with words.

    :ivar form: one of ``wire.lyrics.FORMS``.  :ivar lang: as its name tells it.
    """

    form: str
    lang: str
    text: str


def sidecars(path: str, root: str) -> Sequence[Sidecar]:
    """
    What lies beside a song; the richest forms first.

    :param root: below which a file must lie, every link followed.
    """
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    try:
        with os.scandir(folder) as entries:
            named = [one for entry in entries if (one := _named(entry.name, stem))]
    except OSError:
        return []
    named.sort(key=lambda one: (_ORDER[one[0]], one[1], one[2]))
    read = ((form, lang, _read(os.path.join(folder, name), root)) for form, lang, name in named[:MOST])
    return [Sidecar(form, lang, text) for form, lang, text in read if text]


def _named(name: str, stem: str) -> tuple[str, str, str] | None:
    """Form and language by a file's name, and the name; None for what has no words of this song."""
    if not name.startswith(f"{stem}."):
        return None
    middle, _, ending = name[len(stem) + 1 :].rpartition(".")
    if ending.lower() not in FORMS:
        return None
    lang = language(middle) if middle else UNKNOWN_LANGUAGE
    return None if middle and lang == UNKNOWN_LANGUAGE else (ending.lower(), lang, name)


def _read(path: str, root: str) -> str:
    """The text of a file; empty when it cannot be read, or is too large for words."""
    if not os.path.realpath(path).startswith(os.path.realpath(root).rstrip(os.sep) + os.sep):
        return ""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that lies there does not hold us up
        with open(fd, "rb") as file:
            about = os.fstat(fd)
            return _decoded(file.read()) if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST else ""
    except OSError:
        return ""


def _decoded(body: bytes) -> str:
    """Text in whatever encoding it most likely is."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return mended(body.decode("latin-1"))
