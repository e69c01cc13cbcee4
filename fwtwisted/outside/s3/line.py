"""
The line to the store: one HTTP request and what comes back, with connections that are kept, bounded and watched.

It knows HTTP, TLS and time, and nothing of S3.  Twisted's agent is used as it is: bytes pass unchanged, nothing is
followed or unpacked.  A kept connection that the store has closed meanwhile is replaced by the agent itself (S-42).
The last good addresses of the host stand for ten minutes when its name cannot be found.

Source: docs/storage.md §1.1, §10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import ssl
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError, TimeoutError
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IOpenSSLClientConnectionCreator,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.python.failure import Failure
from twisted.web._newclient import HTTP11ClientProtocol
from twisted.web.client import (
    URI,
    Agent,
    BrowserLikePolicyForHTTPS,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseNeverReceived,
    _HTTP11ClientFactory,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IPolicyForHTTPS, IResponse
from zope.interface import implementer

from fwtwisted.outside.s3.flow import Flow
from fwtwisted.outside.s3.payloads import Payload, Sending
from fwtwisted.outside.s3.settings import LineSettings
from fwtwisted.outside.s3.turns import Turn
from fwtwisted.outside.s3.wires import FEW_BYTES, Wire

KEPT_SECONDS = 30.0  # an idle connection; stores close theirs after some time, too
REMEMBERED_SECONDS = 600.0


class NoAnswer(Exception):
    """
    Nothing was heard.

    :ivar was_stale: it may be that a kept connection had been closed, which is no failure.
    """

    def __init__(self, why: str, *, was_stale: bool = False) -> None:
        super().__init__(why)
        self.was_stale = was_stale


@frozen
class Reply:
    """:ivar headers: names in lower case.  :ivar length: of the body, None when nobody told."""

    status: int
    headers: Mapping[str, str]
    length: int | None
    body: Flow


class Line:
    """Asks one store, or its neighbours."""

    def __init__(self, reactor: Any, settings: LineSettings) -> None:
        self._reactor, self._settings = reactor, settings
        self._pool = HTTPConnectionPool(reactor)
        self._pool._factory = _Quiet
        self._pool.maxPersistentPerHost = settings.connections
        self._pool.cachedConnectionTimeout = int(KEPT_SECONDS)
        self._agent = Agent.usingEndpointFactory(reactor, _Endpoints(reactor, settings), self._pool)

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], payload: Payload | None, turn: Turn, seconds: float
    ) -> Reply:
        """
        Send a request; answers when the head of the answer is here.

        :param turn: becomes the body's.
        :param seconds: of silence, while sending or waiting.
        :raise NoAnswer:
        """
        watch = _Watch(self._reactor, min(seconds, self._settings.read_seconds))
        body = None if payload is None else Sending(payload, self._breathe, watch.moved)
        sent = Headers({name: [value] for name, value in headers.items()})
        try:
            response = await watch.over(self._agent.request(method.encode(), url.encode("ascii"), sent, body))
        except BaseException:
            turn.give_back()
            raise
        length = _length(method, response)
        wire = None if length is None else Wire(self._reactor, _below(response))
        flow = Flow(self._reactor, turn, wire, self._settings.read_seconds)
        response.deliverBody(flow)
        return Reply(response.code, _plain(response.headers), length, flow)

    def close(self) -> Deferred[Any]:
        """Drop the kept connections."""
        return self._pool.closeCachedConnections()

    def _breathe(self) -> Deferred[None]:
        woken: Deferred[None] = Deferred()
        self._reactor.callLater(0, woken.callback, None)
        return woken


class _Quiet(_HTTP11ClientFactory):
    """Makes protocols, without a line in the log for each connection."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        """See ``IProtocolFactory``."""
        return _Telling(self._quiescentCallback)


class _Telling(HTTP11ClientProtocol):
    """Tells with each answer over which connection it comes; reads little of the first one at once."""

    def connectionMade(self) -> None:
        """See ``IProtocol``."""
        super().connectionMade()
        Wire(None, self.transport).read_at_once(FEW_BYTES)

    def request(self, request: Any) -> Deferred[Any]:
        """See ``HTTP11ClientProtocol``."""
        return super().request(request).addCallback(self._told)

    def _told(self, response: Any) -> Any:
        response.came_over = self.transport
        return response


def _below(response: Any) -> ITransport:
    transport: ITransport = response.came_over
    return transport


class _Watch:
    """Gives a request up when nothing moves."""

    def __init__(self, clock: Any, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._fired = self._is_left = False
        self._timer: Any = None

    def moved(self) -> None:
        """Something was sent, perhaps at once, before anybody waits."""
        if self._timer is not None and self._timer.active():
            self._timer.reset(self._seconds)

    async def over(self, asked: Deferred[IResponse]) -> IResponse:
        """The answer.  :raise NoAnswer:"""
        self._timer = self._clock.callLater(self._seconds, self._give_up, asked)
        heard: Deferred[IResponse] = Deferred(lambda _: self._leave(asked))
        asked.addBoth(heard.callback)
        try:
            return await heard
        except Exception as failed:  # sockets, TLS and HTTP each fail in their own way; the reason is told
            if self._is_left:
                raise CancelledError from failed
            if self._fired:
                raise NoAnswer(f"silent for {self._seconds:.0f} s") from failed
            raise _no_answer(failed) from failed
        finally:
            if self._timer.active():
                self._timer.cancel()

    def _give_up(self, asked: Deferred[IResponse]) -> None:
        self._fired = True
        asked.cancel()

    def _leave(self, asked: Deferred[IResponse]) -> None:
        """Whoever waits has left; what the agent says of it does not matter."""
        self._is_left = True
        asked.cancel()


def _no_answer(failed: Exception) -> NoAnswer:
    """What happened, in words for the log."""
    was_stale = isinstance(failed, RequestTransmissionFailed | ResponseNeverReceived)
    reasons: Sequence[Failure] = getattr(failed, "reasons", ())
    inner = reasons[0].value if reasons else failed
    if isinstance(inner, SSL.Error):
        return NoAnswer(f"its certificate or its TLS is not right: {_tls_words(inner)}")
    if isinstance(inner, VerificationError):
        return NoAnswer("its certificate is for another name")
    if isinstance(inner, DNSLookupError):
        return NoAnswer("its name cannot be found")
    if isinstance(inner, TimeoutError):
        return NoAnswer("no connection in time")
    if isinstance(inner, ConnectError):
        return NoAnswer(f"no connection: {inner}")
    return NoAnswer(f"{type(inner).__name__}: {inner}", was_stale=was_stale)


def _tls_words(error: SSL.Error) -> str:
    told = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(one[-1]) for one in told) or str(error) or "the connection ended in the handshake"


def _plain(headers: Headers) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in headers.getAllRawHeaders()
    }


def _length(method: str, response: IResponse) -> int | None:
    if method == "HEAD":
        told = response.headers.getRawHeaders(b"content-length")
        return int(told[0]) if told and told[0].isdigit() else None
    return response.length if isinstance(response.length, int) else None


# --- connections ---------------------------------------------------------------------------------


@implementer(IAgentEndpointFactory)
class _Endpoints:
    """Makes the connections."""

    def __init__(self, reactor: Any, settings: LineSettings) -> None:
        self._reactor, self._settings = _Remembering(reactor), settings
        self._policy = _policy(settings)

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """See ``IAgentEndpointFactory``."""
        seconds = self._settings.connect_seconds
        plain: IStreamClientEndpoint = HostnameEndpoint(self._reactor, uri.host, uri.port, timeout=seconds)
        if uri.scheme == b"https":
            plain = wrapClientTLS(self._policy.creatorForNetloc(uri.host, uri.port), plain)
        return plain


def _policy(settings: LineSettings) -> IPolicyForHTTPS:
    """Whose certificates are believed.  :raise ValueError: the bundle holds none.  :raise OSError:"""
    if not settings.verifies:
        return _Trusting()
    if settings.ca_bundle is None:
        return BrowserLikePolicyForHTTPS()
    with open(settings.ca_bundle, "rb") as stream:
        return BrowserLikePolicyForHTTPS(ssl.trustRootFromCertificates(certificates_in(stream.read())))


_BEGIN = b"-----BEGIN CERTIFICATE-----"


def certificates_in(bundle: bytes) -> list[ssl.Certificate]:
    """The certificates of a file.  :raise ValueError: there is none, or a broken one."""
    found = [ssl.Certificate.loadPEM(_BEGIN + rest) for rest in bundle.split(_BEGIN)[1:]]
    if not found:
        raise ValueError("no certificate")
    return found


@implementer(IPolicyForHTTPS)
class _Trusting:
    """Believes anybody, because an administrator said so (``AWS_S3_VERIFY=false``)."""

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        """See ``IPolicyForHTTPS``."""
        return _Unchecked(hostname)


@implementer(IOpenSSLClientConnectionCreator)
class _Unchecked:
    """TLS that hides and proves nothing."""

    def __init__(self, hostname: bytes) -> None:
        self._hostname = hostname
        self._context = ssl.CertificateOptions(verify=False).getContext()

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """See ``IOpenSSLClientConnectionCreator``."""
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._hostname)
        return connection


@implementer(IReactorPluggableNameResolver, IHostnameResolver)
class _Remembering:
    """The reactor, with a memory for the addresses of names."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._known: dict[str, tuple[float, tuple[IAddress, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    @property
    def nameResolver(self) -> IHostnameResolver:
        """Ourselves."""
        return self

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Nobody does this to a part of the reactor."""
        raise NotImplementedError

    def resolveHostName(self, resolutionReceiver: IResolutionReceiver, hostName: str, *args: Any, **kw: Any) -> Any:
        """See ``IHostnameResolver``."""
        receiver = _Hearing(self, resolutionReceiver, hostName)
        return self._reactor.nameResolver.resolveHostName(receiver, hostName, *args, **kw)

    def learnt(self, name: str, addresses: Sequence[IAddress]) -> Sequence[IAddress]:
        """What is to be tried: what was found, or what was found not long ago."""
        now = self._reactor.seconds()
        if addresses:
            self._known[name] = now, tuple(addresses)
            return ()
        moment, old = self._known.get(name, (0.0, ()))
        return old if now - moment <= REMEMBERED_SECONDS else ()


@implementer(IResolutionReceiver)
class _Hearing:
    """Listens in on one resolution."""

    def __init__(self, memory: _Remembering, receiver: IResolutionReceiver, name: str) -> None:
        self._memory, self._receiver, self._name = memory, receiver, name
        self._found: list[IAddress] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """See ``IResolutionReceiver``."""
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:
        """See ``IResolutionReceiver``."""
        self._found.append(address)
        self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        """See ``IResolutionReceiver``."""
        for address in self._memory.learnt(self._name, self._found):
            self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()
