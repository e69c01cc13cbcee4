"""
A real site on a loopback port, and a client that says exactly the bytes it is told to.

    served = await serve(self, [Mount("/api/v1/things", things.app.resource())])
    said = await served.ask("GET", "/api/v1/things/1")
    self.assertEqual((200, {"id": 1}), (said.status, said.json))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import orjson
from attrs import define
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers

from fwtwisted.web.site import Doors, Mount, Site, SiteSettings

reactor: Any = the_reactor
T = TypeVar("T")
SILENT = SiteSettings(access_log=False)


@define(slots=False)
class Answer:
    """What the site said."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The only value of a header; None when it is absent."""
        values = self.headers.getRawHeaders(name.encode())
        assert values is None or len(values) == 1, (name, values)
        return values[0].decode("latin-1") if values else None

    @cached_property
    def json(self) -> Any:
        """The body, read."""
        assert self.header("Content-Type") == "application/json", self
        return orjson.loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were set: name and everything after the equals sign."""
        lines = self.headers.getRawHeaders(b"Set-Cookie") or []
        return {name: rest for name, _, rest in (line.decode().partition("=") for line in lines)}


class HungUp(Exception):
    """The site closed the connection before it had answered.  :ivar heard: what it had said."""

    def __init__(self, heard: bytes) -> None:
        super().__init__(heard[:200])
        self.heard = heard


class Talk(Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.heard = b""
        self.is_closed = False
        self.closed: Deferred[None] = Deferred()
        self._wanted: tuple[Callable[[], Any], Deferred[Any]] | None = None

    def dataReceived(self, data: bytes) -> None:
        """The site said something."""
        self.heard += data
        self._look()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The site, or we, closed."""
        self.is_closed = True
        self.closed.callback(None)
        self._look()

    def say(self, *pieces: bytes) -> None:
        """Send bytes."""
        assert self.transport is not None
        self.transport.write(b"".join(pieces))

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Send a request."""
        lines = {"Host": "pod.example"} | ({"Content-Length": str(len(body))} if body else {}) | dict(headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        self.say(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"), body)

    def hang_up(self) -> None:
        """Leave without a word."""
        self._transport.abortConnection()

    def stop_reading(self) -> None:
        """Take nothing more from the site."""
        self._transport.pauseProducing()

    def read_on(self) -> None:
        """Take it again."""
        self._transport.resumeProducing()

    @property
    def _transport(self) -> Any:
        return self.transport

    async def answer(self, to: str = "GET") -> Answer:
        """The next answer; ``to`` is the method of its question.  :raise HungUp: there is none."""
        return await self._until(lambda: self._parsed(to))

    async def all(self) -> bytes:
        """Everything until the connection is closed."""
        await self.closed
        return self.heard

    async def _until(self, found: Callable[[], T | None]) -> T:
        """What ``found`` finds in what was heard, as soon as it does."""
        wanted: Deferred[T] = Deferred()
        self._wanted = (found, wanted)
        self._look()
        return await wanted

    def _look(self) -> None:
        if self._wanted is None:
            return
        found, wanted = self._wanted
        result = found()
        if result is not None:
            self._wanted = None
            wanted.callback(result)
        elif self.is_closed:
            self._wanted = None
            wanted.errback(HungUp(self.heard))

    def _parsed(self, method: str) -> Answer | None:
        """The answer at the front of what was heard, when it is complete."""
        head, blank, rest = self.heard.partition(b"\r\n\r\n")
        if not blank:
            return None
        first, *lines = head.split(b"\r\n")
        _, code, reason = first.split(b" ", 2)
        if code == b"100":
            self.heard = rest
            return self._parsed(method)
        headers = Headers()
        for line in lines:
            name, _, value = line.partition(b": ")
            headers.addRawHeader(name, value)
        body = self._body(int(code), method, headers, rest)
        return None if body is None else Answer(int(code), reason.decode(), headers, body)

    def _body(self, code: int, method: str, headers: Headers, rest: bytes) -> bytes | None:
        """The body, when it is complete; what follows it stays in ``heard``."""
        length = headers.getRawHeaders(b"Content-Length")
        if method == "HEAD" or code in (204, 304):
            self.heard = rest
            return b""
        if headers.hasHeader(b"Transfer-Encoding"):
            return self._unchunked(rest)
        if length is None:
            return rest if self.is_closed else None
        if len(rest) < int(length[0]):
            return None
        self.heard = rest[int(length[0]) :]
        return rest[: int(length[0])]

    def _unchunked(self, rest: bytes) -> bytes | None:
        body = b""
        while True:
            size, newline, rest = rest.partition(b"\r\n")
            if not newline or len(rest) < int(size, 16) + 2:
                return None
            body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                self.heard = rest
                return body


class Served:
    """A site that can be asked."""

    def __init__(self, site: Site, port: int) -> None:
        self.site, self.port = site, port

    async def talk(self) -> Talk:
        """A new connection."""
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        return await connectProtocol(endpoint, Talk())

    async def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Ask one thing on a connection of its own."""
        talk = await self.talk()
        talk.ask(method, path, {"Connection": "close"} | dict(headers or {}), body)
        answer = await talk.answer(method)
        talk.hang_up()
        await talk.closed
        return answer


async def serve(
    case: TestCase, mounts: Iterable[Mount], settings: SiteSettings = SILENT, clock: IReactorTime | None = None
) -> Served:
    """Serve on a free port until the test is over; with a clock of its own the site's deadlines are the test's."""
    site = Site(mounts, settings, clock or reactor)
    doors = Doors(site, [TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")])
    [address] = await doors.open()

    async def close() -> None:
        site.settings = SILENT  # what a test left open must not take its long grace
        for channel in list(site._channels):
            channel.transport.abortConnection()
        await doors.close()

    case.addCleanup(lambda: Deferred.fromCoroutine(close()))
    port: int = getattr(address, "port")  # noqa: B009
    return Served(site, port)


def encoded_form(boundary: bytes, *parts: tuple[str, str | None, bytes]) -> bytes:
    """A multipart body of parts: name, filename (None for a field), content."""
    body = b""
    for name, filename, content in parts:
        told = f'; filename="{filename}"' if filename is not None else ""
        body += b"--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n" % (
            boundary, name.encode(), told.encode(), content,
        )  # fmt: skip
    return body + b"--%s--\r\n" % boundary
