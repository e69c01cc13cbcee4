"""
MP3, raw AAC, AIFF and WAV: formats whose tags, if any, are ID3.

Sources: ISO 11172-3 and 13818-7 through mutagen; Apple's AIFF-C of 1991; Microsoft's RIFF with its INFO list.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mutagen.aac import AACError, AACInfo
from mutagen.mp3 import HeaderNotFoundError, MPEGInfo

from fwtwisted.wire.audiotags.bounded import BoundedFile
from fwtwisted.wire.audiotags.found import MOST_FIELDS, Found
from fwtwisted.wire.audiotags.id3 import HEADER, MOST_TAG_BYTES, read_id3, read_tail, size_at
from fwtwisted.wire.audiotags.values import NotAudio
from fwtwisted.wire.audiotags.words import mended

MOST_CHUNKS = 200
# An MP3's own count of its bytes may be off by this share and this much, before it counts as cut.
SLACK_SHARE, SLACK_BYTES = 0.02, 1500

_INFO = {
    b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"ICRD": "date", b"IGNR": "genre", b"ICOP": "copyright",
    b"ICMT": "comment", b"ITRK": "tracknumber", b"IPRT": "tracknumber",
}  # fmt: skip
_AIFF_TEXT = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright", b"ANNO": "comment"}


def _leading_tag(file: BoundedFile, found: Found) -> int:
    """Take the ID3 tag at the head; where the sound starts."""
    size = size_at(file, 0)
    if not size:
        return 0
    read_id3(file.at(0, min(size, MOST_TAG_BYTES)), found)
    # A tag that claims more than there is has lied about its size: look for the sound from its header on.
    return size if size < file.size else HEADER


def read_mp3(file: BoundedFile, found: Found) -> None:
    """Read an MP3 (or MP2) file."""
    start = _leading_tag(file, found)
    end = file.size - read_tail(file, found)
    try:
        info = MPEGInfo(file, start)
    except HeaderNotFoundError as error:
        raise NotAudio("No MP3 sound was found in this file.") from error
    if info.sketchy and info.frame_offset > start:
        raise NotAudio("No MP3 sound was found in this file, only something that resembles it.")
    found.seconds, found.bitrate = info.length, info.bitrate
    found.sample_rate, found.channels = info.sample_rate, info.channels
    found.audio_bytes = max(0, end - info.frame_offset)
    _loudness(info, found)
    promised = info.length * info.bitrate / 8
    found.truncated = promised * (1 - SLACK_SHARE) - SLACK_BYTES > file.size - info.frame_offset


def _loudness(info: MPEGInfo, found: Found) -> None:
    """What the encoder measured itself and left in the first frame; tags are newer and win."""
    for name in ("track_gain", "album_gain"):
        value = getattr(info, name)
        if value is not None:
            found.fields.setdefault(f"replaygain{name.replace('_', '')}", [f"{value:.6f}"])


def read_aac(file: BoundedFile, found: Found) -> None:
    """Read AAC in frames of its own (ADTS) or with one header (ADIF)."""
    _leading_tag(file, found)
    read_tail(file, found)
    file.seek(0)
    try:
        info = AACInfo(file)
    except AACError as error:
        raise NotAudio("No AAC sound was found in this file.") from error
    found.seconds, found.bitrate = info.length, info.bitrate
    found.sample_rate, found.channels = info.sample_rate, info.channels


def read_tta(file: BoundedFile, found: Found) -> None:
    """Read a True Audio file."""
    start = _leading_tag(file, found)
    read_tail(file, found)
    found.channels, found.bit_depth, found.sample_rate, samples = struct.unpack("<HHII", file.at(start + 6, 12))
    found.seconds = samples / found.sample_rate


def _chunks(file: BoundedFile, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and size of each chunk in a RIFF or IFF file; the last may claim more than there is."""
    at = 12
    for _ in range(MOST_CHUNKS):
        head = file.at(at, 8)
        if len(head) < 8:
            return
        name, size = struct.unpack(order + "4sI", head)
        yield name, at + 8, size
        at += 8 + size + size % 2


def read_wav(file: BoundedFile, found: Found) -> None:
    """Read a WAV file; its ID3 tag wins over its INFO list."""
    info, rate = Found(), 0
    for name, at, size in _chunks(file, "<"):
        if name == b"fmt " and size >= 16:
            kind = struct.unpack("<HHIIHH", file.at(at, 16))
            found.channels, found.sample_rate, rate, found.bit_depth = kind[1], kind[2], kind[3], kind[5]
        elif name == b"data" and found.audio_bytes is None:
            found.audio_bytes = min(size, file.size - at)
            found.truncated = file.size - at < size < 0xFFFFFF00
        elif name in (b"id3 ", b"ID3 "):
            _id3_chunk(file, at, size, found)
        elif name == b"LIST" and file.at(at, 4) == b"INFO":
            _info_list(file.read(min(size - 4, 2**20)), info)
    if not rate or found.audio_bytes is None:
        raise NotAudio("This WAV file has no sound, or breaks off before it.")
    found.seconds, found.bitrate = found.audio_bytes / rate, rate * 8
    found.fill(info)


def read_aiff(file: BoundedFile, found: Found) -> None:
    """Read an AIFF or AIFF-C file."""
    texts, frames = Found(), 0
    for name, at, size in _chunks(file, ">"):
        if name == b"COMM" and size >= 18:
            channels, frames, depth, exponent, mantissa = struct.unpack(">hIhHQ", file.at(at, 18))
            found.channels, found.bit_depth = max(0, channels), max(0, depth)
            found.sample_rate = _rate(exponent, mantissa)
        elif name == b"SSND" and found.audio_bytes is None:
            found.audio_bytes = min(size, file.size - at)
            found.truncated = file.size - at < size
        elif name in (b"ID3 ", b"id3 "):
            _id3_chunk(file, at, size, found)
        elif field := _AIFF_TEXT.get(name):
            texts.add(field, [_text(file.at(at, min(size, 2**16)))])
    if not found.sample_rate or found.audio_bytes is None:
        raise NotAudio("This AIFF file has no sound, or breaks off before it.")
    found.seconds = frames / found.sample_rate
    found.fill(texts)


def _rate(exponent: int, mantissa: int) -> int:
    """A sample rate, from the 80-bit float that AIFF writes it as; 0 when it is out of all reason."""
    shift = exponent - 16383 - 63
    return mantissa >> -shift if -63 <= shift <= 0 and mantissa >> -shift < 2**24 else 0


def _id3_chunk(file: BoundedFile, at: int, size: int, found: Found) -> None:
    tag = file.at(at, min(size, MOST_TAG_BYTES))
    if len(tag) > HEADER and tag[:3] == b"ID3":
        read_id3(tag, found)


def _info_list(body: bytes, found: Found) -> None:
    at = 0
    for _ in range(MOST_FIELDS):
        if at + 8 > len(body):
            return
        name, size = struct.unpack("<4sI", body[at : at + 8])
        if field := _INFO.get(name):
            found.add(field, [_text(body[at + 8 : at + 8 + size])])
        at += 8 + size + size % 2


def _text(body: bytes) -> str:
    """Text of no stated encoding, up to its NUL."""
    return mended(body.partition(b"\0")[0].decode("latin-1"))
