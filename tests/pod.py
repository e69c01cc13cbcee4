"""
The whole server as a child process, as people run it: ``twistd -n funkwhale``, and clients that speak HTTP to it.

Everything here blocks: what is tested runs elsewhere, and no reactor of ours is needed.

::

    pod = Pod(folder)          # a data folder that may not exist yet; listens on a free port of the loopback interface
    pod.start()                # returns when it is ready
    admin = pod.set_up()       # the first account, by the link that was printed
    pod.stop()                 # SIGTERM; the exit status
    pod.remove()               # whatever may have become of it: nothing of it lives any longer
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from tests.servers import free_port, fresh_database, postgres, url_of

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 90.0
PASSWORD = "a horse in a hat"


class PodEnded(Exception):
    """The server ended before it was ready; the text is what it said."""


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until ``true()`` is.  :raise AssertionError: it takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not happen within {seconds:.0f} s: {what}")
        time.sleep(0.02)


@frozen
class Answer:
    """What came back.  :ivar headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Client:
    """
    Somebody who speaks HTTP to a pod: keeps cookies as a browser does, and opens a connection for every request.

    :param secrets: what was used to sign in is noted here, so that the log can be searched for it.
    :param host: by which name the pod is asked; None: as this machine names itself.
    """

    def __init__(self, port: int, secrets: set[str] | None = None, host: str | None = None) -> None:
        self.port, self._host = port, host or f"localhost:{port}"
        self.cookies: dict[str, str] = {}
        self.secrets = set() if secrets is None else secrets

    def open(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, headers: Mapping[str, str] = {}
    ) -> HTTPResponse:
        """Send a request; the body of the answer is yet to be read."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        line.request(method, path, body, {**self._own_headers(method), **headers})
        response = line.getresponse()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(cookie).items()})
        self.secrets.update(value for value in self.cookies.values() if value)
        return response

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request and read the whole answer."""
        with self.open(method, path, body, headers) as response:
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: object) -> Answer:
        """Read; ``query`` becomes the query string."""
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers or {})

    def post(self, path: str, **document: object) -> Answer:
        """Write a JSON document."""
        return self.ask("POST", path, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def log_in(self, username: str, password: str) -> Answer:
        """Begin a session."""
        self.secrets.add(password)
        self.get("/api/v1/instance/nodeinfo/2.0/")
        form = urlencode({"username": username, "password": password}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", "/api/v1/users/login", form, kind)

    def me(self) -> Any:
        """The account that is signed in."""
        told = self.get("/api/v1/users/me/").json
        self.secrets.add(told["tokens"]["listen"])
        return told

    def make_library(self, name: str = "Music") -> str:
        """A library of one's own; its uuid."""
        made = self.post("/api/v1/libraries/", name=name, privacy_level="me")
        assert made.status == 201, made
        return str(made.json["uuid"])

    def upload(self, library: str, file: Path, **fields: str) -> Answer:
        """Send a file."""
        return self.ask("POST", "/api/v1/uploads/", *form_with_file({"library": library, **fields}, file))

    def uploads(self, **query: object) -> list[Any]:
        """All of one's own uploads, page by page."""
        found: list[Any] = []
        page = 1
        while True:
            told = self.get("/api/v1/uploads/", None, page=page, page_size=100, **query).json
            found += told["results"]
            if told["next"] is None:
                return found
            page += 1

    def _own_headers(self, method: str) -> dict[str, str]:
        headers = {
            "Host": self._host,
            "Origin": f"http://{self._host}",
            "Connection": "close",
        }
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET" and "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        return headers


def form_with_file(fields: Mapping[str, str], file: Path) -> tuple[bytes, dict[str, str]]:
    """A multipart form as browsers send it: its body, and its header."""
    border = uuid4().hex
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    name = file.name.replace('"', "%22")
    parts.append(
        f'--{border}\r\nContent-Disposition: form-data; name="audio_file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
    )
    parts += [file.read_bytes(), f"\r\n--{border}--\r\n".encode()]
    return b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={border}"}


class Pod:
    """
    One server process; after it has ended it may be started again on the same folder and port.

    :ivar secrets: what must not stand in any line of the log.
    :ivar host: its name and port; :meth:`be` gives it another.
    :param settings: of the environment; nothing else of ours is handed on but where programs are.
    :param options: more of the command line.
    """

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None, options: Sequence[str] = ()) -> None:
        self.data, self.port = data, free_port()
        self.host = f"localhost:{self.port}"
        self.settings, self._options = dict(settings or {}), tuple(options)
        self.secrets: set[str] = set()
        self.process: subprocess.Popen[bytes]
        self._home = tempfile.TemporaryDirectory(prefix="fw-pod-", ignore_cleanup_errors=True)
        self._out, self._err = (Path(self._home.name, name) for name in ("out", "err"))

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.host}"

    def be(self, host: str) -> None:
        """Have a name that others know it by, over plain HTTP, instead of none."""
        self.host = host
        self.settings |= {"FUNKWHALE_HOSTNAME": host, "FUNKWHALE_PROTOCOL": "http"}

    @property
    def said(self) -> str:
        """Everything on standard output so far, over all starts."""
        return self._out.read_text()

    @property
    def log(self) -> str:
        """Everything on standard error so far, over all starts."""
        return self._err.read_text()

    def launch(self) -> None:
        """Start it, and do not wait."""
        program = Path(sys.executable).with_name("twistd")
        where = ["--data", str(self.data), "--endpoint", f"tcp:{self.port}:interface=127.0.0.1"]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": self._home.name,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, str(program), "-n", "--pidfile=", "funkwhale", *where, *self._options],
                cwd=self._home.name,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def start(self) -> None:
        """Start it, and wait until it is ready.  :raise PodEnded: it ended instead."""
        before = self.log.count("house.ready") if self._err.exists() else 0
        self.launch()
        self.until_logged("house.ready", times=before + 1)

    def until_logged(self, words: str, *, times: int = 1) -> None:
        """Wait until the log has the words.  :raise PodEnded: the server ended before."""

        def heard() -> bool:
            if self.log.count(words) >= times:
                return True
            if self.process.poll() is not None:
                raise PodEnded(f"status {self.process.returncode}:\n{self.said}\n{self.log}")
            return False

        until(heard, f"{words!r} in the log")

    def is_ready(self) -> bool:
        """Whether it says that it is."""
        try:
            return self.client().get("/health/ready").status == 200
        except (OSError, HTTPException):
            return False

    def signal(self, number: signal.Signals) -> None:
        """Tell it something."""
        self.process.send_signal(number)

    def ended(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for its end; the exit status."""
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Let it end properly; the exit status."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait()

    def remove(self) -> None:
        """End it and its PostgreSQL, whatever they do."""
        if hasattr(self, "process"):
            self.kill()
        postgres = self.postgres_pid()
        if postgres is not None:
            os.kill(postgres, signal.SIGQUIT)
            until(lambda: self.postgres_pid() is None, "the end of PostgreSQL")
        self._home.cleanup()

    def postgres_pid(self) -> int | None:
        """The process of the private PostgreSQL; None when it does not live."""
        try:
            pid = int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if b"postgres" in words else None

    def client(self) -> Client:
        """Somebody new."""
        return Client(self.port, self.secrets, self.host)

    def setup_token(self) -> str:
        """The secret of the link that was printed last; waited for."""
        until(lambda: re.search(r"/setup#\S+\s", self.said), "the link on standard output")
        found: list[str] = re.findall(rf"{re.escape(self.url)}/setup#(\S+)", self.said)
        assert found, f"no link was printed:\n{self.said}\n{self.log}"
        self.secrets.update(found)
        return found[-1]

    def set_up(self, username: str = "ada") -> Client:
        """Make the administrator by the link; somebody who is signed in as that one."""
        client = self.client()
        self.secrets.add(PASSWORD)
        account = {"username": username, "email": f"{username}@pod.example", "password": PASSWORD}
        answer = client.post("/api/v1/setup/", token=self.setup_token(), **account)
        assert answer.status == 201, answer
        return client


class PodCase(SynchronousTestCase):
    """
    Tests with pods of their own, gone after each test; no line of their logs may tell a secret.

    :cvar embedded: a pod makes a private PostgreSQL below its data folder, as for whoever says nothing of a database;
        else each has a fresh database of the run's, which takes no time.
    :ivar dsn: of the database that was made last.
    """

    embedded = False
    dsn: str

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="fw-journey-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def pod(self, name: str = "data", settings: Mapping[str, str] | None = None, options: Sequence[str] = ()) -> Pod:
        """A pod on the folder ``name``, not started yet."""
        told = dict(settings or {})
        if "DATABASE_URL" not in told:
            told |= self.database()
        pod = Pod(self.folder / name, told, options)
        self.addCleanup(self._leave, pod)
        return pod

    def database(self) -> dict[str, str]:
        """The setting of a database for one pod; none where it is to make its own."""
        if self.embedded:
            return {}
        self.dsn = fresh_database()
        self.addCleanup(postgres().drop, self.dsn)
        return {"DATABASE_URL": url_of(self.dsn)}

    def _leave(self, pod: Pod) -> None:
        log = pod.log if hasattr(pod, "process") else ""
        pod.remove()
        for secret in pod.secrets:
            if secret in log:
                line = next(line for line in log.splitlines() if secret in line)
                self.fail(f"a secret stands in the log: {line}")


def path_of(url: str) -> str:
    """What is asked for of one's own server, when it names a whole address."""
    return quote(re.sub(r"^https?://[^/]+", "", url), safe="/?&=%#:")
