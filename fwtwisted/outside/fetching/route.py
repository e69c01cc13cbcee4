"""
The connection to one place, for one request.

It goes to the addresses that were judged and to no other: what speaks HTTP on it is given a reactor whose name lookups
answer with those alone.  It can be dropped at any moment, and it is when a head grows beyond all measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionClosed
from twisted.internet.interfaces import (
    IHostnameResolver,
    IHostResolution,
    IOpenSSLClientConnectionCreator,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.python.failure import Failure
from twisted.web.client import URI, ResponseFailed
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from fwtwisted.outside.fetching.failures import FetchFailed, Garbled, TooLong, Unreachable
from fwtwisted.wire.targets import Target

LARGEST_HEAD = 32 * 1024


def pinned(
    reactor: Any,
    there: Target,
    addresses: Sequence[str],
    connect_seconds: float,
    tls: IOpenSSLClientConnectionCreator | None,
) -> Any:
    """What connects to one place, at these addresses and at no others."""
    plain: Any = HostnameEndpoint(_Pinned(reactor, addresses), there.host, there.port, timeout=connect_seconds)
    return plain if tls is None else wrapClientTLS(tls, plain)


@implementer(IAgentEndpointFactory, IStreamClientEndpoint)
class Route:
    """
    The way to one place, for one request: connects to the addresses that were judged, and to nothing else.

    :ivar is_answered: the head of the answer is there.
    """

    def __init__(
        self,
        reactor: Any,
        there: Target,
        addresses: Sequence[str],
        connect_seconds: float,
        tls: IOpenSSLClientConnectionCreator | None,
    ) -> None:
        self._endpoint = pinned(reactor, there, addresses, connect_seconds, tls)
        self._line: _Line | None = None
        self.is_answered = False

    def endpointForURI(self, uri: URI) -> Route:
        """Whatever the agent makes of the URL, it goes where we have looked."""
        return self

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> Any:
        line = _Line(factory, self)
        await self._endpoint.connect(_OneLine(line))
        self._line = line
        return line.inner

    def hang_up(self) -> None:
        """Drop the connection, whatever the far end thinks of it."""
        if self._line is not None:
            self._line.drop()

    def why_broken(self, why: ResponseFailed) -> FetchFailed:
        """What to tell of an answer that broke off in its head."""
        if self._line is not None and self._line.head_is_too_long:
            return TooLong()
        if any(reason.check(SSL.Error, VerificationError) for reason in why.reasons):
            return Unreachable("The server cannot prove who it is.")
        if any(reason.check(ConnectionClosed, OSError) for reason in why.reasons):
            return Unreachable("The server broke off.")
        return Garbled()


class _OneLine(Factory):
    """Makes the one protocol that it was given."""

    noisy = False

    def __init__(self, line: _Line) -> None:
        self._line = line

    def buildProtocol(self, addr: Any) -> _Line:
        return self._line


class _Line(Protocol):
    """Stands between the connection and what speaks HTTP on it, and counts how long a head grows."""

    def __init__(self, factory: IProtocolFactory, route: Route) -> None:
        self._factory, self._route = factory, route
        self._received = 0
        self._is_lost = False
        self.inner: Any = None
        self.head_is_too_long = False

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.inner = self._factory.buildProtocol(self.transport.getPeer())
        self.inner.makeConnection(self.transport)

    def dataReceived(self, data: bytes) -> None:
        if not self._route.is_answered:
            room, self._received = LARGEST_HEAD - self._received, self._received + len(data)
            self.inner.dataReceived(data[:room])
            data = data[room:]
            if data and not self._route.is_answered:
                self.head_is_too_long = True
                self.drop()
                return
        if data and not self._is_lost:
            self.inner.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_lost = True
        self.inner.connectionLost(reason)

    def drop(self) -> None:
        """Reset the connection, unless it is over: TLS of Twisted cannot be told to end what has ended."""
        transport: Any = self.transport
        if transport is not None and not self._is_lost:
            transport.abortConnection()


@implementer(IReactorPluggableNameResolver, IHostnameResolver, IHostResolution)
class _Pinned:
    """The reactor, but all names stand for the same given addresses."""

    def __init__(self, reactor: Any, addresses: Sequence[str]) -> None:
        self._reactor, self._addresses = reactor, addresses

    @property
    def nameResolver(self) -> _Pinned:
        return self

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        raise NotImplementedError("these addresses were judged, others were not")

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        resolutionReceiver.resolutionBegan(self)
        for address in self._addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return self

    @property
    def name(self) -> str:
        """Of a lookup, for debugging."""
        return "pinned"

    def cancel(self) -> None:
        """Nothing is under way."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IOpenSSLClientConnectionCreator)
class Unverified:
    """TLS that believes any certificate: ``EXTERNAL_REQUESTS_VERIFY_SSL=false``."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._context = CertificateOptions(verify=False, raiseMinimumTo=TLSVersion.TLSv1_2).getContext()

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._host.encode("ascii"))
        return connection
