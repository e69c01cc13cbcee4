"""
ID3 tags, at the head of an MP3 and in a chunk of AIFF and WAV.

They are read here and not by mutagen: it splits a tag of many small frames in quadratic time, unfolds a compressed
frame to gigabytes if asked to, and takes three times as long on honest ones.  One pass walks the frames, undoes what
was done to them within limits, and decodes those that an import looks at.  The names of genres are mutagen's.

Source: id3.org, ID3v1.1, ID3v2.2.0, 2.3.0 and 2.4.0.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.id3 import TCON

from fwtwisted.wire.audiotags.bounded import BoundedFile
from fwtwisted.wire.audiotags.found import FRONT_COVER, LONGEST_VALUE, MOST_PICTURE_BYTES, Found, field_name
from fwtwisted.wire.audiotags.words import mended

HEADER = 10
MOST_FRAMES = 4000
MOST_SYNCED, MOST_PIECES = 200_000, 4000  # bytes of words with times, and pieces that they come in
IN_MILLISECONDS = 2
# A tag is not read beyond this; a cover of the largest size and everything else fits.
MOST_TAG_BYTES = 2 * MOST_PICTURE_BYTES
OLD_TAG = 128

# Frames of version 2.2 by the names that they have since.
_SINCE = {
    "TT2": "TIT2", "TP1": "TPE1", "TAL": "TALB", "TP2": "TPE2", "TRK": "TRCK", "TPA": "TPOS", "TYE": "TYER",
    "TDA": "TDAT", "TOR": "TORY", "TCR": "TCOP", "TBP": "TBPM", "TCP": "TCMP", "TCO": "TCON", "TXX": "TXXX",
    "UFI": "UFID", "WCP": "WCOP", "COM": "COMM", "ULT": "USLT", "SLT": "SYLT", "PIC": "APIC",
}  # fmt: skip
_TEXTS = {
    "TIT2": "title", "TPE1": "artist", "TALB": "album", "TPE2": "albumartist", "TRCK": "tracknumber",
    "TPOS": "discnumber", "TDRC": "date", "TDRL": "date", "TDOR": "originaldate", "TORY": "originaldate",
    "TCOP": "copyright", "TBPM": "bpm", "TCMP": "compilation", "TYER": "year23", "TDAT": "day23",
}  # fmt: skip
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_NUMBERED_GENRE = re.compile(r"\s*[(\d]")


def synchsafe(four: bytes) -> int:
    """A size of four times seven bits."""
    return (four[0] & 127) << 21 | (four[1] & 127) << 14 | (four[2] & 127) << 7 | four[3] & 127


def size_at(file: BoundedFile, offset: int) -> int:
    """How many bytes the ID3v2 tag at ``offset`` takes with its header; 0 when there is none."""
    head = file.at(offset, HEADER)
    if len(head) < HEADER or head[:3] != b"ID3" or head[3] == 0xFF or max(head[6:10]) > 127:
        return 0
    footer = HEADER if head[3] == 4 and head[5] & 0x10 else 0
    return HEADER + synchsafe(head[6:10]) + footer


def read_id3(tag: bytes, found: Found) -> None:
    """Take what an ID3v2 tag says; ``tag`` starts with its header and may break off anywhere."""
    major, flags = tag[3], tag[5]
    body = tag[HEADER : HEADER + synchsafe(tag[6:10])]
    if major not in (2, 3, 4) or (major == 2 and flags & 0x40):
        return
    if flags & 0x80 and major < 4:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & 0x40:
        body = _without_extension(body, major)
    for name, frame_flags, data in _frames(body, major):
        plain = _plain(data, frame_flags, major, unsynchronised=bool(flags & 0x80))
        if plain:
            _take(_SINCE.get(name, name), plain, major, found)
    _settle_date(found)


def _without_extension(body: bytes, major: int) -> bytes:
    """The frames without the extended header; some say that there is one and have none."""
    if len(body) < 4 or body[:4].decode("latin-1") in _WANTED:
        return body
    return body[synchsafe(body[:4]) :] if major == 4 else body[4 + int.from_bytes(body[:4], "big") :]


def _frames(body: bytes, major: int) -> Iterable[tuple[str, int, bytes]]:
    """Name, flags and data of the frames that matter."""
    if major == 2:
        return _short_frames(body)
    if major == 3:
        return _long_frames(body, 8)
    # Version 2.4 has sizes of 4 × 7 bits, but iTunes long wrote 4 × 8: whichever way leads to more frames is right.
    safe, plain = list(_long_frames(body, 7)), list(_long_frames(body, 8))
    return plain if len(plain) > len(safe) else safe


def _long_frames(body: bytes, bits: int) -> Iterator[tuple[str, int, bytes]]:
    at, end = 0, len(body) - HEADER
    for _ in range(MOST_FRAMES):
        if at > end or not body[at]:
            return
        start = at + HEADER
        sizes = body[at + 4 : at + 8]
        size = synchsafe(sizes) if bits == 7 else int.from_bytes(sizes, "big")
        name = body[at : at + 4].decode("latin-1")
        at = start + size
        if size and name in _WANTED:
            yield name, body[start - 2] << 8 | body[start - 1], body[start:at]


def _short_frames(body: bytes) -> Iterator[tuple[str, int, bytes]]:
    at, end = 0, len(body) - 6
    for _ in range(MOST_FRAMES):
        if at > end or not body[at]:
            return
        name, start = body[at : at + 3].decode("latin-1"), at + 6
        at = start + int.from_bytes(body[start - 3 : start], "big")
        if at > start and name in _SINCE:
            yield name, 0, body[start:at]


def _plain(data: bytes, flags: int, major: int, *, unsynchronised: bool) -> bytes:
    """A frame's data without what was done to it; empty when that cannot be undone."""
    if not flags and (major < 4 or not unsynchronised):
        return data
    if major == 3:
        if flags & 0x40:
            return b""
        data = data[(4 if flags & 0x80 else 0) + (1 if flags & 0x20 else 0) :]
        return _inflated(data) if flags & 0x80 else data
    if flags & 0x04:
        return b""
    data = data[(1 if flags & 0x40 else 0) + (4 if flags & 0x01 else 0) :]
    if flags & 0x02 or unsynchronised:
        data = data.replace(b"\xff\0", b"\xff")
    return _inflated(data) if flags & 0x08 else data


