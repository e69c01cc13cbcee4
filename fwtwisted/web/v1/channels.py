"""
Channels: made, changed, listed, followed, and read as feeds; feeds from outside; series.

Source: docs/api.md §4.15; of series and of the removal of works §4.8.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.podcasts.channels import Channels
from fwtwisted.core.podcasts.feeds import Feeds
from fwtwisted.core.podcasts.series import Series
from fwtwisted.core.podcasts.subscriptions import Subscriptions
from fwtwisted.core.podcasts.syndication import Syndication
from fwtwisted.model.people import Viewer
from fwtwisted.model.podcasts import ChannelPage
from fwtwisted.web.app import answer, moved, nothing, reply, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.refreshing import RefreshThing, wants_refresh
from fwtwisted.web.v1.subscriptions import SubscriptionsFace
from fwtwisted.wire.http import NOT_MODIFIED, Conditions, plan
from fwtwisted.wire.v1 import Document, last, page, paging
from fwtwisted.wire.v1 import catalog as v1_catalog
from fwtwisted.wire.v1 import channels as v1_channels
from fwtwisted.wire.v1.catalog import CatalogPaper
from fwtwisted.wire.v1.channels import ChannelPaper

API = "/api/v1"
RSS = b"application/rss+xml; charset=utf-8"
XML = b"application/xml; charset=utf-8"
CACHED = {"Cache-Control": "no-cache", "Vary": "Authorization, Cookie"}


@frozen
class PodcastDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    :ivar refresh: has a channel of another server looked at again there, if it is time.
    """

    channels: Channels
    subscriptions: Subscriptions
    feeds: Feeds
    series: Series
    syndication: Syndication
    callers: Callers
    paper: ChannelPaper
    catalog_paper: CatalogPaper
    api_url: str
    refresh: RefreshThing

    def mounts(self) -> list[Mount]:
        """Everything here; albums and tracks have more at their prefixes."""
        return [
            Mount(f"{API}/channels", ChannelsFace(self).app.resource()),
            Mount(
                f"{API}/subscriptions",
                SubscriptionsFace(
                    self.channels, self.subscriptions, self.callers, self.paper, self.api_url
                ).app.resource(),
            ),
            Mount(f"{API}/albums", SeriesFace(self).app.resource()),
            Mount(f"{API}/tracks", WorksFace(self).app.resource()),
        ]


