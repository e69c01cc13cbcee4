"""
What the pages that listen are told about music: imports as they end, what people listen to and like.

Each message is written where it is heard, with the eyes of those who hear it; what they may not see, or what is gone
by then, is not told.  Source: docs/api.md §5.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.files.upload_jobs import STATUS_BELL
from fwtwisted.core.files.uploads import Uploads
from fwtwisted.core.listening.history import DEED, Listening
from fwtwisted.core.pod.live import Audience, Facts, Live
from fwtwisted.model.errors import NotFound
from fwtwisted.model.listening import Kind
from fwtwisted.model.people import Viewer
from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1 import listening as v1_listening
from fwtwisted.wire.v1 import uploads as v1_uploads
from fwtwisted.wire.v1.catalog import CatalogPaper

# Everybody who listens has an account here; what one of them may see without being its author, all may.
ANY_ACCOUNT = Viewer(is_local=True)


class News:
    """
    Writes what is told.

    :param public_url: the pod's.
    """

    def __init__(self, uploads: Uploads, listening: Listening, paper: CatalogPaper, public_url: str) -> None:
        self._uploads, self._listening, self._paper, self._url = uploads, listening, paper, public_url

    def register(self, live: Live) -> None:
        """Have ``live`` know who writes about what."""
        live.writes(DEED, self.deed)
        live.writes(STATUS_BELL, self.status_updated)
        live.relays(STATUS_BELL, lambda facts: Audience(facts["owner"]))

    async def deed(self, facts: Facts) -> Document | None:
        """Somebody listened to a track or likes it: ``kind`` and ``id``; None when that is not for everybody."""
        kind = Kind(facts["kind"])
        try:
            found = await self._listening.one(kind, ANY_ACCOUNT, facts["id"])
        except NotFound:
            return None
        [deed] = found.deeds
        track = found.tracks.get(deed.track_id)
        if track is None:
            return None
        by = found.actors[deed.actor_id]
        return v1_listening.activity(kind, deed, track, found.shelf, by, self._url)

    async def status_updated(self, facts: Facts) -> Document | None:
        """An import ended: ``owner``, ``upload``, ``old_status``, ``new_status``; None when the upload is gone."""
        owner = Viewer(actor_id=facts["owner"], is_local=True)
        try:
            upload, page = await self._uploads.one(owner, UUID(facts["upload"]))
        except NotFound:
            return None
        return {
            "type": "import.status_updated",
            "upload": v1_uploads.upload(upload, page, self._paper),
            "old_status": facts["old_status"],
            "new_status": facts["new_status"],
        }
