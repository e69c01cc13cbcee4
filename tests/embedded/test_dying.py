"""``kill -9`` of those who use the private PostgreSQL, and of itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs

from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.embedded import ProgramFinder
from fwtwisted.embedded.locks import FileLock
from fwtwisted.embedded.programs import owner_of_new
from fwtwisted.model.errors import Unavailable
from tests.embedded.case import ROOT, OnFolder, lives, query
from tests.waiting import settled, until


class DeathTests(OnFolder):
    """``kill -9`` of us and of it."""

    async def test_of_the_server(self) -> None:
        """PostgreSQL outlives a killed server and is adopted by the next, which stops it in the end."""
        child = self.child("server")
        pid = await child.up()
        child.kill()
        self.assertTrue(lives(pid))
        postgres = self.user()
        dsn = await postgres.start(server=True)
        self.assertEqual(pid, postgres.pid)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
        await postgres.stop()
        self.assertFalse(lives(pid))

    async def test_of_postgres(self) -> None:
        """A killed PostgreSQL is started again by itself, with all that was committed, and the pool goes on."""
        postgres = self.user()
        dsn = await postgres.start(server=True)
        database = Database(reactor, DatabaseSettings(dsn))
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        await database.transaction(lambda tx: tx.do("CREATE TABLE kept AS SELECT 7 AS number"))
        for _ in range(2):
            pid = postgres.pid or 0
            os.kill(pid, signal.SIGKILL)
            await until(lambda pid=pid: postgres.pid not in (None, pid))  # type: ignore[misc]
            self.assertEqual(7, await self.patiently(database))

    async def patiently(self, database: Database) -> int:
        """Ask until the pool has found its way back."""
        while True:  # the test's time-out is the limit
            try:
                return await database.read(lambda tx: tx.one(int, "SELECT number FROM kept"))
            except Unavailable:
                await settled(1)

    async def test_of_an_adopted_one(self) -> None:
        """A PostgreSQL that is no child of ours is watched as well."""
        child = self.child("server")
        pid = await child.up()
        child.kill()
        postgres = self.user()
        await postgres.start(server=True)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: postgres.pid not in (None, pid))

    async def test_seen_by_two(self) -> None:
        """When two processes see it die, one starts it and the other adopts it."""
        server = self.user()
        await server.start(server=True)
        command = self.child("command")
        pid = await command.up()
        os.kill(pid, signal.SIGKILL)
        await until(lambda: server.pid not in (None, pid))
        again = server.pid or 0
        await command.leave()
        self.assertTrue(lives(again))

    async def test_of_both(self) -> None:
        """After a power cut the next start is a start like any other."""
        child = self.child("server")
        pid = await child.up()
        child.kill()
        os.kill(pid, signal.SIGKILL)
        await self.user().start(server=True)

    def nothing_lives(self) -> bool:
        """Whether PostgreSQL's last process has ended."""
        alive = FileLock(self.data / "postgres.alive")
        free = alive.take()
        alive.release()
        return free

    async def test_stale_number(self) -> None:
        """A left-over ``postmaster.pid`` that names a living process of the same user does not hold us up."""
        child = self.child("server")
        pid = await child.up()
        child.kill()
        os.kill(pid, signal.SIGKILL)
        file = self.data / "postgres" / "postmaster.pid"
        await until(self.nothing_lives)
        owner = file.stat().st_uid
        with subprocess.Popen(["sleep", "60"], user=owner if ROOT else None) as other:
            try:
                for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                    path = self.data / "postgres" / name
                    path.write_text(path.read_text().replace(str(pid), str(other.pid), 1))
                await self.user().start(server=True)
                self.assertIsNone(other.poll())
            finally:
                other.kill()

    async def test_in_the_middle_of_the_first_start(self) -> None:
        """Killed while the cluster is being made: the next start makes it anew, once what was begun has ended."""
        programs = self.held_programs()
        child = self.child("server", "", str(programs))
        await until((programs / "begun").exists, "the beginning")
        child.kill()
        self.assertTrue((self.data / "postgres.new").exists())
        self.assertFalse((self.data / "postgres").exists())
        await deferToThread((programs / "go").write_text, "on\n")
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
        self.assertFalse((self.data / "postgres.new").exists())

    def held_programs(self) -> Path:
        """PostgreSQL's programs, in a folder where ``initdb`` says that it has ``begun`` and waits for its ``go``."""
        real = ProgramFinder().newest(owner_of_new()).folder
        folder = Path(tempfile.mkdtemp(prefix="fw-programs-"))
        self.addCleanup(shutil.rmtree, folder)
        folder.chmod(0o777)  # PostgreSQL's user says it
        (folder / "postgres").symlink_to(real / "postgres")
        os.mkfifo(folder / "go")
        (folder / "go").chmod(0o644)
        script = folder / "initdb"
        script.write_text(f'#!/bin/sh\n: > {folder}/begun\nread go < {folder}/go\nexec {real}/initdb "$@"\n')
        script.chmod(0o755)
        return folder

    async def test_it_cannot_be_started_again(self) -> None:
        """While PostgreSQL cannot start we say so, try again with rests, and stop when told."""
        postgres = self.user()
        await postgres.start(server=True)
        hidden = self.data / "hidden"
        with capturedLogs() as logs:
            (self.data / "postgres" / "PG_VERSION").rename(hidden)
            os.kill(postgres.pid or 0, signal.SIGKILL)
            await until(lambda: "embedded.away" in [event.get("event") for event in logs])
        hidden.rename(self.data / "postgres" / "PG_VERSION")
        await until(lambda: postgres.pid is not None)
