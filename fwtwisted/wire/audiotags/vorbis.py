"""
FLAC and the Ogg family: Vorbis, Opus, FLAC in Ogg, Speex.

They share one kind of tag, the Vorbis comment.  The containers are plain enough to be walked here, in steps that are
bounded whatever the file claims, and with the end of the file looked at: a cut file is told from a whole one.

Sources: RFC 9639 (FLAC), RFC 3533 (Ogg), RFC 7845 (Opus), xiph.org's Vorbis I §4.2 and §5, the Speex manual §7.3.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from itertools import islice

from attrs import frozen
from mutagen import MutagenError
from mutagen.flac import Picture as FlacPicture
from mutagen.flac import StreamInfo

from fwtwisted.wire.audiotags.bounded import BoundedFile
from fwtwisted.wire.audiotags.found import LONGEST_VALUE, MOST_FIELDS, MOST_PICTURE_BYTES, Found, field_name
from fwtwisted.wire.audiotags.id3 import size_at
from fwtwisted.wire.audiotags.values import NotAudio
from fwtwisted.wire.audiotags.words import mended

MOST_BLOCKS = 200
MOST_STREAMS = 16
MOST_PACKET_BYTES = 2 * MOST_PICTURE_BYTES
# The largest Ogg page is 65,307 bytes, so that this much of the end holds a whole one.
TAIL_BYTES = 2**17
# A page has 27 bytes and at most 255 sizes before its body.  Pages are read so many bytes at a time.
PAGE_HEADER = 27 + 255
STEP_BYTES = 2**14

_STREAMINFO, _COMMENT, _PICTURE = 0, 4, 6


def read_comment(body: bytes, found: Found) -> None:
    """Take what a Vorbis comment says; it may break off anywhere."""
    at = 4 + int.from_bytes(body[:4], "little")
    count = int.from_bytes(body[at : at + 4], "little")
    at += 4
    for _ in range(min(count, MOST_FIELDS)):
        size = int.from_bytes(body[at : at + 4], "little")
        at += 4 + size
        if at > len(body):
            return
        start = at - size
        sign = body.find(b"=", start, min(at, start + 200))
        if sign < 0:
            continue
        name, value = field_name(body[start:sign].decode("latin-1")), body[sign + 1 : at]
        if name == "metadatablockpicture":
            _encoded_picture(value, found)
        elif name == "coverart":
            found.show(_from_base64(value))
        else:
            found.add(name, (_text(value[: 4 * LONGEST_VALUE]),))


def _text(value: bytes) -> str:
    """UTF-8, as it must be; else what was most likely meant."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return mended(value.decode("latin-1"))


def _from_base64(value: bytes) -> bytes:
    try:
        return base64.b64decode(value)
    except binascii.Error:
        return b""


def _encoded_picture(value: bytes, found: Found) -> None:
    _show(_from_base64(value), found)


def _show(block: bytes, found: Found) -> None:
    """Keep the picture in a FLAC picture block; a broken one is left out."""
    try:
        picture = FlacPicture(block)
    except (MutagenError, struct.error):
        return
    found.show(picture.data, picture.mime, picture.type, picture.desc)


# --- FLAC ---


def read_flac(file: BoundedFile, found: Found) -> None:
    """Read a FLAC file, with or without an ID3 tag before it."""
    at = size_at(file, 0) + len(b"fLaC")
    info = None
    for _ in range(MOST_BLOCKS):
        head = file.at(at, 4)
        if len(head) < 4:
            break
        kind, size = head[0] & 127, int.from_bytes(head[1:], "big")
        if kind == _STREAMINFO and info is None:
            info = StreamInfo(file.read(size))
        elif kind == _COMMENT:
            read_comment(file.read(size), found)
        elif kind == _PICTURE:
            _show(file.read(size), found)
        at += 4 + size
        if head[0] & 128:
            break
    if info is None:
        raise NotAudio("This FLAC file has no stream header; it is damaged.")
    _take_streaminfo(info, found)
    found.audio_bytes = max(0, file.size - at)
    _look_at_end(file, info, found)


