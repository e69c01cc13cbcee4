"""
The house's front door: one table of prefixes, and everything that holds for every request.

A request comes in through a :class:`~fwtwisted.web.channel.Channel`, is looked over here (is the host ours, how much
body may it have, does another site's page ask), and goes to the resource whose prefix is the longest that fits.
:class:`Doors` opens the endpoints and, at the end, lets the requests in flight finish.

Source: docs/operations.md O-12 to O-15, O-22, O-78; docs/api.md §1.8.
"""

from __future__ import annotations

import itertools
import resource
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from attrs import field, frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IListeningPort,
    IReactorTime,
    IStreamServerEndpoint,
    ITransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.resource import IResource, Resource, getChildForRequest
from twisted.web.server import NOT_DONE_YET

from fwtwisted.model.errors import BadRequest, FwError, NotFound
from fwtwisted.web import accesslog
from fwtwisted.web.app import API_PREFIXES, FastResource, broken, nothing, reply, told
from fwtwisted.web.channel import (
    Channel,
    Deadlines,
    Phase,
    notice_the_dead,
    sends_files,
    teach_sendfile,
)
from fwtwisted.web.forwarded import Peer, Trust
from fwtwisted.web.reading import MIB
from fwtwisted.web.request import BodyTerms, LeanRequest

_ACCESS = Logger("fwtwisted.access")

ANY_HOST = "*"
MOST_CONNECTIONS = 50_000
IDS_AT_ONCE = 256  # names of requests; each draw of chance is a call to the kernel
NO_BODY = BodyTerms(0)

_METHODS = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_REQUEST_HEADERS = (
    b"accept, accept-encoding, authorization, content-type, dnt, if-match, if-modified-since, if-none-match, "
    b"if-range, origin, range, user-agent, x-csrftoken, x-requested-with"
)
_FOR_ANY_PAGE = (b"/rest/", b"//rest/", b"/api/subsonic/")  # without cookies: docs/subsonic.md rule 2
_OF_MACHINES = (b"/federation/", b"/.well-known/", b"/health/")  # nobody looks at the answers
_EXPOSED = (
    b"Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, X-RateLimit-Duration, "
    b"X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-ResetSeconds, X-RateLimit-Scope, "
    b"X-Request-ID"
)


def _room_for_connections() -> int:
    """
    As many as descriptors allow, with a quarter left for files, the database and child processes.

    Source: docs/operations.md O-15.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(16, descriptors * 3 // 4 - 64))


@frozen
class SiteSettings:
    """
    How the front door behaves.

    :ivar hosts: names (no ports) that are ours; ``*`` takes any, ``.pod.example`` every name below.
    :ivar body_limit: of any body that has no terms of its own, bytes.
    :ivar head_limit: request line and headers, bytes.  :ivar max_headers: how many.
    :ivar trust: whose word about the client counts.
    :ivar grace_seconds: how long requests may go on after we were told to stop.
    :ivar access_log: whether each request is logged.
    :ivar most_connections: at once; for one more, the one that has had nothing to do for longest is closed.
    """

    hosts: frozenset[str] = frozenset((ANY_HOST,))
    body_limit: int = MIB
    head_limit: int = 64 * 1024
    max_headers: int = 100
    trust: Trust = field(factory=Trust)
    deadlines: Deadlines = field(factory=Deadlines)
    grace_seconds: float = 30.0
    access_log: bool = True
    most_connections: int = field(factory=_room_for_connections)


# Decides about the body of one request when its head is known; raises what refuses it.
Intake: TypeAlias = Callable[[LeanRequest, int | None], BodyTerms]
# Answers a request that failed before it reached its resource; returns the body.
Tells: TypeAlias = Callable[[LeanRequest, FwError], bytes]


@frozen
class Mount:
    """
    What hangs at a prefix.

    :ivar prefix: such as ``/api/v1/tracks``, no slash at the end; empty for the root.
    :ivar body_limit: of bodies below it, bytes; None for the site's own.
    :ivar intakes: bodies that do not go to memory: (method, path below the prefix) and who takes them.  The path is
        empty or begins with a slash; it has none at its end.
    :ivar tells: how those below it are told what the front door refuses.
    """

    prefix: str
    resource: IResource
    body_limit: int | None = None
    intakes: Mapping[tuple[str, str], Intake] = field(factory=dict)
    tells: Tells = told


class _Branch:
    """All mounts of one prefix."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        limits = [mount.body_limit for mount in mounts if mount.body_limit is not None]
        self.body_limit = max(limits, default=None)
        self.intakes = {
            (method.encode(), path.encode()): intake
            for mount in mounts
            for (method, path), intake in mount.intakes.items()
        }
        self.resource = _one_resource([mount.resource for mount in mounts])
        self.tells = mounts[0].tells


