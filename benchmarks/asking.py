"""
A client that costs next to nothing, so that what is measured is the server.

:func:`ask` asks once; :func:`crowd` keeps several connections busy from one thread and notes how long each answer took.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import cycle
from typing import Any

import orjson
from attrs import define, field, frozen

BUFFER = 1 << 20


def form(
    method: str, path: str, headers: Mapping[str, str] | None = None, document: Mapping[str, object] | None = None
) -> bytes:
    """A request as it travels."""
    body = b"" if document is None else orjson.dumps(document)
    lines = {"Host": "localhost", **(headers or {})}
    if document is not None:
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


@frozen(slots=False)
class Asked:
    """One answer."""

    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies that were set."""
        lines = [line for line in self.head.split(b"\r\n") if line.lower().startswith(b"set-cookie: ")]
        pairs = [line[len(b"set-cookie: ") :].partition(b";")[0].partition(b"=") for line in lines]
        return {name.decode(): value.decode() for name, _, value in pairs}


def ask(port: int, request: bytes) -> Asked:
    """Ask on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), 60) as line:
        line.sendall(request)
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += _some(line)
        head, _, body = heard.partition(b"\r\n\r\n")
        length = _length(head)
        while len(body) < length:
            body += _some(line)
    return Asked(int(head[9:12]), head, body)


def _some(line: socket.socket) -> bytes:
    piece = line.recv(BUFFER)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@define
class Round:
    """
    What a crowd met with.

    :ivar seconds: of the whole round.  :ivar waits: of each answer, seconds.
    :ivar refused: answers other than 2xx.  :ivar size: bytes heard, heads included.
    """

    seconds: float = 0.0
    waits: list[float] = field(factory=list)
    refused: int = 0
    size: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def percentile(self, part: float) -> float:
        """How long at most ``part`` of the answers took, milliseconds."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


class _Line:
    """One connection of a crowd, with one answer under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = b""
        self._missing: int | None = None
        self._has_body = True
        self.began = 0.0

    def ask(self, request: bytes) -> None:
        self._head, self._missing = b"", None
        self._has_body = not request.startswith(b"HEAD ")
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def hear(self, buffer: bytearray, told: Round) -> bool:
        """Take what arrived; whether the answer is complete."""
        # Once the head is read, the kernel throws the rest away itself: what is measured is who sends.
        how = 0 if self._missing is None else socket.MSG_TRUNC
        count = self.socket.recv_into(buffer, 0, how)
        if not count:
            raise ConnectionError("the server hung up")
        told.size += count
        if self._missing is None:
            self._head += buffer[:count]
            head, blank, body = self._head.partition(b"\r\n\r\n")
            if not blank:
                return False
            told.refused += head[9:10] != b"2"
            self._missing, count = _length(head) if self._has_body else 0, len(body)
        self._missing -= count
        return self._missing <= 0


def crowd(
    port: int, requests: Sequence[bytes], *, count: int = 0, seconds: float = 0.0, lines: int = 1, rest: float = 0.0
) -> Round:
    """
    Ask the requests in turn, over and over.

    :param count: how many in all; or 0, and it ends after ``seconds``.
    :param lines: connections, each with one request at a time.
    :param rest: seconds between an answer and the next request of its connection.
    """
    turns = cycle(requests)
    told, buffer, choose = Round(), bytearray(BUFFER), selectors.DefaultSelector()
    began = time.perf_counter()
    left = count or 1 << 60
    several = [_Line(port) for _ in range(min(lines, left))]
    for line in several:
        choose.register(line.socket, selectors.EVENT_READ, line)
        line.ask(next(turns))
    left -= len(several)
    busy = len(several)
    while busy:
        for key, _ in choose.select():
            line = key.data
            if not line.hear(buffer, told):
                continue
            now = time.perf_counter()
            told.waits.append(now - line.began)
            if left <= 0 or (seconds and now - began > seconds):
                busy -= 1
                choose.unregister(line.socket)
                line.socket.close()
                continue
            if rest:
                time.sleep(rest)
            left -= 1
            line.ask(next(turns))
    told.seconds = time.perf_counter() - began
    return told
