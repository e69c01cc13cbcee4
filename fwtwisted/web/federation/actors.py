"""Actors and their collections: ``/federation/actors/…``.  Source: docs/federation.md §2.5, §2.7."""

from __future__ import annotations

from fwtwisted.core.fediverse.publishing.showcase import Showcase
from fwtwisted.model.policies import Reading
from fwtwisted.web.federation.documents import Documents, document_app, page_of, send
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.activitypub.negotiation import trips_over_null


class Actors:
    """What actors tell of themselves."""

    app = document_app()

    def __init__(self, documents: Documents, showcase: Showcase) -> None:
        self._documents, self._showcase = documents, showcase

    @app.route("/<string:username>", methods=["GET"])
    async def one(self, request: LeanRequest, username: str) -> bytes:
        """The actor."""
        await self._documents.reader(request, Reading.ACTOR)
        sheet = await self._showcase.actor(username)
        return send(request, sheet.without_null() if trips_over_null(request.header(b"User-Agent")) else sheet)

    @app.route("/<string:username>/outbox", methods=["GET"])
    async def outbox(self, request: LeanRequest, username: str) -> bytes:
        """What it published."""
        page = page_of(request)
        return await self._documents.shown(request, lambda reader: self._showcase.outbox(reader, username, page))

    @app.route("/<string:username>/followers", methods=["GET"])
    async def followers(self, request: LeanRequest, username: str) -> bytes:
        """How many follow it."""
        await self._documents.reader(request)
        return send(request, await self._showcase.followers(username))

    @app.route("/<string:username>/following", methods=["GET"])
    async def following(self, request: LeanRequest, username: str) -> bytes:
        """How many it follows."""
        await self._documents.reader(request)
        return send(request, await self._showcase.following(username))