def _one_resource(resources: Sequence[IResource]) -> IResource:
    """The resource of a prefix; apps that share one are joined."""
    if len(resources) == 1:
        return resources[0]
    joined = [resource for resource in resources if isinstance(resource, FastResource)]
    if len(joined) != len(resources):
        raise ValueError("only resources of our own apps can share a prefix")
    whole = FastResource(*(app for resource in joined for app in resource.apps))
    whole.door = joined[0].door
    return whole


class Site(server.Site):
    """
    Takes connections, and leads requests to the resources of a table.

    :param clock: the reactor's time.  :param noticed: told of each request that is not from another server.
    """

    protocol = Channel  # type: ignore[assignment]
    requestFactory = LeanRequest
    _log = Logger()

    def __init__(
        self,
        mounts: Iterable[Mount],
        settings: SiteSettings,
        clock: IReactorTime,
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(Resource(), LeanRequest, parsePOSTFormSubmission=False, reactor=clock, timeout=None)
        self.settings, self._clock, self._noticed = settings, clock, noticed
        self.head_limit, self.max_headers = settings.head_limit, settings.max_headers
        self.draining = False
        self._channels: set[Channel] = set()
        self._round: IDelayedCall | None = None
        self._emptied: list[Deferred[None]] = []
        self._branches = _branches(mounts)
        self._depths = sorted({prefix.count(b"/") for prefix in self._branches}, reverse=True)
        self._host_names: dict[bytes | None, bool] = {}
        self._ids = _ids()
        self._common_head, self._common_until = b"", 0.0

    # --- what a request and a connection ask of us -------------------------------------------------

    def seconds(self) -> float:
        """The time."""
        return self._clock.seconds()

    def common_head(self) -> bytes:
        """Header lines of every answer; they change once a second."""
        now = self._clock.seconds()
        if now >= self._common_until:
            date = http.datetimeToString()  # of the day; our own time goes on evenly
            self._common_head = b"Date: %s\r\nServer: fwtwisted\r\nX-Content-Type-Options: nosniff\r\n" % date
            self._common_until = float(int(now) + 1)
        return self._common_head

    def next_id(self) -> str:
        """A name for a request that no other has."""
        return next(self._ids)

    def peer_of(self, transport: ITransport) -> Peer:
        """Who sits at the other end of a connection."""
        return self.settings.trust.peer(transport.getPeer())

    def body_terms(self, request: LeanRequest, length: int | None) -> BodyTerms:
        """How much body the request may have, and who takes it."""
        if length == 0:
            return NO_BODY
        branch, rest = self._branch(request.path)
        if branch is None:
            return BodyTerms(self.settings.body_limit)
        intake = branch.intakes.get((request.method, rest.rstrip(b"/")))
        limit = self.settings.body_limit if branch.body_limit is None else branch.body_limit
        if intake is None or not self._is_ours(request):
            return BodyTerms(limit)
        _allow_origin(request)
        try:
            return intake(request, length)
        except FwError as error:
            self.refuse(request, error)
            return BodyTerms(0)

    def refuse(self, request: LeanRequest, why: FwError | Failure) -> None:
        """
        Answer a request that is still arriving, and listen to that connection no more.

        :param why: a failure that holds none of our errors is a bug, and told as one.
        """
        if request.is_over:
            return
        request.channel.linger()
        _allow_origin(request)
        error = why.value if isinstance(why, Failure) else why
        if isinstance(why, Failure) and not isinstance(error, FwError):
            request.respond(broken(request, why))
            return
        assert isinstance(error, FwError)
        request.respond(self._tell(request, error))

    # --- serving -----------------------------------------------------------------------------------

    def serve(self, request: LeanRequest) -> None:
        """Answer a request that has arrived whole."""
        if not request.path.startswith(_OF_MACHINES):
            self._noticed()
        try:
            self._lead(request)
        except FwError as error:
            request.respond(self._tell(request, error))
        except Exception:  # the last guard: a bug in a resource that is none of our apps
            request.respond(broken(request, Failure()))

    def _lead(self, request: LeanRequest) -> None:
        """Bring the request to its resource."""
        if not self._is_ours(request):
            raise BadRequest("Invalid Host header.")
        if request.header(b"Origin") is not None:
            _allow_origin(request)
            if request.method == b"OPTIONS" and request.header(b"Access-Control-Request-Method") is not None:
                return request.respond(_preflight(request))
        branch, request.rest = self._branch(request.path)
        if branch is None:
            if request.path == b"*":
                return request.respond(nothing(request, 200))
            raise NotFound()
        if isinstance(branch.resource, FastResource):
            branch.resource.render(request)
        else:
            _render_foreign(branch.resource, request)
        return None

    def _tell(self, request: LeanRequest, error: FwError) -> bytes:
        """The answer to what the front door refuses, as those behind it tell errors."""
        branch, _ = self._branch(request.path)
        return (told if branch is None else branch.tells)(request, error)

    def _branch(self, path: bytes) -> tuple[_Branch | None, bytes]:
        """What hangs at the longest prefix of the path, and the path below it."""
        pieces = path.split(b"/")
        for depth in self._depths:
            if depth < len(pieces):
                prefix = b"/".join(pieces[: depth + 1])
                branch = self._branches.get(prefix)
                if branch is not None:
                    return branch, path[len(prefix) :]
        return None, path

    def _is_ours(self, request: LeanRequest) -> bool:
        """
        Whether the Host header names us; health checks from this machine may name anything.

        HTTP/1.0 knows no such header: who speaks it and sends none is no page of somebody else's.
        """
        host = request.header(b"Host")
        if host is None and request.clientproto == b"HTTP/1.0":
            return True
        known = self._host_names.get(host)
        if known is None:
            known = _is_named(host, self.settings.hosts)
            if len(self._host_names) < 256:
                self._host_names[host] = known
        return known or (request.path.startswith(b"/health/") and request.peer.is_local)

    def log(self, request: LeanRequest) -> None:  # type: ignore[override]
        """Write the access log."""
        if self.settings.access_log:
            accesslog.tell(_ACCESS, request, self.seconds() - request.began)

    # --- connections ---------------------------------------------------------------------------------

    def startFactory(self) -> None:
        """Nothing: Twisted's own access log is not used."""

    def stopFactory(self) -> None:
        """Nothing either."""

    def joined(self, channel: Channel) -> None:
        """A connection was made."""
        if sends_files(channel.transport):
            notice_the_dead(channel.transport, self.settings.deadlines.stalled_seconds)
        if len(self._channels) >= self.settings.most_connections and not self._make_room():
            channel.transport.abortConnection()
        self._channels.add(channel)
        if self._round is None:
            self._round = self._clock.callLater(1.0, self._look_around)

    def _make_room(self) -> bool:
        """Close the connection that has been without a whole request for longest, if there is one."""
        text = "{count} connections are all that there is room for: idle ones are closed"
        self._log.warn(text, event="web.crowded", count=self.settings.most_connections)
        idle = [channel for channel in self._channels if channel.phase in (Phase.IDLE, Phase.HEAD)]
        if not idle:
            return False
        longest = min(idle, key=lambda channel: channel.since)
        self._channels.discard(longest)
        longest.transport.abortConnection()
        return True

    def left(self, channel: Channel) -> None:
        """A connection is gone."""
        self._channels.discard(channel)
        if self._channels:
            return
        if self._round is not None:
            self._round.cancel()
            self._round = None
        waiting, self._emptied = self._emptied, []
        for heard in waiting:
            heard.callback(None)

    def _look_around(self) -> None:
        """Look in on every connection."""
        self._round = self._clock.callLater(1.0, self._look_around)
        now = self.seconds()
        for channel in list(self._channels):
            channel.look(now, self.settings.deadlines)

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._channels)

    def under_way(self) -> list[str]:
        """The requests that are being answered, or that still arrive: method, path, and for how long."""
        now = self.seconds()
        asked = [one for channel in self._channels for one in channel.requests if one.began and not one.is_over]
        return [f"{one.method.decode('latin-1')} {accesslog.blotted(one.uri)} {now - one.began:.1f} s" for one in asked]

    def become(self, settings: SiteSettings) -> None:
        """Let connections that come from now on be judged in another way."""
        self.settings = settings

    async def drain(self) -> None:
        """Take no further requests; returns when all are answered, or cut off after the grace time."""
        self.draining = True
        for channel in list(self._channels):
            channel.drain()
        if not self._channels:
            return
        empty: Deferred[None] = Deferred()
        self._emptied.append(empty)
        limit = self._clock.callLater(self.settings.grace_seconds, self._cut_all)
        await empty
        if limit.active():
            limit.cancel()

    def _cut_all(self) -> None:
        """End what has not ended by itself; players see a broken connection and resume elsewhere."""
        self._log.info(
            "{count} connections did not end in time and are cut", event="web.cut", count=len(self._channels)
        )
        for channel in list(self._channels):
            channel.transport.abortConnection()


