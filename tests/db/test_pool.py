"""The pool on a live server: what commits, what does not, and what happens when somebody leaves or something dies."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import psycopg2
from psycopg2 import errors as sqlstates
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults

from fwtwisted.db.connection import Connection
from fwtwisted.db.often import Often
from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from fwtwisted.db.transactions import ManyRows, NoRow, Undone
from fwtwisted.model.errors import Unavailable
from tests.database import DatabaseCase
from tests.servers import Postgres, postgres
from tests.waiting import GUARD_SECONDS, settled

HOLD, WAIT = "SELECT pg_advisory_xact_lock(7)", "SELECT pg_advisory_lock_shared(7), pg_advisory_unlock_shared(7)"


class Sentinel(Exception):
    """Raised by the tests themselves."""


class TransactionTests(DatabaseCase):
    """What a transaction promises."""

    async def test_what_returns_is_committed(self) -> None:
        """A change is there for the next transaction."""
        await self.do("INSERT INTO tag (name) VALUES ('a')")
        self.assertEqual(1, await self.value("SELECT count(*) FROM tag"))

    async def test_what_raises_is_undone(self) -> None:
        """A failure leaves nothing, and is what the caller hears."""

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO tag (name) VALUES ('a')")
            raise Sentinel

        with self.assertRaises(Sentinel):
            await self.database.transaction(work)
        self.assertEqual(0, await self.value("SELECT count(*) FROM tag"))

    async def test_the_waiter_may_leave(self) -> None:
        """Cancelled in the middle of a statement, a transaction still commits, and its connection stays usable."""

        async def work(tx: Tx) -> None:
            await tx.do(WAIT)
            await tx.do("INSERT INTO tag (name) VALUES ('a')")

        async with self.locked(HOLD):
            running = self.database.transaction(work)
            await self.until_held_up()
            running.cancel()
            with self.assertRaises(CancelledError):
                await running
        await self.database.drained()
        self.assertEqual(1, await self.value("SELECT count(*) FROM tag"))

    async def test_many_waiters_leave(self) -> None:
        """However many hang up, the pool goes on answering."""
        for _ in range(3):
            async with self.locked(HOLD):
                running = [self.database.read(lambda tx: tx.do(WAIT)) for _ in range(8)]
                await self.until_held_up(4)
                for one in running:
                    one.addErrback(lambda why: why.trap(CancelledError))
                    one.cancel()
        self.assertEqual(2, await self.value("SELECT 1 + 1"))

    async def test_a_failure_after_the_waiter_left_is_logged(self) -> None:
        """Nothing fails unheard."""

        async def work(tx: Tx) -> None:
            await tx.do(WAIT)
            raise Sentinel

        async with self.locked(HOLD):
            running = self.database.transaction(work)
            running.addErrback(lambda why: why.trap(CancelledError))
            await self.until_held_up()
            running.cancel()
        await self.database.drained()
        self.assertEqual(1, len(self.flushLoggedErrors(Sentinel)))

    async def test_after_commit_means_after(self) -> None:
        """What follows a commit runs after a commit, and only then."""
        said: list[str] = []

        async def work(tx: Tx, fail: bool) -> None:
            tx.after_commit(said.append, "committed")
            await tx.do("SELECT 1")
            self.assertEqual([], said)
            if fail:
                raise Sentinel

        with self.assertRaises(Sentinel):
            await self.run_in(work, True)
        await self.run_in(work, False)
        self.assertEqual(["committed"], said)

    async def test_what_follows_a_commit_cannot_undo_it(self) -> None:
        """A call after the commit that breaks is logged; the work is told as done, and the other calls are made."""
        said: list[str] = []

        def broken() -> None:
            raise Sentinel

        async def work(tx: Tx) -> str:
            await tx.do("INSERT INTO tag (name) VALUES ('a')")
            tx.after_commit(broken)
            tx.after_commit(said.append, "next")
            return "done"

        self.assertEqual("done", await self.run_in(work))
        self.assertEqual(["next"], said)
        self.assertEqual(1, len(self.flushLoggedErrors(Sentinel)))

    async def test_a_hidden_failure_is_not_taken_for_a_commit(self) -> None:
        """Work that swallows the error of a statement is told that nothing of it lasts."""

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO tag (name) VALUES ('a')")
            with self.assertRaises(psycopg2.errors.DivisionByZero):
                await tx.do("SELECT 1 / 0")

        with self.assertRaises(Undone):
            await self.run_in(work)
        self.assertEqual(0, await self.value("SELECT count(*) FROM tag"))

    async def test_a_part_may_fail(self) -> None:
        """A nested piece of work undoes itself alone."""

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO tag (name) VALUES ('kept')")
            with self.assertRaises(psycopg2.errors.UniqueViolation):
                await tx.nested(lambda: tx.do("INSERT INTO tag (name) VALUES ('kept')"))
            await tx.do("INSERT INTO tag (name) VALUES ('also')")

        await self.run_in(work)
        self.assertEqual(2, await self.value("SELECT count(*) FROM tag"))

    async def test_who_was_overtaken_looks_again(self) -> None:
        """Once: a second time it is a bug, and told as what it is; nothing of the first try is kept."""
        looks: list[int] = []

        async def work(tx: Tx) -> int:
            looks.append(await tx.one(int, "SELECT count(*) FROM tag WHERE name = 'new'"))
            await tx.do("INSERT INTO tag (name) VALUES (%s)", f"try {len(looks)}")
            if not looks[-1]:
                await self.aside.transaction(lambda tx: tx.do("INSERT INTO tag (name) VALUES ('new')"))  # somebody else
                await tx.do("INSERT INTO tag (name) VALUES ('new')")
            return len(looks)

        self.assertEqual(2, await self.run_in(work))
        self.assertEqual(["new", "try 2"], await self.value("SELECT array_agg(name ORDER BY name) FROM tag"))
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            await self.run_in(lambda tx: tx.do("INSERT INTO tag (name) VALUES ('new')"))

    async def test_areas_are_raised_once(self) -> None:
        """A touched area gets a new version with the commit, and none without."""

        async def work(tx: Tx) -> None:
            tx.touch("catalog")
            await tx.do("SELECT 1")
            tx.touch("catalog", "libraries")

        before = await self.value("SELECT sum(version)::int FROM area")
        await self.run_in(work)
        self.assertEqual(before + 2, await self.value("SELECT sum(version)::int FROM area"))

    async def test_a_commit_that_fails_leaves_no_broken_connection(self) -> None:
        """When an area cannot be raised, the work is undone and whoever gets the connection next finds it sound."""
        one = Database(reactor, DatabaseSettings(self.dsn, connections=1, statement_seconds=0.2))
        self.addCleanup(one.close)

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO tag (name) VALUES ('a')")
            tx.touch("catalog")

        async with self.locked("SELECT FROM area FOR UPDATE"):
            with self.assertRaises(Unavailable):
                await one.transaction(work)
        self.assertEqual(0, await one.read(lambda tx: tx.one(int, "SELECT count(*) FROM tag")))

    async def test_rows_are_counted(self) -> None:
        """One is one, and several where one is lawful is a bug that names the query."""
        with self.assertRaises(NoRow):
            await self.run_in(Tx.one, int, "SELECT 1 WHERE false")
        with self.assertRaises(ManyRows):
            await self.run_in(Tx.maybe, int, "SELECT generate_series(1, 2)")
        self.assertIsNone(await self.run_in(Tx.maybe, int, "SELECT 1 WHERE false"))

    async def test_values_travel_as_they_are(self) -> None:
        """Per cent signs, quotes, documents and names of any script arrive unchanged."""
        text, document = "100 % 'd\"häßliche' 音楽 \\", {"a": ["ü", 1.5, None]}
        self.assertEqual(text, await self.value("SELECT %s", text))
        self.assertEqual(document, await self.value("SELECT %s::jsonb", document))


class OftenTests(DatabaseCase):
    """Statements whose plan the database keeps."""

    ASKED = Often("test_sum", "SELECT %s + %s, '5%%'", ("int", "int"))
    KNOWN = "SELECT count(*) FROM pg_prepared_statements WHERE name = 'test_sum'"

    async def told(self, one: int, other: int) -> object:
        return await self.database.read(lambda tx: tx.often(lambda *row: row, self.ASKED, one, other))

    async def test_told_once(self) -> None:
        """The first question tells the connection, the next ones name it; values are values."""
        self.assertEqual([(3, "5%"), (9, "5%")], [await self.told(1, 2), await self.told(4, 5)])
        self.assertEqual(1, await self.database.read(lambda tx: tx.one(int, self.KNOWN)))

    async def test_rows(self) -> None:
        """As many as there are, also of a list of values; more than one where one is asked for is a bug."""
        several = Often("test_rows", "SELECT unnest(%s::bigint[]) * 2", ("bigint[]",))
        for _ in range(2):
            asked = self.database.read(lambda tx: tx.often_many(int, several, [1, 2]))
            self.assertEqual([2, 4], await asked)
        self.assertEqual([], await self.run_in(lambda tx: tx.often_many(int, several, [])))
        with self.assertRaises(ManyRows):
            await self.database.read(lambda tx: tx.often(int, several, [1, 2]))

    async def test_without_values(self) -> None:
        """A question may have none."""
        plain = Often("test_plain", "SELECT 7", ())
        self.assertEqual([7, 7], [await self.database.read(lambda tx: tx.often(int, plain)) for _ in range(2)])
        self.assertEqual(7, await self.run_in(lambda tx: tx.often(int, plain)))

    async def test_forgotten(self) -> None:
        """What is not known there any more is told again; what is known without our knowledge is asked."""
        await self.told(1, 2)
        await self.database.read(lambda tx: tx.do("DEALLOCATE ALL"))
        self.assertEqual((3, "5%"), await self.told(1, 2))
        for connection in self.database._open:
            connection.knows.clear()
        self.assertEqual([(3, "5%"), (9, "5%")], [await self.told(1, 2), await self.told(4, 5)])

    async def test_in_a_transaction(self) -> None:
        """It is a statement as any other, so that nothing about it can break the transaction."""
        self.assertEqual((3, "5%"), await self.run_in(lambda tx: tx.often(lambda *row: row, self.ASKED, 1, 2)))
        self.assertEqual(0, await self.database.read(lambda tx: tx.one(int, self.KNOWN)))

    async def test_an_error(self) -> None:
        """It is told as of any other, and nothing is the worse for it."""
        await self.failing(self.told(1 << 30, 1 << 30), sqlstates.NumericValueOutOfRange)
        self.assertEqual((3, "5%"), await self.told(1, 2))

    async def failing(self, asked: Awaitable[object], kind: type[Exception]) -> None:
        with self.assertRaises(kind):
            await asked


class DeathTests(DatabaseCase):
    """Connections die; the pool lives."""

    async def end(self, pid: int) -> None:
        """End a connection from the server's side, and wait until it has ended."""
        postgres().execute(f"SELECT pg_terminate_backend({pid})")
        gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %s"
        while not await self.aside.read(lambda tx: tx.one(bool, gone, pid)):
            await settled(1)

    async def test_a_killed_connection_is_replaced(self) -> None:
        """A statement on a connection that the server closed is answered by another one."""
        pid = await self.value("SELECT pg_backend_pid()")
        await self.end(pid)
        self.assertNotEqual(pid, await self.value("SELECT pg_backend_pid()"))

    async def test_killed_in_the_middle(self) -> None:
        """Work that was under way when its connection died is told so, and nothing of it stays."""

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO tag (name) VALUES ('a')")
            pid = await tx.one(int, "SELECT pg_backend_pid()")
            await self.end(pid)
            await tx.do("SELECT 1")

        with self.assertRaises(Unavailable):
            await self.database.transaction(work)
        self.assertEqual(0, await self.value("SELECT count(*) FROM tag"))

    async def test_nobody_waits_for_ever(self) -> None:
        """When all connections are busy for too long, a caller is told."""
        database = Database(reactor, DatabaseSettings(self.dsn, connections=1, wait_seconds=0.05))
        self.addCleanup(database.close)
        async with self.locked(HOLD):
            busy = database.read(lambda tx: tx.do(WAIT))
            await self.until_held_up()
            with self.assertRaises(Unavailable):
                await database.read(lambda tx: tx.do("SELECT 1"))
        await busy

    async def test_statements_are_bounded(self) -> None:
        """A statement that takes too long is ended by the server, and its connection goes on."""
        database = Database(reactor, DatabaseSettings(self.dsn, connections=1, statement_seconds=0.5))
        self.addCleanup(database.close)
        with self.assertRaises(Unavailable):
            await database.read(lambda tx: tx.do("SELECT pg_sleep(60)"))
        self.assertEqual(1, await database.read(lambda tx: tx.one(int, "SELECT 1")))

    async def test_a_database_that_lets_few_in(self) -> None:
        """When the server admits fewer connections than the pool would open, callers share those that there are."""
        postgres().execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 2")
        self.addCleanup(postgres().execute, "DROP ROLE crowded")
        database = Database(
            reactor, DatabaseSettings(self.dsn.replace("user=fwtwisted", "user=crowded"), connections=6)
        )
        self.addCleanup(database.close)
        asked = [database.read(lambda tx: tx.one(str, "SELECT 'x' FROM pg_sleep(0.05)")) for _ in range(20)]
        self.assertEqual(["x"] * 20, await gatherResults(asked))

    async def test_a_full_disk_is_not_a_bug(self) -> None:
        """What the database cannot do for lack of room is told as a matter of time."""
        full = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
        with self.assertRaises(Unavailable) as told:
            await self.do(full)
        self.assertGreater(told.exception.retry_after, 10)
        self.assertEqual(2, await self.value("SELECT 1 + 1"))

    async def test_more_callers_than_connections(self) -> None:
        """Callers wait in order; all are answered."""

        async def number(tx: Tx, number: int) -> int:
            return await tx.one(int, "SELECT %s FROM pg_sleep(0.005)", number)

        async def one(n: int) -> int:
            return await self.database.read(lambda tx: number(tx, n))

        found: Any = await gatherResults([Deferred.fromCoroutine(one(n)) for n in range(40)], consumeErrors=True)
        self.assertEqual(list(range(40)), found)


