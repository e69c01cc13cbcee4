"""
Uploads: files coming in, what became of them, and what their owners do with them.

Source: docs/api.md §4.7.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from attrs import frozen

from fwtwisted.core.files.uploads import Incoming, Uploads
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import Viewer
from fwtwisted.model.threads import Threads
from fwtwisted.model.uploads import Upload
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.intake import FileIntake, IntakeSettings, Received, ReceivedFile, Spooled, received
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import Document, page, paging
from fwtwisted.wire.v1 import uploads as v1_uploads
from fwtwisted.wire.v1.catalog import CatalogPaper
from fwtwisted.wire.v1.uploads import UploadPage

PART = "audio_file"


@frozen
class UploadDesk:
    """
    What this area is written with.

    :ivar open_spool: begins to keep a file that comes in: its upload's uuid, the sender's name for it.
    :ivar room: :raise NoRoom: when so many bytes more would not fit.
    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    uploads: Uploads
    callers: Callers
    paper: CatalogPaper
    open_spool: Callable[[UUID, str], Awaitable[Spooled]]
    room: Callable[[int], Awaitable[None]]
    threads: Threads
    intake: IntakeSettings
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix."""
        intake = FileIntake(self.intake, self._admit, lambda filename: self.open_spool(uuid4(), filename), self.threads)
        return Mount("/api/v1/uploads", UploadsFace(self).app.resource(), intakes={("POST", ""): intake})

    async def _admit(self, request: LeanRequest, length: int | None) -> None:
        """Whether a file may come in at all, before its first byte is read."""
        viewer = await self.callers.scoped(request, "libraries")
        await self.uploads.admit(viewer, max(0, (length or 0) - self.intake.fields_limit))
        await self.room(length or 0)


class UploadsFace:
    """``uploads/``"""

    app = resource_app()

    def __init__(self, desk: UploadDesk) -> None:
        self._uploads, self._callers, self._paper = desk.uploads, desk.callers, desk.paper
        self._url = f"{desk.api_url}/uploads/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """The caller's own."""
        viewer = await self._callers.scoped(request, "libraries")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_uploads.upload_question(query)
        count, found = await self._uploads.listed(viewer, question, asked.size, asked.offset)
        documents = [v1_uploads.upload(one, found, self._paper) for one in found.uploads]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A file comes in."""
        viewer = await self._callers.scoped(request, "libraries")
        async with received(request) as arrived:
            file = _audio(arrived)
            wish = v1_uploads.upload_wish(arrived.fields, has_file=file is not None and file.size > 0)
            assert file is not None
            incoming = Incoming(file.spool.uuid, file.path, file.filename, file.size, file.sha256)
            made = await self._uploads.receive(viewer, wish, incoming)
        return answer(request, 201, self._told(viewer, made))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Something is done to many."""
        viewer = await self._callers.scoped(request, "libraries")
        wish = v1_uploads.action_wish(await document(request))
        count = await self._uploads.act(viewer, wish.act, wish.question)
        return answer(request, 200, {"updated": count, "action": wish.act, "result": None})

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One of the caller's own, or one that the caller may play."""
        viewer = await self._callers.open(request, "libraries")
        return answer(request, 200, self._told(viewer, await self._uploads.one(viewer, uuid)))

    @app.route("/<uuid:uuid>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Other words for a draft, or the word to import it."""
        viewer = await self._callers.scoped(request, "libraries")
        change = v1_uploads.upload_change(await document(request))
        return answer(request, 200, self._told(viewer, await self._uploads.change(viewer, uuid, change)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Gone, with its file."""
        viewer = await self._callers.scoped(request, "libraries")
        await self._uploads.remove(viewer, uuid)
        return nothing(request)

    @app.route("/<uuid:uuid>/audio-file-metadata/", methods=["GET"])
    async def tags(self, request: LeanRequest, uuid: UUID) -> bytes:
        """What the file itself says."""
        viewer = await self._callers.scoped(request, "libraries")
        audio = await self._uploads.file_metadata(viewer, uuid)
        return answer(request, 200, v1_uploads.file_metadata(audio.tags, audio.cover))

    def _told(self, viewer: Viewer, found: tuple[Upload, UploadPage]) -> Document:
        upload, shown = found
        owner = shown.libraries[upload.library_id].owner
        return v1_uploads.upload(upload, shown, self._paper, is_own=owner.id == viewer.actor_id)


def _audio(arrived: Received) -> ReceivedFile | None:
    """The one file that a form may bring.  :raise Invalid: there are several, or it is in another part."""
    strangers = [file for file in arrived.files if file.field != PART]
    files = [file for file in arrived.files if file.field == PART]
    if strangers:
        raise Invalid.on(PART, f'A file came in the part "{strangers[0].field[:100]}"; it belongs into "{PART}".')
    if len(files) > 1:
        raise Invalid.on(PART, "Send one file at a time.")
    return files[0] if files else None