class Doors:
    """
    The endpoints at which a site can be reached.

    :param endpoints: where to listen.
    """

    def __init__(self, site: Site, endpoints: Sequence[IStreamServerEndpoint]) -> None:
        self._site, self._endpoints = site, endpoints
        self._ports: list[IListeningPort] = []

    async def open(self) -> list[IAddress]:
        """
        Listen everywhere, or nowhere.

        :return: the addresses, in the order of the endpoints.
        :raise CannotListenError: when one is taken; those that were open are closed again.
        """
        self._site.draining = False
        try:
            for endpoint in self._endpoints:
                port = await endpoint.listen(self._site)
                teach_sendfile(port)
                self._ports.append(port)
        except Exception:
            await self._stop_listening()
            raise
        return [port.getHost() for port in self._ports]

    async def close(self) -> None:
        """Stop listening, then wait for the requests in flight, at most the grace time."""
        await self._stop_listening()
        await self._site.drain()

    async def _stop_listening(self) -> None:
        """Close every port."""
        ports, self._ports = self._ports, []
        closing = [port.stopListening() for port in ports]
        await gatherResults([one for one in closing if isinstance(one, Deferred)], consumeErrors=True)


def _ids() -> Iterator[str]:
    """Names for requests: a number, and four bytes of chance before it, drawn for many requests at once."""
    numbers = itertools.count(1)
    while True:
        chance = secrets.token_hex(4 * IDS_AT_ONCE)
        for at in range(0, len(chance), 8):
            yield f"{chance[at : at + 8]}-{next(numbers):x}"


