"""Listeners who are behind: what lies in a growing entry already goes out by the kernel, and nothing of it is held."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from twisted.internet.defer import Deferred

from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.folder import digest_of
from fwtwisted.outside.s3.reading import StoreBody
from fwtwisted.wire.http import ByteSource, Span
from tests.faults import Fault
from tests.outside.cache.case import NAME, CacheCase, noise
from tests.outside.s3.test_hauls import Listener, Out, joined

SONG = noise((12 << 20) + 777)
KNOWN = Known(len(SONG), hashlib.sha256(SONG).hexdigest())


class GrowingTests(CacheCase):
    """A listener over a real socket."""

    caching = {"slice_bytes": 1 << 20}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.lay(NAME, SONG)
        self.out, self.listener = await joined(self)

    async def begun(self, span: Span | None = None) -> tuple[ByteSource, Deferred[None]]:
        """What is sent, to a listener who takes nothing yet."""
        source = await self.source(known=KNOWN)
        await source.ready(span)
        self.assertIsNone(source.descriptor())
        return source, source.produce(self.out, span)  # type: ignore[arg-type]

    async def heard_by(self, out: Out, listener: Listener, work: Deferred[None]) -> bytes:
        """All that the listener gets."""
        got = listener.all()
        await work
        out.transport.loseConnection()
        return await got

    @property
    def entry(self) -> Any:
        """The song's."""
        return self.cache._entries[digest_of(self.cache.ground.key(NAME))]

    @property
    def moved(self) -> int:
        """By the kernel."""
        return sum(haul.moved for haul in self.out.hauls)

    async def test_who_is_behind(self) -> None:
        """What came while somebody took nothing is moved by the kernel; the store is asked once."""
        _, work = await self.begun()
        await self.landed()
        self.assertEqual(SONG, await self.heard_by(self.out, self.listener, work))
        self.assertEqual(len(SONG), self.out.written + self.moved)
        self.assertGreater(self.moved, len(SONG) // 2)
        self.assertEqual(["all"], self.gets)

    async def test_who_keeps_up(self) -> None:
        """Who hears it as it comes gets the same, be it from memory or from the file."""
        self.faults.always(Fault(method="GET", bytes_a_second=8_000_000))
        _, work = await self.begun()
        self.assertEqual(SONG, await self.heard_by(self.out, self.listener, work))
        self.assertEqual(len(SONG), self.out.written + self.moved)

    async def test_a_part(self) -> None:
        """Of a part, no byte more and no byte less."""
        span = Span(1_500_001, 9_000_003)
        _, work = await self.begun(span)
        await self.landed()
        self.assertEqual(SONG[span.start : span.stop], await self.heard_by(self.out, self.listener, work))
        self.assertGreater(self.moved, 0)

    async def test_file_becomes_shorter(self) -> None:
        """What is lost under the kernel's hands comes from the store again, from the right byte on."""
        _, work = await self.begun()
        await self.landed()
        os.ftruncate(self.entry.files.data, 5_500_000)
        self.assertEqual(SONG, await self.heard_by(self.out, self.listener, work))
        self.assertGreater(len(self.gets), 1)

    async def test_who_leaves(self) -> None:
        """Nobody holds the entry any more."""
        _, work = await self.begun()
        await self.landed()
        work.addErrback(lambda _: None)
        self.out.transport.abortConnection()
        await self.until(lambda: not self.entry.users)


class PaceTests(CacheCase):
    """How much comes of an answer before anybody reads."""

    async def test_little_before_somebody_reads(self) -> None:
        """Two small reads at most, over a new connection and over one that somebody quick has used."""
        self.lay(NAME, SONG)
        for _ in range(2):
            fetched = await self.parts.store.fetch(NAME)
            assert isinstance(fetched.body, StoreBody)
            flow = fetched.body._flow
            assert flow is not None
            await self.sleep(0.2)
            self.assertLessEqual(flow._held, 64 << 10)
            while await _next(fetched.body):
                pass


async def _next(body: Any) -> bytes:
    piece = body.next()
    return await piece if isinstance(piece, Deferred) else piece
