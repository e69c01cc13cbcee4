"""
MP4, Windows Media, and the formats with APE tags: WavPack, Monkey's Audio, Musepack.

Here mutagen reads the container too; what it finds is translated.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

from attrs import frozen
from mutagen.asf import ASF
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp4 import MP4
from mutagen.musepack import Musepack
from mutagen.wavpack import WavPack

from fwtwisted.wire.audiotags.bounded import BoundedFile
from fwtwisted.wire.audiotags.found import MOST_PICTURE_BYTES, Found, field_name
from fwtwisted.wire.audiotags.id3 import read_ape
from fwtwisted.wire.audiotags.values import NotAudio

MOST_ATOMS = 10_000
# The index of an MP4 holds its tags and covers too.
MOST_INDEX_BYTES = 2 * MOST_PICTURE_BYTES
_LOSSLESS = "alac"
_LOCKED = ("drms", "enca")

_MP4_TEXTS = {
    "©nam": "title", "©ART": "artist", "©alb": "album", "aART": "albumartist", "©day": "date", "©gen": "genre",
    "cprt": "copyright", "©cmt": "comment", "desc": "description", "ldes": "description", "©lyr": "lyrics",
}  # fmt: skip
_FREE_FORM = "----:"


@frozen
class _Atom:
    """Where a top-level atom lies; ``end`` may be past the file."""

    name: bytes
    at: int
    end: int


def read_mp4(file: BoundedFile, found: Found) -> None:
    """
    Read an M4A: AAC or ALAC in MP4.

    mutagen gets the index alone, as if it were the file: it would walk the fragments of a stream that was saved, of
    which there are thousands, and needs nothing else.
    """
    atoms = list(_atoms(file))
    index = next((atom for atom in atoms if atom.name == b"moov"), None)
    found.truncated = any(atom.end > file.size for atom in atoms)
    if index is None:
        raise NotAudio("This MP4 file has no index: it was cut, or its recording never ended properly.")
    body = file.at(index.at, min(index.end - index.at, MOST_INDEX_BYTES))
    whole: Any = MP4(BoundedFile(BytesIO(body)))
    info = whole.info
    if info.codec in _LOCKED:
        raise NotAudio("This file is locked by copy protection. Only files without it can be imported.")
    if not info.codec:
        raise NotAudio("This MP4 file holds no sound, or its index is damaged.")
    found.seconds, found.bitrate = info.length or _fragmented_seconds(file, atoms), info.bitrate
    found.sample_rate, found.channels = info.sample_rate, info.channels
    found.bit_depth = info.bits_per_sample if info.codec == _LOSSLESS else 0
    for name, values in (whole.tags or {}).items():
        _take_mp4(name, values, found)


def _atoms(file: BoundedFile) -> Iterator[_Atom]:
    at = 0
    for _ in range(MOST_ATOMS):
        head = file.at(at, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        elif size == 0:
            size = file.size - at
        if len(head) < 8 or size < 8:
            return
        yield _Atom(head[4:8], at, at + size)
        at += size


def _fragmented_seconds(file: BoundedFile, atoms: Sequence[_Atom]) -> float:
    """The length of a saved stream, whose index does not know it: from the list of its segments, if it has one."""
    seconds = 0.0
    for atom in atoms:
        if atom.name == b"sidx":
            body = file.at(atom.at + 8, min(atom.end - atom.at - 8, 2**20))
            start, scale = 20 if body[0] == 0 else 28, int.from_bytes(body[8:12], "big")
            count = int.from_bytes(body[start + 2 : start + 4], "big")
            durations = (body[start + 8 + 12 * n : start + 12 + 12 * n] for n in range(count))
            seconds += sum(int.from_bytes(duration, "big") for duration in durations) / max(1, scale)
    return seconds


def _take_mp4(name: str, values: Any, found: Found) -> None:
    if field := _MP4_TEXTS.get(name):
        found.add(field, values)
    elif name.startswith(_FREE_FORM):
        found.add(field_name(name.rpartition(":")[2]), (bytes(value).decode("utf-8", "replace") for value in values))
    elif name in ("trkn", "disk"):
        found.add("tracknumber" if name == "trkn" else "discnumber", (_of_total(*pair) for pair in values))
    elif name == "cpil":
        found.add("compilation", ["1" if values else "0"])
    elif name == "tmpo":
        found.add("bpm", values)
    elif name == "covr":
        for picture in values:
            found.show(bytes(picture))


def _of_total(number: int, total: int) -> str:
    """A pair as other formats write it; 0 means that nobody said."""
    return f"{number or ''}/{total or ''}" if number else ""


# The object of an ASF file that states, among others, the size of the whole.
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def read_asf(file: BoundedFile, found: Found) -> None:
    """Read a Windows Media file."""
    head = file.at(0, 2**13)
    at = head.find(_FILE_PROPERTIES)
    if at >= 0 and len(head) >= at + 48:
        found.truncated = struct.unpack("<Q", head[at + 40 : at + 48])[0] > file.size
    file.seek(0)
    whole: Any = ASF(file)
    info = whole.info
    if not info.channels:
        raise NotAudio("This Windows Media file holds no sound.")
    found.seconds, found.bitrate = info.length, info.bitrate
    found.sample_rate, found.channels = info.sample_rate, info.channels
    for name, value in whole.tags or ():
        if name == "WM/Picture":
            _asf_picture(bytes(value.value), found)
        elif isinstance(value.value, str | int):
            found.add("comment" if name == "Description" else field_name(name), [value.value])


def _asf_picture(body: bytes, found: Found) -> None:
    """WM/Picture: kind, size, media type and description in UTF-16 with NUL, bytes."""
    kind, size = struct.unpack("<BI", body[:5])
    texts = body[5 : len(body) - size]
    media_type, _, description = texts.decode("utf-16-le", "replace").partition("\0")
    found.show(body[len(body) - size :] if size else b"", media_type, kind, description.rstrip("\0"))


def read_wavpack(file: BoundedFile, found: Found) -> None:
    """Read a WavPack file."""
    _read_apeish(WavPack, file, found)


def read_monkey(file: BoundedFile, found: Found) -> None:
    """Read a Monkey's Audio file."""
    _read_apeish(MonkeysAudio, file, found)


def read_musepack(file: BoundedFile, found: Found) -> None:
    """Read a Musepack file."""
    _read_apeish(Musepack, file, found)


def _read_apeish(form: Callable[[BoundedFile], Any], file: BoundedFile, found: Found) -> None:
    file.seek(0)
    whole = form(file)
    info = whole.info
    found.seconds, found.sample_rate, found.channels = info.length, info.sample_rate, int(info.channels)
    found.bitrate, found.bit_depth = getattr(info, "bitrate", 0), getattr(info, "bits_per_sample", 0)
    if whole.tags is not None:
        read_ape(whole.tags, found)
