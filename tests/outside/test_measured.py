"""Lengths that were promised (docs/subsonic.md rule 53)."""

from __future__ import annotations

from twisted.internet.defer import CancelledError
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.outside.inmemory import MemorySource
from fwtwisted.outside.measured import MeasuredSource
from fwtwisted.outside.pouring import pour
from fwtwisted.wire.http import Span
from tests.outside.consumers import Sink


class Poured(MemorySource):
    """Bytes that come piece by piece.  :ivar closed: how often it was closed."""

    closed = 0

    def produce(self, consumer, span):  # type: ignore[no-untyped-def]
        pieces = [self._body[at : at + 10] for at in range(0, len(self._body), 10)]
        return pour(consumer, lambda: pieces.pop(0) if pieces else b"", lambda: deferToThread(int), self.close)

    def close(self) -> None:
        self.closed += 1


class MeasuredTests(TestCase):
    """More, fewer, and just as many."""

    async def test_exactly(self) -> None:
        """Whatever comes, so many bytes leave, and the source is closed."""
        for body in (b"", b"abc", b"x" * 95, b"x" * 100, b"x" * 101, b"x" * 1000):
            source, sink = Poured(body), Sink()
            await MeasuredSource(source, 100, lambda: deferToThread(int)).produce(sink, None)
            self.assertEqual((body[:100]).ljust(100, b"\0"), sink.body)
            self.assertIsNone(sink.producer)
            self.assertEqual(1, source.closed)

    async def test_a_long_silence(self) -> None:
        """Zeros come in pieces, as fast as they are taken."""
        sink = Sink()
        await MeasuredSource(Poured(b"a"), 1_000_000, lambda: deferToThread(int)).produce(sink, None)
        self.assertEqual(1_000_000, len(sink.body))
        self.assertGreater(len(sink.pieces), 10)

    async def test_a_consumer_that_goes(self) -> None:
        """Nothing is filled up for somebody who has left."""
        sink = Sink(lambda sink: sink.asked.stopProducing())
        work = MeasuredSource(Poured(b"x" * 50), 100, lambda: deferToThread(int)).produce(sink, None)
        await self.assertFailure(work, CancelledError)
        self.assertEqual(10, len(sink.body))

    def test_no_ranges(self) -> None:
        """Part of it is nothing."""
        source = MeasuredSource(Poured(b""), 10, lambda: deferToThread(int))
        self.assertIsNone(source.length)
        self.assertRaises(ValueError, source.produce, Sink(), Span(0, 1))
