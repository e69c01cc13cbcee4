"""
The parts of HTTP that are about bytes of media: ranges, conditions, and the shape in which bytes are offered.

Nothing here waits or opens anything.  Sources: RFC 9110 and, for the rules of this house, docs/storage.md §6.4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer


@frozen
class Span:
    """Bytes ``start`` (inclusive) to ``stop`` (exclusive) of a whole."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start


class ByteSource(Protocol):
    """
    Bytes that can be sent: a file on disk, an object in a store, a transcode on its way.

    Disk, stores and ffmpeg offer it, ``web/transfer.py`` sends it, and neither knows the other.

    :ivar length: size of the whole in bytes; None when nobody knows before the end (a live transcode).
    :ivar etag: strong entity tag with its quotes, or None.
    :ivar modified: when the bytes last changed (aware UTC), or None.
    """

    length: int | None
    etag: str | None
    modified: datetime | None

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """
        Write the span (None: everything) into ``consumer`` as a streaming producer that obeys back-pressure.

        :return: fires when the last byte was handed over; fails when the bytes end early.  Cancelling it, or the
            consumer's ``stopProducing``, stops the work.  The source is closed either way.
        """

    def descriptor(self) -> int | None:
        """An open file descriptor holding exactly the whole, for ``sendfile``; None when there is none."""

    def close(self) -> None:
        """Give back what is held; harmless when repeated."""
