"""A test case with a real database of its own, and short ways to put people and libraries into it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from tests.servers import fresh_database, postgres

T = TypeVar("T")

HOME = "pod.example"


class DatabaseCase(TestCase):
    """Each test has a database of its own in ``self.database``."""

    timeout = 60

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