def _branches(mounts: Iterable[Mount]) -> dict[bytes, _Branch]:
    """The table by prefix."""
    grouped: dict[bytes, list[Mount]] = {}
    for mount in mounts:
        if mount.prefix and (not mount.prefix.startswith("/") or mount.prefix.endswith("/")):
            raise ValueError(f"{mount.prefix}: a prefix starts with a slash and does not end with one")
        grouped.setdefault(mount.prefix.encode("ascii"), []).append(mount)
    return {prefix: _Branch(alike) for prefix, alike in grouped.items()}


def _render_foreign(resource: IResource, request: LeanRequest) -> None:
    """Have a resource that is none of our apps answer, in Twisted's way."""
    request.prepath = request.path[1 : len(request.path) - len(request.rest)].split(b"/")
    request.postpath = [unquote_to_bytes(piece) for piece in request.rest[1:].split(b"/")] if request.rest else []
    body = getChildForRequest(resource, request).render(request)
    if body is not NOT_DONE_YET:
        request.respond(body)


def _is_named(header: bytes | None, hosts: frozenset[str]) -> bool:
    """Whether a Host header, its port put aside, is one of the names."""
    if ANY_HOST in hosts:
        return True
    if header is None:
        return False
    name = header.decode("latin-1").strip().lower()
    if not name.endswith("]"):
        head, colon, port = name.rpartition(":")
        name = head if colon and port.isdigit() else name
    name = name.strip("[]").removesuffix(".")
    return name in hosts or any(host.startswith(".") and name.endswith(host) for host in hosts)


def _allow_origin(request: LeanRequest) -> None:
    """Let pages of other sites read answers of the API (docs/api.md §1.8), and of public media (``*``)."""
    origin = request.header(b"Origin")
    if origin is None:
        return
    headers = request.responseHeaders
    if request.path.startswith(_FOR_ANY_PAGE):
        headers.setRawHeaders(b"Access-Control-Allow-Origin", [b"*"])
    elif request.path.startswith(API_PREFIXES):
        headers.setRawHeaders(b"Access-Control-Allow-Origin", [origin])
        headers.setRawHeaders(b"Access-Control-Allow-Credentials", [b"true"])
        headers.setRawHeaders(b"Access-Control-Expose-Headers", [_EXPOSED])
        headers.setRawHeaders(b"Vary", [b"Origin"])
    elif request.path.startswith(b"/media/"):
        headers.setRawHeaders(b"Access-Control-Allow-Origin", [b"*"])
        headers.setRawHeaders(b"Access-Control-Expose-Headers", [_EXPOSED])


def _preflight(request: LeanRequest) -> bytes:
    """What a browser wants to know before it lets a page of another site ask."""
    headers = request.responseHeaders
    headers.setRawHeaders(b"Access-Control-Allow-Methods", [_METHODS])
    headers.setRawHeaders(b"Access-Control-Allow-Headers", [_REQUEST_HEADERS])
    headers.setRawHeaders(b"Access-Control-Max-Age", [b"86400"])
    return reply(request, 200, b"", b"text/plain")
