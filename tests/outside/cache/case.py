"""A cache in a fresh folder, before a real store, behind a proxy that counts what is asked and makes trouble."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from random import Random
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.outside.blobs import Known, LocalBlobs
from fwtwisted.outside.cache.cache import MediaCache
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.s3.building import PodStore, StoreParts, pod_store
from fwtwisted.outside.s3.settings import LineSettings, StoreSettings
from fwtwisted.wire.http import ByteSource, Span
from fwtwisted.wire.s3.addresses import Address
from tests.outside.consumers import Sink
from tests.outside.s3.case import StoreCase
from tests.s3_server import POD
from tests.waiting import until

reactor: Any = _reactor

SLICE = 64 << 10
NAME = "tracks/aa/bb/cc/song.flac"


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not repeat."""
    return Random(seed).randbytes(size)


SONG = noise(10 * SLICE + 777)


class CacheCase(StoreCase):
    """
    :ivar cache: slices of 64 KiB.  :ivar ahead: seconds that its clock is ahead of the machine's.
    """

    caching: Mapping[str, Any] = {}
    retries = 2

    async def setUp(self) -> None:  # type: ignore[override]
        self.folder = os.path.abspath(self.mktemp())
        self.ahead = 0.0
        await super().setUp()
        self.cache = await self.opened(self.parts)

    def store_parts(self, keys: Any = POD, **caching: Any) -> StoreParts:
        """A pod's view of the bucket, through a cache."""
        line = LineSettings(**{"connect_seconds": 2.0, "read_seconds": 2.0, **self.line})
        address = Address.at(self.endpoint, self.bucket_name, None, "auto")
        told = {"max_bytes": 1 << 30, "least_free_bytes": 0, "slice_bytes": SLICE, **self.caching, **caching}
        parts = pod_store(
            reactor,
            PodStore(StoreSettings(address, keys, retries=self.retries, line=line)),
            LocalBlobs(self.root, deferToThread),
            self.root,
            deferToThread,
            looks_here=True,
            caching=MediaCacheSettings(self.folder, **told),
            wall=lambda: time.time() + self.ahead,
        )
        self.addCleanup(parts.close)
        return parts

    async def opened(self, parts: StoreParts) -> MediaCache:
        """Its cache, open."""
        assert parts.cache is not None
        await parts.cache.begin()
        return parts.cache

    async def again(self, **caching: Any) -> None:
        """As if the process had been started anew."""
        await self.parts.close()
        self.parts = self.store_parts(**caching)
        self.origin, self.blobs = self.parts.store, self.parts.blobs
        self.cache = await self.opened(self.parts)

    async def source(self, name: str = NAME, known: Known | None = None) -> ByteSource:
        """An object to be sent."""
        return await self.blobs.open(name, known)

    async def heard(self, span: Span | None = None, name: str = NAME, known: Known | None = None) -> tuple[str, bytes]:
        """What a listener gets: the cache's word for it, and the bytes."""
        source = await self.source(name, known)
        try:
            await source.ready(span)
            sink = Sink()
            await source.produce(sink, span)
            return source.cache_status, sink.body
        finally:
            source.close()

    async def landed(self) -> None:
        """Nobody brings anything any more."""
        await self.until(lambda: not self.cache.flights)

    def hearing(self, *args: Any, **told: Any) -> Deferred[tuple[str, bytes]]:
        """The same, begun."""
        return Deferred.fromCoroutine(self.heard(*args, **told))

    @property
    def gets(self) -> list[str]:
        """The ranges that the store was asked for."""
        objects = [asked for asked in self.faults.asked if asked.method == "GET" and "?" not in asked.path]
        return [asked.headers.get("range", "all") for asked in objects]

    async def until(self, true: Any) -> None:
        """Wait for something."""
        await until(true)
