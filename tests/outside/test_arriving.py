"""Listeners who are far ahead of a file that is on its way here."""

from __future__ import annotations

import os
import tempfile

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase

from fwtwisted.outside.arriving import NEAR_BYTES, Arrival, ArrivingSource
from fwtwisted.wire.http import Span
from tests.outside.consumers import Sink, pausing
from tests.threads import pooled
from tests.waiting import settled, until

LENGTH = 4 * NEAR_BYTES
PIECE = 64 << 10


class Far:
    """The other server's answer; see ``Body``.  It gives a piece whenever it is asked."""

    def __init__(self) -> None:
        self.pieces = 0
        self.is_closed = False

    def next(self) -> bytes | Deferred[bytes]:
        """See ``Body``."""
        self.pieces += 1
        return bytes(PIECE)

    def close(self) -> None:
        """See ``Body``."""
        self.is_closed = True


class AheadTests(TestCase):
    """Somebody seeks to the end of a file of which nothing is here."""

    async def setUp(self) -> None:  # type: ignore[override]
        with tempfile.TemporaryFile() as file:
            self.arrival = Arrival(os.dup(file.fileno()), LENGTH)
        self.addCleanup(self.arrival.close)
        self.far = Far()
        self.source = ArrivingSource(self.arrival, pooled(self), None, self.beyond)
        self.addCleanup(self.source.close)
        self.sink = Sink(pausing)
        self.span = Span(LENGTH - 4 * PIECE, LENGTH)
        await self.source.ready(self.span)
        self.sending = self.source.produce(self.sink, self.span)
        await until(lambda: bool(self.sink.pieces), "the first piece")

    async def beyond(self, start: int, stop: int | None) -> Far:
        """Ask the other server."""
        return self.far

    def come(self, size: int) -> None:
        """So much of the file is here."""
        assert self.arrival.fd is not None
        os.ftruncate(self.arrival.fd, size)
        self.arrival.advance(size)

    async def test_who_pauses_is_overtaken(self) -> None:
        """A listener who takes nothing holds no connection once the file has come as far, and reads on in that."""
        self.come(NEAR_BYTES)
        self.assertFalse(self.far.is_closed)
        self.come(LENGTH)
        await until(lambda: self.far.is_closed, "the other server to be let go")
        self.assertEqual(1, len(self.sink.pieces))
        while not self.sending.called:
            if self.sink.producer is not None:
                self.sink.asked.resumeProducing()
            await settled(1)
        self.assertEqual(4 * PIECE, len(self.sink.body))

    async def test_who_leaves(self) -> None:
        """Then nobody is left who could be overtaken."""
        self.sending.cancel()
        await self.assertFailure(self.sending, CancelledError)
        self.assertTrue(self.far.is_closed)
        self.come(LENGTH)
        self.arrival.end()
