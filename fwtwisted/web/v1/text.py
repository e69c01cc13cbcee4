"""
How a text will look: ``text-preview/``.

Source: docs/api.md §4.5.
"""

from __future__ import annotations

from fwtwisted.model.errors import BadRequest
from fwtwisted.model.threads import Threads
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.reading import document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.markup import LONGEST_TEXT, rendered


class TextPreview:
    """``text-preview/``: for everybody, nothing is kept."""

    app = resource_app()

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def mount(self) -> Mount:
        """Its place."""
        return Mount("/api/v1/text-preview", self.app.resource())

    @app.route("/", methods=["POST"])
    async def shown(self, request: LeanRequest) -> bytes:
        """The text as safe HTML."""
        body = await document(request)
        if "text" not in body:  # empty is fine: forms show their preview before anybody has written
            raise BadRequest("You need to provide a text to render.")
        fields = Fields(body)
        text = fields.text_or_none("text", LONGEST_TEXT) or ""
        permissive = fields.flag("permissive") if body.get("permissive") is not None else False
        fields.check()
        html = await self._threads(rendered, text, "text/markdown", permissive=permissive)
        return answer(request, 200, {"rendered": html})
