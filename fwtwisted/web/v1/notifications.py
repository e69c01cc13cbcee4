"""
One's own inbox: what reached one, and what of it was read.

Source: docs/api.md §4.16.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import notifications as v1_notifications
from fwtwisted.wire.v1 import page, paging


@frozen
class InboxDesk:
    """What this area is written with.  :ivar api_url: of the REST face."""

    inbox: Inbox
    callers: Callers
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/federation/inbox", InboxFace(self).app.resource())


class InboxFace:
    """``federation/inbox/``"""

    app = resource_app()

    def __init__(self, desk: InboxDesk) -> None:
        self._inbox, self._callers = desk.inbox, desk.callers
        self._url = f"{desk.api_url}/federation/inbox/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        viewer = await self._callers.scoped(request, "notifications")
        lists = Query.of(request).lists()
        asked, question = paging(lists), v1_notifications.inbox_question(lists)
        count, found = await self._inbox.page(viewer, question, asked.size, asked.offset)
        documents = [v1_notifications.inbox_item(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, lists))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._callers.scoped(request, "notifications")
        return answer(request, 200, v1_notifications.inbox_item(await self._inbox.one(viewer, id)))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def mark(self, request: LeanRequest, id: int) -> bytes:
        """Read, or not."""
        viewer = await self._callers.scoped(request, "notifications")
        is_read = v1_notifications.read_mark(await document(request))
        return answer(request, 200, v1_notifications.inbox_item(await self._inbox.mark(viewer, id, is_read=is_read)))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Several read at once."""
        viewer = await self._callers.scoped(request, "notifications")
        count = await self._inbox.read(viewer, v1_notifications.read_action(await document(request)))
        return answer(request, 200, {"updated": count, "action": v1_notifications.READ, "result": None})
