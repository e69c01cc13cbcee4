"""
HTTP Live Streaming: a song as a list of short pieces, and a list of such lists for several bitrates.

Source: RFC 8216; docs/subsonic.md rule 57.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from attrs import frozen

# A piece holds whole frames of AAC at 48 kHz, so that nothing is heard where two of them meet.
FRAME_SAMPLES, SAMPLES_A_SECOND = 1024, 48_000
SEGMENT_FRAMES = 480
SEGMENT_SECONDS = Fraction(SEGMENT_FRAMES * FRAME_SAMPLES, SAMPLES_A_SECOND)  # 10.24
PACKAGING = 1.15  # what the transport stream adds to the bitrate of the sound, at most
BOUNDS = (32, 320)  # kbit/s
MOST_RATES = 10
CODECS = "mp4a.40.2"

_RATE = re.compile(r"\s*(\d{1,7})\s*(?:@.*)?", re.ASCII)


@frozen
class Segment:
    """A piece of a song.  :ivar start: and ``length``: seconds."""

    number: int
    start: float
    length: float


def segments(seconds: int) -> Sequence[Segment]:
    """The pieces of a song that plays so long; none of one that does not play."""
    count = math.ceil(Fraction(seconds) / SEGMENT_SECONDS)
    return [segment_of(number, seconds) for number in range(count)]


def segment_of(number: int, seconds: int) -> Segment:
    """A piece by its number, which must lie within the song."""
    start = float(number * SEGMENT_SECONDS)
    return Segment(number, start, min(float(SEGMENT_SECONDS), seconds - start))


def rates(texts: Iterable[str]) -> list[int]:
    """The bitrates that an app asks for, kbit/s, each once: ``128``, ``128@480x360``; nonsense and 0 are left out."""
    found = (int(match[1]) for text in texts if (match := _RATE.fullmatch(text)))
    kept = dict.fromkeys(max(BOUNDS[0], min(rate, BOUNDS[1])) for rate in found if rate)
    return list(kept)[:MOST_RATES]


def media_list(pieces: Sequence[Segment], addresses: Sequence[str]) -> str:
    """The list of a song's pieces, with the address of each."""
    longest = max((piece.length for piece in pieces), default=1.0)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{math.ceil(longest)}", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
    for piece, address in zip(pieces, addresses, strict=True):
        lines += [f"#EXTINF:{piece.length:.3f},", address]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def master_list(choices: Iterable[tuple[int, str]]) -> str:
    """The list of lists.  :param choices: kbit/s, each with its list's address."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for kbits, address in choices:
        lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={int(kbits * 1000 * PACKAGING)},CODECS="{CODECS}"', address]
    return "\n".join([*lines, ""])