def _inflated(data: bytes) -> bytes:
    """Unpacked, at most to the size of the largest picture."""
    try:
        return zlib.decompressobj().decompress(data, MOST_PICTURE_BYTES)
    except zlib.error:
        return b""


# --- what frames mean ---


def _take(name: str, data: bytes, major: int, found: Found) -> None:
    if field := _TEXTS.get(name):
        found.add(field, _texts(data))
    elif name == "APIC":
        _picture(data, major, found)
    elif len(data) <= 4 * LONGEST_VALUE:
        _READERS[name](data, found)


def _texts(data: bytes) -> list[str]:
    """The values of a text frame: its first byte says the encoding, NUL parts them."""
    return _decoded(data[1 : 4 * LONGEST_VALUE], data[0]).rstrip("\0").split("\0")


def _decoded(body: bytes, encoding: int) -> str:
    """Text in one of ID3's four encodings; an unknown one counts as the first, which is often a lie anyway."""
    if encoding in (1, 2, 3):
        return body.decode(_ENCODINGS[encoding], "replace").replace("\ufeff", "")
    text = body.decode("latin-1")
    return text if text.isascii() else "\0".join(map(mended, text.split("\0")))


def _genre(data: bytes, found: Found) -> None:
    """Genres, which may be numbers of a list, as in ``(17)`` or ``17``."""
    for text in _texts(data):
        found.add("genre", TCON(encoding=3, text=[text[:200]]).genres if _NUMBERED_GENRE.match(text) else [text])


def _named_text(data: bytes, found: Found) -> None:
    name, *values = _texts(data)
    found.add(field_name(name), values)


def _identifier(data: bytes, found: Found) -> None:
    owner, _, body = data.partition(b"\0")
    if owner in (b"http://musicbrainz.org", b"https://musicbrainz.org"):
        found.add("musicbrainztrackid", [body.decode("latin-1")])


def _address(data: bytes, found: Found) -> None:
    found.add("license", [data.partition(b"\0")[0].decode("latin-1")])


def _described(data: bytes) -> tuple[str, str]:
    """The description and the text of a frame that has an encoding, a language and these."""
    description, _, text = _decoded(data[4:], data[0]).partition("\0")
    return description.strip().lower(), text.partition("\0")[0]


def _comment(data: bytes, found: Found) -> None:
    """What people wrote; players keep their own notes in comments with a description."""
    description, text = _described(data)
    if not description:
        found.add("comment", [text])
    elif description in ("id3v1 comment", "comment", "description"):
        found.add("description", [text])


def _lyrics(data: bytes, found: Found) -> None:
    if "lyrics" not in found.fields and data[1:4].isalpha():
        found.add("lyricslanguage", [data[1:4].decode("latin-1").lower()])
    found.add("lyrics", [_described(data)[1]])


def _synced_lyrics(data: bytes, found: Found) -> None:
    """Words with their times, as LRC; of times that are counted in frames nothing can be made."""
    if len(data) < 6 or data[4] != IN_MILLISECONDS:
        return
    encoding, wide = data[0], data[0] in (1, 2)
    _, rest = _cut_at_end(data[6:MOST_SYNCED], wide=wide)
    pieces: list[tuple[int, str]] = []
    while rest and len(pieces) < MOST_PIECES:
        text, rest = _cut_at_end(rest, wide=wide)
        pieces.append((int.from_bytes(rest[:4], "big"), _decoded(text, encoding)))
        rest = rest[4:]
    language = data[1:4].decode("latin-1")
    head = [f"[la:{language}]"] if language.isalpha() else []
    if pieces:
        found.add("syncedlyrics", ["\n".join([*head, *_as_lrc(pieces)])])


