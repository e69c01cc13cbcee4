"""
Playlists.

Source: docs/api.md §4.12.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.listening.playlists import ListedPlaylists, PlaylistContents, Playlists
from fwtwisted.model.playlists import Duplicates, NoSuchPlace
from fwtwisted.web.app import JSON, answer, nothing, reply, resource_app, written
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import Document, page, paging
from fwtwisted.wire.v1 import playlists as v1_playlists
from fwtwisted.wire.v1.catalog import CatalogPaper, tracks

LEAF = "playlists"
FORM = "v1"


@frozen
class PlaylistDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    playlists: Playlists
    callers: Callers
    paper: CatalogPaper
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/playlists", PlaylistsFace(self).app.resource())

    def written(self, found: ListedPlaylists) -> list[Document]:
        """The documents of playlists."""
        return [
            v1_playlists.playlist(
                one,
                found.facts[one.id],
                found.actors[one.actor_id],
                found.people.get(one.actor_id),
                self.paper.pictures,
            )
            for one in found.playlists
        ]

    def written_contents(self, found: PlaylistContents) -> bytes:
        """The same as :meth:`contents`, ready to send."""
        return written(self.contents(found))

    def contents(self, found: PlaylistContents) -> Document:
        """The document of tracks in a playlist; each is written once, however often it is in."""
        several = list(found.tracks.values())
        written = dict(zip(found.tracks, tracks(several, found.shelf, self.paper), strict=True))
        results = [v1_playlists.item(item, written[item.track_id]) for item in found.items]
        return {"count": len(results), "results": results}


class PlaylistsFace:
    """``playlists/``"""

    app = resource_app()

    def __init__(self, desk: PlaylistDesk) -> None:
        self._desk, self._playlists, self._callers = desk, desk.playlists, desk.callers

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Those that the caller may see."""
        viewer = await self._callers.open(request, LEAF)
        query = Query.of(request).lists()
        asked = paging(query)
        found = await self._playlists.page(viewer, v1_playlists.question(query), asked.size, asked.offset)
        url = f"{self._desk.api_url}/playlists/"
        return answer(request, 200, page(self._desk.written(found), found.count, asked, url, query))

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A new one, empty."""
        viewer = await self._callers.scoped(request, LEAF)
        wish = v1_playlists.wish(await document(request))
        return self._one(request, 201, await self._playlists.create(viewer, wish))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """One."""
        viewer = await self._callers.open(request, LEAF)
        return self._one(request, 200, await self._playlists.one(viewer, id))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, id: int) -> bytes:
        """Another name, others who may see it."""
        viewer = await self._callers.scoped(request, LEAF)
        change = v1_playlists.change(await document(request), whole=request.method == b"PUT")
        return self._one(request, 200, await self._playlists.change(viewer, id, change))

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, id: int) -> bytes:
        """Gone."""
        viewer = await self._callers.scoped(request, LEAF)
        await self._playlists.remove(viewer, id)
        return nothing(request)

    def _one(self, request: LeanRequest, status: int, found: ListedPlaylists) -> bytes:
        (written,) = self._desk.written(found)
        return answer(request, status, written)

    # --- its tracks ------------------------------------------------------------------------------

    @app.route("/<int:id>/tracks/", methods=["GET"])
    async def tracks(self, request: LeanRequest, id: int) -> bytes:
        """All its tracks, on one page."""
        viewer = await self._callers.open(request, LEAF)
        return reply(request, 200, await self._playlists.written(viewer, id, FORM, self._desk.written_contents), JSON)

    @app.route("/<int:id>/add/", methods=["POST"])
    async def add(self, request: LeanRequest, id: int) -> bytes:
        """More tracks; who repeats some without saying so is told which."""
        viewer = await self._callers.scoped(request, LEAF)
        wanted = v1_playlists.addition(await document(request))
        try:
            added = await self._playlists.add(viewer, id, wanted.tracks, duplicates=wanted.duplicates, at=wanted.at)
        except Duplicates as why:
            return answer(request, 400, v1_playlists.duplicates(why))
        return answer(request, 201, self._desk.contents(added))

    @app.route("/<int:id>/remove/", methods=["POST", "DELETE"])
    async def take(self, request: LeanRequest, id: int) -> bytes:
        """One track less; what follows moves up."""
        viewer = await self._callers.scoped(request, LEAF)
        index = v1_playlists.index_in(await document(request))
        if index is None:
            return nothing(request, 400)
        try:
            await self._playlists.take(viewer, id, [index])
        except NoSuchPlace:
            return nothing(request, 404)
        return nothing(request)

    @app.route("/<int:id>/move/", methods=["POST"])
    async def move(self, request: LeanRequest, id: int) -> bytes:
        """A track to another place."""
        viewer = await self._callers.scoped(request, LEAF)
        start, end = v1_playlists.places_in(await document(request))
        try:
            await self._playlists.move(viewer, id, start, end)
        except NoSuchPlace:
            return nothing(request, 404)
        return nothing(request)

    @app.route("/<int:id>/clear/", methods=["DELETE", "POST"])
    async def clear(self, request: LeanRequest, id: int) -> bytes:
        """All tracks out."""
        viewer = await self._callers.scoped(request, LEAF)
        await self._playlists.clear(viewer, id)
        return nothing(request)
