"""
The door through which every request to another server leaves the house: feeds, federation, plugins.

Addresses come from strangers: typed by people, found in feeds and documents, sent on by redirects.  So nothing is asked
before this was done, for the first address and for each that a redirect leads to::

    URL ──▶ wire.targets: scheme, name, port ──▶ looked up by us, once ──▶ every address judged ──▶ connected to one of
            BadTarget: Refused                   NoSuchHost                 one bad: Refused         exactly these

The connection is pinned: there is no second lookup that could answer otherwise, and TLS is checked for the name.  A
connection serves one request.  That costs a handshake, and lets a bad far end be dropped by a reset at any moment,
without waiting for its consent.

What a far end may cost is bounded everywhere: seconds to connect, between two bytes, and in all; bytes of the head and
of the body, also unpacked (in a thread); redirects; and how many requests run at once, to one host and to all.

Source: docs/federation.md §8.1; docs/settings.md, ``EXTERNAL_REQUESTS_…``, ``FEDERATION_ALLOW_PRIVATE``.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import evolve, field, frozen
from OpenSSL import SSL
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import TLSVersion, optionsForClientTLS
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse

from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching.bodies import Collected, OpenBody, Sent
from fwtwisted.outside.fetching.failures import (
    Crowded,
    FetchFailed,
    Garbled,
    Misled,
    NoSuchHost,
    Refused,
    TooLong,
    TooSlow,
    Unreachable,
)
from fwtwisted.outside.fetching.lookups import Lookup, system_lookup
from fwtwisted.outside.fetching.route import Route, Unverified, pinned
from fwtwisted.outside.fetching.trust import BesideTheMachines
from fwtwisted.outside.fetching.turns import Turns
from fwtwisted.wire.targets import (
    NO_EXEMPTIONS,
    SECURE,
    BadTarget,
    Exemptions,
    Target,
    onward,
    target,
    why_refused,
)

__all__ = (
    "PLAIN_WISH", "Crowded", "FetchFailed", "FetchSettings", "Fetched", "Fetching", "Garbled", "Lookup", "Misled",
    "NoSuchHost", "Opened", "Permit", "Refused", "Sign", "TooLong", "TooSlow", "Unreachable", "Wish", "conditions",
    "system_lookup", "unpacked",
)  # fmt: skip

MIB = 1 << 20
LARGEST_COMPLAINT = 64 * 1024  # bytes kept of an answer that tells an error
REDIRECTS = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
PERSONAL = frozenset(
    ("authorization", "cookie", "proxy-authorization", "signature", "signature-input", "x-api-key", "x-auth-token")
)  # headers


# --- what is asked, and what comes ---------------------------------------------------------------


@frozen
class FetchSettings:
    """
    :ivar user_agent: how we introduce ourselves.
    :ivar exempt: hosts that are asked although the rules forbid it.
    :ivar verify: check certificates.  :ivar ca_bundle: path of authorities to believe in beside the machine's.
    :ivar connect_seconds: to connect.  :ivar idle_seconds: between two bytes.  :ivar total_seconds: in all.
    :ivar at_once_per_host: requests to one host, and ``at_once`` to all, that run at the same time; counted apart for
        those whose body is read as it comes, so that long ones do not hold up short ones.
    :ivar first_byte_seconds: until the first byte of such a body.
    """

    user_agent: str
    exempt: Exemptions = NO_EXEMPTIONS
    verify: bool = True
    ca_bundle: str | None = None
    connect_seconds: float = 10.0
    idle_seconds: float = 10.0
    total_seconds: float = 30.0
    at_once_per_host: int = 4
    at_once: int = 64
    first_byte_seconds: float = 20.0


Permit: TypeAlias = Callable[[Target], Awaitable[None]]
Sign: TypeAlias = Callable[[Target], Awaitable[Mapping[str, str]]]


@frozen
class Wish:
    """
    A request, apart from where it goes.

    :ivar largest: bytes of the body, unpacked.
    :ivar schemes: which are asked; the first is named to whoever gave another.
    :ivar redirects: how many are followed; to another server neither a body nor credentials go along.
    :ivar permit: asked before each hop; may raise to forbid it (moderation).
    :ivar sign: further headers of each hop, made anew for it (signatures); none are made for another server than the
        first that was asked.
    """

    method: str = "GET"
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | None = None
    largest: int = MIB
    schemes: tuple[str, ...] = SECURE
    redirects: int = 3
    permit: Permit | None = None
    sign: Sign | None = None


PLAIN_WISH = Wish()


@frozen
class Fetched:
    """
    An answer, whatever its status.

    :ivar url: that answered, after all redirects.
    :ivar settled_url: where the thing asked for lives for good: as far as permanent redirects alone lead.
    :ivar headers: by lower-case name; several of one name are joined by commas.
    :ivar body: unpacked; of an error at most its first :data:`LARGEST_COMPLAINT` bytes.
    """

    url: str
    settled_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """It is what was asked for."""
        return 200 <= self.status < 300


@frozen
class Opened:
    """
    An answer whose body is read as it comes; whoever has it reads it to the end or closes it.

    :ivar length: bytes of the body; None: nobody said.  :ivar first: those that have come already.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    length: int | None
    first: bytes
    body: OpenBody


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers that ask for something only when it is not what we have already."""
    told = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in told.items() if value}


# --- the door ------------------------------------------------------------------------------------


class Fetching:
    """
    Asks other servers.

    :param lookup: of names; see :func:`system_lookup`.
    :param trust: whose certificates are believed; None: those that this machine and the settings believe.
    :raise ValueError: :raise OSError: the settings name a bundle of certificates that is none.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        threads: Threads,
        settings: FetchSettings,
        lookup: Lookup,
        trust: Any = None,
    ) -> None:
        self._reactor, self._threads, self._settings = reactor, threads, settings
        self._lookup, self._trust = lookup, trust
        if trust is None and settings.ca_bundle is not None:
            self._trust = BesideTheMachines(settings.ca_bundle)
        self._turns = Turns(settings.at_once_per_host, settings.at_once)
        self._long_turns = Turns(settings.at_once_per_host, settings.at_once)
        if settings.exempt.entries:
            hosts = ", ".join(sorted(settings.exempt.entries))
            self._log.warn("FEDERATION_ALLOW_PRIVATE lets us be sent to {hosts}", event="fetching.exempt", hosts=hosts)
        if not settings.verify:
            self._log.warn(
                "EXTERNAL_REQUESTS_VERIFY_SSL=false: no server proves who it is", event="fetching.unverified"
            )

    async def get(self, url: str, wish: Wish = PLAIN_WISH) -> Fetched:
        """
        Ask for something, following redirects.

        :raise FetchFailed: one of its kinds; a status that tells an error is no failure of ours and is answered.
        """
        there = self.checked(url, wish.schemes)
        give_back = await self._turn(there)
        following = Deferred.fromCoroutine(self._follow(there, wish))
        following.addTimeout(self._settings.total_seconds, self._reactor)
        try:
            return await following
        except TimeoutError as why:
            raise TooSlow from why
        finally:
            give_back()

    async def _turn(self, there: Target) -> Callable[[], None]:
        """Wait until so few are asking there that we may, too; for as long as asking may take.  :raise Crowded:"""
        waiting = Deferred.fromCoroutine(self._turns.take(there.server))
        waiting.addTimeout(self._settings.total_seconds, self._reactor)
        try:
            return await waiting
        except TimeoutError as why:
            raise Crowded from why

    async def open(self, url: str, wish: Wish = PLAIN_WISH) -> Opened:
        """
        Ask for something large, to be read as it comes; answers when its first bytes are there.

        There is no limit to how long it takes, as long as bytes come.  Raises as :meth:`get`, and so does the body.
        """
        there = self.checked(url, wish.schemes)
        opening = Deferred.fromCoroutine(self._opened(there, wish))
        opening.addTimeout(self._settings.first_byte_seconds, self._reactor)
        try:
            return await opening
        except TimeoutError as why:
            raise TooSlow from why

    async def _opened(self, there: Target, wish: Wish) -> Opened:
        give_back = await self._long_turns.take(there.server)
        first = there
        try:
            for _ in range(wish.redirects + 1):
                route, response = await self._begun(there, wish, first)
                headers = _headers(response)
                location = headers.get("location") if response.code in REDIRECTS else None
                if location is None:
                    return await self._open_body(there.url, route, response, wish, give_back)
                route.hang_up()
                there = self._onward(there, location, wish)
            raise Misled
        except BaseException:
            give_back()
            raise

    async def _open_body(
        self, url: str, route: Route, response: IResponse, wish: Wish, give_back: Callable[[], None]
    ) -> Opened:
        """The answer, with the first bytes of its body; they end with a call of ``give_back``."""
        headers = _headers(response)
        length = None if response.length is UNKNOWN_LENGTH else int(response.length)
        failure: FetchFailed | None = None
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            failure = Garbled()
        elif length is not None and length > wish.largest:
            failure = TooLong()
        if failure is not None:
            route.hang_up()
            raise failure
        body = OpenBody(self._reactor, self._settings.idle_seconds, wish.largest, route.hang_up)
        response.deliverBody(body)
        try:
            piece = body.next()
            first = await piece if isinstance(piece, Deferred) else piece
        except BaseException:
            body.close()
            raise
        body.when_over(give_back)
        return Opened(url, response.code, headers, length, first, body)

    def checked(self, url: str, schemes: tuple[str, ...] = SECURE) -> Target:
        """The place that a URL names, if it is one that we ask.  :raise Refused:"""
        try:
            return target(url, schemes, self._settings.exempt)
        except BadTarget as why:
            raise Refused(str(why)) from why

    async def _follow(self, there: Target, wish: Wish) -> Fetched:
        settled, for_good, first = there.url, True, there
        for hops_left in reversed(range(wish.redirects + 1)):
            fetched, location = await self._hop(there, wish, first)
            if location is None:
                return Fetched(there.url, settled, fetched.status, fetched.headers, fetched.body)
            if not hops_left:
                raise Misled
            there = self._onward(there, location, wish)
            for_good = for_good and fetched.status in FOR_GOOD
            settled = there.url if for_good else settled
        raise Misled

    def _onward(self, there: Target, location: str, wish: Wish) -> Target:
        try:
            return onward(there, location, wish.schemes, self._settings.exempt)
        except BadTarget as why:
            raise Refused(str(why)) from why

    async def _hop(self, there: Target, wish: Wish, first: Target) -> tuple[Fetched, str | None]:
        """One request to one place: the answer, and where it sends us on."""
        route, response = await self._begun(there, wish, first)
        try:
            headers = _headers(response)
            location = headers.get("location") if response.code in REDIRECTS else None
            body = b"" if location else await self._body(response, headers, wish)
        finally:
            route.hang_up()
        return Fetched(there.url, there.url, response.code, headers, body), location

    async def _begun(self, there: Target, wish: Wish, first: Target) -> tuple[Route, IResponse]:
        """
        The head of the answer of one place, and the way there, to be hung up by who asked.

        :param first: that was asked before all redirects: signatures, credentials and bodies are for nobody else.
        """
        if wish.permit is not None:
            await wish.permit(there)
        further: Mapping[str, str] = {}
        if there.origin != first.origin:
            wish = _for_a_stranger(wish)
        elif wish.sign is not None:
            further = await wish.sign(there)
        route = Route(
            self._reactor, there, await self._addresses(there), self._settings.connect_seconds, self._tls(there)
        )
        try:
            return route, await self._asked(route, there, wish, further)
        except BaseException:
            route.hang_up()
            raise

    async def endpoint(self, there: Target) -> Any:
        """What connects to a place, at addresses that were judged.  :raise FetchFailed:"""
        return pinned(
            self._reactor, there, await self._addresses(there), self._settings.connect_seconds, self._tls(there)
        )

    async def _addresses(self, there: Target) -> Sequence[str]:
        """
        The addresses of a host, all of them fit to be asked.

        :raise NoSuchHost:  :raise Refused: even one of them is not.
        """
        try:
            found = await self._lookup(there.host)
        except OSError as why:
            raise NoSuchHost from why
        if not found:
            raise NoSuchHost
        exempt = self._settings.exempt
        if not exempt.covers(there.host, there.port):
            for address in found:
                if why_refused(address) is not None and not exempt.covers(address, there.port):
                    raise Refused("This name leads to an address that is not asked.")
        return found

    def _tls(self, there: Target) -> IOpenSSLClientConnectionCreator | None:
        if there.scheme != "https":
            return None
        if not self._settings.verify:
            return Unverified(there.host)
        oldest = {"raiseMinimumTo": TLSVersion.TLSv1_2}
        if self._trust is None:
            return optionsForClientTLS(there.host, extraCertificateOptions=oldest)
        return optionsForClientTLS(there.host, trustRoot=self._trust, extraCertificateOptions=oldest)

    async def _asked(self, route: Route, there: Target, wish: Wish, further: Mapping[str, str]) -> IResponse:
        """The head of the answer."""
        usual = {"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip"}
        headers = Headers({name: [value] for name, value in {**usual, **wish.headers, **further}.items()})
        pool = HTTPConnectionPool(self._reactor, persistent=False)
        agent = Agent.usingEndpointFactory(self._reactor, route, pool)
        body = None if wish.body is None else Sent(wish.body)
        asking = agent.request(wish.method.encode("ascii"), there.url.encode("ascii"), headers, body)
        patience = self._settings.connect_seconds + self._settings.idle_seconds
        asking.addTimeout(patience, self._reactor, onTimeoutCancel=_too_slow)
        try:
            response = await asking
        except (ConnectError, SSL.Error, OSError) as why:
            raise Unreachable from why
        except ResponseFailed as why:
            if any(reason.check(CancelledError) for reason in why.reasons):
                raise CancelledError from why
            raise route.why_broken(why) from why
        route.is_answered = True
        return response

    async def _body(self, response: IResponse, headers: Mapping[str, str], wish: Wish) -> bytes:
        is_good = response.code < 400
        largest = wish.largest if is_good else min(wish.largest, LARGEST_COMPLAINT)
        if is_good and response.length is not UNKNOWN_LENGTH and response.length > largest:
            raise TooLong
        collected = Collected(self._reactor, self._settings.idle_seconds, largest, is_cut=not is_good)
        response.deliverBody(collected)
        body = await collected.done
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding in ("gzip", "x-gzip") and body:
            return await self._threads(unpacked, body, largest, is_cut=not is_good)
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise Garbled
        return body


def _for_a_stranger(wish: Wish) -> Wish:
    """
    What may be sent to another server than the one that was meant.

    :raise Misled: nothing, since there is a body.
    """
    if wish.body is not None:
        raise Misled
    headers = {name: value for name, value in wish.headers.items() if name.lower() not in PERSONAL}
    return evolve(wish, headers=headers)


def _too_slow(result: object, seconds: float) -> Failure:
    """What becomes of a request that took too long to be answered."""
    return Failure(TooSlow())


def unpacked(body: bytes, largest: int, *, is_cut: bool = False) -> bytes:
    """
    Undo gzip.  For a thread: what is small may unpack to much.

    :param is_cut: the body may end too early, and what is too long is cut instead of refused.
    :raise TooLong: :raise Garbled:
    """
    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(body, largest + 1)
    except zlib.error as why:
        raise Garbled from why
    if len(found) > largest and not is_cut:
        raise TooLong
    if not unpacking.eof and len(found) <= largest and not is_cut:
        raise Garbled
    return found[:largest]


def _headers(response: IResponse) -> dict[str, str]:
    raw = response.headers.getAllRawHeaders()
    return {name.decode("latin-1").lower(): ", ".join(v.decode("latin-1") for v in values) for name, values in raw}