class SecondTests(DatabaseCase):
    """Who holds a connection and wants another."""

    async def second(self, elsewhere: Database) -> None:
        """A transaction that waits for what another pool, or its own, reads."""

        async def work(tx: Tx) -> int:
            await tx.do("SELECT 1")
            return await elsewhere.read(lambda tx: tx.one(int, "SELECT 1"))

        self.assertEqual(1, await self.database.transaction(work))

    async def test_of_the_same_pool(self) -> None:
        """It is said aloud, as all of them at once would wait for ever."""
        await self.second(self.database)
        self.assertEqual(1, len(self.flushLoggedErrors(RuntimeError)))

    async def test_aside(self) -> None:
        """Another pool is for that."""
        await self.second(self.aside)

    async def test_afterwards(self) -> None:
        """What a transaction has begun, and does not wait for, may go on after it."""
        begun: list[Deferred[int]] = []
        turn: Deferred[None] = Deferred()

        async def later() -> int:
            await turn
            return await self.database.read(lambda tx: tx.one(int, "SELECT 1"))

        async def work(tx: Tx) -> None:
            await tx.do("SELECT 1")
            begun.append(Deferred.fromCoroutine(later()))

        await self.database.transaction(work)
        turn.callback(None)
        self.assertEqual(1, await begun[0])


