"""
What people keep away from themselves: ``moderation/content-filters/``.

Source: docs/api.md §4.17.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.core.music.hiding import Hiding
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import moderation as v1_moderation
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1.questions import lenient_order

PLACE = "moderation/content-filters/"


@frozen
class HidingDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    hiding: Hiding
    callers: Callers
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/moderation/content-filters", ContentFilters(self).app.resource())


class ContentFilters:
    """``moderation/content-filters/``"""

    app = resource_app()

    def __init__(self, desk: HidingDesk) -> None:
        self._hiding, self._callers, self._url = desk.hiding, desk.callers, f"{desk.api_url}/{PLACE}"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """The artists that the caller hides."""
        viewer = await self._callers.scoped(request, "filters")
        query = Query.of(request).lists()
        asked = paging(query)
        oldest_first = ("creation_date", False) in lenient_order(query)
        count, found = await self._hiding.listed(viewer, asked.size, asked.offset, oldest_first=oldest_first)
        documents = [v1_moderation.content_filter(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def hide(self, request: LeanRequest) -> bytes:
        """One more."""
        viewer = await self._callers.scoped(request, "filters")
        made = await self._hiding.hide(viewer, v1_moderation.hidden_artist(await document(request)))
        return answer(request, 201, v1_moderation.content_filter(made))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One of the caller's own."""
        viewer = await self._callers.scoped(request, "filters")
        return answer(request, 200, v1_moderation.content_filter(await self._hiding.one(viewer, uuid)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def show_again(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Not hidden any more."""
        await self._hiding.show_again(await self._callers.scoped(request, "filters"), uuid)
        return nothing(request)
