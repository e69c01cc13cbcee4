"""
The cluster: the folder ``postgres`` made, looked at, started.

All of this blocks; ``service.py`` calls it in a thread, one call at a time.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.embedded.locks import FileLock
from fwtwisted.embedded.programs import (
    EmbeddedError,
    Owner,
    ProgramFinder,
    Programs,
    owner_of,
    owner_of_new,
    run,
)

ROLE = "fwtwisted"
PORT = 5432  # only a part of the socket's name
LONGEST_SOCKET_NAME = 107  # bytes, of a Unix socket's address

# For a small machine that does other things as well.  Statements hold people's values, so they are not logged.
SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "96MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "synchronous_commit": "on",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "wal_compression": "on",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
}

# What we rely on, whatever the cluster's own settings say.
ALWAYS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "logging_collector": "on",
}


@frozen
class Standing:
    """
    How the cluster is.

    :ivar lives: whether any process of it does.
    :ivar pid: of the postmaster; None when there is none, or none yet.
    :ivar ready: whether it takes connections.
    """

    lives: bool
    pid: int | None = None
    ready: bool = False


class Cluster:
    """The private cluster under a data folder."""

    _log = Logger()

    def __init__(self, data: Path, finder: ProgramFinder) -> None:
        self._data, self._finder = data, finder
        self.folder = data / "postgres"
        self._alive = FileLock(data / "postgres.alive")
        self._password_file = data / "postgres.password"
        self._start_log = data / "postgres.log"
        self._way: int | None = None

    # Looking

    def standing(self) -> Standing:
        """Whether it runs, and how far it is."""
        if self._alive.take():
            self._alive.release()
            return Standing(lives=False)
        lines = self._postmaster_file()
        pid = int(lines[0]) if lines and lines[0].isdigit() else None
        if pid is None or not self._is_postmaster(pid):
            return Standing(lives=True)
        return Standing(lives=True, pid=pid, ready=len(lines) > 7 and lines[7].strip() == "ready")

    def _postmaster_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text(errors="replace").split("\n")
        except FileNotFoundError:
            return []

    def _is_postmaster(self, pid: int) -> bool:
        """Whether it is a PostgreSQL of the cluster's owner: else it is none of ours to send signals."""
        process = Path(f"/proc/{pid}")
        try:
            command = os.fsdecode((process / "cmdline").read_bytes().partition(b"\0")[0])
            return process.stat().st_uid == self.folder.stat().st_uid and Path(command).name == "postgres"
        except OSError:
            return False

    def complaint(self) -> str:
        """What PostgreSQL said when it would not start."""
        fatal = re.findall(r"(?:FATAL|PANIC): +(.*)", self._last_words())
        cause = f": {fatal[-1]}" if fatal else ""
        return f"PostgreSQL did not start in {self.folder}{cause}. More is in {self._start_log} and {self.folder}/log."

    def _last_words(self) -> str:
        """The log of the last start: ours, then the one in the cluster, if that was written to afterwards."""
        try:
            said = self._start_log.read_text(errors="replace")
            newest = max((self.folder / "log").iterdir(), key=lambda path: path.stat().st_mtime)
            if newest.stat().st_mtime >= self._start_log.stat().st_mtime and not newest.is_symlink():
                with newest.open("rb") as file:
                    file.seek(max(0, newest.stat().st_size - 10_000))
                    said += file.read().decode(errors="replace")
        except (OSError, ValueError):
            return ""
        return said

    # Connecting

    def dsn(self) -> str:
        """How to connect, for libpq.  Holds the password.  :raise EmbeddedError: nobody knows it any more."""
        try:
            password = self._password_file.read_text().strip()
        except FileNotFoundError:
            raise EmbeddedError(
                f"The file {self._password_file} is gone: stop what uses the database, then start again, "
                "and a new password is made."
            ) from None
        parts = {"host": self._host(), "port": str(PORT), "user": ROLE, "dbname": ROLE, "password": password}
        return " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())

    def _host(self) -> str:
        """The folder of the socket, by a name that is short enough, and without a comma (libpq: several hosts)."""
        plain = str(self.folder)
        if len(os.fsencode(f"{plain}/.s.PGSQL.{PORT}")) <= LONGEST_SOCKET_NAME and "," not in plain:
            return plain
        if self._way is None:
            self._way = os.open(self.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._way}"

    def close(self) -> None:
        """Give back what connecting needed."""
        if self._way is not None:
            os.close(self._way)
            self._way = None

    # Starting

    def launch(self) -> subprocess.Popen[bytes] | None:
        """
        Start PostgreSQL, after making the cluster if there is none.

        :return: the postmaster, a child of ours; None when something of the cluster lives.
        :raise EmbeddedError: it cannot be started.
        """
        if not self._alive.take():
            return None
        try:
            owner, programs = self._prepared()
            self._forget_stale()
            return self._postmaster(owner, programs)
        finally:
            self._alive.release()

    def _postmaster(self, owner: Owner, programs: Programs) -> subprocess.Popen[bytes]:
        always = [part for name, value in ALWAYS.items() for part in ("-c", f"{name}={value}")]
        with _opened(self.folder) as folder, open(self._start_log, "wb", opener=_private) as log:
            command: list[str | Path] = [programs.folder / "postgres", "-D", f"/proc/self/fd/{folder}", *always]
            return run(command, owner, stdout=log, stderr=log, pass_fds=(folder, self._alive.fileno()))

    def _forget_stale(self) -> None:
        """
        Remove what a dead postmaster left, as nothing of ours lives.

        PostgreSQL does so itself, unless the number in the file is by now another process of the same user.  A
        postmaster that somebody started by hand is left alone.
        """
        lines = self._postmaster_file()
        try:
            if lines and os.path.samefile(f"/proc/{int(lines[0])}/cwd", self.folder):
                return
        except (OSError, ValueError):
            pass
        for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
            (self.folder / name).unlink(missing_ok=True)

    def _prepared(self) -> tuple[Owner, Programs]:
        """The cluster's owner and programs that fit it; makes it when there is none."""
        if not self.folder.exists():
            return self._made()
        owner = owner_of(self.folder)
        try:
            major = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise EmbeddedError(
                f"{self.folder} is there but is no database cluster (it has no PG_VERSION): move it away, "
                "or put the whole folder back from a backup."
            ) from None
        programs = self._finder.of_major(major, self.folder, owner)
        if not self._password_file.exists():
            with _opened(self.folder) as folder:
                self._single(folder, owner, programs, [f"ALTER ROLE {ROLE} PASSWORD '{self._password()}'"])
        return owner, programs

    def _made(self) -> tuple[Owner, Programs]:
        """Make the cluster beside its place and move it there when it is whole."""
        owner = owner_of_new()
        programs = self._finder.newest(owner)
        self._log.info(
            "making a database in {folder} with PostgreSQL {version} from {programs}",
            event="embedded.making",
            folder=str(self.folder),
            version=programs.version,
            programs=str(programs.folder),
        )
        staging = self._data / "postgres.new"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        if owner.changes:
            os.chown(staging, owner.uid, owner.gid)
        with _opened(staging) as folder:
            self._initdb(folder, owner, programs)
            settings = [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in SETTINGS.items()]
            self._single(folder, owner, programs, [f"CREATE DATABASE {ROLE}", *settings])
            self._finish([programs.folder / "initdb", "--sync-only", "-D"], folder, owner)
        staging.rename(self.folder)
        with _opened(self._data) as data:
            os.fsync(data)
        return owner, programs

    def _initdb(self, folder: int, owner: Owner, programs: Programs) -> None:
        locale = ["--locale=C.UTF-8"]
        if int(programs.major) >= 17:
            locale += ["--locale-provider=builtin"]
        with _secret(self._password(), owner) as password:
            args = ["--encoding=UTF8", *locale, "--data-checksums", "--no-sync", "--username", ROLE]
            auth = ["--auth-local=scram-sha-256", "--auth-host=reject", f"--pwfile=/proc/self/fd/{password}"]
            self._finish([programs.folder / "initdb", *args, *auth, "-D"], folder, owner, password)

    def _single(self, folder: int, owner: Owner, programs: Programs, statements: Sequence[str]) -> None:
        """Run statements in PostgreSQL's single-user mode, which asks for no password."""
        command: list[str | Path] = [programs.folder / "postgres", "--single", "-c", "exit_on_error=on", "-D"]
        given = "".join(f"{statement};\n" for statement in statements).encode()
        self._finish(command, folder, owner, after=["postgres"], given=given)

    def _finish(
        self,
        command: Sequence[str | Path],
        folder: int,
        owner: Owner,
        *fds: int,
        after: Sequence[str] = (),
        given: bytes = b"",
    ) -> None:
        """Run a program on the open folder to its end.  :raise EmbeddedError: with its last words."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        keeps = (folder, self._alive.fileno(), *fds)
        child = run([*command, f"/proc/self/fd/{folder}", *after], owner, pass_fds=keeps, **pipes)
        said = child.communicate(given)[0].decode(errors="replace")
        if child.returncode:
            words = re.findall(r"(?:error|FATAL|ERROR|PANIC): +(.*)", said) or [said.strip()[-300:]]
            raise EmbeddedError(f"{Path(command[0]).name} failed in {self._data}: {words[0]}")

    def _password(self) -> str:
        """The password of our role; made when there is none."""
        if not self._password_file.exists():
            new = self._password_file.with_name("postgres.password.new")
            with open(new, "w", opener=_private) as file:
                file.write(secrets.token_urlsafe(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.rename(self._password_file)
        return self._password_file.read_text().strip()


def _private(path: str, flags: int) -> int:
    """An opener for files that are ours alone."""
    return os.open(path, flags, 0o600)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of a folder, to reach it by without walking there."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def _secret(text: str, owner: Owner) -> Iterator[int]:
    """A file in memory that ``owner`` may open through ``/proc``; it has no name anywhere else."""
    fd = os.memfd_create("fwtwisted")
    try:
        os.write(fd, f"{text}\n".encode())
        os.fchmod(fd, 0o400)
        if owner.changes:
            os.fchown(fd, owner.uid, owner.gid)
        yield fd
    finally:
        os.close(fd)


def _quoted(value: str) -> str:
    """A value of a libpq connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