class RestartTests(DatabaseCase):
    """A server of their own is stopped and started under the pool."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        super().setUp()
        self.server = Postgres()
        self.addCleanup(self.server.remove)
        self.addCleanup(self.server.stop)

    async def test_a_restart_is_lived_through(self) -> None:
        """While the server is away callers hear so quickly; when it is back, they are answered again."""
        database = Database(reactor, DatabaseSettings(self.server.empty_database(), connections=3))
        self.addCleanup(database.close)
        self.assertEqual(1, await database.read(lambda tx: tx.one(int, "SELECT 1")))
        self.server.kill()
        for _ in range(5):
            with self.assertRaises(Unavailable):
                await database.transaction(lambda tx: tx.one(int, "SELECT 1"))
        self.server.start()
        self.assertEqual(2, await database.read(lambda tx: tx.one(int, "SELECT 2")))

    async def test_a_crowd_hears_that_the_server_is_away(self) -> None:
        """However many wait when the server goes away, each is told."""
        database = Database(reactor, DatabaseSettings(self.server.empty_database(), connections=2))
        self.addCleanup(database.close)

        async def asked() -> bool:
            try:
                await database.read(lambda tx: tx.do("SELECT pg_sleep(5)"))
            except Unavailable:
                return True
            return False

        crowd = [Deferred.fromCoroutine(asked()) for _ in range(1000)]
        await settled()
        self.server.kill()
        self.assertEqual([True] * 1000, await gatherResults(crowd))

    async def test_a_dead_idle_connection_is_forgotten(self) -> None:
        """The descriptor of a dead connection is given back, so that its number can be used again."""
        connection = Connection(reactor)
        await connection.connect(self.server.empty_database())
        heard: Deferred[None] = Deferred()
        connection.on_close = lambda: heard.callback(None)
        self.server.kill()
        await heard
        self.assertFalse(connection.alive)
