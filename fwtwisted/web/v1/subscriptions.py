"""
Subscriptions: the channels that somebody follows.

Source: docs/api.md §4.15.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.podcasts.channels import Channels
from fwtwisted.core.podcasts.subscriptions import Subscriptions
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.v1 import channels as v1_channels
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1.channels import ChannelPaper


class SubscriptionsFace:
    """``subscriptions/``"""

    app = resource_app()

    def __init__(
        self, channels: Channels, subscriptions: Subscriptions, callers: Callers, paper: ChannelPaper, api_url: str
    ) -> None:
        self._channels, self._subscriptions, self._callers = channels, subscriptions, callers
        self._paper, self._url = paper, f"{api_url}/subscriptions/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """The caller's own, the newest first."""
        await self._channels.must_be_offered()
        viewer = await self._callers.scoped(request, "libraries")
        query = Query.of(request).lists()
        asked = paging(query)
        count, found, shown = await self._subscriptions.listed(viewer, asked.size, asked.offset)
        documents = [v1_channels.subscription(one, shown, self._paper) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/all/", methods=["GET"])
    async def all(self, request: LeanRequest) -> bytes:
        """No more than what the web app needs to know at its start."""
        await self._channels.must_be_offered()
        viewer = await self._callers.scoped(request, "libraries")
        return answer(request, 200, v1_channels.every_subscription(await self._subscriptions.all(viewer)))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One of the caller's own."""
        await self._channels.must_be_offered()
        viewer = await self._callers.scoped(request, "libraries")
        found, shown = await self._subscriptions.one(viewer, uuid)
        return answer(request, 200, v1_channels.subscription(found, shown, self._paper))
