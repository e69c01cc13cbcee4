"""
Libraries.

Source: docs/api.md §4.6.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.core.music.libraries import Libraries
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.refreshing import RefreshThing, as_it_is, wants_refresh
from fwtwisted.wire.v1 import libraries as v1_libraries
from fwtwisted.wire.v1 import page, paging


@frozen
class LibraryDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    :ivar refresh: has a library of another server looked at again there, if it is time.
    """

    libraries: Libraries
    callers: Callers
    api_url: str
    refresh: RefreshThing = as_it_is

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/libraries", LibrariesFace(self).app.resource())


class LibrariesFace:
    """``libraries/``"""

    app = resource_app()

    def __init__(self, desk: LibraryDesk) -> None:
        self._libraries, self._callers, self._url = desk.libraries, desk.callers, f"{desk.api_url}/libraries/"
        self._refresh = desk.refresh

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Those that the caller may look into."""
        viewer = await self._callers.open(request, "libraries")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_libraries.library_question(query)
        count, found = await self._libraries.listed(viewer, question, asked.size, asked.offset)
        documents = [v1_libraries.library(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A new one."""
        viewer = await self._callers.scoped(request, "libraries")
        wish = v1_libraries.library_wish(await document(request))
        return answer(request, 201, v1_libraries.library(await self._libraries.create(viewer, wish)))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One, private ones too: to know of it is not to look into it."""
        viewer = await self._callers.open(request, "libraries")
        found = await self._libraries.one(uuid)
        if wants_refresh(request) and await self._refresh(viewer, found.id):
            found = await self._libraries.one(uuid)
        return answer(request, 200, v1_libraries.library(found))

    @app.route("/<uuid:uuid>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Another name, another description, others who may look."""
        viewer = await self._callers.scoped(request, "libraries")
        change = v1_libraries.library_change(await document(request), whole=request.method == b"PUT")
        return answer(request, 200, v1_libraries.library(await self._libraries.change(viewer, uuid, change)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Gone, with its uploads."""
        viewer = await self._callers.scoped(request, "libraries")
        await self._libraries.remove(viewer, uuid)
        return nothing(request)

    @app.route("/<uuid:uuid>/follows/", methods=["GET"])
    async def follows(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Who follows it or wishes to, for its owner."""
        viewer = await self._callers.scoped(request, "libraries")
        query = Query.of(request).lists()
        asked = paging(query)
        count, found = await self._libraries.follows(viewer, uuid, asked.size, asked.offset)
        documents = [v1_libraries.follow(one) for one in found]
        return answer(request, 200, page(documents, count, asked, f"{self._url}{uuid}/follows/", query))
