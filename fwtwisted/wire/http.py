"""
The parts of HTTP that are about bytes of media: ranges, conditions, and the shape in which bytes are offered.

A face reads the :class:`Conditions` of a request, asks :func:`plan` what they mean for the thing at hand, and
sends the :class:`ByteSource` accordingly.  Headers come from anybody: what cannot be read counts as not sent, and
nothing raises.  Nothing here waits or opens anything.

Sources: RFC 9110 and, for the rules of this house, docs/storage.md §6.4.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

from fwtwisted.wire.ascii import in_ascii

OK = 200
PARTIAL = 206
NOT_MODIFIED = 304
PRECONDITION_FAILED = 412
UNSATISFIABLE = 416

TURN_BYTES = 1 << 20  # at most so much of a file in one turn of the reactor, so that others get theirs


@frozen
class Span:
    """Bytes ``start`` (inclusive) to ``stop`` (exclusive) of a whole."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start


NO_BYTES = Span(0, 0)


class ByteSource(Protocol):
    """
    Bytes that can be sent: a file on disk, an object in a store, a transcode on its way.

    Disk, stores and ffmpeg offer it, ``web/transfer.py`` sends it, and neither knows the other.

    :ivar length: size of the whole in bytes; None when nobody knows before the end (a live transcode).
    :ivar etag: strong entity tag with its quotes, or None.
    :ivar modified: when the bytes last changed (aware UTC), or None.
    :ivar cache_status: how they are had, as ``X-Cache-Status`` tells it (docs/storage.md §7.4).
    :ivar age: seconds since the copy was last compared with the original; None for what is no copy.
    """

    length: int | None
    etag: str | None
    modified: datetime | None
    cache_status: str
    age: int | None

    async def ready(self, span: Span | None) -> None:
        """
        Make sure that the span (None: everything; an empty one: nothing, but it is there) can be had.

        Awaited before the head of an answer is sent, so that what is missing can still be told.

        :raise FwError: it cannot; the source is still to be closed.
        """

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """
        Write the span (None: everything) into ``consumer`` as a streaming producer that obeys back-pressure.

        :return: fires when the last byte was handed over; fails when the bytes end early.  Cancelling it, or
            the consumer's ``stopProducing``, stops the work.  The source is closed either way.
        """

    def descriptor(self) -> int | None:
        """An open file descriptor holding exactly the whole, for ``sendfile``; None when there is none."""

    def close(self) -> None:
        """Give back what is held; harmless when repeated."""


class Haul(Protocol):
    """
    Bytes that the kernel moves into a client's socket, so that they never pass through us.

    :ivar moved: how many bytes so far.
    :ivar is_over: there is nothing more to be moved.
    :ivar is_dry: there is nothing at the moment; who moves it is woken when that changes.
    """

    moved: int

    @property
    def is_over(self) -> bool:
        """See above."""

    @property
    def is_dry(self) -> bool:
        """See above."""

    def begin(self, wake: Callable[[], None]) -> None:
        """Learn whom to wake."""

    def send(self, socket: int) -> int:
        """
        Move what the socket takes, within a turn of the reactor; how many bytes.

        :raise OSError: the socket is broken.  :raise EOFError: the bytes ended early, for good.
        """

    def close(self) -> None:
        """Give back what is held; harmless when repeated."""


class FilePiece:
    """A piece of an open file on its way out (:class:`Haul`)."""

    is_dry = False

    def __init__(self, descriptor: int, offset: int, count: int) -> None:
        self._descriptor, self._offset, self._count = descriptor, offset, count
        self.moved = 0

    @property
    def is_over(self) -> bool:
        """See :class:`Haul`."""
        return self._count == 0

    def begin(self, wake: Callable[[], None]) -> None:
        """See :class:`Haul`.  A file never sleeps."""

    def send(self, socket: int) -> int:
        """See :class:`Haul`."""
        try:
            sent = os.sendfile(socket, self._descriptor, self._offset, min(self._count, TURN_BYTES))
        except (BlockingIOError, InterruptedError):
            return 0
        if not sent:
            raise EOFError("the file became shorter")
        self._offset += sent
        self._count -= sent
        self.moved += sent
        return sent

    def close(self) -> None:
        """See :class:`Haul`.  The file is its owner's."""


