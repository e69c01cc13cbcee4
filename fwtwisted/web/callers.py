"""
Who asks: credentials become a :class:`~fwtwisted.model.people.Viewer`, and cookies are given out.

Credentials are tried in the order of docs/api.md §2: a bearer token in the header or the query, Basic, the session
cookie.  What is not believed counts as not sent (the next in order is tried), except a wrong Basic password, which
is told at once.  Only a session needs proof that the write was meant: the ``csrftoken`` cookie repeated in a header.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias
from urllib.parse import urlsplit

from attrs import evolve, frozen

from fwtwisted.model.errors import CsrfFailed, Forbidden, Unauthenticated
from fwtwisted.model.people import OPEN_SCOPES, VISITOR, Viewer
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest

ByToken: TypeAlias = Callable[[str], Awaitable[Viewer | None]]
BySession: TypeAlias = Callable[[str], Awaitable[Viewer | None]]
ByPassword: TypeAlias = Callable[[str, str, str], Awaitable[Viewer | None]]
BySignature: TypeAlias = Callable[[LeanRequest], Awaitable[Viewer | None]]
Count: TypeAlias = Callable[[LeanRequest, Viewer], Awaitable[None]]

READING = frozenset((b"GET", b"HEAD", b"OPTIONS"))
OPEN_VISITOR = evolve(VISITOR, scopes=OPEN_SCOPES)

SESSION_COOKIE = "sessionid"
CSRF_COOKIE = "csrftoken"
CSRF_SECONDS = 31_449_600
_CSRF_TOKEN = re.compile(rb"[A-Za-z0-9]{32,64}")
_LONGEST_CREDENTIAL = 4096


# --- cookies -----------------------------------------------------------------------------------------


@frozen
class Cookies:
    """
    The cookies that we give out.

    :ivar secure: the pod is reached over https, so cookies are for https only.
    :ivar session_seconds: how long a session lasts.
    :ivar new_token: draws a fresh secret.
    Source: docs/api.md §1.9.
    """

    secure: bool
    session_seconds: int = 5_400_000
    new_token: Callable[[], str] = lambda: secrets.token_hex(16)

    def give_session(self, request: LeanRequest, key: str) -> None:
        """Sign the client in: the key of its session, out of the page's reach."""
        self._give(request, SESSION_COOKIE, key, self.session_seconds, for_scripts=False)

    def take_session(self, request: LeanRequest) -> None:
        """Sign the client out."""
        self._give(request, SESSION_COOKIE, "", 0, for_scripts=False)

    def give_csrf(self, request: LeanRequest) -> None:
        """Give the token that writes must repeat; a client that has one keeps it."""
        known = request.getCookie(CSRF_COOKIE.encode())
        token = known.decode("ascii") if known and _CSRF_TOKEN.fullmatch(known) else self.new_token()
        self._give(request, CSRF_COOKIE, token, CSRF_SECONDS, for_scripts=True)

    def renew_csrf(self, request: LeanRequest) -> None:
        """Give a fresh token, as after a login."""
        self._give(request, CSRF_COOKIE, self.new_token(), CSRF_SECONDS, for_scripts=True)

    def _give(self, request: LeanRequest, name: str, value: str, seconds: int, *, for_scripts: bool) -> None:
        request.addCookie(
            name, value, path="/", max_age=str(seconds), secure=self.secure, httpOnly=not for_scripts, sameSite="lax"
        )


def session_key(request: LeanRequest) -> str | None:
    """The key in the session cookie; None without one."""
    raw = request.getCookie(SESSION_COOKIE.encode())
    return raw.decode("latin-1").strip('"') if raw and len(raw) <= _LONGEST_CREDENTIAL else None


# --- proof that a write was meant --------------------------------------------------------------------


