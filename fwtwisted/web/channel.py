"""
The connection under the requests: limits on heads, deadlines, orderly refusals, and files sent by the kernel.

A connection moves through phases, and the site looks in on all of them about once a second, which costs less than
a timer for each:

=========  ==========================================  ===================================
phase      what happens                                how long
=========  ==========================================  ===================================
IDLE       waits for a request                         ``idle_seconds``
HEAD       a head arrives                              ``head_seconds`` in all
BODY       a body arrives                              ``body_seconds`` without a byte
BUSY       we work on the answer, or send it           as long as the client takes bytes
LINGERING  was refused; what still comes is dropped    ``linger_seconds``
UPGRADED   speaks WebSocket                            not ours any more
=========  ==========================================  ===================================

In every phase, a client that takes none of the bytes that lie ready for it for ``stalled_seconds`` is cut off.

Source: docs/operations.md O-14, O-15.
"""

from __future__ import annotations

import enum
import socket
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

from attrs import frozen
from twisted.internet import error, main, tcp, unix
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IProtocol, ITransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web import http

from fwtwisted.model.errors import BadRequest, FwError, HeadTooLarge
from fwtwisted.web.forwarded import TOLD_BY_FRONTS, Peer
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.http import FilePiece, Haul

_SHADOWED = frozenset(name.lower() for name in TOLD_BY_FRONTS)
_MOST_DIGITS = 18  # of a length; Python itself refuses to read very long numbers


@frozen
class Deadlines:
    """How long a connection may take for what; seconds."""

    head_seconds: float = 30.0
    body_seconds: float = 60.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 120.0
    linger_seconds: float = 5.0


class Phase(enum.Enum):
    """What a connection is busy with."""

    IDLE = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    BUSY = enum.auto()
    LINGERING = enum.auto()
    UPGRADED = enum.auto()


class Host(Protocol):
    """What a connection needs of its site."""

    head_limit: int
    max_headers: int
    draining: bool

    def seconds(self) -> float:
        """The time."""

    def joined(self, channel: Channel) -> None:
        """A connection was made."""

    def left(self, channel: Channel) -> None:
        """A connection is gone."""

    def peer_of(self, transport: ITransport) -> Peer:
        """Who sits at the other end."""

    def refuse(self, request: LeanRequest, why: FwError) -> None:
        """Answer a request that is still arriving."""


