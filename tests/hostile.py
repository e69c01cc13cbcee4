"""
A web server that does what it is told to, in bytes: for everything that asks other servers.

::

    far = await FarEnd.on(self)                       # listens on a loopback port until the test ends
    far.says("/feed", ok(b"<rss/>", "application/rss+xml"))
    far.does("/slow", lambda line: line.write(b"HTTP/1.1 200 OK\\r\\n"))
    far.url("/feed")                                  # http://127.0.0.1:PORT/feed
    far.heads                                         # every head that was received
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

reactor: Any = the_reactor
Deed = Callable[["Line"], object]


def ok(body: bytes, kind: str = "text/plain", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer.  Underscores in the names of headers stand for hyphens."""
    told = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(place: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return ok(b"", status=status, Location=place)


class Line(Protocol):
    """One caller of the far end."""

    def __init__(self, far: FarEnd) -> None:
        self._far, self._head = far, b""
        self._ticking: IDelayedCall | None = None
        self.is_gone = False

    def dataReceived(self, data: bytes) -> None:
        if b"\r\n\r\n" not in self._head:
            self._head += data
            if b"\r\n\r\n" in self._head:
                self._far.asked(self, self._head.partition(b"\r\n\r\n")[0].decode("latin-1"))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_gone = True
        if self._ticking is not None and self._ticking.active():
            self._ticking.cancel()
        self._far.gone(self)

    def write(self, data: bytes) -> None:
        """Send something, if anybody is still there."""
        if not self.is_gone:
            assert self.transport is not None
            self.transport.write(data)

    def end(self) -> None:
        """Hang up."""
        assert self.transport is not None
        self.transport.loseConnection()

    def drip(self, first: bytes, piece: bytes, every: float = 0.0) -> None:
        """Begin, and then send the same again and again."""
        self.write(first)
        self.for_ever(piece, every)

    def for_ever(self, piece: bytes, every: float = 0.0) -> None:
        """Send the same again and again, until the caller leaves."""
        if not self.is_gone:
            self.write(piece)
            self._ticking = reactor.callLater(every, self.for_ever, piece, every)


class FarEnd(Factory):
    """
    The server.

    :ivar heads: what was asked, in order.  :ivar lines: callers that are connected.
    """

    noisy = False

    def __init__(self) -> None:
        self._deeds: dict[str, Deed] = {}
        self.heads: list[str] = []
        self.lines: list[Line] = []
        self._empty: list[Deferred[None]] = []
        self.host, self.port, self.scheme = "127.0.0.1", 0, "http"

    @classmethod
    async def on(cls, case: TestCase, tls: CertificateOptions | None = None) -> FarEnd:
        """A far end that listens until the test ends."""
        far = cls()
        factory: Any = far if tls is None else TLSMemoryBIOFactory(tls, False, far)
        far.scheme = "http" if tls is None else "https"
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(factory)
        far.port = port.getHost().port
        case.addCleanup(far._close, port)
        return far

    async def _close(self, port: Any) -> None:
        await port.stopListening()
        for line in list(self.lines):
            transport: Any = line.transport
            transport.abortConnection()
        await self.left()

    def buildProtocol(self, addr: object) -> Line:
        line = Line(self)
        self.lines.append(line)
        return line

    def gone(self, line: Line) -> None:
        """A caller has left."""
        self.lines.remove(line)
        if not self.lines:
            waiting, self._empty = self._empty, []
            for one in waiting:
                one.callback(None)

    def left(self) -> Deferred[None]:
        """Fires when nobody is connected."""
        done: Deferred[None] = Deferred()
        if self.lines:
            self._empty.append(done)
        else:
            done.callback(None)
        return done

    def url(self, path: str, host: str = "") -> str:
        """The address of a path here."""
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def says(self, path: str, answer: bytes) -> None:
        """Answer a path with these bytes, then hang up."""

        def deed(line: Line) -> None:
            line.write(answer)
            line.end()

        self.does(path, deed)

    def does(self, path: str, deed: Deed) -> None:
        """Do something whenever a path is asked for."""
        self._deeds[path] = deed

    def asked(self, line: Line, head: str) -> None:
        """A head has come."""
        self.heads.append(head)
        path = head.split(" ", 2)[1].partition("?")[0]
        self._deeds.get(path, _unknown)(line)

    def header(self, name: str, of: int = -1) -> str | None:
        """A header of what was asked."""
        return headers_of(self.heads[of]).get(name.lower())


def headers_of(head: str) -> Mapping[str, str]:
    """The headers of a head, by lower-case name."""
    pairs = (line.partition(":") for line in head.split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _unknown(line: Line) -> None:
    line.write(ok(b"no such thing", status="404 Not Found"))
    line.end()
