"""
OAuth 2 over HTTP: a person's consent, the tokens of programs, and what a person has granted.

Source: docs/api.md §4.4; RFC 6749, RFC 7009.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from twisted.python.failure import Failure

from fwtwisted.core.people.oauth import OAuth
from fwtwisted.model.errors import BadRequest, Forbidden, Invalid, UnsupportedMedia
from fwtwisted.model.oauth import INVALID_CLIENT, INVALID_REQUEST, OAuthRefused
from fwtwisted.model.people import Via, Viewer
from fwtwisted.web.app import answer, moved, nothing, reply, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import oauth as v1_oauth
from fwtwisted.wire.v1 import people as v1_people

PREFIX = "/api/v1/oauth"
CONSENT_PAGE = "/authorize"
# Tokens are nobody's to keep but the program's (RFC 6749, 5.1).
UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@frozen
class OAuthDesk:
    """What this area is written with."""

    oauth: OAuth
    callers: Callers

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefix."""
        return (Mount(PREFIX, Consent(self).app.resource()), Mount(PREFIX, Exchange(self).app.resource()))


class Consent:
    """``oauth/authorize`` and ``oauth/grants``: what people decide."""

    app = resource_app()

    def __init__(self, desk: OAuthDesk) -> None:
        self._desk = desk

    @app.route("/authorize/", methods=["GET"])
    async def ask(self, request: LeanRequest) -> bytes:
        """Lead a person whose program knows only the API's address to the page where they decide."""
        if b"text/html" not in (request.header(b"Accept") or b""):
            await self._desk.callers.user(request)
        return moved(request, f"{CONSENT_PAGE}?{request.query_string.decode('latin-1')}")

    @app.route("/authorize/", methods=["POST"])
    async def decide(self, request: LeanRequest) -> bytes:
        """A person lets a program act for them, or does not."""
        viewer = await self._person(request)
        decided = await self._desk.oauth.decide(viewer, v1_oauth.decision(await document(request)))
        if decided.code is None:
            return answer(request, 400, v1_oauth.denied(decided), UNKEPT)
        if (request.header(b"X-Requested-With") or b"").lower() == b"xmlhttprequest":
            return answer(request, 200, v1_oauth.granted(decided), UNKEPT)
        request.setHeader("Cache-Control", "no-store")
        return moved(request, v1_oauth.answered_at(decided))

    async def _person(self, request: LeanRequest) -> Viewer:
        """Somebody in person: a program cannot let another one in, nor itself any further."""
        viewer = await self._desk.callers.user(request)
        if viewer.via not in (Via.SESSION, Via.BASIC):
            raise Forbidden()
        return viewer

    @app.route("/grants/", methods=["GET"])
    async def grants(self, request: LeanRequest) -> bytes:
        """The programs that may act for the caller."""
        viewer = await self._desk.callers.scoped(request, "security")
        return answer(request, 200, [v1_people.application(one) for one in await self._desk.oauth.grants(viewer)])

    @app.route("/grants/<client_id>/", methods=["GET"])
    async def grant(self, request: LeanRequest, client_id: str) -> bytes:
        """One of them."""
        viewer = await self._desk.callers.scoped(request, "security")
        return answer(request, 200, v1_people.application(await self._desk.oauth.grant(viewer, client_id)))

    @app.route("/grants/<client_id>/", methods=["DELETE"])
    async def end_grant(self, request: LeanRequest, client_id: str) -> bytes:
        """It may no longer."""
        viewer = await self._desk.callers.scoped(request, "security")
        await self._desk.oauth.end_grant(viewer, client_id)
        return nothing(request)


class Exchange:
    """``oauth/token`` and ``oauth/revoke``: what programs ask, and are told in OAuth's own words."""

    app = resource_app()

    def __init__(self, desk: OAuthDesk) -> None:
        self._desk = desk

    @app.route("/token/", methods=["POST"])
    async def tokens(self, request: LeanRequest) -> bytes:
        """A code or a refresh token becomes a pair of tokens."""
        sent = await document(request)
        asked = v1_oauth.token_request(sent)
        client = v1_oauth.client(_authorization(request), sent)
        made = await self._desk.oauth.tokens(client, asked, lambda: request.site.seconds() - request.began)
        return answer(request, 200, v1_oauth.tokens(made), UNKEPT)

    @app.route("/revoke/", methods=["POST"])
    async def revoke(self, request: LeanRequest) -> bytes:
        """A token ends, and with it all that came from the same consent; an unknown one has ended already."""
        sent = await document(request)
        client = v1_oauth.client(_authorization(request), sent)
        await self._desk.oauth.revoke(client, v1_oauth.revocation(sent))
        return reply(request, 200, b"", b"text/plain; charset=utf-8", UNKEPT)

    @app.handle_errors(OAuthRefused)
    def refused(self, request: LeanRequest, failure: Failure) -> bytes:
        """No tokens, and why."""
        error = failure.value
        assert isinstance(error, OAuthRefused)
        if error.error != INVALID_CLIENT:
            return answer(request, 400, v1_oauth.refused(error.error), UNKEPT)
        challenge = 'Basic realm="api"' if error.by_header else f'Bearer realm="api",error="{INVALID_CLIENT}"'
        return answer(request, 401, v1_oauth.refused(error.error), UNKEPT | {"WWW-Authenticate": challenge})

    @app.handle_errors(BadRequest, Invalid, UnsupportedMedia)
    def unreadable(self, request: LeanRequest, _: Failure) -> bytes:
        """A body that cannot be read."""
        return answer(request, 400, v1_oauth.refused(INVALID_REQUEST), UNKEPT)


def _authorization(request: LeanRequest) -> str | None:
    raw = request.header(b"Authorization")
    return None if raw is None else raw.decode("latin-1")