class Channel(http.HTTPChannel):
    """
    An HTTP/1.1 connection of ours.

    :ivar phase: what it is busy with, :ivar since: since when (seconds; in a body since its last byte).
    """

    site: Host
    transport: Any  # a stream: more than ITransport tells
    phase = Phase.IDLE
    since = 0.0
    MAX_LENGTH = 1 << 16
    _held = False
    _progress = -1
    _progress_at = 0.0

    # --- life ----------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        """Somebody has connected."""
        self.totalHeadersSize, self.maxHeaders = self.site.head_limit, self.site.max_headers
        self.since = self.site.seconds()
        self.site.joined(self)
        super().connectionMade()

    @cached_property
    def peer(self) -> Peer:
        """Who sits at the other end; not to be asked before the first request, which the PROXY protocol precedes."""
        return self.site.peer_of(self.transport)

    @cached_property
    def _addresses(self) -> tuple[IAddress, IAddress]:
        return self.transport.getPeer(), self.transport.getHost()

    def getPeer(self) -> IAddress:
        """The other end's address; every request asks, the system is asked once."""
        return self._addresses[0]

    def getHost(self) -> IAddress:
        """Our end's address."""
        return self._addresses[1]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone."""
        self.site.left(self)
        super().connectionLost(reason)

    def _protocolUpgradeForWebsockets(self, protocol: IProtocol) -> None:
        """Hand the connection over to another protocol, and still notice its end."""
        super()._protocolUpgradeForWebsockets(protocol)
        self.phase = Phase.UPGRADED

        def lost(reason: Failure) -> None:
            self.site.left(self)
            protocol.connectionLost(reason)

        self.connectionLost = lost  # type: ignore[method-assign, assignment]

    @property
    def takes_hauls(self) -> bool:
        """Whether the kernel may move bytes into the socket."""
        return sends_files(self.transport)

    # --- a request arrives ---------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        """Bytes have come."""
        if self.phase is Phase.IDLE:
            self.phase, self.since = Phase.HEAD, self.site.seconds()
        elif self.phase is Phase.BODY:
            self.since = self.site.seconds()
        super().dataReceived(data)

    def headerReceived(self, line: bytes) -> bool:
        """A line of the head; whether it may stand there."""
        name, _, value = line.partition(b":")
        if not _is_sound(name.lower(), value.strip(), self.requests[-1]):
            self._respondToBadRequestAndDisconnect()
            return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        """The head is complete: look it over, and decide about the body."""
        request: LeanRequest = self.requests[-1]
        request.begin(self._command, self._path, self._version)
        self.phase, self.since = Phase.BODY, self.site.seconds()
        names = [name for name, _ in request.requestHeaders.getAllRawHeaders()]
        self.persistent = self._may_persist(request, names)
        if any(b"_" in name and name.replace(b"_", b"-").lower() in _SHADOWED for name in names):
            self.site.refuse(request, BadRequest("A header shadows one of the proxy's."))
            return
        for name in self.peer.unwelcome(names):
            request.requestHeaders.removeHeader(name)
        if b"Cookie" in names:
            request.parseCookies()
        request.gotLength(self.length)
        if b"Expect" in names and request.receiver is None:  # who has one is invited once they are admitted
            self.invite(request)

    def invite(self, request: LeanRequest) -> None:
        """Ask a client to send its body, if it waits for that."""
        expected = request.header(b"Expect")
        if expected is not None and expected.lower() == b"100-continue" and not request.is_over:
            self._send100Continue()

    def _may_persist(self, request: LeanRequest, names: list[bytes]) -> bool:
        """Whether the connection stays open after the answer."""
        if self._version != b"HTTP/1.1" or self.site.draining:
            return False
        if b"Connection" not in names:
            return True
        asked = request.header(b"Connection")
        return asked is None or b"close" not in [one.strip() for one in asked.lower().split(b",")]

    def allContentReceived(self) -> None:
        """The request is complete."""
        if self.phase is Phase.LINGERING:
            return
        self.phase, self.since = Phase.BUSY, self.site.seconds()
        super().allContentReceived()

    def requestDone(self, request: LeanRequest) -> None:
        """The answer was handed to the transport; whoever held the connection for this request holds it no longer."""
        self._held = False
        if self.phase is not Phase.LINGERING:
            self.phase, self.since = Phase.IDLE, self.site.seconds()
            self.persistent = self.persistent and not self.site.draining
        super().requestDone(request)

    # --- refusing ------------------------------------------------------------------------------

    def linger(self) -> None:
        """
        Listen no more, but do not hang up before the refusal could be read.

        A connection closed over unread bytes is reset, and the answer is lost on its way.
        """
        self.phase, self.since, self.persistent = Phase.LINGERING, self.site.seconds(), False
        self._dataBuffer = []
        self.setRawMode()
        self.lineReceived = self.rawDataReceived = _dropped  # type: ignore[method-assign]

    def loseConnection(self) -> None:
        """Close when all was sent; a refused client gets its time to read."""
        if self.phase is not Phase.LINGERING:
            super().loseConnection()

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of the head does not end."""
        self._turn_away(HeadTooLarge())

    def _respondToBadRequestAndDisconnect(self) -> None:
        """The head, or the chunks of the body, cannot be read."""
        too_large = self._receivedHeaderSize > self.totalHeadersSize or self._receivedHeaderCount > self.maxHeaders
        self._turn_away(HeadTooLarge() if too_large else BadRequest())

    def _turn_away(self, error: FwError) -> None:
        """Refuse what is arriving, even when there is no request yet."""
        if self.phase is Phase.LINGERING:
            return
        if not self.requests:
            self.requests.append(self.requestFactory(self))
        request: LeanRequest = self.requests[-1]
        if not request.began:
            request.begin(*_request_line(self))
        self.site.refuse(request, error)

    # --- back-pressure on the body ---------------------------------------------------------------

    def hold(self) -> None:
        """Read no more from the client until :meth:`release`."""
        if not self._held:
            self._held = True
            self._networkProducer.pauseProducing()

    def release(self) -> None:
        """Read on."""
        if self._held:
            self._held = False
            self.since = self.site.seconds()
            self._networkProducer.resumeProducing()

    def resumeProducing(self) -> None:
        """The transport has sent what it had."""
        super().resumeProducing()
        if self._held:
            self._networkProducer.pauseProducing()

    # --- deadlines -----------------------------------------------------------------------------

    def look(self, now: float, deadlines: Deadlines) -> None:
        """Cut the connection when something takes too long."""
        if self._is_stalled(now, deadlines.stalled_seconds):
            self.transport.abortConnection()
            return
        match self.phase:
            case Phase.IDLE if now - self.since > deadlines.idle_seconds:
                self.transport.loseConnection()
            case Phase.HEAD if now - self.since > deadlines.head_seconds:
                self.transport.abortConnection()
            case Phase.BODY if not self._held and now - self.since > deadlines.body_seconds:
                self.transport.abortConnection()
            case Phase.LINGERING if now - self.since > deadlines.linger_seconds:
                self.transport.abortConnection()

    def _is_stalled(self, now: float, limit: float) -> bool:
        """Whether bytes lie ready that the client has not taken for too long."""
        transport = self.transport
        if isinstance(transport, SendingMixin):
            waiting, progress = transport.has_unsent, transport.bytes_sent
        else:
            waiting, progress = self._waitingForTransport, 0
        if waiting and self.phase is Phase.IDLE:  # it is not idle before it has taken its last answer
            self.since = now
        if not waiting or progress != self._progress:
            self._progress, self._progress_at = progress if waiting else -1, now
            return False
        return now - self._progress_at > limit

    def drain(self) -> None:
        """Take no further request; a connection without one is closed now."""
        if self.phase in (Phase.IDLE, Phase.UPGRADED):
            self.transport.loseConnection()
        else:
            self.persistent = False


