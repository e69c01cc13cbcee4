"""
What a store's answer means: which bytes came, and what is to be done about one that is no success.

Source: docs/storage.md §5.5, §10.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from attrs import frozen

from fwtwisted.wire.http import Span
from fwtwisted.wire.s3.documents import Told

OK, PARTIAL = 200, 206


class Misfit(ValueError):
    """The store sent other bytes than were asked for, and what it sent cannot be used."""


@frozen
class Taken:
    """
    How a body is to be read.

    :ivar size: of the whole object, bytes.
    :ivar body: which bytes of the object the body holds.
    :ivar wanted: which of these were asked for.
    """

    size: int
    body: Span
    wanted: Span


_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")


def taken(status: int, content_range: str | None, length: int | None, first: int, last: int | None) -> Taken:
    """
    Which bytes an answer to a GET holds.

    A body belongs to the range asked for only if the status is 206 *and* ``Content-Range`` says so *and* the length
    agrees.  A 200 without ``Content-Range`` is the whole object, and the part wanted is cut out of it.

    :param length: of the body in bytes; None when nobody told.
    :raise Misfit: anything else.
    Source: S-11.
    """
    told = _CONTENT_RANGE.fullmatch((content_range or "").strip())
    if status == OK and content_range is None and length is not None:
        whole = Span(0, length)
        return Taken(length, whole, _cut(whole, first, last))
    if status != PARTIAL or told is None:
        raise Misfit(f"status {status}, Content-Range {content_range!r}")
    start, end, size = (int(digits) for digits in told.groups())
    body = Span(start, end + 1)
    if not 0 <= start <= end < size or start != first or (length is not None and length != body.length):
        raise Misfit(f"{content_range!r} with {length} bytes for {first}-{last}")
    wanted = _cut(Span(0, size), first, last)
    if wanted.stop > body.stop:
        raise Misfit(f"{content_range!r} for {first}-{last}")
    return Taken(size, body, wanted)


def _cut(whole: Span, first: int, last: int | None) -> Span:
    stop = whole.stop if last is None else min(whole.stop, last + 1)
    if first >= whole.stop and not first == whole.stop == 0:
        raise Misfit(f"byte {first} of {whole.stop}")
    return Span(first, max(first, stop))


class Cure(enum.Enum):
    """What helps against an answer."""

    AGAIN = "the same, after a while"
    KEYS = "the keys may have been changed"
    CLOCK = "our clock or theirs is wrong"
    REGION = "it must be signed for another region"
    ELSEWHERE = "it must be sent to another host"
    NONE = "nothing"


_BUSY = frozenset({429, 500, 502, 503, 504})
_AGAIN = frozenset(
    {"RequestTimeout", "BadDigest", "IncompleteBody", "InternalError", "SlowDown", "Throttling", "OperationAborted",
     "XAmzContentSHA256Mismatch"}
)  # fmt: skip
_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)


def cure(status: int, told: Told | None, headers: Mapping[str, str]) -> Cure:
    """
    What helps against an answer that is no success.

    :param told: its document, if it had one.  :param headers: names in lower case.
    Source: docs/storage.md §10.
    """
    code = "" if told is None else told.code
    if code in ("RequestTimeTooSkewed", "RequestInTheFuture"):
        return Cure.CLOCK
    if code in _KEYS:
        return Cure.KEYS
    if code in ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException") and (
        right_region(told, headers)
    ):
        return Cure.REGION
    if status in (301, 302, 307, 308):
        return Cure.REGION if "location" not in headers and right_region(told, headers) else Cure.ELSEWHERE
    if status in _BUSY or code in _AGAIN:
        return Cure.AGAIN
    return Cure.NONE


def right_region(told: Told | None, headers: Mapping[str, str]) -> str | None:
    """The region that an answer names."""
    return headers.get("x-amz-bucket-region") or (None if told is None else told.region)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the store wants to be left alone, when it says so in seconds."""
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