@runtime_checkable
class Outlet(Protocol):
    """A consumer that may have hauls moved into its socket."""

    @property
    def takes_hauls(self) -> bool:
        """Whether its socket is a plain one."""

    def write(self, data: bytes) -> None:
        """Take a piece."""

    def haul(self, haul: Haul) -> Deferred[None]:
        """
        Have it moved, after all that was written so far; it is closed at its end.

        :return: fails with EOFError when the bytes ended early, with the connection's reason when it broke.
        """


# --- what a request asks for ---------------------------------------------------------------------


@frozen
class Conditions:
    """
    The conditional headers and the range of one request, raw, each None when it was not sent.

    A header that came on several lines is read as one line joined with commas, as RFC 9110, 5.3 wants; for a
    date this makes nonsense, which then counts as not sent.
    """

    if_match: bytes | None = None
    if_unmodified_since: bytes | None = None
    if_none_match: bytes | None = None
    if_modified_since: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None

    @classmethod
    def read(cls, lines: Callable[[bytes], Sequence[bytes] | None]) -> Conditions:
        """
        The conditions among a request's headers.

        :param lines: the values of a header by its name, None when absent, such as
            ``request.requestHeaders.getRawHeaders``.
        """

        def joined(name: bytes) -> bytes | None:
            values = lines(name)
            return b", ".join(values) if values else None

        return cls(
            joined(b"if-match"),
            joined(b"if-unmodified-since"),
            joined(b"if-none-match"),
            joined(b"if-modified-since"),
            joined(b"range"),
            joined(b"if-range"),
        )


@frozen
class Plan:
    """
    How a request for bytes is to be answered.

    :ivar status: 200, 206, 304, 412 or 416.
    :ivar span: with 206 the bytes to send; None means everything (200) or nothing (the rest).
    :ivar content_range: value of ``Content-Range``, with 206 and 416 only.
    """

    status: int
    span: Span | None = None
    content_range: bytes | None = None


EVERYTHING = Plan(OK)


def plan(
    method: bytes,
    conditions: Conditions,
    length: int | None,
    etag: str | None,
    modified: datetime | None,
) -> Plan:
    """
    What to answer to a request for bytes that exist and may be seen.

    :param method: of the request; ranges are for GET only, 304 for GET and HEAD.
    :param length: size of the whole, bytes; None when unknown, then a range means nothing.
    :param etag: strong entity tag with its quotes, or None.
    :param modified: aware time of the last change, or None.
    Source: RFC 9110, 13.2.2 (the order) and 14.2; docs/storage.md S-30.
    """
    reading = method in (b"GET", b"HEAD")
    modified = None if modified is None else modified.replace(microsecond=0)
    if _precondition_broken(conditions, etag, modified):
        return Plan(PRECONDITION_FAILED)
    if _already_there(conditions, etag, modified, reading):
        return Plan(NOT_MODIFIED if reading else PRECONDITION_FAILED)
    if method != b"GET" or length is None or conditions.range is None:
        return EVERYTHING
    if not _range_still_valid(conditions.if_range, etag, modified):
        return EVERYTHING
    return _ranged(conditions.range, length)


def _precondition_broken(conditions: Conditions, etag: str | None, modified: datetime | None) -> bool:
    """Whether If-Match, or without it If-Unmodified-Since, forbids to go on."""
    if conditions.if_match is not None:
        return not _names(conditions.if_match, etag, weak_too=False)
    limit = parsed_http_date(conditions.if_unmodified_since)
    return limit is not None and modified is not None and modified > limit


def _already_there(conditions: Conditions, etag: str | None, modified: datetime | None, reading: bool) -> bool:
    """Whether the asker holds these bytes: If-None-Match, or without it, when reading, If-Modified-Since."""
    if conditions.if_none_match is not None:
        return _names(conditions.if_none_match, etag, weak_too=True)
    since = parsed_http_date(conditions.if_modified_since)
    return reading and since is not None and modified is not None and modified <= since


_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def _names(header: bytes, etag: str | None, *, weak_too: bool) -> bool:
    """Whether a list of entity tags (or ``*``) names the tag; ``weak_too`` asks for the weak comparison."""
    if header.strip() == b"*":
        return True
    if etag is None:
        return False
    wanted = etag.encode("latin-1", "replace")
    return any(tag == wanted and (weak_too or not weak) for weak, tag in _TAG.findall(header))


