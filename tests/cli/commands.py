"""Runs ``fwtwisted`` as a child process, on a data folder that is private to a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import psycopg2
from attrs import frozen

from tests.pod import PASSWORD, PATIENCE_SECONDS, ROOT, PodCase

Process = subprocess.Popen[str]


@frozen
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer, read as JSON."""
        return json.loads(self.out)


class CommandCase(PodCase):
    """Tests of commands, on the data folder ``data``."""

    def setUp(self) -> None:
        super().setUp()
        self.data = self.folder / "data"
        self.music = self.folder / "music"
        self.music.mkdir()
        self.settings = {"MUSIC_DIRECTORY_PATH": str(self.music), **self.database()}
        self.server = self.pod(settings=self.settings)  # also sees to it that no PostgreSQL stays

    def begin(self, *words: str, **settings: str) -> Process:
        """Start a command on our folder; whoever calls waits for its end."""
        return self.begin_on(subprocess.PIPE, *words, **settings)

    def begin_on(self, stderr: int | IO[Any], *words: str, **settings: str) -> Process:
        """The same, with a standard error of its own."""
        process = subprocess.Popen(
            self._line(words),
            cwd=self.folder,
            env=self._environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(_end, process)
        return process

    def become(self, *words: str) -> NoReturn:
        """Turn the process that calls into a command."""
        os.chdir(self.folder)
        os.execve(sys.executable, self._line(words), self._environment())

    def _line(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "fwtwisted.cli.main", "--data", str(self.data), *words]

    def _environment(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(ROOT), **self.settings}

    def end(self, process: Process) -> Ended:
        """Wait for the end of a command."""
        out, err = process.communicate(timeout=PATIENCE_SECONDS * 2)
        self.assertNotIn("Traceback", err or "")
        return Ended(process.returncode, out, err or "")

    def run_command(self, *words: str, **settings: str) -> Ended:
        """Run a command to its end."""
        return self.end(self.begin(*words, **settings))

    def done(self, *words: str, **settings: str) -> Ended:
        """The same; it must go well."""
        ended = self.run_command(*words, **settings)
        self.assertEqual(0, ended.status, ended)
        return ended

    def execute(self, statement: str) -> None:
        """Run a statement in our database."""
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def asked(self, statement: str) -> list[Any]:
        """Rows of our database."""
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchall()
        connection.close()
        return found

    def make_account(self, name: str = "ada") -> None:
        """Somebody with the usual password."""
        self.done("users", "create", "--username", name, "--email", f"{name}@pod.example", "--password", PASSWORD)

    def make_library(self, name: str = "Music", owner: str = "ada", level: str = "me") -> str:
        """The uuid of a library."""
        return self.done("libraries", "create", "--user", owner, "--name", name, "--privacy", level).out.strip()


def _end(process: Process) -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()


def files_in(folder: Path) -> set[Path]:
    """All files below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}
