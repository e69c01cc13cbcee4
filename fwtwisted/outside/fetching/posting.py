"""
Posts to other servers, many to one: connections are kept for a while.

All that is true of the door is true here: a connection is made to addresses that were judged and to no others, and what
a far end may cost is bounded.  A kept connection goes on to where it was made to; there is nothing to look up again.
Redirects are answers like any other.

Source: docs/federation.md §4.14, §8.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from OpenSSL import SSL
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web.client import (
    URI,
    Agent,
    HTTPConnectionPool,
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseFailed,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IResponse
from zope.interface import implementer

from fwtwisted.outside.fetching import Fetching, Sign
from fwtwisted.outside.fetching.bodies import Collected, Sent
from fwtwisted.outside.fetching.failures import FetchFailed, TooSlow, Unreachable
from fwtwisted.outside.fetching.route import LARGEST_HEAD

LARGEST_ANSWER = 64 * 1024
KEPT_SECONDS = 10
KEPT_PER_HOST = 2


@frozen
class PostingSettings:
    """
    :ivar idle_seconds: between two bytes.  :ivar total_seconds: for one request in all, the connection included.
    """

    user_agent: str
    idle_seconds: float = 10.0
    total_seconds: float = 30.0


@frozen
class Posted:
    """
    What a server answered.

    :ivar headers: by lower-case name.  :ivar body: its first :data:`LARGEST_ANSWER` bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Posting:
    """Sends bodies to other servers."""

    def __init__(self, reactor: Any, fetching: Fetching, settings: PostingSettings) -> None:
        self._reactor, self._fetching, self._settings = reactor, fetching, settings
        self._pool = HTTPConnectionPool(reactor, persistent=True)
        self._pool.maxPersistentPerHost = KEPT_PER_HOST
        self._pool.cachedConnectionTimeout = KEPT_SECONDS

    def origin(self, url: str) -> str:
        """Scheme, host and port of a place that we post to.  :raise Refused: we do not."""
        return self._fetching.checked(url).origin

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], sign: Sign) -> Posted:
        """
        Send a body, once; a kept connection that turns out to be closed is replaced.

        :raise FetchFailed: there was no answer, or there will never be one (``Refused``).
        """
        there = self._fetching.checked(url)
        posting = Deferred.fromCoroutine(self._post(there.url, body, {**headers, **await sign(there)}))
        posting.addTimeout(self._settings.total_seconds, self._reactor)
        try:
            return await posting
        except TimeoutError as why:
            raise TooSlow from why

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        ways = _Ways(self._fetching)
        try:
            response = await self._answer(ways, url, body, headers)
        except _Closed:
            if ways.has_connected:
                raise
            response = await self._answer(ways, url, body, headers)
        collected = Collected(self._reactor, self._settings.idle_seconds, LARGEST_ANSWER, is_cut=True)
        response.deliverBody(collected)
        told = response.headers.getAllRawHeaders()
        named = {name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in told}
        return Posted(int(response.code), named, await collected.done)

    async def _answer(self, ways: _Ways, url: str, body: bytes, headers: Mapping[str, str]) -> IResponse:
        agent = Agent.usingEndpointFactory(self._reactor, ways, self._pool)
        told = Headers({"User-Agent": [self._settings.user_agent], **{k: [v] for k, v in headers.items()}})
        try:
            answered: IResponse = await agent.request(b"POST", url.encode("ascii"), told, Sent(body))
            return answered
        except (RequestTransmissionFailed, RequestGenerationFailed) as why:
            raise _Closed from why
        except ResponseFailed as why:
            if any(reason.check(CancelledError) for reason in why.reasons):
                raise CancelledError from why
            raise _Closed from why
        except (ConnectError, SSL.Error, OSError) as why:
            raise Unreachable from why

    async def close(self) -> None:
        """Let go of all connections."""
        await self._pool.closeCachedConnections()


class _Closed(Unreachable):
    """The connection ended without an answer: it may have been an old one, that the far end had left."""

    text = "The server broke off."


@implementer(IAgentEndpointFactory)
class _Ways:
    """
    Leads one request to a place that was judged.

    :ivar has_connected: no kept connection was left.
    """

    def __init__(self, fetching: Fetching) -> None:
        self.fetching, self.has_connected = fetching, False

    def endpointForURI(self, uri: URI) -> _Way:
        """A way to where the URL leads."""
        return _Way(self, uri.toBytes().decode("ascii"))


@implementer(IStreamClientEndpoint)
class _Way:
    """Connects to one place, whose name is looked up only then."""

    def __init__(self, ways: _Ways, url: str) -> None:
        self._ways, self._url = ways, url

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> Any:
        self._ways.has_connected = True
        endpoint = await self._ways.fetching.endpoint(self._ways.fetching.checked(self._url))
        wrapping = WrappingFactory(factory)
        wrapping.noisy = False
        wrapping.protocol = _Kept
        line = await endpoint.connect(wrapping)
        return line.wrappedProtocol


class _Kept(ProtocolWrapper):
    """A connection that is kept; dropped when an answer grows beyond all measure."""

    def makeConnection(self, transport: Any) -> None:
        self._received = 0
        super().makeConnection(transport)

    def write(self, data: bytes) -> None:
        """A new question: its answer is counted from here."""
        self._received = 0
        super().write(data)

    def writeSequence(self, data: Any) -> None:
        """The same in pieces."""
        self._received = 0
        super().writeSequence(data)

    def dataReceived(self, data: bytes) -> None:
        self._received += len(data)
        super().dataReceived(data)
        if self._received > LARGEST_HEAD + LARGEST_ANSWER:
            transport: Any = self.transport
            transport.abortConnection()


__all__ = ("FetchFailed", "Posted", "Posting", "PostingSettings")