def _range_still_valid(if_range: bytes | None, etag: str | None, modified: datetime | None) -> bool:
    """Whether If-Range (a strong tag, or the exact date) is that of the bytes.  Source: RFC 9110, 13.1.5."""
    if if_range is None:
        return True
    value = if_range.strip()
    if value.startswith((b'"', b"W/")):
        return etag is not None and value == etag.encode("latin-1", "replace")
    return modified is not None and parsed_http_date(value) == modified


# --- ranges --------------------------------------------------------------------------------------

_ONE_RANGE = re.compile(rb"(\d*)-(\d*)")
_LONGEST_RANGE_HEADER = 256  # one range needs 50; a longer header is many ranges, or numbers of no file


def _ranged(header: bytes, length: int) -> Plan:
    """The plan for a Range header: one range is served, several or none that can be read mean everything."""
    bounds = _bounds(header)
    if bounds is None:
        return EVERYTHING
    span = _clamped(*bounds, length)
    if span is None:
        return Plan(UNSATISFIABLE, content_range=b"bytes */%d" % length)
    return Plan(PARTIAL, span, b"bytes %d-%d/%d" % (span.start, span.stop - 1, length))


def _bounds(header: bytes) -> tuple[int | None, int | None] | None:
    """First and last position of the only range in the header (None: left open); None for anything else."""
    unit, _, ranges = header.partition(b"=")
    if len(header) > _LONGEST_RANGE_HEADER or unit.strip(b" \t").lower() != b"bytes":
        return None
    asked = [one for piece in ranges.split(b",") if (one := piece.strip(b" \t"))]
    found = _ONE_RANGE.fullmatch(asked[0]) if len(asked) == 1 else None
    if found is None:
        return None
    first, last = (int(digits) if digits else None for digits in found.groups())
    if (first is None and last is None) or (first is not None and last is not None and first > last):
        return None
    return first, last


def _clamped(first: int | None, last: int | None, length: int) -> Span | None:
    """The bytes of the whole that the bounds mean (no first: the ``last`` ones); None when there are none."""
    if first is None:
        span = Span(max(0, length - (last or 0)), length)
    else:
        span = Span(first, length if last is None else min(length, last + 1))
    return span if span.start < span.stop else None


# --- dates ---------------------------------------------------------------------------------------

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBER = {name.encode(): number for number, name in enumerate(_MONTHS, 1)}

_CLOCK = rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATES = (
    re.compile(rb"[A-Z][a-z]{2}, (?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) " + _CLOCK + rb" GMT"),
    re.compile(rb"[A-Z][a-z]{5,8}, (?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d\d) " + _CLOCK + rb" GMT"),
    re.compile(rb"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) " + _CLOCK + rb" (?P<year>\d{4})"),
)


def http_date(moment: datetime) -> bytes:
    """The moment (aware) as ``Last-Modified`` wants it: ``Sun, 06 Nov 1994 08:49:37 GMT``."""
    utc = moment.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc:%H:%M:%S} GMT".encode()


def parsed_http_date(header: bytes | None) -> datetime | None:
    """
    The moment (UTC) that a date header tells; None when there is none or it cannot be read.

    Source: RFC 9110, 5.6.7, all three forms; the two-digit years of the second are read as 1969 to 2068.
    """
    text = b"" if header is None else header.strip()
    found = next((found for form in _DATES if (found := form.fullmatch(text))), None)
    if found is None or found["month"] not in _MONTH_NUMBER:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 1900 if year >= 69 else 2000
    clock = (int(found["hour"]), int(found["minute"]), min(int(found["second"]), 59))  # 60: a leap second
    try:
        return datetime(year, _MONTH_NUMBER[found["month"]], int(found["day"]), *clock, tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None


# --- names ---------------------------------------------------------------------------------------

_NOT_IN_PLAIN_NAMES = re.compile(r'[^ -~]|["\\/%]')


@lru_cache(maxsize=2_000)
def content_disposition(filename: str) -> bytes:
    """
    ``Content-Disposition`` that makes a browser save the answer under the name, whatever script it is in.

    The plain ASCII name goes first, for old clients; then the exact one.

    Source: RFC 6266; docs/storage.md §6.4.
    """
    plain = _NOT_IN_PLAIN_NAMES.sub("_", in_ascii(filename)).strip(" .") or "file"
    exact = quote(filename, safe="", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}".encode("ascii")
