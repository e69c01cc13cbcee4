"""A test case with a real database of its own, and short ways to put people and libraries into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from tests.servers import fresh_database, postgres
from tests.waiting import GUARD_SECONDS, TURN_SECONDS

T = TypeVar("T")

HOME = "pod.example"
HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class DatabaseCase(TestCase):
    """Each test has a database of its own in ``self.database``."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.dsn = fresh_database()
        self.database = Database(reactor, DatabaseSettings(self.dsn, connections=4))
        self.aside = Database(reactor, DatabaseSettings(self.dsn, connections=1))
        self.addCleanup(postgres().drop, self.dsn)
        self.addCleanup(self.aside.close)
        self.addCleanup(self.database.close)

    async def run_in(self, work: Callable[..., Awaitable[T]], *args: Any) -> T:
        """``work(tx, *args)`` in one transaction."""

        async def run(tx: Tx) -> T:
            return await work(tx, *args)

        return await self.database.transaction(run)

    async def do(self, sql: str, *args: object) -> int:
        """Run a statement."""
        return await self.run_in(Tx.do, sql, *args)

    async def value(self, sql: str, *args: object) -> Any:
        """The only column of the only row."""
        return await self.run_in(Tx.one, lambda found: found, sql, *args)

    @asynccontextmanager
    async def locked(self, lock: str) -> AsyncIterator[None]:
        """Have another connection run the statement ``lock``, and keep what it locks until the block ends."""
        has, over = Deferred[None](), Deferred[None]()

        async def hold(tx: Tx) -> None:
            await tx.do(lock)
            has.callback(None)
            await over

        holding = self.aside.transaction(hold)
        await has
        try:
            yield
        finally:
            over.callback(None)
            await holding

    async def until_held_up(self, number: int = 1) -> None:
        """Wait until so many connections to this database wait for a lock; the test's time-out is the limit."""
        line = psycopg2.connect(self.dsn)
        try:
            with line.cursor() as cursor:
                while True:
                    cursor.execute(HELD_UP)
                    if cursor.fetchall()[0][0] >= number:
                        return
                    line.rollback()
                    await deferLater(reactor, TURN_SECONDS)
        finally:
            line.close()

    async def an_actor(self, name: str, domain: str = HOME) -> int:
        """An actor's id; those of :data:`HOME` are ours and have a private key."""
        await self.do("INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", domain)
        fid = f"https://{domain}/federation/actors/{name}"
        key = "PEM" if domain == HOME else None
        made: int = await self.value(
            "INSERT INTO actor (fid, domain, preferred_username, private_key) VALUES (%s, %s, %s, %s) RETURNING id",
            fid, domain, name, key,
        )  # fmt: skip
        return made

    async def a_library(self, owner: int, level: str, name: str = "music") -> int:
        """A library's id."""
        made: int = await self.value(
            "WITH made AS (SELECT gen_random_uuid() AS uuid) INSERT INTO library"
            " (uuid, fid, followers_url, actor_id, name, privacy_level)"
            " SELECT uuid, 'https://x/' || uuid, 'https://x/' || uuid || '/followers', %s, %s, %s FROM made"
            " RETURNING id",
            owner, name, level,
        )  # fmt: skip
        return made

    async def a_follow(
        self, who: int, *, library: int | None = None, actor: int | None = None, approved: bool | None = True
    ) -> None:
        """A follow of a library or of an actor."""
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_library_id, target_actor_id, approved)"
            " VALUES (gen_random_uuid()::text, %s, %s, %s, %s)",
            who, library, actor, approved,
        )  # fmt: skip