def _as_lrc(pieces: list[tuple[int, str]]) -> Iterator[str]:
    """Lines of LRC; where a piece says that it begins a line, the others are words of one."""
    has_words = any(text.startswith(("\n", "\r")) for _, text in pieces)
    line = ""
    for moment, text in pieces:
        at = f"{moment // 60_000:02}:{moment // 1000 % 60:02}.{moment % 1000:03}"
        if line and (not has_words or text.startswith(("\n", "\r"))):
            yield line
            line = ""
        plain = text.replace("\r", "").strip("\n").replace("\n", " ")
        line += (f"[{at}]" if not line else "") + (f"<{at}>" if has_words else "") + plain
    if line:
        yield line


def _picture(data: bytes, major: int, found: Found) -> None:
    encoding = data[0]
    if major == 2:
        kind, rest, declared = data[4:5], data[5:], ""
    else:
        mime, _, rest = data[1:].partition(b"\0")
        kind, rest, declared = rest[:1], rest[1:], mime.decode("latin-1")
    description, body = _cut_at_end(rest, wide=encoding in (1, 2))
    found.show(body, declared, kind[0] if kind else FRONT_COVER, _decoded(description, encoding))


def _cut_at_end(body: bytes, *, wide: bool) -> tuple[bytes, bytes]:
    """A text and what follows its NUL, which in UTF-16 is two bytes at an even place."""
    if not wide:
        text, _, rest = body.partition(b"\0")
        return text, rest
    at = body.find(b"\0\0")
    while at % 2 and at > 0:
        at = body.find(b"\0\0", at + 1)
    return (body[:at], body[at + 2 :]) if at >= 0 else (b"", body)


def _volume(data: bytes, found: Found) -> None:
    """Loudness, in the frame that version 2.4 has for it; 1 is the master channel."""
    which, _, rest = data.partition(b"\0")
    name = which.decode("latin-1").lower()
    if name in ("track", "album") and len(rest) >= 4 and rest[0] == 1:
        found.add(f"replaygain{name}gain", [f"{struct.unpack('>h', rest[1:3])[0] / 512:.2f}"])
        bits = rest[3]
        peak = rest[4 : 4 + (bits + 7) // 8]
        if bits and peak:
            found.add(f"replaygain{name}peak", [f"{int.from_bytes(peak, 'big') / (1 << bits - 1):.6f}"])


def _settle_date(found: Found) -> None:
    """Before version 2.4 the year and the day (``DDMM``) stand apart."""
    years, days = found.fields.pop("year23", []), found.fields.pop("day23", [])
    for year, day in zip(years, days + [""] * len(years), strict=False):
        known = re.fullmatch(r"\d{4}", day) and re.fullmatch(r"\d{4}", year)
        found.add("date", [f"{year}-{day[2:]}-{day[:2]}" if known else year])


_READERS: Mapping[str, Callable[[bytes, Found], None]] = {
    "TCON": _genre, "TXXX": _named_text, "UFID": _identifier, "WCOP": _address, "COMM": _comment, "USLT": _lyrics,
    "RVA2": _volume, "SYLT": _synced_lyrics,
}  # fmt: skip
_WANTED = frozenset((*_TEXTS, *_READERS, "APIC"))


# --- at the end of the file ---


def read_tail(file: BoundedFile, found: Found) -> int:
    """
    Take what tags at the end of a file say, where ``found`` has nothing yet.

    :return: how many bytes at the end are not sound.
    """
    tail = file.at(file.size - 160, 160)
    old = OLD_TAG if tail[-OLD_TAG:-125] == b"TAG" else 0
    end = len(tail) - old
    ape = tail[end - 32 : end - 24] == b"APETAGEX"
    if ape:
        found.fill(_ape_at_end(file))
    if old:
        found.fill(_old_tag(tail[-OLD_TAG:]))
    return old + (32 + int.from_bytes(tail[end - 20 : end - 16], "little") if ape else 0)


def _ape_at_end(file: BoundedFile) -> Found:
    """What an APE tag at the end says; a broken one, which players ignore as well, says nothing."""
    second = Found()
    file.seek(0)
    try:
        read_ape(APEv2(file), second)
    except MutagenError:
        return Found()
    return second


def _old_tag(tag: bytes) -> Found:
    """What an ID3v1 tag says: texts of 30 bytes, and perhaps a number in the last byte of the comment."""
    old = Found()
    for field, start, stop in (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93), ("date", 93, 97)):
        old.add(field, [mended(tag[start:stop].partition(b"\0")[0].decode("latin-1"))])
    old.add("comment", [mended(tag[97:125].partition(b"\0")[0].decode("latin-1"))])
    if not tag[125] and tag[126]:
        old.add("tracknumber", [tag[126]])
    if tag[127] < len(TCON.GENRES):
        old.add("genre", [TCON.GENRES[tag[127]]])
    return old


def read_ape(tag: APEv2, found: Found) -> None:
    """Take what an APEv2 tag says."""
    for key, value in tag.items():
        if key.lower().startswith("cover art"):
            description, _, body = bytes(value.value).partition(b"\0")
            kind = FRONT_COVER if "front" in key.lower() else 0
            found.show(body, kind=kind, description=description.decode("utf-8", "replace"))
        elif value.kind == 0:
            found.add(field_name(key), value.value.split("\0"))
