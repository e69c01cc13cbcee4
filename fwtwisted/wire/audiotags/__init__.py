"""
Reading audio files: how long, how loud, by whom, and what the cover shows.

:func:`read` opens nothing and waits for nothing but the file that it is given, needs no reactor and may therefore run
in a thread or in a plain child process.  Whatever the bytes are, it answers with an :class:`AudioFile` or raises
:class:`NotAudio`, and costs no more than the file's tags deserve.

How it goes: ``kinds`` tells the format by the first bytes; its reader (``streams``, ``vorbis``, ``boxes``, with ``id3``
for those that need it) fills a ``Found`` with plain fields, through a ``BoundedFile`` that lets no file claim more than
it has; ``rules`` makes ``Tags`` of the fields, the same way for every format; ``words`` keeps text fit to be stored.
mutagen is known to these readers alone.
"""

from __future__ import annotations

import math
from typing import BinaryIO

from fwtwisted.wire.audiotags.bounded import BoundedFile, Exhausted
from fwtwisted.wire.audiotags.found import Found
from fwtwisted.wire.audiotags.kinds import EXTENSIONS, Kind, kind_of
from fwtwisted.wire.audiotags.rules import Fields, tags_in, tags_of, validated
from fwtwisted.wire.audiotags.values import (
    AudioFile,
    Credit,
    NotAudio,
    Picture,
    ReplayGain,
    Tags,
)

__all__ = (
    "EXTENSIONS",
    "AudioFile",
    "Credit",
    "Fields",
    "NotAudio",
    "Picture",
    "ReplayGain",
    "Tags",
    "read",
    "tags_in",
    "tags_of",
    "validated",
)

# What fits a column; files have claimed more.
MOST = 2**31 - 1
# A stated bitrate below this is no ground to guess a length from.
LEAST_BITRATE = 4000


def read(file: BinaryIO, name: str = "") -> AudioFile:
    """
    Read an audio file.

    :param file: seekable; it stays open, its position is anywhere afterwards.
    :param name: what the file is called, for the few formats that cannot be told by their bytes.
    :raise NotAudio: when it is no audio file that can be read; the text may be shown.
    :raise OSError: when the disk fails; MemoryError: when the process has next to none; neither judges the file.
    """
    bounded = BoundedFile(file)
    found = Found()
    try:
        kind = kind_of(bounded, name)
        kind.read(bounded, found)
        return _audio_file(kind, found, bounded.size)
    except (NotAudio, MemoryError):
        raise
    except Exhausted as error:
        raise NotAudio("The tags of this file are larger than any tags should be; it is damaged.") from error
    except Exception as error:  # mutagen promises its own errors, but bytes make it raise nearly any
        if bounded.broken is not None:
            raise bounded.broken from error
        raise NotAudio("This looks like an audio file, but it is damaged or cut and cannot be read.") from error


def _audio_file(kind: Kind, found: Found, size: int) -> AudioFile:
    seconds = found.seconds if math.isfinite(found.seconds) and found.seconds > 0 else 0.0
    sound = size if found.audio_bytes is None else found.audio_bytes
    bitrate = found.bitrate if math.isfinite(found.bitrate) and found.bitrate > 0 else 0.0
    if not bitrate and seconds:
        bitrate = sound * 8 / seconds
    elif not seconds and bitrate >= LEAST_BITRATE:
        seconds = sound * 8 / bitrate
    return AudioFile(
        media_type=kind.media_type,
        extension=kind.extension,
        duration_seconds=min(MOST, max(1, round(seconds)) if seconds else 0),
        bitrate_bps=min(MOST, round(bitrate)),
        sample_rate=_within(found.sample_rate, 10_000_000),
        channels=_within(found.channels, 255),
        bit_depth=_within(found.bit_depth, 64),
        tags=tags_of(found.fields),
        cover=found.cover(),
        truncated=found.truncated,
    )


def _within(number: int, most: int) -> int | None:
    return number if 0 < number <= most else None
