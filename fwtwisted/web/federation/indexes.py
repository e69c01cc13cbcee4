"""
What is found here without a link, ``/federation/index/…``; the terms of documents; and reports, which nobody reads.

Source: docs/federation.md §2.1.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.fediverse.publishing.indexes import Indexes
from fwtwisted.core.fediverse.publishing.showcase import Showcase
from fwtwisted.model.errors import NotFound
from fwtwisted.web.app import reply, resource_app
from fwtwisted.web.federation.documents import FOR_ALL, Documents, document_app, page_of, send
from fwtwisted.web.request import LeanRequest

LD: bytes = b"application/ld+json"


class Index:
    """``/federation/index``."""

    app = document_app()

    def __init__(self, documents: Documents, indexes: Indexes) -> None:
        self._documents, self._indexes = documents, indexes

    @app.route("/libraries", methods=["GET"])
    async def libraries(self, request: LeanRequest) -> bytes:
        """Public libraries."""
        await self._documents.reader(request)
        return send(request, await self._indexes.libraries(page_of(request)))

    @app.route("/channels", methods=["GET"])
    async def channels(self, request: LeanRequest) -> bytes:
        """Channels."""
        await self._documents.reader(request)
        return send(request, await self._indexes.channels(page_of(request)))


class Reports:
    """``/federation/reports``."""

    app = document_app()

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    @app.route("/<uuid:uuid>", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Nothing: what people report is for moderators."""
        await self._documents.must_be_open()
        raise NotFound


class Terms:
    """``/ns``: the terms of our documents."""

    app = resource_app()

    def __init__(self, showcase: Showcase) -> None:
        self._showcase = showcase

    @app.route("/", methods=["GET"])
    async def terms(self, request: LeanRequest) -> bytes:
        """As a JSON-LD context."""
        open_to_all(request)
        return reply(request, 200, self._showcase.context(), LD, {"Cache-Control": FOR_ALL})


def open_to_all(request: LeanRequest) -> None:
    """Let pages of any site read the answer."""
    headers = request.responseHeaders
    headers.setRawHeaders(b"Access-Control-Allow-Origin", [b"*"])
    headers.removeHeader(b"Access-Control-Allow-Credentials")
