"""
`subsonic/keys/`: the keys of one's Subsonic apps.

Source: docs/api.md §4.3.
"""

from __future__ import annotations

from fwtwisted.core.subsonic.keys import SubsonicKeys
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1 import subsonic_keys as v1_keys

LEAF = "security"


class SubsonicKeysFace:
    """``subsonic/keys/``"""

    app = resource_app()

    def __init__(self, keys: SubsonicKeys, callers: Callers, api_url: str) -> None:
        self._keys, self._callers, self._url = keys, callers, f"{api_url}/subsonic/keys/"

    def mount(self) -> Mount:
        """It, at its prefix."""
        return Mount("/api/v1/subsonic/keys", self.app.resource())

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All of the caller's, the newest first."""
        viewer = await self._callers.scoped(request, LEAF)
        query = Query.of(request).lists()
        asked = paging(query)
        found = await self._keys.of(viewer)
        shown = [v1_keys.key(one) for one in found[asked.offset : asked.offset + asked.size]]
        return answer(request, 200, page(shown, len(found), asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def make(self, request: LeanRequest) -> bytes:
        """A new one, told this once."""
        viewer = await self._callers.scoped(request, LEAF)
        made, secret = await self._keys.make(viewer, v1_keys.name_of(await document(request)))
        return answer(request, 201, {**v1_keys.key(made), "key": secret})

    @app.route("/<int:id>/", methods=["DELETE"])
    async def revoke(self, request: LeanRequest, id: int) -> bytes:
        """One that lets nobody in any more."""
        viewer = await self._callers.scoped(request, LEAF)
        await self._keys.revoke(viewer, id)
        return nothing(request)