def _take_streaminfo(info: StreamInfo, found: Found) -> None:
    found.seconds, found.sample_rate = info.length, info.sample_rate
    found.channels, found.bit_depth = info.channels, info.bits_per_sample


def _look_at_end(file: BoundedFile, info: StreamInfo, found: Found) -> None:
    """Compare the last frame with what the header promises; a header that promises nothing is given the length."""
    span = min(TAIL_BYTES, max(2 * info.max_framesize, 2**14), found.audio_bytes or 0)
    last = _last_sample(file.at(file.size - span, span), info)
    if not info.total_samples:
        found.seconds = last / info.sample_rate
    elif last < info.total_samples:
        found.truncated = span < TAIL_BYTES or last > 0


def _last_sample(tail: bytes, info: StreamInfo) -> int:
    """The number of samples up to the end of the last frame that starts in ``tail``; 0 when none does."""
    at = len(tail)
    for _ in range(200):
        at = tail.rfind(b"\xff", 0, at)
        if at < 0:
            return 0
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9") and (end := _frame_end(tail[at : at + 16], info)):
            return end
    return 0


def _frame_end(head: bytes, info: StreamInfo) -> int | None:
    """Which sample follows the frame with this header; None when it is none of this stream (RFC 9639, 9.1)."""
    if len(head) < 6 or head[3] & 1:
        return None
    channels = head[3] >> 4
    if (channels + 1 if channels < 8 else 2) != info.channels:
        return None
    number, at = _coded_number(head[4:11])
    at += 4
    code, rate = head[2] >> 4, head[2] & 15
    extra = {6: 1, 7: 2}.get(code, 0)
    size = int.from_bytes(head[at : at + extra], "big") + 1 if extra else _block_size(code)
    at += extra + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if number is None or not size or at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return number + size if head[1] & 1 else number * info.max_blocksize + size


def _block_size(code: int) -> int:
    if code == 1:
        return 192
    if 2 <= code <= 5:
        return 576 << (code - 2)
    return 256 << (code - 8) if code >= 8 else 0


def _coded_number(coded: bytes) -> tuple[int | None, int]:
    """A number in the manner of UTF-8, up to 36 bits, and how many bytes it takes."""
    first = coded[0]
    if first < 0x80:
        return first, 1
    length = 8 - (first ^ 0xFF).bit_length()
    rest = coded[1:length]
    if length == 1 or len(rest) != length - 1 or any(byte >> 6 != 2 for byte in rest):
        return None, 1
    number = first & (0x7F >> length)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, length


def _crc8(body: bytes) -> int:
    value = 0
    for byte in body:
        value = _CRC8[value ^ byte]
    return value


def _crc8_step(value: int) -> int:
    for _ in range(8):
        value = (value << 1 ^ 0x07) & 0xFF if value & 0x80 else value << 1
    return value


_CRC8 = tuple(map(_crc8_step, range(256)))


# --- Ogg ---


@frozen
class _Page:
    """One Ogg page; ``lacing`` has the sizes of the pieces of packets in ``body``, the next page is at ``end``."""

    flags: int
    serial: int
    lacing: bytes
    body: bytes
    end: int


def _pages(file: BoundedFile, at: int = 0) -> Iterator[_Page]:
    """The pages one after another, read in steps that hold several."""
    step, base = b"", at
    while True:
        if at + PAGE_HEADER > base + len(step):
            step, base = file.at(at, STEP_BYTES), at
        head = step[at - base : at - base + PAGE_HEADER]
        if len(head) < 27 or head[:5] != b"OggS\0":
            return
        lacing = head[27 : 27 + head[26]]
        start, size = 27 + head[26], sum(lacing)
        if at + start + size > base + len(step):
            step, base = file.at(at, start + size + STEP_BYTES), at
        start += at - base
        at = base + start + size
        yield _Page(head[5], int.from_bytes(head[14:18], "little"), lacing, step[start : start + size], at)


