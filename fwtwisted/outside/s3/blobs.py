"""
The store of blobs that an S3 bucket is.

Source: docs/storage.md §2, §3, §6.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from attrs import evolve, frozen
from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore
from twisted.logger import Logger

from fwtwisted.model.audio import media_type_for
from fwtwisted.model.errors import NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import IN_STORE, Copied, Known, Place, copied_into
from fwtwisted.outside.cache.source import CachedOrigin
from fwtwisted.outside.copies import Copies
from fwtwisted.outside.origin import Origin, StoreAway
from fwtwisted.outside.s3.bucket import Bucket
from fwtwisted.outside.s3.client import Refused
from fwtwisted.outside.s3.proofs import Proofs
from fwtwisted.outside.s3.reading import StoreOrigin
from fwtwisted.outside.s3.source import ObjectSource
from fwtwisted.outside.s3.writing import Labels, Writer
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import is_name, media_type_of
from fwtwisted.wire.s3.signing import Pairs

COPIES_AT_ONCE = 4
UNFINISHED_DAYS = 1


@frozen
class S3Ground:
    """
    What the store of blobs is made of.

    :ivar store: the bucket's objects by their names.  :ivar origin: what is read from: the same, or a cache before it.
    :ivar outgoing: folder for files that are on their way out, on a disk of ours.
    :ivar url_seconds: how long a URL lives that a client is given.
    :ivar cached: that origin, when it is a cache.  :ivar proofs: what need not be hashed again for a while.
    """

    bucket: Bucket
    store: StoreOrigin
    origin: Origin
    writer: Writer
    copies: Copies
    outgoing: str
    threads: Threads
    breathe: Callable[[], Deferred[Any]]
    url_seconds: int = 3600
    cached: CachedOrigin | None = None
    proofs: Proofs | None = None


class S3Blobs:
    """See :class:`~fwtwisted.outside.blobs.BlobStore`."""

    _log = Logger()

    def __init__(self, ground: S3Ground) -> None:
        self._ground = ground
        self._bucket, self._store, self._writer = ground.bucket, ground.store, ground.writer
        self._threads = ground.threads

    @property
    def is_away(self) -> bool:
        """Whether nobody is sent to the store for the time being."""
        return self._bucket.client.is_away

    @property
    def trouble(self) -> str:
        """What was the matter when it was last seen to fail, in words for the operator."""
        return self._bucket.client.trouble

    # --- storing ---------------------------------------------------------------------------------

    async def adopt(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.adopt`."""
        await self.keep(name, path, media_type)
        await self._threads(disk.gone, path)
        return IN_STORE

    async def keep(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.keep`.  Who needs the file again soon need not fetch it."""
        await self._writer.put_file(self._store.key(name), path, _labels(name, media_type))
        self._is_there(name)
        await self._ground.copies.offer(name, path)
        return IN_STORE

    async def copy(self, name: str, path: str) -> str:
        """See :meth:`BlobStore.copy`.  What may change under our hands is copied before it is sent."""
        if await self._copy(name, path) is None:
            raise NotFound
        return IN_STORE

    async def copy_all(self, pairs: Sequence[tuple[str, str]]) -> list[Copied | None]:
        """See :meth:`BlobStore.copy_all`."""
        bound = DeferredSemaphore(COPIES_AT_ONCE)

        def one(name: str, path: str) -> Deferred[Copied | None]:
            return Deferred.fromCoroutine(self._copy(name, path))

        copying = [bound.run(one, name, path) for name, path in pairs]
        told: list[tuple[bool, Any]] = await DeferredList(copying, consumeErrors=True)
        failures = [result for succeeded, result in told if not succeeded]
        if failures:
            await self._forget([name for (name, _), (succeeded, _) in zip(pairs, told, strict=True) if succeeded])
            failures[0].raiseException()
        return [result for _, result in told]

    async def _forget(self, names: Sequence[str]) -> None:
        """Take back what was stored, as far as that can be; whoever asked has doomed the names."""
        try:
            for name in names:
                await self.delete(name)
        except StoreAway:
            return

    async def _copy(self, name: str, path: str) -> Copied | None:
        key = self._store.key(name)
        place = os.path.join(self._ground.outgoing, str(uuid4()))
        try:
            copied = await self._threads(_copied, place, path)
            if copied is None:
                return None
            await self._writer.put_file(key, place, _labels(name, None))
            self._is_there(name)
        finally:
            await self._threads(disk.gone, place)
        return evolve(copied, storage=IN_STORE)

    async def put(self, name: str, body: bytes) -> str:
        """See :meth:`BlobStore.put`."""
        await self._writer.put_bytes(self._store.key(name), body, _labels(name, None))
        self._is_there(name)
        return IN_STORE

    def _is_there(self, name: str) -> None:
        """Whoever remembers that there is no such object is wrong now."""
        if self._ground.cached is not None:
            self._ground.cached.cache.memory.forget(name)

    # --- reading ---------------------------------------------------------------------------------

    async def open(self, name: str, known: Known | None = None) -> ByteSource:
        """See :meth:`BlobStore.open`."""
        self._store.key(name)
        told = known or Known()
        if self._ground.cached is not None:
            return await self._ground.cached.open(name, told)
        ground = self._ground
        source = ObjectSource(ground.origin, name, told, ground.breathe, ground.threads, ground.proofs)
        if told.size is None or told.sha256 is None:
            await source.discover()
        return source

    def lent(self, name: str) -> AbstractAsyncContextManager[str]:
        """See :meth:`BlobStore.lent`."""
        return self._ground.copies.lent(name)

    async def place(self, name: str, known: Known | None = None) -> Place:
        """See :meth:`BlobStore.place`."""
        if self.is_away:
            return Place(False)
        return Place(False, DistantObject(self._bucket, self._store.key(name), self._ground.url_seconds))

    async def size(self, name: str) -> int | None:
        """See :meth:`BlobStore.size`.  :raise StoreAway:"""
        try:
            return (await self._ground.origin.head(name)).size
        except NotFound:
            return None

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See :meth:`BlobStore.names`.  :raise StoreAway:"""
        below = len(self._store.below)
        try:
            async for one in self._bucket.listed(self._store.below + prefix):
                name = one.key[below:]
                if is_name(name):
                    yield name
        except Refused as refused:
            raise StoreAway(str(refused)) from refused

    # --- removing --------------------------------------------------------------------------------

    async def delete(self, name: str) -> None:
        """See :meth:`BlobStore.delete`.  :raise StoreAway:"""
        if is_name(name):
            await self._bucket.delete(self._store.key(name))
            if self._ground.cached is not None:
                await self._ground.cached.cache.purge(name)

    async def sweep(self) -> int:
        """Clear away what was begun in parts more than a day ago, and never ended; how many."""
        before = self._bucket.client.now() - timedelta(days=UNFINISHED_DAYS)
        try:
            return await self._bucket.abort_old(before, self._store.below)
        except Refused as refused:
            raise StoreAway(str(refused)) from refused

    async def revive(self) -> bool:
        """Look whether a store that is left alone has come back; at once, whatever the breaker says."""
        return await self._bucket.client.knock()


class DistantObject:
    """See :class:`~fwtwisted.outside.blobs.Distant`."""

    def __init__(self, bucket: Bucket, key: str, usual_seconds: int) -> None:
        self._bucket, self._key, self._usual_seconds = bucket, key, usual_seconds

    def url(self, seconds: int | None, media_type: str, disposition: str | None) -> str:
        """See :meth:`Distant.url`."""
        query: Pairs = (("response-content-type", media_type),)
        if disposition is not None:
            query += (("response-content-disposition", disposition),)
        return self._bucket.client.url(self._key, seconds or self._usual_seconds, query)


def _labels(name: str, media_type: str | None) -> Labels:
    """What an object of that name is stored with; what its extension says is never a page (S-1)."""
    guessed = media_type_for(os.path.splitext(name)[1].removeprefix(".").lower()) or media_type_of(name)
    return Labels(name, media_type or guessed)


def _copied(place: str, path: str) -> Copied | None:
    """In a thread: a copy of somebody's file; None when it cannot be read."""
    disk.make_folders(os.path.dirname(place))
    with disk.room_told():
        fd = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, disk.FILE_MODE)
    try:
        return copied_into(fd, path)
    finally:
        os.close(fd)
