"""A site that says what it was asked, for tests of what stands before it."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from fwtwisted.model.people import Viewer
from fwtwisted.web.app import answer, nothing, reply, resource_app
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount, SiteSettings
from tests.web.serving import SILENT, Served, serve

MEGABYTE = 1 << 20


class Echo:
    """Says what it was asked."""

    app = resource_app()

    def __init__(self) -> None:
        self.waiting: Deferred[None] = Deferred()
        self.started: Deferred[None] = Deferred()
        self.answered = 0

    @app.route("/", methods=["GET"])
    async def seen(self, request: LeanRequest) -> bytes:
        self.answered += 1
        names = {name.decode().lower() for name, _ in request.requestHeaders.getAllRawHeaders()}
        return answer(request, 200, {"client": request.client_address, "id": request.id, "headers": sorted(names)})

    @app.route("/", methods=["POST"])
    async def told(self, request: LeanRequest) -> bytes:
        return answer(request, 200, {"fields": len(await document(request, 3 * MEGABYTE))})

    @app.route("/slow/", methods=["GET"])
    async def slow(self, request: LeanRequest) -> bytes:
        self.started.callback(None)
        await self.waiting
        return answer(request, 200, "slow")

    @app.route("/large/", methods=["GET"])
    async def large(self, request: LeanRequest) -> bytes:
        return reply(request, 200, b"x" * (32 * MEGABYTE), b"text/plain")

    @app.route("/secret/", methods=["GET"])
    async def secret(self, request: LeanRequest) -> bytes:
        request.viewer = Viewer(account_id=7, actor_id=9)
        return nothing(request)

    @app.route("/quiet/", methods=["GET"])
    async def quiet(self, request: LeanRequest) -> bytes:
        request.is_quiet = True
        return nothing(request)


class Foreign(Resource):
    """A resource that is none of our apps."""

    isLeaf = True

    def render_GET(self, request: LeanRequest) -> bytes:
        assert request.postpath is not None
        return b"/".join(request.postpath)

    def render_POST(self, request: LeanRequest) -> bytes:
        raise ZeroDivisionError


class SiteCase(TestCase):
    """An echo behind a front door."""

    async def serve(self, settings: SiteSettings = SILENT, clock: Clock | None = None) -> Served:
        """Serve it."""
        self.echo = Echo()
        resource = self.echo.app.resource()
        mounts = [
            Mount("/api/v1/echo", resource),
            Mount("/api/v1/roomy", resource, body_limit=2 * MEGABYTE),
            Mount("/health", resource),
            Mount("/media", resource),
            Mount("/foreign", Foreign()),
        ]
        return await serve(self, mounts, settings, clock)
