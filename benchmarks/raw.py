"""
What the same machine does without us: twisted.web with nothing in between, and nginx if it is installed.

Run as ``python -m benchmarks.raw PORT FOLDER`` it is that twisted.web: ``/bytes/N`` answers N bytes from memory,
``/files/…`` what lies in the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from twisted.internet import reactor
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import File

from benchmarks.processes import answers, cpu_seconds, free_port, here

NGINX = """
daemon off; pid {place}/pid; error_log {place}/log; worker_processes 1; user root;
events {{ }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream; keepalive_requests 1000000;
  client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place}; uwsgi_temp_path {place};
  scgi_temp_path {place};
  server {{ listen 127.0.0.1:{port}; location /files/ {{ alias {folder}/; }} }}
}}
"""


class Bytes(Resource):
    """``/bytes/N``"""

    def getChild(self, path: bytes, request: Request) -> Resource:
        """The N."""
        leaf = Resource()
        leaf.isLeaf = True
        body = b"x" * int(path)
        leaf.render_GET = lambda request: body  # type: ignore[attr-defined]
        return leaf


@frozen
class Anchor:
    """A server to compare with."""

    name: str
    port: int
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """CPU time of its processes."""
        return cpu_seconds(self.pid)


@contextmanager
def raw_twisted(folder: Path | str = "/nonexistent") -> Iterator[Anchor]:
    """twisted.web in a process of its own."""
    port = free_port()
    with _running("twisted.web", port, [sys.executable, "-m", "benchmarks.raw", str(port), str(folder)]) as anchor:
        yield anchor


@contextmanager
def nginx(folder: Path) -> Iterator[Anchor | None]:
    """nginx with one process, serving the folder; None when it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        yield None
        return
    place, port = Path(tempfile.mkdtemp(prefix="fw-nginx-")), free_port()
    told = NGINX.format(place=place, port=port, folder=folder)
    (place / "conf").write_text(told if os.geteuid() == 0 else told.replace("user root;", ""))
    try:
        with _running("nginx", port, [program, "-c", str(place / "conf"), "-p", str(place)]) as anchor:
            yield anchor
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _running(name: str, port: int, command: list[str]) -> Iterator[Anchor]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=here())
    try:
        while not answers(port):
            if process.poll() is not None:
                raise RuntimeError(f"{name} did not start")
            time.sleep(0.01)
        yield Anchor(name, port, process.pid)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Be the server."""
    port, folder = sys.argv[1:]
    root = Resource()
    root.putChild(b"bytes", Bytes())
    root.putChild(b"files", File(folder))
    site = Site(root)
    site.log = lambda request: None  # type: ignore[method-assign]
    reactor.listenTCP(int(port), site, interface="127.0.0.1")  # type: ignore[arg-type]
    reactor.run()


if __name__ == "__main__":
    main()
