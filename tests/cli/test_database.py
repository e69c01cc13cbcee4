"""``fwtwisted db``."""

from __future__ import annotations

from fwtwisted.db.migrations import steps
from tests.cli.commands import CommandCase
from tests.servers import postgres, url_of


class MigrateTests(CommandCase):
    """The schema, by hand."""

    def test_plan_and_migrate(self) -> None:
        """``--plan`` shows what is missing and does nothing; without it that is done, once."""
        dsn = postgres().empty_database()
        self.addCleanup(postgres().drop, dsn)
        self.settings["DATABASE_URL"] = url_of(dsn)
        known = [step.number for step in steps()]
        for _ in range(2):
            planned = self.done("db", "migrate", "--plan", "--json").json
            self.assertEqual(known, [step["number"] for step in planned])
        self.assertIn("CREATE TABLE", self.done("db", "migrate", "--plan").out)
        both = [self.end(process).json for process in [self.begin("db", "migrate", "--json") for _ in range(2)]]
        self.assertEqual(known, sorted(step["number"] for told in both for step in told))
        self.assertEqual("The database is up to date.\n", self.done("db", "migrate").out)
        self.assertEqual([], self.done("db", "migrate", "--plan", "--json").json)

    def test_a_newer_database(self) -> None:
        """A database of a newer version is left alone, in words and with status 1, whatever the command."""
        self.execute("INSERT INTO migration (number, name, digest) VALUES (9999, 'later', 'x')")
        for words in (("db", "migrate"), ("db", "migrate", "--plan"), ("users", "list")):
            ended = self.run_command(*words)
            self.assertEqual((1, ""), (ended.status, ended.out))
            self.assertIn("install the newer version", ended.err)


class PlanOfNothingTests(CommandCase):
    """A folder that was never used."""

    embedded = True

    def test_plan(self) -> None:
        """The plan is everything, and nothing is made."""
        self.assertEqual(len(steps()), len(self.done("db", "migrate", "--plan", "--json").json))
        self.assertFalse(self.data.exists())
