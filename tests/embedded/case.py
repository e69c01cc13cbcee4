"""A data folder, and those who use the private PostgreSQL in it: all with real servers and real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg2
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.embedded import EmbeddedError, EmbeddedPostgres, ProgramFinder
from tests.waiting import GUARD_SECONDS

ROOT = os.geteuid() == 0
HERE = Path(__file__).parent.parent.parent


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
    """Another process that uses the cluster (``tests/embedded/user.py``)."""

    def __init__(self, data: Path, *args: str, before: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.embedded.user", str(data), *args],
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


class OnFolder(TestCase):
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
