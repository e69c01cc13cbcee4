"""
One request, lean.

Twisted's own request writes an answer in many small pieces and parses what nobody asked for.  :class:`LeanRequest`
writes head and body at once, knows its path before the body arrives, and leaves every decision (where it goes, how
much body it may have, how it is refused) to the :class:`Keeper` that it belongs to.
"""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import Any, Protocol, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.http import NO_BODY_CODES, RESPONSES

from fwtwisted.model.errors import FwError, TooLarge
from fwtwisted.model.people import Viewer
from fwtwisted.web.forwarded import Peer
from fwtwisted.web.routing import plain
from fwtwisted.wire.http import Haul

T = TypeVar("T")

CRLF = b"\r\n"
_STATUS_LINES = {code: b"HTTP/1.1 %d %s\r\n" % (code, text) for code, text in RESPONSES.items()}
_STATUS_LINES |= {431: b"HTTP/1.1 431 Request Header Fields Too Large\r\n"}


class BodyReceiver(Protocol):
    """Takes a body as it arrives, instead of memory."""

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body."""

    def ended(self) -> None:
        """The last byte was fed."""


@frozen
class BodyTerms:
    """What a place takes as a body.  :ivar limit: bytes.  :ivar receiver: None keeps the body in memory."""

    limit: int
    receiver: BodyReceiver | None = None


class Keeper(Protocol):
    """What a request needs of the site that it came to."""

    def seconds(self) -> float:
        """The time."""

    def common_head(self) -> bytes:
        """Header lines of every answer, such as ``Date``."""

    def next_id(self) -> str:
        """A name for the next request, for logs."""

    def body_terms(self, request: LeanRequest, length: int | None) -> BodyTerms:
        """What body the request may have; ``length`` is what it announced, bytes."""

    def serve(self, request: LeanRequest) -> None:
        """Answer a request that has arrived whole."""

    def refuse(self, request: LeanRequest, why: FwError | Failure) -> None:
        """Answer a request that is still arriving, and stop listening to it; a failure of another kind is a bug."""


class LeanRequest(server.Request):
    """
    A request and its answer.

    :ivar uri: path and query as they were sent.  :ivar path: the path, in its one usual spelling.
    :ivar query_string: what follows the ``?``, raw.
    :ivar rest: the path below the prefix at which the resource hangs.
    :ivar allowed: the methods that the matched path knows, for ``Allow``.
    :ivar viewer: who asks, once somebody has found out.
    :ivar receiver: takes the body when it does not go to memory.
    :ivar began: when the head was read, seconds.
    :ivar is_counted: a limit has taken note of it.  :ivar standing: header lines that tell of the limit.
    """

    site: Keeper  # type: ignore[assignment]
    channel: Any  # a fwtwisted.web.channel.Channel, which knows us
    content: BytesIO
    defaultContentType = None
    query_string = b""
    rest = b""
    allowed: tuple[str, ...] = ()
    viewer: Viewer | None = None
    receiver: BodyReceiver | None = None
    began = 0.0
    is_quiet = False
    is_counted = False
    standing = b""
    _body_limit = 0
    _body_received = 0

    # --- arriving ------------------------------------------------------------------------------

    def begin(self, method: bytes, target: bytes, version: bytes) -> None:
        """Take the request line; called when the head is complete."""
        self.site = self.channel.site
        self.began = self.site.seconds()
        self.method, self.clientproto = method, version
        self.uri = target = _origin_form(target)
        self.path, _, self.query_string = target.partition(b"?")
        if b"%" in self.path:
            self.path = plain(self.path)

    def gotLength(self, length: int | None) -> None:
        """Learn how long the body will be; a body that is too long is refused before it is read."""
        self.content = BytesIO()
        terms = self.site.body_terms(self, length)
        self.receiver, self._body_limit = terms.receiver, terms.limit
        if length is not None and length > terms.limit and not self.finished:
            self.site.refuse(self, TooLarge())

    def handleContentChunk(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if self.finished:
            return
        self._body_received += len(data)
        if self._body_received > self._body_limit:
            self.site.refuse(self, TooLarge())
        elif self.receiver is not None:
            self.receiver.feed(data)
        else:
            self.content.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The body is complete."""
        if self.receiver is not None:
            self.receiver.ended()
        if self.finished:  # what was fed last made the receiver refuse
            return
        self.content.seek(0)
        self.process()

    def process(self) -> None:
        """Have it answered."""
        self.site.serve(self)

    # --- asking about it -----------------------------------------------------------------------

    @property
    def peer(self) -> Peer:
        """Who sits at the other end of the connection, and whether its word about others counts."""
        return self.channel.peer

    @cached_property
    def id(self) -> str:
        """A name for this request, in the logs and in ``X-Request-ID``: a trusted front's, or our own."""
        return self.peer.request_id(self.requestHeaders) or self.site.next_id()

    @cached_property
    def client_address(self) -> str:
        """The address of the person's machine, as far as trusted proxies tell; empty when nobody knows."""
        return self.peer.client_address(self.requestHeaders)

    @property
    def is_over(self) -> bool:
        """Nothing can be written any more: answered, or the client has gone."""
        return bool(self.finished or self._disconnected)

    def header(self, name: bytes) -> bytes | None:
        """The last value of a header, raw; None when it was not sent."""
        values = self.requestHeaders.getRawHeaders(name)
        return values[-1] if values else None

    # --- answering -----------------------------------------------------------------------------

    def respond(self, body: bytes) -> None:
        """
        Write status, headers and body in one go, and be done.

        Nothing happens when the client has gone or was answered already.
        """
        if self.finished or self._disconnected:
            return
        if self.code in NO_BODY_CODES or self.method == b"HEAD":
            self.respond_head(len(body))
            return
        self.sentLength = len(body)
        self._write_all([*self._head_lines(), b"Content-Length: %d\r\n\r\n" % len(body), body])

    def respond_head(self, length: int | None) -> None:
        """The same without a body: to HEAD, or with a status that has none.  :param length: of the body not sent."""
        if self.finished or self._disconnected:
            return
        lines = self._head_lines()
        if length is not None and self.code not in NO_BODY_CODES:
            lines.append(b"Content-Length: %d\r\n" % length)
        self._write_all([*lines, CRLF])

    def write_head(self, length: int) -> None:
        """Write the head of an answer whose bytes are sent by and by.  :param length: how many there will be."""
        if self.startedWriting or self.finished or self._disconnected:
            return
        self.startedWriting = 1
        self.responseHeaders.removeHeader(b"Content-Length")
        head = [*self._head_lines(), b"Content-Length: %d\r\n\r\n" % length]
        self.channel.transport.write(b"".join(head))

    def _write_all(self, pieces: list[bytes]) -> None:
        """Send a whole answer and be done with the request."""
        self.startedWriting = 1
        self.channel.transport.write(b"".join(pieces))
        self.channel.factory.log(self)
        self.finished = 1
        self._cleanup()

    def write(self, data: bytes) -> None:
        """Write a piece of a streamed answer; the first call writes the head."""
        if not self.startedWriting and not self.finished and not self._disconnected:
            self.code_message = RESPONSES.get(self.code, b"Unknown")
            for line in self._common_lines():
                name, _, value = line.partition(b": ")
                self.responseHeaders.setRawHeaders(name, [value])
        super().write(data)

    def _head_lines(self) -> list[bytes]:
        """The status line and all header lines of a one-piece answer but its length."""
        lines = [_status_line(self.code), self.site.common_head(), b"X-Request-ID: %s\r\n" % self.id.encode("ascii")]
        for name, values in self.responseHeaders.getAllRawHeaders():
            lines.extend(b"%s: %s\r\n" % (name, value) for value in values)
        if self.standing:
            lines.append(self.standing)
        lines.extend(b"Set-Cookie: %s\r\n" % cookie for cookie in self.cookies)
        if not self.channel.persistent:
            lines.append(b"Connection: close\r\n")
        return lines

    def _common_lines(self) -> list[bytes]:
        """The header lines that a streamed answer shares with all others."""
        lines = (self.site.common_head() + self.standing).split(CRLF)[:-1]
        lines.append(b"X-Request-ID: " + self.id.encode("ascii"))
        if not self.channel.persistent:
            lines.append(b"Connection: close")
        return lines

    @property
    def takes_hauls(self) -> bool:
        """See :class:`~fwtwisted.wire.http.Outlet`."""
        return bool(self.channel.takes_hauls)

    def haul(self, haul: Haul) -> Deferred[None]:
        """See :class:`~fwtwisted.wire.http.Outlet`."""

        def count(result: T) -> T:
            self.sentLength += haul.moved
            return result

        hauled: Deferred[None] = self.channel.transport.haul(haul)
        return hauled.addBoth(count)

    def abort(self) -> None:
        """Cut the connection, so that a half-written answer cannot pass for a whole one."""
        if not self.is_over:
            self.channel.transport.abortConnection()


def _origin_form(target: bytes) -> bytes:
    """The path and query of a request target; a proxy's absolute form loses scheme and host."""
    if target.startswith(b"/"):
        return target
    scheme, separator, rest = target.partition(b"://")
    if separator and scheme.lower() in (b"http", b"https"):
        _, slash, path = rest.partition(b"/")
        return slash + path or b"/"
    return target


def _status_line(code: int) -> bytes:
    """The first line of an answer."""
    return _STATUS_LINES.get(code) or b"HTTP/1.1 %d Unknown\r\n" % code
