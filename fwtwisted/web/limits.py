"""
Which limit a request of the API falls under, and the turnstile that counts it.

Method and path decide, in this one place: a list, one object, a new one, a change, a removal, or anything else; a few
paths have limits of their own.  The person decides the rest: an account is counted as itself, everybody else as their
address.

::

    no credentials, or a path where they mean nothing    counted at the door, before the handler runs
    credentials                                          counted when web.callers has found out whose they are

Either way once, by one step in the cache.  Not counted: preflights, WebSockets, pictures on their way elsewhere;
``users/login``, which counts by name and address itself; and what is sent ready to anybody (nodeinfo, the public
settings) when credentials come with it, because nobody asks there whose they are.

Source: docs/api.md §1.7; docs/settings.md, rate limits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from attrs import evolve, frozen

from fwtwisted.core.pod.limits import network_of
from fwtwisted.model.limits import Standing
from fwtwisted.model.people import Viewer
from fwtwisted.web.app import FastResource, tell_standing
from fwtwisted.web.callers import SESSION_COOKIE
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount

Spend = Callable[[str, str], Awaitable[Standing | None]]
"""Counts one deed of a scope by somebody; raises Throttled."""


@frozen
class Bucket:
    """
    The scopes of one sort of request.

    :ivar by_address: credentials mean nothing there: everybody is counted as their address.
    """

    anonymous: str
    authenticated: str
    by_address: bool = False


def _pair(name: str) -> Bucket:
    return Bucket(f"anonymous-{name}", f"authenticated-{name}")


def _one(name: str) -> Bucket:
    return Bucket(name, name)


LIST, RETRIEVE, CREATE = _pair("list"), _pair("retrieve"), _pair("create")
UPDATE, DESTROY, OTHER = _pair("update"), _pair("destroy"), _pair("wildcard")
ANYBODY = evolve(OTHER, by_address=True)
SHARED = evolve(RETRIEVE, by_address=True)

ON_COLLECTION: Mapping[bytes, Bucket] = {b"GET": LIST, b"HEAD": LIST, b"POST": CREATE}
ON_OBJECT: Mapping[bytes, Bucket] = {
    b"GET": RETRIEVE, b"HEAD": RETRIEVE, b"PUT": UPDATE, b"PATCH": UPDATE, b"DELETE": DESTROY,
}  # fmt: skip

# Paths with limits of their own, by what stands behind /api/v1/; a method that is not named falls under the rest.
SPECIAL: Mapping[tuple[bytes, bytes], Bucket | None] = {
    (b"POST", b"users/login"): None,
    (b"POST", b"users/logout"): ANYBODY,
    (b"POST", b"auth/registration"): evolve(_one("signup"), by_address=True),
    (b"POST", b"auth/registration/verify-email"): evolve(_one("verify-email"), by_address=True),
    (b"POST", b"auth/registration/resend-email"): evolve(_one("verify-email"), by_address=True),
    (b"POST", b"auth/registration/change-password"): _one("password-change"),
    (b"POST", b"auth/password/change"): _one("password-change"),
    (b"POST", b"auth/password/reset"): evolve(_one("password-reset"), by_address=True),
    (b"POST", b"auth/password/reset/confirm"): evolve(_one("password-reset-confirm"), by_address=True),
    (b"POST", b"oauth/apps"): _pair("oauth-app"),
    (b"GET", b"oauth/authorize"): _one("oauth-authorize"),
    (b"POST", b"oauth/authorize"): _one("oauth-authorize"),
    (b"POST", b"oauth/token"): evolve(_one("oauth-token"), by_address=True),
    (b"POST", b"oauth/revoke"): evolve(_one("oauth-revoke-token"), by_address=True),
    (b"POST", b"moderation/reports"): _pair("reports"),
    (b"POST", b"federation/fetches"): Bucket("anonymous-create", "fetch"),
    (b"POST", b"setup"): ANYBODY,
    (b"POST", b"text-preview"): ANYBODY,
    (b"GET", b"rate-limit"): None,
}

# Words that stand where an object's id would, and are none.
WORDS = frozenset((
    b"action", b"all", b"change-email", b"delete", b"fetch", b"filters", b"fs-import", b"login", b"logout", b"me",
    b"metadata-choices", b"remove", b"rss-subscribe", b"settings", b"validate",
))  # fmt: skip
NO_WORDS: frozenset[bytes] = frozenset()
ACTION = frozenset((b"action",))

# Collections by their path; with each, the words that are no ids there.
COLLECTIONS: Mapping[bytes, frozenset[bytes]] = {
    **dict.fromkeys(
        (b"albums", b"artists", b"attachments", b"channels", b"favorites/tracks", b"federation/fetches",
         b"federation/follows/library", b"federation/follows/user", b"federation/inbox", b"federation/libraries",
         b"history/listenings", b"libraries", b"listen", b"moderation/blocks",
         b"moderation/content-filters", b"moderation/reports", b"mutations", b"oauth/apps", b"oauth/grants",
         b"playlists", b"radios/radios", b"radios/sessions", b"radios/tracks", b"stream",
         b"subscriptions", b"tracks", b"uploads", b"users", b"activity"), WORDS),
    # Here people's own words are ids.
    **dict.fromkeys((b"federation/actors", b"federation/domains", b"licenses", b"plugins", b"tags"), NO_WORDS),
    **dict.fromkeys(
        (b"manage/accounts", b"manage/channels", b"manage/federation/domains", b"manage/library/albums",
         b"manage/library/artists", b"manage/library/libraries", b"manage/library/tracks", b"manage/library/uploads",
         b"manage/moderation/instance-policies", b"manage/moderation/notes", b"manage/moderation/reports",
         b"manage/moderation/requests", b"manage/tags", b"manage/users/invitations", b"manage/users/users"), ACTION),
    b"instance/admin/settings": frozenset((b"bulk",)),
}  # fmt: skip
LIVE = b"/api/v1/activity"  # where WebSockets open
SHARES = "/share"  # what people show to outsiders
_SHARES = b"%b/" % SHARES.encode()
DEEPEST = 3  # pieces of a collection's path
_API = len(b"/api/v1/")  # /api/v2/ is as long


def bucket_of(method: bytes, path: bytes) -> Bucket | None:
    """
    What a request is counted as; None for what is not counted.

    :param path: such as ``/api/v1/tracks/7/``.
    """
    below = path[_API:].removesuffix(b"/")
    if below.startswith(b"users/users"):  # another address of what stands at users/
        below = below.removeprefix(b"users/")
    special = SPECIAL.get((b"GET" if method == b"HEAD" else method, below), OTHER)
    if special is not OTHER:
        return special
    pieces = below.split(b"/")
    for depth in range(1, min(DEEPEST, len(pieces)) + 1):
        words = COLLECTIONS.get(b"/".join(pieces[:depth]))
        if words is not None:
            return _within(method, pieces[depth:], words)
    return OTHER


def _within(method: bytes, rest: list[bytes], words: frozenset[bytes]) -> Bucket | None:
    """The same for the rest of a path below a collection."""
    if not rest:
        return ON_COLLECTION.get(method, OTHER)
    if len(rest) == 1 and rest[0] not in words:
        return ON_OBJECT.get(method, OTHER)
    return None if rest[-1] == b"proxy" else OTHER  # a cover's way to its file


class Turnstile:
    """Counts each request once."""

    def __init__(self, spend: Spend) -> None:
        self._spend = spend

    def door(self, request: LeanRequest) -> Awaitable[None] | None:
        """Count a request whose asker is known by address alone; None when there is nothing to wait for."""
        if request.is_counted or (_has_credentials(request) and not _by_address(request)):
            return None
        return self._count(request, None)

    async def caller(self, request: LeanRequest, viewer: Viewer) -> None:
        """
        Count a request, unless it was counted, when it is known who asks.

        :raise Throttled: it is one too many.
        """
        if not request.is_counted:
            await self._count(request, viewer.account_id)

    async def _count(self, request: LeanRequest, account_id: int | None) -> None:
        """Count, and tell the client where it stands."""
        request.is_counted = True
        bucket = _bucket(request)
        if bucket is None:
            return
        if account_id is None or bucket.by_address:
            scope, who = bucket.anonymous, network_of(request.client_address)
        else:
            scope, who = bucket.authenticated, name_of(account_id)
        standing = await self._spend(scope, who)
        tell_standing(request, standing)


def guarded(mounts: Iterable[Mount], turnstile: Turnstile) -> list[Mount]:
    """The mounts, those of the API (but Subsonic's, which counts its own way) and of shares behind a turnstile."""
    everything = list(mounts)
    for mount in everything:
        if mount.prefix.startswith(("/api/v1/", "/api/v2/", SHARES)) and isinstance(mount.resource, FastResource):
            mount.resource.door = turnstile.door
    return everything


def name_of(account_id: int) -> str:
    """What an account is counted as."""
    return f"account {account_id}"


def _bucket(request: LeanRequest) -> Bucket | None:
    if request.method == b"OPTIONS":
        return None
    if request.path.startswith(LIVE) and request.header(b"Upgrade") is not None:
        return None
    if request.path.startswith(_SHARES):
        return SHARED
    return bucket_of(request.method, request.path)


def _by_address(request: LeanRequest) -> bool:
    bucket = _bucket(request)
    return bucket is not None and bucket.by_address


def _has_credentials(request: LeanRequest) -> bool:
    """Whether the request carries anything that may prove who asks."""
    headers = request.requestHeaders
    return (
        headers.hasHeader(b"Authorization")
        or b"token=" in request.query_string
        or request.getCookie(SESSION_COOKIE.encode()) is not None
    )
