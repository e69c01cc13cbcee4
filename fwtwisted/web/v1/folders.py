"""
Imports of folders in place: ``libraries/fs-import/``, for those who look after the pod's music.

Source: docs/api.md §4.6.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.folders.on_request import FolderImports
from fwtwisted.model.people import Viewer
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import READING, Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import folders as v1_folders

LEAF = "instance:libraries"


@frozen
class FoldersDesk:
    """What this area is written with."""

    imports: FolderImports
    callers: Callers

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        return Mount("/api/v1/libraries/fs-import", FolderImportsFace(self).app.resource())


class FolderImportsFace:
    """``libraries/fs-import/``"""

    app = resource_app()

    def __init__(self, desk: FoldersDesk) -> None:
        self._imports, self._callers = desk.imports, desk.callers

    async def _keeper(self, request: LeanRequest) -> Viewer | None:
        """Somebody who looks after libraries, by no program's token; None for anybody else."""
        viewer = await self._callers.user(request)
        verb = "read" if request.method in READING else "write"
        return viewer if viewer.may(f"{verb}:{LEAF}") else None

    @app.route("/", methods=["GET"])
    async def look(self, request: LeanRequest) -> bytes:
        """What is in a folder, and how the last import is doing."""
        if await self._keeper(request) is None:
            return answer(request, 403, {})
        view = await self._imports.look(Query.of(request).get("path") or "")
        return answer(request, 200, v1_folders.folder_view(view))

    @app.route("/", methods=["POST"])
    async def begin(self, request: LeanRequest) -> bytes:
        """Import a folder."""
        viewer = await self._keeper(request)
        if viewer is None:
            return answer(request, 403, {})
        await self._imports.begin(viewer, v1_folders.folder_wish(await document(request)))
        return nothing(request, 201)

    @app.route("/", methods=["DELETE"])
    async def cancel(self, request: LeanRequest) -> bytes:
        """Stop."""
        if await self._keeper(request) is None:
            return answer(request, 403, {})
        await self._imports.cancel()
        return nothing(request)
