"""
The WebSocket at ``/api/v1/activity``: pages that are told what happens.

Only a browser's session opens one, and only from a page of ours: browsers send cookies along with a WebSocket that
any page in the world opens, and ask nobody first.  A client says nothing but pongs: what it sends is counted, and more
than a little ends the connection.  One that does not read costs a bounded amount of memory, then its connection.

Frames go out through Twisted's transport as they are, made once for all who hear the same.
Source: docs/api.md §5; RFC 6455.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.websocket import WebSocketResource
from wsproto.utilities import ProtocolError
from zope.interface import implementer

from fwtwisted.core.people.tokens import digest
from fwtwisted.core.pod.live import Live
from fwtwisted.model.errors import Forbidden
from fwtwisted.model.people import Viewer
from fwtwisted.web.callers import BySession, CsrfGuard, session_key
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.websocket import text_frame

TOO_MUCH = 1009  # a close code: RFC 6455, 7.4.1


@frozen
class SocketSettings:
    """
    What a client may cost us.

    :ivar most_waiting: of what a client has not read yet, bytes beside the transport's own buffer.
    :ivar allowance: how much a client may say at first, bytes; more than enough for pongs.
    :ivar allowance_per_beat: how much more with every beat, up to the first amount.
    """

    most_waiting: int = 256 * 1024
    allowance: int = 4096
    allowance_per_beat: int = 256


def wants_websocket(request: LeanRequest) -> bool:
    """Whether the client asks for another protocol than HTTP."""
    upgrade = request.header(b"Upgrade")
    return upgrade is not None and b"websocket" in [one.strip() for one in upgrade.lower().split(b",")]


class LiveDoor:
    """
    Lets pages in.

    :param by_session: whose session a cookie is.
    """

    def __init__(
        self, live: Live, by_session: BySession, guard: CsrfGuard, settings: SocketSettings | None = None
    ) -> None:
        self._live, self._by_session, self._guard = live, by_session, guard
        self._settings = settings or SocketSettings()

    async def open(self, request: LeanRequest) -> WebSocketResource:
        """
        What answers a request for a WebSocket.

        :raise Forbidden: nobody with a session, or a page of another site.
        :raise Throttled: :raise Unavailable: too many are open.
        """
        key = session_key(request)
        if key is None or not self._guard.is_from_our_page(request):
            raise Forbidden()
        viewer = await self._by_session(key)
        if viewer is None or viewer.account_id is None:
            raise Forbidden()
        self._live.admit(viewer)
        return WebSocketResource(_Opening(Socket(viewer, digest(key), self._live, self._settings)))


class _Opening:
    """Gives the one socket that was prepared."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def buildProtocol(self, request: Any) -> Socket:
        """The handshake was read, and is about to be answered."""
        self._socket.channel = request.channel
        return self._socket


@implementer(IPushProducer)
class Socket:
    """
    A page's connection: a :class:`fwtwisted.core.pod.live.Listener`.

    :ivar channel: the connection of HTTP that it was.
    """

    _log = Logger()
    channel: Any

    def __init__(self, viewer: Viewer, session: bytes, live: Live, settings: SocketSettings) -> None:
        self.viewer, self.session = viewer, session
        self._live, self._settings = live, settings
        self._transport: Any = None
        self._bytes: Any = None
        self._waiting: deque[bytes] = deque()
        self._waits = 0
        self._is_full = False
        self._is_over = False
        self._was_heard = True
        self._allowance = settings.allowance

    # --- the WebSocket's life: what Twisted calls ----------------------------------------------------

    def negotiationStarted(self, transport: Any) -> None:
        """The connection is ours: hear what it says before the frames are read, and mind when it is full."""
        self._transport, self._bytes = transport, self.channel.transport
        read = self.channel.dataReceived
        self.channel.dataReceived = lambda data: self._heard(data, read)
        self._bytes.unregisterProducer()  # what spoke HTTP
        self._bytes.registerProducer(self, True)

    def negotiationFinished(self) -> None:
        """The client may be told things."""
        self._live.join(self)

    def textMessageReceived(self, message: str) -> None:
        """Nothing that a client says means anything."""

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """Nor this."""

    def pongReceived(self, payload: bytes) -> None:
        """It is there; that was noted when it was heard."""

    def connectionLost(self, reason: Failure) -> None:
        """It is gone."""
        self._is_over = True
        self._waiting.clear()
        self._live.leave(self)

    def _heard(self, data: bytes, read: Callable[[bytes], None]) -> None:
        """Something came in."""
        self._was_heard = True
        self._allowance -= len(data)
        if self._is_over:
            return
        if self._allowance < 0:
            self.end(TOO_MUCH)
            return
        try:
            read(data)
        except ProtocolError:
            self._cut()

    # --- being told: what Live calls -----------------------------------------------------------------

    def hear(self, message: bytes) -> None:
        """Send a message, or have it wait while the client does not read; too much of that ends it."""
        if self._is_over:
            return
        frame = text_frame(message)
        if not self._is_full:
            self._bytes.write(frame)
            return
        self._waits += len(frame)
        if self._waits > self._settings.most_waiting:
            self._log.info("{username} does not read what it is told", event="live.slow", username=self.viewer.username)
            self._cut()
        else:
            self._waiting.append(frame)

    def prod(self) -> None:
        """Cut the connection when nothing came since the last time; else ask for a pong."""
        if self._is_over:
            return
        if not self._was_heard:
            self._cut()
            return
        self._was_heard = False
        self._allowance = min(self._settings.allowance, self._allowance + self._settings.allowance_per_beat)
        self._transport.ping()

    def end(self, code: int) -> None:
        """Close it in order, with a reason."""
        if self._is_over:
            return
        self._over()
        self._transport.loseConnection(code)

    def _cut(self) -> None:
        self._over()
        self._bytes.abortConnection()

    def _over(self) -> None:
        self._is_over = True
        self._waiting.clear()
        self._live.leave(self)
        self._bytes.unregisterProducer()

    # --- back-pressure: what the transport calls -----------------------------------------------------

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._is_full = True

    def resumeProducing(self) -> None:
        """It is empty again: what waited goes out."""
        self._is_full = False
        while self._waiting and not self._is_full:
            frame = self._waiting.popleft()
            self._waits -= len(frame)
            self._bytes.write(frame)

    def stopProducing(self) -> None:
        """The connection is lost, of which :meth:`connectionLost` hears."""
