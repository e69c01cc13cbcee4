"""
Which format a file is of: by its bytes first, by its name only where the bytes say nothing.

Media types are those of Funkwhale (docs/api.md §4.9, docs/storage.md S-1).  AIFF has two names in use; we take
``audio/x-aiff``, which is what file type detection on existing pods has stored.  Raw AAC goes by ``audio/x-m4a`` too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from fwtwisted.wire.audiotags.bounded import BoundedFile
from fwtwisted.wire.audiotags.boxes import read_asf, read_monkey, read_mp4, read_musepack, read_wavpack
from fwtwisted.wire.audiotags.found import Found
from fwtwisted.wire.audiotags.id3 import size_at
from fwtwisted.wire.audiotags.streams import read_aac, read_aiff, read_mp3, read_tta, read_wav
from fwtwisted.wire.audiotags.values import NotAudio
from fwtwisted.wire.audiotags.vorbis import read_flac, read_ogg


@frozen
class Kind:
    """A format: its media type, its usual extension, and who reads it."""

    media_type: str
    extension: str
    read: Callable[[BoundedFile, Found], object]


MP3 = Kind("audio/mpeg", "mp3", read_mp3)
FLAC = Kind("audio/flac", "flac", read_flac)
OGG = Kind("audio/ogg", "ogg", read_ogg)
OPUS = Kind("audio/opus", "opus", read_ogg)
M4A = Kind("audio/x-m4a", "m4a", read_mp4)
AAC = Kind("audio/x-m4a", "aac", read_aac)
AIFF = Kind("audio/x-aiff", "aiff", read_aiff)
WAV = Kind("audio/wav", "wav", read_wav)
WMA = Kind("audio/x-ms-wma", "wma", read_asf)
WAVPACK = Kind("audio/x-wavpack", "wv", read_wavpack)
MONKEY = Kind("audio/x-ape", "ape", read_monkey)
MUSEPACK = Kind("audio/x-musepack", "mpc", read_musepack)
TTA = Kind("audio/x-tta", "tta", read_tta)

KINDS = (MP3, FLAC, OGG, OPUS, M4A, AAC, AIFF, WAV, WMA, WAVPACK, MONKEY, MUSEPACK, TTA)

# Extensions under which such files are found, for picking them out of a folder.
EXTENSIONS: Mapping[str, Kind] = {kind.extension: kind for kind in KINDS} | {
    "mp2": MP3, "oga": OGG, "spx": OGG, "m4b": M4A, "mp4": M4A, "alac": M4A, "adts": AAC, "aif": AIFF, "aifc": AIFF,
    "wave": WAV, "asf": WMA, "mp+": MUSEPACK,
}  # fmt: skip

_STARTS = (
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", WMA),
    (b"wvpk", WAVPACK),
    (b"MAC ", MONKEY),
    (b"MPCK", MUSEPACK),
    (b"MP+", MUSEPACK),
    (b"TTA1", TTA),
    (b"TTA2", TTA),
    (b"ADIF", AAC),
)
# In these formats junk may stand before the sound, so that a name may be trusted where the first bytes say nothing.
_FORGIVING = (MP3, AAC)

# What people send by mistake, and what to tell them.
_STRANGERS = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM file; convert it to Opus or Ogg first"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b"#EXTM3U", "a playlist"),
    (b"[playlist]", "a playlist"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)


def kind_of(file: BoundedFile, name: str) -> Kind:
    """
    The format of a file.

    :param name: its name, for what cannot be told from its bytes.
    :raise NotAudio: when it is none that can be read here.
    """
    if not file.size:
        raise NotAudio("This file is empty.")
    start = size_at(file, 0)
    head = file.at(start if start < file.size else 0, 64)
    if kind := _by_head(head) or (MP3 if start else None):
        return OPUS if kind is OGG and b"OpusHead" in head else kind
    named = EXTENSIONS.get(name.rpartition(".")[2].lower())
    for magic, what in _STRANGERS:
        if head.startswith(magic):
            raise NotAudio(f"This is not an audio file but {what}.")
    if named in _FORGIVING:
        return named
    raise NotAudio


def _by_head(head: bytes) -> Kind | None:
    for magic, kind in _STARTS:
        if head.startswith(magic):
            return kind
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return AIFF
    if head[4:8] in (b"ftyp", b"moov"):
        return M4A
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return AAC if head[1] & 0xF6 == 0xF0 else MP3
    return None
