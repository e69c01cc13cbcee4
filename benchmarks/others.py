"""
Other servers for the same apps, on the same music, each in a virtual environment of its own under a temporary folder.

::

    for other in OTHERS:
        with other.running(music) as server:
            ask(server.port, …)

They are installed by pip when they are asked for, and gone afterwards.  One that needs another Python than there is on
this machine says so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from benchmarks.processes import cpu_seconds, free_port

PATIENCE_SECONDS = 900.0  # with one that looks through its music before it answers
USER, SECRET = "anna", "sesame"


class NotHere(RuntimeError):
    """A server cannot be had on this machine."""


@frozen
class Running:
    """
    A server that answers.

    :ivar prefix: before the names of calls.  :ivar login: what every call carries.
    """

    name: str
    port: int
    pid: int
    prefix: str
    login: Mapping[str, str]

    @property
    def cpu_seconds(self) -> float:
        """CPU time of all its processes since the start."""
        return cpu_seconds(self.pid)

    @property
    def own_cpu_seconds(self) -> float:
        """The same: which of its processes does what is its own affair."""
        return self.cpu_seconds


@frozen
class Other:
    """
    A server that others wrote.

    :ivar packages: for pip.  :ivar python: the least version that it runs on.
    :ivar prepare: what is done before it starts: gets the folder of its programs, its own and that of the music.
    :ivar command: what starts it, from its own folder, the music's and a port.
    :ivar user: and ``secret``: who may call.
    """

    name: str
    packages: Sequence[str]
    python: tuple[int, int]
    prepare: Callable[[Path, Path, Path], None]
    command: Callable[[Path, Path, int], Sequence[str]]
    prefix: str
    user: str = USER
    secret: str = SECRET

    @contextmanager
    def running(self, music: Path) -> Iterator[Running]:
        """Install it, have it look through the music, start it.  :raise NotHere: this machine lacks something."""
        folder = Path(tempfile.mkdtemp(prefix="fw-bench-other-", dir=os.environ.get("BENCH_DIR")))
        process: subprocess.Popen[bytes] | None = None
        try:
            programs = self._installed(folder / "venv")
            self.prepare(programs, folder, music)
            port = free_port()
            name, *rest = self.command(folder, music, port)
            with (folder / "out").open("wb") as log:
                command = [str(programs / name), *rest]
                process = subprocess.Popen(command, cwd=folder, env=_home(folder), stdout=log, stderr=log)
            self._wait(process, port, folder)
            login = {"u": self.user, "p": self.secret, "v": "1.16.1", "c": "bench", "f": "json"}
            yield Running(self.name, port, process.pid, self.prefix, login)
        finally:
            if process is not None:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)

    def _installed(self, place: Path) -> Path:
        """The folder of its programs."""
        python = _python(self.python)
        if python is None:
            raise NotHere(f"it needs Python {self.python[0]}.{self.python[1]}")
        subprocess.run([python, "-m", "venv", str(place)], check=True)
        said = subprocess.run(
            [str(place / "bin" / "pip"), "install", "--quiet", *self.packages], capture_output=True, check=False
        )
        if said.returncode:
            raise NotHere(said.stderr.decode(errors="replace").strip().splitlines()[-1])
        return place / "bin"

    def _wait(self, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError as why:
                if process.poll() is not None or time.monotonic() > until:
                    raise NotHere((folder / "out").read_text(errors="replace")[-500:]) from why
                time.sleep(0.1)


def _python(least: tuple[int, int]) -> str | None:
    """A Python that is new enough."""
    if sys.version_info >= least:
        return sys.executable
    several = (shutil.which(f"python{least[0]}.{minor}") for minor in range(least[1], least[1] + 5))
    return next((path for path in several if path and _runs(path)), None)


def _runs(python: str) -> bool:
    """Whether it is a Python, and no signpost to one that is switched off."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _home(folder: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's user is found."""
    return {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config")}


SUPYSONIC_SETTINGS = """
[base]
database_uri = sqlite:///{folder}/music.db
[webapp]
cache_dir = {folder}/cache
mount_webui = off
[daemon]
socket = {folder}/socket
run_watcher = off
"""


def _prepare_supysonic(programs: Path, folder: Path, music: Path) -> None:
    (folder / "supysonic.conf").write_text(SUPYSONIC_SETTINGS.format(folder=folder))
    for words in (
        ("user", "add", USER, "--password", SECRET),
        ("folder", "add", "Music", str(music)),
        ("folder", "scan", "--foreground", "Music"),
    ):
        subprocess.run(
            [str(programs / "supysonic-cli"), *words], cwd=folder, env=_home(folder), check=True, capture_output=True
        )


def _supysonic(folder: Path, music: Path, port: int) -> Sequence[str]:
    return ["supysonic-server", "--server", "waitress", "--host", "127.0.0.1", "--port", str(port)]


def _prepare_nothing(programs: Path, folder: Path, music: Path) -> None:
    """It does by itself what is to be done."""


def _maneki(folder: Path, music: Path, port: int) -> Sequence[str]:
    return [
        "maneki", "serve", str(music), "--host", "127.0.0.1", "--port", str(port), "--no-ui", "--no-artist-images",
    ]  # fmt: skip


OTHERS = (
    Other("supysonic", ("supysonic", "waitress"), (3, 10), _prepare_supysonic, _supysonic, "/rest"),
    Other("maneki", ("maneki",), (3, 13), _prepare_nothing, _maneki, "/audio/rest", "admin", "admin"),
)
