"""
The ground that the server and the ``fwtwisted`` command both stand on: threads, PostgreSQL, bell, cache.

Floors rise in order and fall in the opposite one, so that whatever runs finds what it stands on.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from attrs import evolve
from OpenSSL import SSL
from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from fwtwisted.config import Config, ConfigError
from fwtwisted.config.footing import cache_settings, database_settings
from fwtwisted.db.bell import NotifyBell
from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.embedded import EmbeddedPostgres
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.fetching.lookups import AT_ONCE as LOOKUPS_AT_ONCE
from fwtwisted.outside.s3.building import StoreParts, pod_store
from fwtwisted.outside.shared import (
    Bell,
    Cache,
    MemoryCache,
    RedisBell,
    RedisCache,
    RedisConnection,
)
from fwtwisted.outside.stores import LocalFirst
from fwtwisted.outside.tallies import MemoryTallies, RedisTallies, Tallies

P = ParamSpec("P")
T = TypeVar("T")

BAD_BUNDLE = "AWS_S3_CA_BUNDLE names no file of certificates that can be read."
THREADS = 12
FIRST_REST, LONGEST_REST = 0.5, 10.0  # seconds between attempts to reach a database that is away at the start
TELL_SECONDS = 10.0  # between two words to the log that it is waited for


class Ground:
    """
    What everything else stands on.

    :ivar database: open after :meth:`rise`.
    :ivar aside: one more connection, for looking up again what transactions may have to wait for.
    :ivar bell: rings in all processes.
    :ivar cache: what may be forgotten; all processes share it where there is Redis.
    :ivar tallies: what is counted, shared in the same way.
    :ivar threads: for work that blocks, on files most of all.
    :ivar lookup_threads: for looking up names of hosts alone, which may take its time.
    :ivar blobs: where media lie.  :ivar store: the object store behind them, if there is one.
    :raise ConfigError: the certificates for the object store cannot be read.
    """

    _log = Logger()

    def __init__(self, reactor: Any, config: Config) -> None:
        self.reactor, self.config = reactor, config
        self._pool = ThreadPool(0, THREADS, name="fwtwisted")
        self.threads: Threads = _threads(reactor, self._pool)
        self._lookup_pool = ThreadPool(0, LOOKUPS_AT_ONCE, name="lookups")
        self.lookup_threads: Threads = _threads(reactor, self._lookup_pool)
        local = LocalBlobs(config.media.root, self.threads)
        self.store = self._object_store(local)
        self.blobs: LocalBlobs | LocalFirst = local if self.store is None else self.store.blobs
        self.database: Database
        self.aside: Database
        self.bell: Bell
        self.cache: Cache
        self.tallies: Tallies
        self._falls: list[Callable[[], Awaitable[object]]] = []

    async def rise(self, *, server: bool) -> None:
        """
        Open everything, from below.

        :param server: we are the server of the data folder (not a command beside it).
        :raise EmbeddedError: the private PostgreSQL cannot be had; the text says why.
        """
        os.makedirs(self.config.general.data, exist_ok=True)
        self._pool.start()
        self._lookup_pool.start()
        self._falls.append(self._stop_threads)
        if self.store is not None:
            self._falls.append(self.store.close)
        settings = database_settings(self.config, await self._dsn(server=server))
        self.database = Database(self.reactor, settings)
        self._falls.append(self.database.close)
        self.aside = Database(self.reactor, evolve(settings, connections=1))
        self._falls.append(self.aside.close)
        await self._redis_or_memory(settings)

    async def fall(self) -> None:
        """Close everything, from above; a floor that fails does not keep the others up."""
        while self._falls:
            try:
                await self._falls.pop()()
            except Exception:  # what is below must still be closed
                self._log.failure("a part did not stop properly", event="ground.fall")

    async def reachable(self) -> None:
        """Wait, for as long as it takes, until the database answers."""
        rest, told_at = FIRST_REST, 0.0
        while True:
            try:
                return await self.database.read(_nothing)
            except Unavailable:
                if self.reactor.seconds() - told_at >= TELL_SECONDS:
                    told_at = self.reactor.seconds()
                    self._log.warn("waiting for the database", event="database.waiting")
            await deferLater(self.reactor, rest)
            rest = min(LONGEST_REST, rest * 2)

    def _object_store(self, local: LocalBlobs) -> StoreParts | None:
        told, root = self.config.store, self.config.media.root
        if told is None:
            return None
        try:
            return pod_store(
                self.reactor, told.pod, local, root, self.threads, looks_here=told.looks_here, caching=told.cache
            )
        except (OSError, ValueError, SSL.Error) as wrong:
            raise ConfigError(BAD_BUNDLE) from wrong

    async def _dsn(self, *, server: bool) -> str:
        if self.config.database.url is not None:
            return self.config.database.url
        private = EmbeddedPostgres(Path(self.config.general.data), self.reactor, self.threads)
        self._falls.append(private.stop)
        return await private.start(server=server)

    async def _redis_or_memory(self, settings: DatabaseSettings) -> None:
        told = cache_settings(self.config)
        if told.redis is None:
            self.cache, self.tallies = MemoryCache(self.reactor, told), MemoryTallies(self.reactor)
            bell: NotifyBell | RedisBell = NotifyBell(self.reactor, settings, self.database)
        else:
            redis = RedisConnection(self.reactor, told)
            self.cache = RedisCache(redis, self.reactor, told)
            self.tallies = RedisTallies(redis, self.reactor, told.prefix)
            bell = RedisBell(self.reactor, redis, told)
            self._start(redis)
        self.bell = bell
        self._start(bell)
        if self.store is not None and self.store.cache is not None:
            self.store.cache.hear(bell)

    def _start(self, service: Service) -> None:
        service.startService()
        self._falls.append(lambda: maybeDeferred(service.stopService))

    async def _stop_threads(self) -> None:
        self._pool.stop()
        self._lookup_pool.stop()


def _threads(reactor: Any, pool: ThreadPool) -> Threads:
    def threads(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(reactor, pool, work, *args, **kwargs)

    return threads


async def _nothing(_: object) -> None:
    """What is read to see whether anything can be read."""
