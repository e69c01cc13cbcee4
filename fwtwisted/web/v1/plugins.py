"""
Plugins over HTTP: ``/api/v1/plugins``, everybody's own.

Source: docs/api.md §4.18.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.plugins.choices import PluginChoices, known
from fwtwisted.model.errors import NotOffered
from fwtwisted.model.plugins import PluginUse
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1 import plugins as v1_plugins


@frozen
class PluginDesk:
    """What this area is written with."""

    choices: PluginChoices
    callers: Callers

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/plugins", PluginsFace(self).app.resource())


class PluginsFace:
    """``plugins/``"""

    app = resource_app()

    def __init__(self, desk: PluginDesk) -> None:
        self._choices, self._callers = desk.choices, desk.callers

    def _document(self, use: PluginUse) -> Document:
        return v1_plugins.plugin(use, self._choices.fields(use.plugin))

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All of them, with what the caller set."""
        viewer = await self._callers.scoped(request, "plugins")
        return answer(request, 200, [self._document(use) for use in await self._choices.listed(viewer)])

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        """One of them."""
        viewer = await self._callers.scoped(request, "plugins")
        return answer(request, 200, self._document(await self._choices.one(viewer, name)))

    @app.route("/<name>/", methods=["POST"])
    async def change(self, request: LeanRequest, name: str) -> bytes:
        """Say with what it works."""
        viewer = await self._callers.scoped(request, "plugins")
        conf = v1_plugins.conf(known(name), await document(request))
        return answer(request, 200, self._document(await self._choices.set_conf(viewer, name, conf)))

    @app.route("/<name>/", methods=["DELETE"])
    async def forget(self, request: LeanRequest, name: str) -> bytes:
        """Switch it off, and keep nothing."""
        await self._choices.forget(await self._callers.scoped(request, "plugins"), name)
        return nothing(request)

    @app.route("/<name>/enable/", methods=["POST"])
    async def enable(self, request: LeanRequest, name: str) -> bytes:
        """Switch it on."""
        await self._choices.enable(await self._callers.scoped(request, "plugins"), name, True)
        return answer(request, 200, {})

    @app.route("/<name>/disable/", methods=["POST"])
    async def disable(self, request: LeanRequest, name: str) -> bytes:
        """Switch it off."""
        await self._choices.enable(await self._callers.scoped(request, "plugins"), name, False)
        return answer(request, 200, {})

    @app.route("/<name>/scan/", methods=["POST"])
    async def scan(self, request: LeanRequest, name: str) -> bytes:
        """Ask it for music: none of ours brings any."""
        await self._callers.scoped(request, "plugins")
        known(name)
        raise NotOffered("This plugin is no source of music.")