def _is_sound(name: bytes, value: bytes, request: LeanRequest) -> bool:
    """Whether what a head says of its length and its host can be read in one way only."""
    match name:
        case b"content-length":
            return len(value) <= _MOST_DIGITS
        case b"transfer-encoding":
            return value.lower() == b"chunked"
        case b"host":
            return not request.requestHeaders.hasHeader(b"Host")
    return True


def _dropped(data: bytes) -> None:
    """Takes what a refused client still sends."""


def _request_line(channel: Channel) -> tuple[bytes, bytes, bytes]:
    """Method, target and version as far as they are known."""
    if hasattr(channel, "_command"):
        return channel._command, channel._path, channel._version
    return b"GET", b"/", b"HTTP/1.1"


# --- files by the kernel ---------------------------------------------------------------------------


class SendingMixin:
    """
    A socket that has bytes moved into it by the kernel, without their passing through us.

    :ivar bytes_sent: how many bytes the kernel has taken, a sign of progress.
    """

    SEND_LIMIT = 256 << 10  # as much as comes in one piece; with Twisted's 128 KiB the rest is copied
    bytes_sent = 0
    connected: int
    disconnected: bool
    _writeDisconnected: bool
    TLS: bool
    dataBuffer: bytes
    offset: int
    _tempDataLen: int
    fileno: Callable[[], int]
    startWriting: Callable[[], None]
    stopWriting: Callable[[], None]
    _haul: Haul | None = None
    _hauled: Deferred[None]

    def sendfile(self, descriptor: int, offset: int, count: int) -> Deferred[None]:
        """
        Send ``count`` bytes from ``offset`` after all that was written so far; answers as :meth:`haul`.

        :param descriptor: stays the caller's, who keeps it open until the end.
        """
        return self.haul(FilePiece(descriptor, offset, count))

    def haul(self, haul: Haul) -> Deferred[None]:
        """
        Have bytes moved by the kernel after all that was written so far.

        :return: fires when the kernel has the last byte; fails with EOFError when there are fewer, with the
            connection's reason when it breaks.  Cancelling stops the work, and leaves the stream in the middle.
        """
        hauled: Deferred[None] = Deferred(lambda _: self._drop_haul())
        if self.disconnected or haul.is_over:
            broken = not haul.is_over
            haul.close()
            if broken:
                hauled.errback(error.ConnectionLost())
            else:
                hauled.callback(None)
            return hauled
        self._haul, self._hauled = haul, hauled
        haul.begin(self._go_on)
        self.startWriting()
        return hauled

    @property
    def has_unsent(self) -> bool:
        """Whether bytes wait for the client to take them."""
        return self._has_buffered or (self._haul is not None and not self._haul.is_dry)

    @property
    def _has_buffered(self) -> bool:
        return bool(self.offset != len(self.dataBuffer) or self._tempDataLen)

    def write(self, data: bytes) -> None:
        """Send at once what the kernel takes at once, which is nearly always all; keep the rest."""
        idle = self._haul is None and not self._has_buffered
        if idle and data and self.connected and not self._writeDisconnected and not self.TLS:
            taken = self.writeSomeData(data)
            if isinstance(taken, int) and taken > 0:  # a broken connection shows when the reactor writes
                data = data[taken:]
        if data:
            super().write(data)  # type: ignore[misc]

    def writeSomeData(self, data: bytes) -> int | BaseException:
        """Count what the kernel takes."""
        taken: int | BaseException = super().writeSomeData(data)  # type: ignore[misc]
        if isinstance(taken, int) and taken > 0:
            self.bytes_sent += taken
        return taken

    def doWrite(self) -> BaseException | None:
        """The socket takes bytes: first those in memory, then those that the kernel moves."""
        if self._haul is None:
            return super().doWrite()  # type: ignore[misc]
        if self._has_buffered:
            result: BaseException | None = super().doWrite()  # type: ignore[misc]
            if result is None and not self.disconnected:
                self.startWriting()
            return result
        return self._send_some(self._haul)

    def _go_on(self) -> None:
        """A haul that was dry is so no longer."""
        haul = self._haul
        if haul is None:
            return
        if self._has_buffered or self._send_some(haul) is not None or (self._haul is haul and not haul.is_dry):
            self.startWriting()  # what is wrong, or left, shows when the reactor writes

    def _send_some(self, haul: Haul) -> BaseException | None:
        """Have the next bytes moved."""
        try:
            self.bytes_sent += haul.send(self.fileno())
        except EOFError as short:
            self._end_haul(Failure(short))
            return None
        except OSError:
            return main.CONNECTION_LOST
        if not haul.is_over:
            if haul.is_dry:
                self.stopWriting()
            return None
        self._end_haul(None)
        # Whether there is more to write, or a close to be done, is the usual business again.
        if self.disconnected or self._haul is not None:
            return None
        return super().doWrite()  # type: ignore[misc]

    def _end_haul(self, failure: Failure | None) -> None:
        hauled = self._hauled
        self._drop_haul()
        if not hauled.called:
            hauled.callback(failure)  # a failure makes it fail

    def _drop_haul(self) -> None:
        """Forget it; also called by who cancels."""
        haul, self._haul = self._haul, None
        if haul is not None:
            haul.close()

    def connectionLost(self, reason: Failure) -> None:
        """Tell who waits for the bytes to be moved."""
        is_hauling = self._haul is not None
        super().connectionLost(reason)  # type: ignore[misc]
        if is_hauling:
            self._end_haul(reason)


class TCPServer(SendingMixin, tcp.Server):  # type: ignore[misc]
    """An accepted TCP connection."""


class UNIXServer(SendingMixin, unix.Server):  # type: ignore[misc]
    """An accepted connection on a Unix socket."""


def sends_files(transport: object) -> bool:
    """Whether :meth:`SendingMixin.haul` may be used: never below TLS, which would be passed by."""
    return isinstance(transport, SendingMixin) and not getattr(transport, "TLS", False)


def teach_sendfile(port: object) -> None:
    """Have a listening port accept its connections as ours; ports of other kinds stay as they are."""
    if isinstance(port, unix.Port):  # first: it is a kind of the other
        port.transport = UNIXServer
    elif isinstance(port, tcp.Port):
        port.transport = TCPServer


def notice_the_dead(transport: object, seconds: float) -> None:
    """Have the kernel break a TCP connection whose far end acknowledges nothing for that long."""
    handle = getattr(transport, "socket", None)
    if isinstance(handle, socket.socket) and handle.family != socket.AF_UNIX:
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
