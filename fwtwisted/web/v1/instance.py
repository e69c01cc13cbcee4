"""
The pod about itself over HTTP: nodeinfo, settings, the page's manifest.

Source: docs/api.md §4.1, §6.3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

from attrs import evolve, frozen

from fwtwisted.core.pod.banner import Banners
from fwtwisted.core.pod.instance import Instance
from fwtwisted.core.pod.preferences import Preferences, known
from fwtwisted.model.errors import BadRequest, Invalid
from fwtwisted.model.preferences import BANNER
from fwtwisted.model.threads import Threads
from fwtwisted.web.app import JSON, answer, reply, resource_app
from fwtwisted.web.callers import Callers, Cookies
from fwtwisted.web.intake import FileIntake, IntakeSettings, Received, Spooled, received
from fwtwisted.web.reading import Document, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1.instance import MANIFEST_TYPE, NODEINFO_TYPE

SCOPE = "instance:settings"
LARGEST_BODY = 6_000_000  # bytes: an image of 5 MB and what is around it


@frozen
class InstanceDesk:
    """What this area is written with."""

    instance: Instance
    preferences: Preferences
    banners: Banners
    callers: Callers
    cookies: Cookies
    open_spool: Callable[[UUID, str], Awaitable[Spooled]]
    threads: Threads
    intake: IntakeSettings

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefixes."""
        terms = evolve(self.intake, body_limit=min(self.intake.body_limit, LARGEST_BODY), most_files=1)
        intake = FileIntake(terms, self._admit, lambda filename: self.open_spool(uuid4(), filename), self.threads)
        bulk = {("POST", "/admin/settings/bulk"): intake}
        return (
            Mount("/api/v1/instance", InstanceV1(self).app.resource(), intakes=bulk),
            Mount("/api/v2/instance", InstanceV2(self.instance, self.cookies).app.resource()),
            Mount("/.well-known", WellKnownNodeinfo(self.instance.nodeinfo_links).app.resource()),
        )

    async def _admit(self, request: LeanRequest, length: int | None) -> None:
        await self.callers.scoped(request, SCOPE)


class InstanceV1:
    """``/api/v1/instance``."""

    app = resource_app()

    def __init__(self, desk: InstanceDesk) -> None:
        self._instance, self._preferences, self._banners = desk.instance, desk.preferences, desk.banners
        self._callers, self._cookies = desk.callers, desk.cookies

    @app.route("/nodeinfo/2.0/", methods=["GET"])
    async def nodeinfo(self, request: LeanRequest) -> bytes:
        """What the pod is, and the token that the page's writes repeat."""
        self._cookies.give_csrf(request)
        return reply(request, 200, await self._instance.nodeinfo_2_0(), NODEINFO_TYPE % b"2.0")

    @app.route("/settings/", methods=["GET"])
    async def settings(self, request: LeanRequest) -> bytes:
        """What everybody may know of the settings."""
        return reply(request, 200, await self._instance.public_settings(), JSON)

    @app.route("/spa-manifest.json", methods=["GET"])
    async def manifest(self, request: LeanRequest) -> bytes:
        """The page as an app."""
        return reply(request, 200, await self._instance.manifest(), MANIFEST_TYPE)

    @app.route("/admin/settings/", methods=["GET"])
    async def all_settings(self, request: LeanRequest) -> bytes:
        """All settings, for administrators."""
        await self._callers.scoped(request, SCOPE)
        return answer(request, 200, await self._instance.all_settings())

    @app.route("/admin/settings/<identifier>/", methods=["GET"])
    async def one(self, request: LeanRequest, identifier: str) -> bytes:
        """One of them."""
        await self._callers.scoped(request, SCOPE)
        (told,) = await self._instance.settings([known(identifier)])
        return answer(request, 200, told)

    @app.route("/admin/settings/<identifier>/", methods=["PUT", "PATCH"])
    async def change_one(self, request: LeanRequest, identifier: str) -> bytes:
        """Set one of them."""
        await self._callers.scoped(request, SCOPE)
        sent = await document(request)
        known(identifier)
        if "value" not in sent:
            raise Invalid.on("value", "This field is required.")
        changed = await self._preferences.change_one(identifier, sent["value"])
        (told,) = await self._instance.settings([changed])
        return answer(request, 200, told)

    @app.route("/admin/settings/bulk/", methods=["POST"])
    async def change(self, request: LeanRequest) -> bytes:
        """Set several at once, all or none."""
        await self._callers.scoped(request, SCOPE)
        async with received(request) as arrived:
            changed = await self._preferences.change(await self._with_banner(arrived))
        return answer(request, 200, await self._instance.settings(changed))

    async def _with_banner(self, arrived: Received) -> Document:
        """What was sent, with the name of a picture in the place of its bytes."""
        if not arrived.files:
            return arrived.fields
        (file,) = arrived.files
        if file.field != BANNER:
            raise BadRequest("No file is expected here.")
        return {**arrived.fields, BANNER: await self._banners.take(file.path)}


class InstanceV2:
    """``/api/v2/instance``."""

    app = resource_app()

    def __init__(self, instance: Instance, cookies: Cookies) -> None:
        self._instance, self._cookies = instance, cookies

    @app.route("/nodeinfo/2.1/", methods=["GET"])
    async def nodeinfo(self, request: LeanRequest) -> bytes:
        """What the pod is, in the newer form."""
        self._cookies.give_csrf(request)
        return reply(request, 200, await self._instance.nodeinfo_2_1(), NODEINFO_TYPE % b"2.1")


class WellKnownNodeinfo:
    """``/.well-known/nodeinfo``."""

    app = resource_app()

    def __init__(self, links: Callable[[], bytes]) -> None:
        self._links = links

    @app.route("/nodeinfo", methods=["GET"])
    async def nodeinfo(self, request: LeanRequest) -> bytes:
        """Where the rest is found."""
        return reply(request, 200, self._links(), JSON)
