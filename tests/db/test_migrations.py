"""Migrations: once, in order, by whoever comes first, and the same schema whichever way it came about."""

from __future__ import annotations

import subprocess

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from fwtwisted.db import migrations
from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from tests.servers import postgres
from tests.waiting import GUARD_SECONDS


class MigrationTests(TestCase):
    """From an empty database."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.dsn = postgres().empty_database()
        self.addCleanup(postgres().drop, self.dsn)

    def _database(self) -> Database:
        database = Database(reactor, DatabaseSettings(self.dsn, connections=2))
        self.addCleanup(database.close)
        return database

    def _dump(self, dsn: str) -> str:
        program = postgres().programs / "pg_dump"
        ran = subprocess.run([program, "--schema-only", dsn], capture_output=True, text=True, check=True)
        return "\n".join(line for line in ran.stdout.splitlines() if not line.startswith(("--", "\\")))

    async def test_each_step_once(self) -> None:
        """The first run does every step, the second none."""
        database = self._database()
        self.assertEqual(migrations.steps(), await migrations.migrate(database))
        self.assertEqual([], await migrations.migrate(database))
        self.assertEqual([], await migrations.plan(database))

    async def test_several_at_once(self) -> None:
        """Many processes may start together: each step is done by exactly one of them."""
        done = await gatherResults(
            [Deferred.fromCoroutine(migrations.migrate(self._database())) for _ in range(4)], consumeErrors=True
        )
        numbers = sorted(step.number for several in done for step in several)
        self.assertEqual([step.number for step in migrations.steps()], numbers)

    async def test_upgraded_is_as_fresh(self) -> None:
        """Stopped after any step and gone on with later, the schema comes out the same."""
        fresh = postgres().fresh_database()
        self.addCleanup(postgres().drop, fresh)
        for known in range(1, len(migrations.steps()) + 1):
            database = self._database()
            while await database.transaction(lambda tx, n=known: migrations.next_step(tx, migrations.steps()[:n])):  # type: ignore[misc]
                pass
        self.assertEqual(self._dump(fresh), self._dump(self.dsn))

    async def test_a_newer_database_is_refused(self) -> None:
        """A program does not touch a schema that it does not know."""
        database = self._database()
        await migrations.migrate(database)
        await database.transaction(
            lambda tx: tx.do("INSERT INTO migration (number, name, digest) VALUES (9999, 'later', 'x')")
        )
        with self.assertRaises(migrations.SchemaError) as caught:
            await migrations.migrate(database)
        self.assertIn("9999", str(caught.exception))

    async def test_an_edited_step_is_noticed(self) -> None:
        """A file that changed after it was applied stops everything."""
        database = self._database()
        await migrations.migrate(database)
        await database.transaction(lambda tx: tx.do("UPDATE migration SET digest = 'x' WHERE number = 1"))
        with self.assertRaises(migrations.SchemaError):
            await migrations.plan(database)

    async def test_a_failing_step_leaves_the_state_before_it(self) -> None:
        """What a step did before it failed is undone, and it can be tried again."""
        database = self._database()
        broken = [migrations.Step(1, "broken", "CREATE TABLE half (); SELECT 1 / 0")]

        async def attempt(tx: Tx) -> object:
            return await migrations.next_step(tx, broken)

        with self.assertRaises(Exception) as caught:
            await database.transaction(attempt)
        self.assertIn("division by zero", str(caught.exception))
        found = await database.read(lambda tx: tx.one(lambda name: name, "SELECT to_regclass('half')"))
        self.assertIsNone(found)
