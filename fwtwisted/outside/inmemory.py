"""Bytes that are at hand, as bytes to be sent."""

from __future__ import annotations

from datetime import datetime

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

from fwtwisted.wire.http import Span


class MemorySource:
    """
    A few bytes (see :class:`~fwtwisted.wire.http.ByteSource`), handed over at once.

    :param etag: strong, with its quotes; None: they have none.
    :param is_live: nobody is told their length, as with a transcode that they stand for.
    """

    def __init__(self, body: bytes, etag: str | None = None, *, is_live: bool = False) -> None:
        self.length: int | None = None if is_live else len(body)
        self.etag = etag
        self.modified: datetime | None = None
        self.cache_status = "HIT"
        self.age: int | None = None
        self._body = body

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`."""

    async def _produced(self, consumer: IConsumer, span: Span | None) -> None:
        piece = self._body if span is None else self._body[span.start : span.stop]
        if piece:
            consumer.write(piece)

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`."""
        return Deferred.fromCoroutine(self._produced(consumer, span))

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`; no file holds them."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
