"""
Where other servers post: each actor's inbox, and the one for everybody.

The body is counted while it comes and never larger than 1 MiB (``web.site`` stops listening).  What the core says is
written here in the words of the protocol.  Source: docs/federation.md §1.7, §8.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fwtwisted.core.fediverse.receiving.intake import Intake, Post
from fwtwisted.model.errors import NotOffered, Throttled, Unauthenticated, UnsupportedMedia
from fwtwisted.model.federation import StillAsked, Untold
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.reading import media_type
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.signatures.messages import accept_signature
from fwtwisted.wire.signatures.received import Digests, Received

LARGEST_POST: Final = 1 << 20
MEDIA_TYPES: Final = frozenset(("application/activity+json", "application/ld+json", "application/json"))
ENABLED: Final = "federation__enabled"


class _Door:
    """What both kinds of inbox do with a post."""

    def __init__(self, intake: Intake, preference: ReadPreference) -> None:
        self._intake, self._preference = intake, preference

    async def take(self, request: LeanRequest, username: str | None) -> bytes:
        """Hand a post to the core and answer it."""
        if not await self._preference(ENABLED):
            raise NotOffered("This server does not federate.")
        if media_type(request.header(b"Content-Type"))[0] not in MEDIA_TYPES:
            raise UnsupportedMedia
        body = request.content.getvalue()
        post = Post(lambda digests: received_of(request, digests), request.client_address, body, username)
        try:
            await self._intake.take(post)
        except Unauthenticated as refused:
            return _refusal(request, str(refused))
        except Untold as later:  # whoever repeats what was answered 401 is told when that makes sense
            return _refusal(request, str(later), {"Retry-After": str(later.retry_after)})
        except StillAsked as crowded:
            raise Throttled(crowded.retry_after) from crowded
        return nothing(request, 202)


def _refusal(request: LeanRequest, why: str, further: Mapping[str, str] | None = None) -> bytes:
    """401, and what signatures are read here."""
    headers = {"Accept-Signature": accept_signature(has_body=True), **(further or {})}
    return answer(request, 401, {"detail": why}, headers)


class OwnInboxes:
    """``/federation/actors/NAME/inbox``."""

    app = resource_app()

    def __init__(self, intake: Intake, preference: ReadPreference) -> None:
        self._door = _Door(intake, preference)

    @app.route("/<string:username>/inbox", methods=["POST"])
    async def post(self, request: LeanRequest, username: str) -> bytes:
        """Something for one of our actors."""
        return await self._door.take(request, username)


class SharedInbox:
    """``/federation/shared/inbox``."""

    app = resource_app()

    def __init__(self, intake: Intake, preference: ReadPreference) -> None:
        self._door = _Door(intake, preference)

    @app.route("/inbox", methods=["POST"])
    async def post(self, request: LeanRequest) -> bytes:
        """Something for whoever it concerns."""
        return await self._door.take(request, None)


def received_of(request: LeanRequest, digests: Digests | None) -> Received:
    """A request as its signature speaks of it."""
    headers = {
        name.decode("latin-1").lower(): [value.decode("latin-1") for value in values]
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    return Received(
        request.method.decode("latin-1"), request.uri.decode("latin-1"), headers, digests, request.client_address
    )
