"""Libraries, files, works and deeds: ``/federation/music/…``.  Source: docs/federation.md §2.1, §3."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.fediverse.publishing.showcase import Showcase
from fwtwisted.model.music import Kind
from fwtwisted.web.federation.documents import Documents, document_app, page_of, send
from fwtwisted.web.request import LeanRequest


class Music:
    """What there is to hear, and what is known of it."""

    app = document_app()

    def __init__(self, documents: Documents, showcase: Showcase) -> None:
        self._documents, self._showcase = documents, showcase

    @app.route("/libraries/<uuid:uuid>", methods=["GET"])
    async def library(self, request: LeanRequest, uuid: UUID) -> bytes:
        """A library, or a page of it."""
        page = page_of(request)
        return await self._documents.shown(request, lambda reader: self._showcase.library(reader, uuid, page))

    @app.route("/libraries/<uuid:uuid>/followers", methods=["GET"])
    async def followers(self, request: LeanRequest, uuid: UUID) -> bytes:
        """How many follow it."""
        await self._documents.reader(request)
        return send(request, await self._showcase.library_followers(uuid))

    @app.route("/uploads/<uuid:uuid>", methods=["GET"])
    async def upload(self, request: LeanRequest, uuid: UUID) -> bytes:
        """A file of a library, or a post of a channel."""
        return await self._documents.shown(request, lambda reader: self._showcase.upload(reader, uuid))

    @app.route("/uploads/<uuid:uuid>/activity", methods=["GET"])
    async def activity(self, request: LeanRequest, uuid: UUID) -> bytes:
        """How a post came to be."""
        return await self._documents.shown(request, lambda reader: self._showcase.upload_activity(reader, uuid))

    @app.route("/uploads/<uuid:uuid>/note", methods=["GET"])
    async def note(self, request: LeanRequest, uuid: UUID) -> bytes:
        """A post, for those who take no Audio."""
        reader = await self._documents.reader(request)
        return send(request, await self._showcase.upload_note(reader, uuid))

    @app.route("/uploads/<uuid:uuid>/likes", methods=["GET"])
    async def likes(self, request: LeanRequest, uuid: UUID) -> bytes:
        """How many like a post."""
        await self._documents.reader(request)
        return send(request, await self._showcase.reactions(uuid, "likes"))

    @app.route("/uploads/<uuid:uuid>/shares", methods=["GET"])
    async def shares(self, request: LeanRequest, uuid: UUID) -> bytes:
        """How many told theirs of it."""
        await self._documents.reader(request)
        return send(request, await self._showcase.reactions(uuid, "shares"))

    @app.route("/tracks/<uuid:uuid>", methods=["GET"])
    async def track(self, request: LeanRequest, uuid: UUID) -> bytes:
        """A track."""
        return await self._work(request, Kind.TRACK, uuid)

    @app.route("/albums/<uuid:uuid>", methods=["GET"])
    async def album(self, request: LeanRequest, uuid: UUID) -> bytes:
        """An album."""
        return await self._work(request, Kind.ALBUM, uuid)

    @app.route("/artists/<uuid:uuid>", methods=["GET"])
    async def artist(self, request: LeanRequest, uuid: UUID) -> bytes:
        """An artist."""
        return await self._work(request, Kind.ARTIST, uuid)

    async def _work(self, request: LeanRequest, kind: Kind, uuid: UUID) -> bytes:
        await self._documents.reader(request)
        return send(request, await self._showcase.work(kind, uuid))

    @app.route("/artistcredit/<uuid:uuid>", methods=["GET"])
    async def credit(self, request: LeanRequest, uuid: UUID) -> bytes:
        """A name on a track or an album."""
        await self._documents.reader(request)
        return send(request, await self._showcase.credit(uuid))

    @app.route("/likes/<uuid:uuid>", methods=["GET"])
    async def like(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Somebody likes a track."""
        return await self._documents.shown(request, lambda reader: self._showcase.like(reader, uuid))

    @app.route("/listenings/<uuid:uuid>", methods=["GET"])
    async def listening(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Somebody heard a track."""
        return await self._documents.shown(request, lambda reader: self._showcase.listening(reader, uuid))