@frozen
class CsrfGuard:
    """
    Refuses writes that another site's page may have caused.

    :ivar secure: the pod is reached over https; then the page's origin must be ours, too.
    :ivar hosts: names (with port, if not the usual one) under which our pages are served.
    """

    secure: bool
    hosts: frozenset[str]

    def check(self, request: LeanRequest) -> None:
        """
        Let a reading request pass, and a writing one that repeats its cookie in ``X-CSRFToken``.

        :raise CsrfFailed: for any other.
        """
        if request.method in READING:
            return
        if self.secure:
            self._check_origin(request)
        cookie = request.getCookie(CSRF_COOKIE.encode())
        if cookie is None or not _CSRF_TOKEN.fullmatch(cookie):
            raise CsrfFailed("CSRF Failed: CSRF cookie not set.")
        repeated = request.header(b"X-CSRFToken")
        if repeated is None:
            raise CsrfFailed("CSRF Failed: CSRF token missing.")
        if not hmac.compare_digest(cookie, repeated):
            raise CsrfFailed("CSRF Failed: CSRF token incorrect.")

    def is_from_our_page(self, request: LeanRequest) -> bool:
        """
        Whether a request that opens a WebSocket comes from one of our pages, or from no page at all.

        Browsers always say the page's origin then, and nothing else stops them.
        """
        origin = request.header(b"Origin")
        if origin is None:
            return True
        if self.secure:
            return self._is_ours(origin)
        host = (request.header(b"Host") or b"").lower()
        scheme, _, place = origin.lower().partition(b"://")
        return scheme == b"http" and (place == host or place.decode("latin-1") in self.hosts)

    def _check_origin(self, request: LeanRequest) -> None:
        """The page that sends the request must be one of ours."""
        origin = request.header(b"Origin")
        if origin is not None:
            if not self._is_ours(origin):
                raise CsrfFailed("CSRF Failed: Origin checking failed.")
            return
        referer = request.header(b"Referer")
        if referer is None:
            raise CsrfFailed("CSRF Failed: Referer checking failed - no Referer.")
        if not self._is_ours(referer):
            raise CsrfFailed("CSRF Failed: Referer checking failed.")

    def _is_ours(self, url: bytes) -> bool:
        """Whether the URL is https and on one of our hosts."""
        try:
            parts = urlsplit(url.decode("latin-1"))
            port = parts.port
        except ValueError:
            return False
        name = (parts.hostname or "").lower()
        full = name if port in (None, 443) else f"{name}:{port}"
        return parts.scheme == "https" and full in self.hosts


# --- credentials -------------------------------------------------------------------------------------


@frozen
class Identities:
    """
    How credentials are looked up; each answers None for one that it does not believe.

    :ivar by_token: an access token, or an application's personal token.
    :ivar by_session: the key of a session.
    :ivar by_password: name or e-mail, password, and the client's address (attempts are counted).
    :ivar by_listen_token: a token that opens nothing but streams.
    :ivar by_signature: the signature of an actor of another pod, who hears what we publish to them.
    """

    by_token: ByToken
    by_session: BySession
    by_password: ByPassword
    by_listen_token: ByToken
    by_signature: BySignature | None = None


