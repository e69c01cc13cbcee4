"""
Favourites, the history of listenings, and the pod's activity.

Source: docs/api.md §4.11.
"""

from __future__ import annotations

from attrs import frozen
from twisted.web.websocket import WebSocketResource

from fwtwisted.core.listening.history import DeedQuestion, Deeds, Listening
from fwtwisted.model.listening import Kind
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.live import LiveDoor, wants_websocket
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.v1 import Document, last, page, paging
from fwtwisted.wire.v1 import listening as v1_listening
from fwtwisted.wire.v1.catalog import CatalogPaper
from fwtwisted.wire.v1.questions import hidden, scope, search_words


@frozen
class ListeningDesk:
    """What this area is written with.  :ivar public_url: the pod's.  :ivar api_url: of the REST face."""

    listening: Listening
    callers: Callers
    paper: CatalogPaper
    public_url: str
    api_url: str

    async def page(self, request: LeanRequest, kind: Kind, leaf: str, name: str) -> bytes:
        """Answer with a page of deeds."""
        viewer = await self.callers.open(request, leaf)
        lists = Query.of(request).lists()
        asked = paging(lists)
        words = search_words(lists) if kind is Kind.FAVORITE else ()
        question = DeedQuestion(
            username=last(lists, "username") or None if kind is Kind.LISTENING else None,
            domain=(last(lists, "domain") or "").lower() or None if kind is Kind.LISTENING else None,
            scope=scope(lists),
            hidden=hidden(lists),
            words=words,
            oldest_first=(last(lists, "ordering") or "").split(",")[0] == "creation_date",
        )
        found = await self.listening.page(kind, viewer, question, asked.size, asked.offset)
        return answer(request, 200, page(self.written(found), found.count, asked, f"{self.api_url}/{name}", lists))

    def written(self, found: Deeds) -> list[Document]:
        """The documents of deeds."""
        return v1_listening.deeds(found.deeds, found.tracks, found.shelf, found.actors, found.people, self.paper)


class Favorites:
    """``favorites/tracks/``"""

    app = resource_app()

    def __init__(self, desk: ListeningDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return await self._desk.page(request, Kind.FAVORITE, "favorites", "favorites/tracks/")

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        viewer = await self._desk.callers.scoped(request, "favorites")
        track = v1_listening.track_in(await document(request))
        return answer(
            request, 201, v1_listening.written_favorite(await self._desk.listening.add_favorite(viewer, track))
        )

    @app.route("/all/", methods=["GET"])
    async def every(self, request: LeanRequest) -> bytes:
        viewer = await self._desk.callers.scoped(request, "favorites")
        found = await self._desk.listening.own_favorites(viewer)
        results = [{"id": favorite.id, "track": favorite.track} for favorite in found]
        return answer(request, 200, {"results": results, "count": len(results)})

    @app.route("/remove/", methods=["POST", "DELETE"])
    async def remove(self, request: LeanRequest) -> bytes:
        viewer = await self._desk.callers.scoped(request, "favorites")
        track = v1_listening.track_in(await document(request))
        if await self._desk.listening.remove_favorite(viewer, track):
            return nothing(request)
        return answer(request, 400, {})

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove_one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._desk.callers.scoped(request, "favorites")
        await self._desk.listening.remove_favorite_by_id(viewer, id)
        return nothing(request)


class History:
    """``history/listenings/``"""

    app = resource_app()

    def __init__(self, desk: ListeningDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return await self._desk.page(request, Kind.LISTENING, "listenings", "history/listenings/")

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        viewer = await self._desk.callers.scoped(request, "listenings")
        body = await document(request)
        fields = Fields(body)
        when = fields.moment_or_none("creation_date")
        fields.check()
        deed = await self._desk.listening.listened(viewer, v1_listening.track_in(body), when)
        return answer(request, 201, v1_listening.written_listening(deed, viewer.account_id))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._desk.callers.open(request, "listenings")
        found = await self._desk.listening.one(Kind.LISTENING, viewer, id)
        (written,) = self._desk.written(found)
        return answer(request, 200, written)


class Activity:
    """``activity/``: the newest of both for who asks, and what happens from now on for who listens."""

    app = resource_app()

    def __init__(self, desk: ListeningDesk, live: LiveDoor) -> None:
        self._desk, self._live = desk, live

    @app.route("/", methods=["GET"])
    async def latest(self, request: LeanRequest) -> bytes | WebSocketResource:
        if wants_websocket(request):
            return await self._live.open(request)
        desk = self._desk
        viewer = await desk.callers.open(request, "listenings")
        newest, found = await desk.listening.activity(viewer)
        results = [
            v1_listening.activity(
                kind, deed, found.tracks[deed.track_id], found.shelf, found.actors[deed.actor_id], desk.public_url
            )
            for kind, deed in newest
            if deed.track_id in found.tracks
        ]
        return answer(request, 200, {"results": results})