class ChannelsFace:
    """``channels/``"""

    app = resource_app()

    def __init__(self, desk: PodcastDesk) -> None:
        self._desk, self._channels, self._callers = desk, desk.channels, desk.callers
        self._url = f"{desk.api_url}/channels/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Those that the caller may know of; with ``output=opml`` as a list for podcast apps."""
        await self._channels.must_be_offered()
        viewer = await self._callers.open(request, "libraries")
        query = Query.of(request).lists()
        question = v1_channels.channel_question(query)
        if last(query, "output") == "opml":
            outlined = await self._channels.outlined(viewer, question)
            return reply(request, 200, self._desk.syndication.outline(outlined), XML)
        asked = paging(query)
        found, count = await self._channels.listed(viewer, question, asked.size, asked.offset)
        return answer(request, 200, page(v1_channels.channels(found, self._desk.paper), count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A new one of the caller's."""
        await self._channels.must_be_offered()
        viewer = await self._callers.scoped(request, "libraries")
        wish = v1_channels.channel_wish(await document(request))
        return answer(request, 201, self._told(await self._channels.create(viewer, wish)))

    @app.route("/metadata-choices/", methods=["GET"])
    async def choices(self, request: LeanRequest) -> bytes:
        """Languages and categories."""
        await self._channels.must_be_offered()
        return answer(request, 200, v1_channels.metadata_choices())

    @app.route("/rss-subscribe/", methods=["POST"])
    async def subscribe_to_feed(self, request: LeanRequest) -> bytes:
        """A feed from outside, followed from now on."""
        await self._channels.must_be_offered()
        viewer = await self._callers.scoped(request, "libraries")
        url = v1_channels.feed_url(await document(request))
        made, found = await self._desk.feeds.subscribe(viewer, url)
        return answer(request, 201, v1_channels.subscription(made, found, self._desk.paper))

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        """By uuid, username, or ``username@domain``."""
        await self._channels.must_be_offered()
        viewer = await self._callers.open(request, "libraries")
        found = await self._channels.one(viewer, name)
        if wants_refresh(request) and await self._desk.refresh(viewer, found.channels[0].id):
            found = await self._channels.one(viewer, name)
        return answer(request, 200, self._told(found))

    @app.route("/<name>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, name: str) -> bytes:
        """Other words for one of the caller's."""
        viewer = await self._writer(request)
        change = v1_channels.channel_change(await document(request))
        return answer(request, 200, self._told(await self._channels.change(viewer, name, change)))

    @app.route("/<name>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, name: str) -> bytes:
        """Gone, with all that it published."""
        viewer = await self._writer(request)
        await self._channels.remove(viewer, name)
        return nothing(request)

    @app.route("/<name>/rss/", methods=["GET"])
    async def rss(self, request: LeanRequest, name: str) -> bytes:
        """As podcast apps read it; a feed from outside is where it always was."""
        await self._channels.must_be_offered()
        viewer = await self._callers.open(request, "libraries")
        channel = await self._channels.found(viewer, name)
        if channel.rss_url is not None:
            return moved(request, channel.rss_url)
        written = await self._desk.syndication.feed(channel)
        headers = {**CACHED, "ETag": written.etag, "Last-Modified": written.last_modified}
        conditions = Conditions.read(request.requestHeaders.getRawHeaders)
        if plan(request.method, conditions, None, written.etag, written.modified).status == NOT_MODIFIED:
            return nothing(request, NOT_MODIFIED, headers)
        return reply(request, 200, written.body, RSS, headers)

    @app.route("/<name>/subscribe/", methods=["POST"])
    async def subscribe(self, request: LeanRequest, name: str) -> bytes:
        """The caller follows it."""
        await self._channels.must_be_offered()
        viewer = await self._callers.user(request)
        made, found = await self._desk.subscriptions.subscribe(viewer, name)
        return answer(request, 201, v1_channels.subscription(made, found, self._desk.paper))

    @app.route("/<name>/unsubscribe/", methods=["POST", "DELETE"])
    async def unsubscribe(self, request: LeanRequest, name: str) -> bytes:
        """The caller follows it no longer."""
        await self._channels.must_be_offered()
        viewer = await self._callers.user(request)
        await self._desk.subscriptions.unsubscribe(viewer, name)
        return nothing(request)

    async def _writer(self, request: LeanRequest) -> Viewer:
        await self._channels.must_be_offered()
        return await self._callers.scoped(request, "libraries")

    def _told(self, found: ChannelPage) -> Document:
        [channel] = found.channels
        return v1_channels.channel(channel, found, self._desk.paper, counted=True)


class SeriesFace:
    """``albums/``: series of the caller's channels."""

    app = resource_app()

    def __init__(self, desk: PodcastDesk) -> None:
        self._series, self._callers, self._paper = desk.series, desk.callers, desk.catalog_paper

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A new series."""
        viewer = await self._callers.scoped(request, "libraries")
        wish = v1_channels.series_wish(await document(request))
        album, shelf = await self._series.create(viewer, wish)
        return answer(request, 201, v1_catalog.album_detail(album, shelf, self._paper))

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, id: int) -> bytes:
        """A series with its episodes."""
        viewer = await self._callers.scoped(request, "libraries")
        await self._series.remove_album(viewer, id)
        return nothing(request)


class WorksFace:
    """``tracks/``: episodes of the caller's channels."""

    app = resource_app()

    def __init__(self, desk: PodcastDesk) -> None:
        self._series, self._callers = desk.series, desk.callers

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, id: int) -> bytes:
        """An episode with its file."""
        viewer = await self._callers.scoped(request, "libraries")
        await self._series.remove_track(viewer, id)
        return nothing(request)