class Callers:
    """
    Finds out who asks, and refuses those who may not.

    Each method answers with the viewer.  The same request is looked up only once.

    :param is_open: whether visitors may read (the setting ``common__api_authentication_required`` is off).
    :param count: told of each request once it is known who asks; may raise Throttled.
    """

    def __init__(
        self,
        identities: Identities,
        is_open: Callable[[], Awaitable[bool]],
        guard: CsrfGuard,
        count: Count | None = None,
    ) -> None:
        self._known, self._is_open, self._guard, self._count = identities, is_open, guard, count

    async def public(self, request: LeanRequest) -> Viewer:
        """Whoever it is; a visitor will do."""
        if request.viewer is None:
            request.viewer = await self._viewer(request)
        if self._count is not None and not request.is_counted:
            await self._count(request, request.viewer)
        return request.viewer

    async def open(self, request: LeanRequest, leaf: str) -> Viewer:
        """A visitor who reads on an open pod, or somebody with the scope (``read:leaf`` or ``write:leaf``)."""
        viewer = await self.public(request)
        if not viewer.is_anonymous:
            return _with_scope(request, viewer, leaf)
        if request.method in READING and f"read:{leaf}" in OPEN_SCOPES and await self._is_open():
            return OPEN_VISITOR
        raise _nobody(request)

    async def guest(self, request: LeanRequest, leaf: str) -> Viewer:
        """A visitor of an open pod, who may even write here, or somebody with the scope."""
        viewer = await self.public(request)
        if not viewer.is_anonymous:
            return _with_scope(request, viewer, leaf)
        if await self._is_open():
            return OPEN_VISITOR
        raise _nobody(request)

    async def scoped(self, request: LeanRequest, leaf: str) -> Viewer:
        """Somebody with the scope."""
        viewer = await self.public(request)
        if viewer.is_anonymous:
            raise _nobody(request)
        return _with_scope(request, viewer, leaf)

    async def user(self, request: LeanRequest) -> Viewer:
        """Any account of this pod."""
        viewer = await self.public(request)
        if viewer.account_id is None:
            raise _nobody(request)
        return viewer

    async def listener(self, request: LeanRequest, *, has_key: bool = False) -> Viewer:
        """
        Somebody who may stream: as :meth:`open` of ``libraries``, with a listen token in the query, or an actor of
        another pod with a signature.

        :param has_key: the address has the key of what it names: a visitor is as one of an open pod.
        :raise Unauthenticated: also when a token in the query is none at all.
        """
        token = Query.of(request).get("token")
        if token and request.viewer is None:
            request.viewer = await self._known.by_listen_token(token) or await self._known.by_token(token)
            if request.viewer is None:
                raise Unauthenticated("Invalid token.", invalid_token=True)
        if has_key and (await self.public(request)).is_anonymous:
            return OPEN_VISITOR
        if request.header(b"Signature") is not None and (await self.public(request)).is_anonymous:
            request.viewer = await self._by_signature(request)
        return await self.open(request, "libraries")

    def check_csrf(self, request: LeanRequest) -> None:
        """Refuse a write that may come from another site's page, whoever asks (log in, log out)."""
        self._guard.check(request)

    async def _viewer(self, request: LeanRequest) -> Viewer:
        """Try each credential in order."""
        scheme, value = _authorization(request)
        for token in _tokens(request, scheme, value):
            viewer = await self._known.by_token(token)
            if viewer is not None:
                return viewer
        if scheme == "basic":
            return await self._by_basic(request, value)
        return await self._by_session(request)

    async def _by_basic(self, request: LeanRequest, value: str) -> Viewer:
        """Name and password of the Authorization header."""
        try:
            pair = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as why:
            raise Unauthenticated("Invalid basic header.") from why
        username, colon, password = pair.partition(":")
        if not colon or "\0" in pair:
            raise Unauthenticated("Invalid basic header.")
        viewer = await self._known.by_password(username, password, request.client_address)
        if viewer is None:
            raise Unauthenticated("Invalid username/password.")
        return viewer

    async def _by_signature(self, request: LeanRequest) -> Viewer:
        """The actor who signed the request; a visitor when that proves nothing."""
        viewer = None
        if self._known.by_signature is not None and request.method in READING:
            with suppress(Unauthenticated):
                viewer = await self._known.by_signature(request)
        return VISITOR if viewer is None else viewer

    async def _by_session(self, request: LeanRequest) -> Viewer:
        """The session cookie, and with it the proof that a write was meant."""
        key = session_key(request)
        viewer = await self._known.by_session(key) if key else None
        if viewer is None:
            return VISITOR
        self._guard.check(request)
        return viewer


def _authorization(request: LeanRequest) -> tuple[str, str]:
    """Scheme (lower case) and value of the Authorization header; empty without one, or with an absurd one."""
    raw = request.header(b"Authorization")
    if raw is None or len(raw) > _LONGEST_CREDENTIAL:
        return "", ""
    scheme, _, value = raw.decode("latin-1").strip().partition(" ")
    return scheme.lower(), value.strip()


def _tokens(request: LeanRequest, scheme: str, value: str) -> list[str]:
    """The tokens that a request carries, in the order they are tried."""
    query = Query.of(request)
    given = [value if scheme == "bearer" else None, query.get("token"), query.get("access_token")]
    return list(dict.fromkeys(token for token in given if token and len(token) <= _LONGEST_CREDENTIAL))


def _nobody(request: LeanRequest) -> Unauthenticated:
    """What to tell a visitor who must be somebody."""
    scheme, value = _authorization(request)
    if _tokens(request, scheme, value):
        return Unauthenticated("Invalid token.", invalid_token=True)
    return Unauthenticated()


def _with_scope(request: LeanRequest, viewer: Viewer, leaf: str) -> Viewer:
    """The viewer, if the scope for this method is theirs; HEAD and OPTIONS ask for none."""
    if request.method in (b"HEAD", b"OPTIONS"):
        return viewer
    verb = "read" if request.method in READING else "write"
    if not viewer.may(f"{verb}:{leaf}"):
        raise Forbidden()
    return viewer
