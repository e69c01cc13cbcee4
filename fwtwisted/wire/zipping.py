"""
ZIP archives written as they are sent: files stored as they are, sizes told behind them.

The functions make the pieces around the files; whoever sends a file counts and digests its bytes on the way.

Source: APPNOTE.TXT 6.3.10, 4.3 to 4.5 (PKWARE): data descriptors, ZIP64, UTF-8 names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from struct import pack

from attrs import frozen

_FLAGS = 0x0808  # sizes follow the file; names are UTF-8
_VERSION = 45  # the first that knows of ZIP64
_MOST_16, _MOST_32 = 0xFFFF, 0xFFFFFFFF
_EARLIEST, _LATEST = 1980, 2107  # years that the format can name


@frozen
class Entry:
    """
    A file in an archive.

    :ivar name: with slashes between folders.  :ivar modified: told to whoever unpacks it.
    """

    name: str
    modified: datetime


@frozen
class Written:
    """An entry that was written.  :ivar at: where its header begins.  :ivar crc: CRC-32.  :ivar size: bytes."""

    entry: Entry
    at: int
    crc: int
    size: int


def header(entry: Entry) -> bytes:
    """What stands before a file."""
    name = entry.name.encode()
    extra = pack("<HHQQ", 1, 16, 0, 0)  # says that the sizes behind it have eight bytes
    sizes = pack("<III", 0, _MOST_32, _MOST_32)
    fixed = pack("<IHHHI", 0x04034B50, _VERSION, _FLAGS, 0, _time(entry.modified))
    return fixed + sizes + pack("<HH", len(name), len(extra)) + name + extra


def descriptor(crc: int, size: int) -> bytes:
    """What stands behind a file."""
    return pack("<IIQQ", 0x08074B50, crc, size, size)


def directory(entries: Sequence[Written], at: int) -> bytes:
    """
    The end of an archive.

    :param at: bytes before it.
    """
    listed = b"".join(map(_listed, entries))
    count, end = len(entries), at + len(listed)
    large = pack("<IQHHIIQQQQ", 0x06064B50, 44, _VERSION, _VERSION, 0, 0, count, count, len(listed), at)
    locator = pack("<IIQI", 0x07064B50, 0, end, 1)
    few = min(count, _MOST_16)
    last = pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, min(len(listed), _MOST_32), min(at, _MOST_32), 0)
    return listed + large + locator + last


def _listed(written: Written) -> bytes:
    """An entry in the directory."""
    name = written.entry.name.encode()
    extra = pack("<HHQQQ", 1, 24, written.size, written.size, written.at)
    fixed = pack("<IHHHHI", 0x02014B50, _VERSION, _VERSION, _FLAGS, 0, _time(written.entry.modified))
    sizes = pack("<III", written.crc, _MOST_32, _MOST_32)
    return fixed + sizes + pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, _MOST_32) + name + extra


def _time(moment: datetime) -> int:
    """A time as DOS counts: the day in the upper half, even seconds only."""
    year = min(max(moment.year, _EARLIEST), _LATEST) - _EARLIEST
    day = year << 9 | moment.month << 5 | moment.day
    return day << 16 | moment.hour << 11 | moment.minute << 5 | moment.second // 2
