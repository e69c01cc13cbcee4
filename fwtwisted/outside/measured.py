"""
A transcode under way with a length that was promised before anybody could know it.

Some players want ``Content-Length``.  So it is estimated, and what comes is made to fit: what is too much is cut, what
is too little is followed by zeros, which decoders pass over.

Source: docs/subsonic.md rule 53.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IConsumer, IProducer
from zope.interface import implementer

from fwtwisted.outside.pouring import pour
from fwtwisted.wire.http import ByteSource, Span

_ZEROS = bytes(64 << 10)


@implementer(IConsumer)
class _Cut:
    """
    Lets so many bytes through to another consumer, then ends what produces them.

    :ivar room: bytes that are still let through.
    """

    def __init__(self, consumer: IConsumer, room: int) -> None:
        self._consumer, self.room = consumer, room
        self._producer: IProducer | None = None

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """See IConsumer."""
        self._producer = producer
        self._consumer.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """See IConsumer."""
        if self._producer is not None:
            self._producer = None
            self._consumer.unregisterProducer()

    def write(self, data: bytes) -> None:
        """See IConsumer."""
        piece = data[: self.room]
        self.room -= len(piece)
        if piece:
            self._consumer.write(piece)
        producer = self._producer
        if not self.room and producer is not None:
            self.unregisterProducer()
            producer.stopProducing()


class MeasuredSource:
    """
    Another source's bytes, exactly so many (see :class:`~fwtwisted.wire.http.ByteSource`).

    It tells no length: there are no ranges of it, and who sends it says the length by other means.

    :param size: bytes.
    :param breathe: fires at a later turn of the reactor.
    """

    def __init__(self, source: ByteSource, size: int, breathe: Callable[[], Deferred[Any]]) -> None:
        self.length: int | None = None
        self.etag: str | None = None
        self.modified: datetime | None = None
        self.cache_status = source.cache_status
        self.age = source.age
        self._source, self._size, self._breathe = source, size, breathe

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`."""
        await self._source.ready(None)

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; the span must be None."""
        if span is not None:
            raise ValueError("what is measured is sent once, and whole")
        return Deferred.fromCoroutine(self._produced(consumer))

    async def _produced(self, consumer: IConsumer) -> None:
        cut = _Cut(consumer, self._size)
        try:
            await self._source.produce(cut, None)
        except CancelledError:
            if cut.room:
                raise
        if cut.room:
            await self._fill(consumer, cut.room)

    async def _fill(self, consumer: IConsumer, missing: int) -> None:
        """Zeros, as fast as the consumer takes them."""

        def next_piece() -> bytes:
            nonlocal missing
            piece = _ZEROS[:missing]
            missing -= len(piece)
            return piece

        await pour(consumer, next_piece, self._breathe, lambda: None)

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
        self._source.close()
