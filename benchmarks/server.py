"""
The real server as a child process, on embedded defaults, in a folder that is gone afterwards.

::

    with Pod() as pod:
        pod.set_up()
        pod.add_music(make_music(2000))
        before = pod.cpu_seconds
        …

What the server costs is told over its whole tree of processes: ours, PostgreSQL's, ffmpeg's.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from benchmarks.asking import Asked, ask, form
from benchmarks.processes import cpu_seconds, free_port, here
from fwtwisted.config.rules import USUAL_RATES

PATIENCE_SECONDS = 60.0
PASSWORD = "correct horse 41"
CSRF = "c" * 32


class Pod:
    """
    A server.

    :param settings: environment variables on top of the defaults.
    :ivar port: where it listens on loopback.  :ivar music: the folder for imports in place.
    :ivar ready_seconds: from the start of the process to the line that says it is ready.
    """

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fw-bench-", dir=os.environ.get("BENCH_DIR")))
        self.folder.chmod(0o755)
        self.music = self.folder / "music"
        self.port = free_port()
        self.ready_seconds = 0.0
        self.library = ""
        self._settings = {"MUSIC_DIRECTORY_PATH": str(self.music), "MUSIC_DIRECTORY_SERVE_PATH": str(self.music)}
        self._settings["THROTTLING_RATES"] = ",".join(f"{scope}=100000000/d" for scope in USUAL_RATES)
        self._settings |= settings
        self._log = self.folder / "log"
        self._cookies: dict[str, str] = {"csrftoken": CSRF}
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self.music.mkdir()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()
        if kind is not None:
            print(self._log.read_text(errors="replace")[-3000:], file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Its life.

    def start(self) -> None:
        """Start it; returns when it is ready."""
        began = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [_program("twistd"), "-n", "--pidfile=", "funkwhale", "--data", str(self.folder / "data"),
                 "--endpoint", f"tcp:{self.port}:interface=127.0.0.1"],
                stdout=log, stderr=log, env=self._environment, cwd=here(), start_new_session=True,
            )  # fmt: skip
        self._said(rb"is ready after (\S+) s")
        self.ready_seconds = time.perf_counter() - began

    def _said(self, pattern: bytes) -> bytes:
        """What the server writes, as soon as it does."""
        until = time.perf_counter() + PATIENCE_SECONDS
        while (found := re.search(pattern, self._log.read_bytes())) is None:
            if self._process.poll() is not None or time.perf_counter() > until:
                raise RuntimeError(f"the server never said {pattern!r}")
            time.sleep(0.005)
        return found[1]

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(here()), **self._settings}

    # What is in it.

    def set_up(self) -> None:
        """Make the administrator, a public library, and let visitors in."""
        token = self._said(rb"/setup#(\S+)").decode()
        person = {"username": "anna", "email": "anna@pod.example", "password": PASSWORD}
        said = self.call("POST", "/api/v1/setup/", {"token": token, **person})
        self._cookies |= said.cookies
        if "sessionid" not in self._cookies:
            self._cookies |= self.call("POST", "/api/v1/users/login/", person).cookies
        self.library = self.call("POST", "/api/v1/libraries/", {"name": "music", "privacy_level": "everyone"}).json[
            "uuid"
        ]
        self.call("POST", "/api/v1/instance/admin/settings/bulk/", {"common__api_authentication_required": False})

    def add_music(self, folder: Path, *, in_place: bool = True) -> Mapping[str, Any]:
        """Import a folder by the command; what it told at its end."""
        return self.importing(folder, in_place=in_place).told()

    def importing(self, folder: Path, *, in_place: bool = True) -> Importing:
        """The command that imports a folder, running."""
        how = ["--in-place"] if in_place else []
        words = ["--data", str(self.folder / "data"), "import", "--json", "--recursive", *how]
        return Importing([_program("fwtwisted"), *words, "--library", self.library, str(folder)], self._environment)

    # Talking to it.

    @property
    def login(self) -> dict[str, str]:
        """The headers of the administrator's session."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": cookies, "X-CSRFToken": self._cookies["csrftoken"]}

    def call(self, method: str, path: str, document: Mapping[str, object] | None = None) -> Asked:
        """Ask one thing as the administrator.  :raise AssertionError: it was refused."""
        said = ask(self.port, form(method, path, self.login, document))
        assert said.status < 300, (method, path, said.status, said.body[:500])
        return said

    # What it costs.

    @property
    def pid(self) -> int:
        """Our own process."""
        return self._process.pid

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the whole tree of processes since the start."""
        return cpu_seconds(self.pid)

    @property
    def own_cpu_seconds(self) -> float:
        """CPU time of our own process alone."""
        return cpu_seconds(self.pid, with_children=False)

    def settle(self) -> None:
        """Wait until it has nothing to do any more: less than two per cent of a core for two seconds."""
        before = self.cpu_seconds
        while True:
            time.sleep(2)
            now = self.cpu_seconds
            if now - before < 0.04:
                return
            before = now


class Importing:
    """A command that imports, running."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=here())

    def told(self) -> Mapping[str, Any]:
        """What it told at its end.  :raise RuntimeError: it failed."""
        lines, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"the import failed with status {self._process.returncode}")
        document: Mapping[str, Any] = orjson.loads(lines.splitlines()[-1])
        return document


def _program(name: str) -> str:
    """A program of this Python's environment, else of the machine."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    assert path is not None, f"{name} is not installed: pip install -e . --config-settings editable_mode=compat"
    return path
