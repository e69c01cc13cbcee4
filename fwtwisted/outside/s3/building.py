"""
A pod's object store, put together from what was set: every object once, each handed what it needs.

The disk cache, where there is one, goes between the store and all who read from it.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.cache.cache import CacheGround, MediaCache
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.cache.source import CachedOrigin
from fwtwisted.outside.copies import Copies
from fwtwisted.outside.origin import Origin, StoreAway
from fwtwisted.outside.precedence import Traffic
from fwtwisted.outside.s3.blobs import S3Blobs, S3Ground
from fwtwisted.outside.s3.bucket import Bucket
from fwtwisted.outside.s3.client import Client
from fwtwisted.outside.s3.keyring import Keyring
from fwtwisted.outside.s3.learnt import Learnt
from fwtwisted.outside.s3.proofs import Proofs
from fwtwisted.outside.s3.reading import StoreOrigin
from fwtwisted.outside.s3.settings import StoreSettings
from fwtwisted.outside.s3.urls import PublicUrls, UrlStyle
from fwtwisted.outside.s3.writing import Writer
from fwtwisted.outside.stores import LocalFirst

__all__ = ["PodStore", "StoreParts", "UrlStyle", "pod_store"]


@frozen
class PodStore:
    """
    What is set about a pod's bucket.

    :ivar url_seconds: how long a signed URL lives.
    :ivar custom_domain: a host for public pictures; None: the endpoint's.
    """

    settings: StoreSettings
    url_seconds: int = 3600
    custom_domain: str | None = None
    picture_urls: UrlStyle = UrlStyle.OURS


class StoreParts:
    """
    Everything that a pod's object store is made of.

    :ivar bucket: for administrators' commands.  :ivar writer: the same.  :ivar store: names as keys.
    :ivar blobs: this disk first, the store second.
    :ivar urls: of public pictures.
    :ivar cache: before the store; None when there is none.
    :ivar learnt: what the store has shown of itself.
    """

    _log = Logger()

    def __init__(
        self,
        bucket: Bucket,
        store: StoreOrigin,
        writer: Writer,
        copies: Copies,
        blobs: LocalFirst,
        urls: PublicUrls,
        cache: MediaCache | None,
        learnt: Learnt,
        traffic: Traffic,
    ) -> None:
        self.bucket, self.store, self.writer = bucket, store, writer
        self.blobs, self.urls, self.cache, self.learnt = blobs, urls, cache, learnt
        self._copies, self._traffic = copies, traffic
        self._sweeping: Deferred[None] | None = None

    async def begin(self) -> None:
        """Put in order what a killed process left behind, here at once, in the store behind our back."""
        await self.learnt.look()
        self._traffic.start()
        await self._copies.begin()
        if self.cache is not None:
            await self.cache.begin()
        self._sweeping = Deferred.fromCoroutine(self._sweep())

    async def close(self) -> None:
        """Let go of everything."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await self._sweeping
        await self._traffic.stop()
        await self._copies.close()
        if self.cache is not None:
            await self.cache.close()
        await self.bucket.client.close()
        await self.learnt.settle()

    async def _sweep(self) -> None:
        try:
            swept = await self.blobs.store.sweep()
        except CancelledError:
            return
        except StoreAway as why:
            self._log.info("old unfinished uploads stay in the media store: {why}", event="s3.unswept", why=str(why))
            return
        if swept:
            self._log.info("{count} old unfinished uploads dropped", event="s3.swept", count=swept)


def pod_store(
    reactor: Any,
    pod: PodStore,
    local: LocalBlobs,
    root: str,
    threads: Threads,
    *,
    looks_here: bool,
    caching: MediaCacheSettings | None = None,
    wall: Callable[[], float] = time.time,
) -> StoreParts:
    """
    :param root: the folder of the local store, which has room for what is on its way.
    :param caching: how to keep copies on this disk; None: none are kept.
    :param wall: seconds since 1970, for the age of copies.
    :raise ValueError:  :raise OSError: the certificates of the settings cannot be read.
    """
    settings = pod.settings
    keyring = Keyring(settings.keys, settings.files, threads)
    learnt = Learnt(f"{settings.address.origin}{settings.address.base}/{settings.address.bucket}", root, threads, wall)
    client = Client(reactor, settings, keyring, time.time, random.random, learnt)
    bucket = Bucket(client, settings.address.bucket)
    store = StoreOrigin(bucket, settings.location, settings.retries, is_ranged=not settings.single_request)

    def breathe() -> Deferred[None]:
        woken: Deferred[None] = Deferred()
        reactor.callLater(0, woken.callback, None)
        return woken

    def identity(name: str) -> str:
        return f"{bucket.name}\n{store.key(name)}"

    cached, proofs = None, Proofs(reactor)
    if caching is not None:
        cache = MediaCache(CacheGround(reactor, store, identity, threads, wall, breathe), caching)
        cached = CachedOrigin(cache, proofs)
    origin: Origin = cached or store
    writer = Writer(bucket, settings, threads, learnt)
    copies = Copies(reactor, origin, os.path.join(root, ".copies"), threads)

    outgoing = os.path.join(root, ".outgoing")
    ground = S3Ground(
        bucket, store, origin, writer, copies, outgoing, threads, breathe, pod.url_seconds, cached, proofs
    )
    blobs = LocalFirst(local, S3Blobs(ground), root, threads, looks_here=looks_here)
    urls = PublicUrls(client, store.key, pod.picture_urls, pod.custom_domain, pod.url_seconds)
    traffic = Traffic(reactor, root, threads, lambda: client.turns.given, lambda: client.turns.are_held)
    kept = None if cached is None else cached.cache
    return StoreParts(bucket, store, writer, copies, blobs, urls, kept, learnt, traffic)