def _packets(file: BoundedFile, serial: int) -> Iterator[tuple[bytes, int]]:
    """The packets of one stream, each with where its last page ends."""
    part = bytearray()
    for page in _pages(file):
        if len(part) > MOST_PACKET_BYTES:
            return
        start, size = 0, 0
        for piece in page.lacing if page.serial == serial else b"":
            size += piece
            if piece < 255:
                part += page.body[start : start + size]
                yield bytes(part), page.end
                part.clear()
                start, size = start + size, 0
        part += page.body[start : start + size]


def read_ogg(file: BoundedFile, found: Found) -> str:
    """
    Read the first stream of sound in an Ogg file.

    :return: its codec: ``vorbis``, ``opus``, ``flac`` or ``speex``.
    """
    for page in islice(_pages(file), MOST_STREAMS):
        if not page.flags & 2:
            break
        for magic, codec, take in _CODECS:
            if page.body.startswith(magic):
                take(file, page.serial, page.body, found)
                return codec
    raise NotAudio("This Ogg file holds no sound that can be read: expected Vorbis, Opus, FLAC or Speex.")


def _vorbis(file: BoundedFile, serial: int, head: bytes, found: Found) -> None:
    found.channels, found.sample_rate, most, nominal, least = struct.unpack("<BIiii", head[11:28])
    found.bitrate = max(0, nominal) or (max(0, most) + max(0, least)) // 2
    _comment_packet(file, serial, b"\x03vorbis", found)
    _length(file, serial, 0, found)


def _opus(file: BoundedFile, serial: int, head: bytes, found: Found) -> None:
    found.channels, skip = struct.unpack("<BH", head[9:12])
    found.sample_rate = 48_000
    _comment_packet(file, serial, b"OpusTags", found)
    _length(file, serial, skip, found)


def _speex(file: BoundedFile, serial: int, head: bytes, found: Found) -> None:
    rate, _, _, channels, bitrate = struct.unpack("<iiiii", head[36:56])
    found.sample_rate, found.channels, found.bitrate = max(0, rate), max(0, channels), max(0, bitrate)
    _comment_packet(file, serial, b"", found)
    _length(file, serial, 0, found)


def _ogg_flac(file: BoundedFile, serial: int, head: bytes, found: Found) -> None:
    info = StreamInfo(head[17 : 17 + 34])
    _take_streaminfo(info, found)
    for number, (packet, end) in enumerate(_packets(file, serial)):
        if (number and packet[:1] == b"\xff") or number >= MOST_BLOCKS:
            break
        found.audio_bytes = max(0, file.size - end)
        kind = packet[0] & 127 if number and packet else _STREAMINFO
        if kind == _COMMENT:
            read_comment(packet[4:], found)
        elif kind == _PICTURE:
            _show(packet[4:], found)
    _length(file, serial, 0, found)


def _comment_packet(file: BoundedFile, serial: int, magic: bytes, found: Found) -> None:
    """The second packet of a stream holds its tags."""
    for number, (packet, end) in enumerate(_packets(file, serial)):
        if number == 1:
            found.audio_bytes = max(0, file.size - end)
            if packet.startswith(magic):
                read_comment(packet[len(magic) :], found)
            return


def _length(file: BoundedFile, serial: int, skip: int, found: Found) -> None:
    """The last page tells the length; if it goes on beyond the file, the file was cut."""
    start = max(0, file.size - TAIL_BYTES)
    tail = file.at(start, TAIL_BYTES)
    at, last = len(tail), True
    for _ in range(1000):
        at = tail.rfind(b"OggS\0", 0, at)
        if at < 0:
            break
        if len(tail) - at < 27:
            found.truncated = True
            continue
        granule, owner, segments = struct.unpack("<6xqI8xB", tail[at : at + 27])
        if last:
            found.truncated |= at + 27 + segments + sum(tail[at + 27 : at + 27 + segments]) > len(tail)
            last = False
        if owner == serial and granule > 0:
            found.seconds = max(0, granule - skip) / found.sample_rate
            return


_CODECS = (
    (b"\x01vorbis", "vorbis", _vorbis),
    (b"OpusHead", "opus", _opus),
    (b"\x7fFLAC", "flac", _ogg_flac),
    (b"Speex   ", "speex", _speex),
)
