"""
Pictures over HTTP: ``/api/v1/attachments`` for those who send them, ``/media`` for everybody's eyes.

Source: docs/api.md §4.5, §6.2; docs/storage.md §6.4, S-26, S-31.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from attrs import evolve, frozen

from fwtwisted.core.files.attachments import Attachments
from fwtwisted.core.files.remote_pictures import RemotePictures
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.web.app import answer, moved, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.intake import FileIntake, IntakeSettings, Spooled, received
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.transfer import Delivery, send
from fwtwisted.wire.fields import REQUIRED
from fwtwisted.wire.http import http_date
from fwtwisted.wire.names import is_public, media_type_of
from fwtwisted.wire.v1 import RENDITION_SIZES, Pictures, attachment

LARGEST_BODY = 6_000_000  # bytes: an image of 5 MB and what is around it
# Said to everybody alike, whether a page of another site asks or not: what is kept for a year must do for both.
FOR_EVERYBODY = {"Access-Control-Allow-Origin": "*"}


@frozen
class AttachmentDesk:
    """What this area is written with.  :ivar client_seconds: how long browsers keep pictures."""

    attachments: Attachments
    remote: RemotePictures
    callers: Callers
    pictures: Pictures
    open_spool: Callable[[UUID, str], Awaitable[Spooled]]
    threads: Threads
    intake: IntakeSettings
    client_seconds: float

    def mounts(self) -> list[Mount]:
        """Everything here, at its prefixes."""
        terms = evolve(self.intake, body_limit=min(self.intake.body_limit, LARGEST_BODY), most_files=1)
        intake = FileIntake(terms, self._admit, lambda filename: self.open_spool(uuid4(), filename), self.threads)
        return [
            Mount("/api/v1/attachments", AttachmentsFace(self).app.resource(), intakes={("POST", ""): intake}),
            Mount("/media", MediaFace(self.attachments, self.client_seconds).app.resource()),
        ]

    async def _admit(self, request: LeanRequest, length: int | None) -> None:
        await self.callers.scoped(request, "libraries")


class AttachmentsFace:
    """``attachments/``"""

    app = resource_app()

    def __init__(self, desk: AttachmentDesk) -> None:
        self._attachments, self._callers, self._pictures = desk.attachments, desk.callers, desk.pictures
        self._remote = desk.remote

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        """A picture comes in."""
        viewer = await self._callers.scoped(request, "libraries")
        async with received(request) as arrived:
            file = next((file for file in arrived.files if file.field == "file"), None)
            if file is None:
                raise Invalid.on("file", REQUIRED)
            taken = await self._attachments.take(viewer, file.path, file.filename)
        return answer(request, 201, attachment(taken, self._pictures))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """What it is and where it lies."""
        await self._callers.open(request, "libraries")
        return answer(request, 200, attachment(await self._attachments.one(uuid), self._pictures))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Gone, by whoever sent it."""
        await self._attachments.remove(await self._callers.scoped(request, "libraries"), uuid)
        return nothing(request)

    @app.route("/<uuid:uuid>/proxy/", methods=["GET"])
    async def proxy(self, request: LeanRequest, uuid: UUID) -> bytes:
        """The way to the picture's bytes, in one of its sizes; needs no login, as pages show it in ``img``."""
        found = await self._remote.here(uuid)
        if found.file is None:
            return moved(request, found.url or "")
        wanted = Query.of(request).get("next") or ""
        document = attachment(found, self._pictures)
        assert document is not None
        return moved(request, document["urls"][wanted if wanted in RENDITION_SIZES else "original"])


class MediaFace:
    """``/media``: public files by their stored names; whatever else may lie in the store is not there."""

    app = resource_app()

    def __init__(self, attachments: Attachments, client_seconds: float) -> None:
        self._attachments, self._client_seconds = attachments, int(client_seconds)
        self._kept = f"public, max-age={self._client_seconds}, immutable"

    @app.route("/<path:name>", methods=["GET"])
    async def file(self, request: LeanRequest, name: str) -> bytes | None:
        """The bytes, for as long as browsers may keep them: no name is used twice."""
        if not is_public(name):
            raise NotFound
        source = await self._attachments.open(name, only_looks=request.method == b"HEAD")
        until = datetime.now(UTC) + timedelta(seconds=self._client_seconds)
        labels = {**FOR_EVERYBODY, "Cache-Control": self._kept, "Expires": http_date(until).decode("ascii")}
        await send(request, source, Delivery(media_type_of(name), headers=labels))
        return None
