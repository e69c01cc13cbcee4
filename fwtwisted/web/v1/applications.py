"""
Programs that people use the pod with: registered by anybody, shown, changed by who registered them.

How often one may register is counted at the door: see ``web/limits.py``.  Source: docs/api.md §4.4.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.people.applications import Applications
from fwtwisted.model.people import Application, Viewer
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1 import people as v1_people


@frozen
class ApplicationDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    applications: Applications
    callers: Callers
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/oauth/apps", Apps(self).app.resource())


class Apps:
    """``oauth/apps/``"""

    app = resource_app()

    def __init__(self, desk: ApplicationDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["POST"])
    async def register(self, request: LeanRequest) -> bytes:
        """A program makes itself known; anybody may."""
        viewer = await self._desk.callers.public(request)
        wish = v1_people.application_wish(await document(request))
        made, secret = await self._desk.applications.register(viewer, wish)
        return answer(request, 201, v1_people.new_application(made, secret))

    @app.route("/", methods=["GET"])
    async def own(self, request: LeanRequest) -> bytes:
        """The programs that the caller registered."""
        viewer = await self._desk.callers.scoped(request, "security")
        query = Query.of(request).lists()
        asked = paging(query)
        count, found = await self._desk.applications.own(viewer, asked.size, asked.offset)
        documents = [v1_people.listed_application(one) for one in found]
        return answer(request, 200, page(documents, count, asked, f"{self._desk.api_url}/oauth/apps/", query))

    @app.route("/<client_id>/", methods=["GET"])
    async def one(self, request: LeanRequest, client_id: str) -> bytes:
        """A program; its owner is told more."""
        viewer = await self._desk.callers.public(request)
        found = await self._desk.applications.one(client_id)
        own = _is_owner(viewer, found) and viewer.may("read:security")
        return answer(request, 200, v1_people.own_application(found) if own else v1_people.application(found))

    @app.route("/<client_id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, client_id: str) -> bytes:
        """What a program says of itself."""
        viewer = await self._desk.callers.scoped(request, "security")
        change = v1_people.application_change(await document(request))
        changed = await self._desk.applications.change(viewer, client_id, change)
        return answer(request, 200, v1_people.own_application(changed))

    @app.route("/<client_id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, client_id: str) -> bytes:
        """A program is forgotten, with its tokens."""
        viewer = await self._desk.callers.scoped(request, "security")
        await self._desk.applications.remove(viewer, client_id)
        return nothing(request)

    @app.route("/<client_id>/refresh-token/", methods=["POST"])
    async def renew(self, request: LeanRequest, client_id: str) -> bytes:
        """A new personal token; the old one is void."""
        viewer = await self._desk.callers.scoped(request, "security")
        renewed = await self._desk.applications.renew_token(viewer, client_id)
        return answer(request, 200, v1_people.own_application(renewed))


def _is_owner(viewer: Viewer, application: Application) -> bool:
    return viewer.account_id is not None and viewer.account_id == application.account_id
