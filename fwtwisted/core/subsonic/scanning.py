"""
Scanning: the import of the pod's music folder, as apps ask for it and watch it.

There is nothing to configure in an app, so what is scanned is what was imported last: the folder and the library of the
caller's last import, else the whole music folder into the one library of theirs that holds files in place.

Source: docs/subsonic.md §8.13.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.folders.on_request import FolderImports
from fwtwisted.db.files import folder_imports
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import scanning
from fwtwisted.model.errors import BadRequest, Forbidden
from fwtwisted.model.folders import FolderWish, ImportStatus
from fwtwisted.model.people import Viewer

SCOPE = "write:instance:libraries"
REFERENCE = "scan"  # the name of such imports

NOTHING = "There is nothing to scan: import the music folder once, on the page or by the command."
SEVERAL = "Several libraries of yours hold files in place: import into one of them once, on the page."


class Scanning:
    """Starts imports, and tells whether any run."""

    def __init__(self, database: Database, imports: FolderImports) -> None:
        self._database, self._imports = database, imports

    async def is_running(self, viewer: Viewer) -> bool:
        """Whether the music folder is imported now, or an upload of the viewer's waits."""
        actor_id = viewer.actor_id
        assert actor_id is not None, "a caller without an actor"
        return await self._database.read(lambda tx: scanning.is_importing(tx, actor_id))

    async def start(self, viewer: Viewer) -> None:
        """
        Import the music folder once more; while an import runs nothing happens.

        :raise Forbidden: the viewer does not look after the pod's music.
        :raise BadRequest: it is not clear what to import.
        """
        if not viewer.may(SCOPE):
            raise Forbidden("Only those who look after the pod's music may scan it.")
        latest = await self._database.read(folder_imports.latest)
        if latest is not None and latest.status in (ImportStatus.PENDING, ImportStatus.STARTED):
            return
        library, path = await self._wanted(viewer)
        await self._imports.begin(viewer, FolderWish(path, library, REFERENCE))

    async def _wanted(self, viewer: Viewer) -> tuple[UUID, str]:
        actor_id = viewer.actor_id
        assert actor_id is not None, "a caller without an actor"

        async def read(tx: Tx) -> tuple[UUID, str] | list[UUID]:
            return await scanning.last(tx, actor_id) or await scanning.in_place(tx, actor_id)

        found = await self._database.read(read)
        if isinstance(found, tuple):
            return found
        if len(found) != 1:
            raise BadRequest(SEVERAL if found else NOTHING)
        return found[0], ""
