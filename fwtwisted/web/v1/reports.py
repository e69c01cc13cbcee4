"""
Reports: ``moderation/reports/`` for everybody, ``manage/moderation/reports/`` and ``notes/`` for moderators.

Source: docs/api.md §4.17 and §4.19.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.core.pod.reports import Reports
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1 import reports as v1_reports

MANAGED = "manage/moderation"


@frozen
class ReportDesk:
    """What this area is written with.  :ivar api_url: of the REST face."""

    reports: Reports
    callers: Callers
    api_url: str

    def mounts(self) -> list[Mount]:
        """Everything here, at its prefixes."""
        return [
            Mount("/api/v1/moderation/reports", ReportsFace(self).app.resource()),
            Mount(f"/api/v1/{MANAGED}/reports", ManagedReports(self).app.resource()),
            Mount(f"/api/v1/{MANAGED}/notes", Notes(self).app.resource()),
        ]


class ReportsFace:
    """``moderation/reports/``"""

    app = resource_app()

    def __init__(self, desk: ReportDesk) -> None:
        self._reports, self._callers = desk.reports, desk.callers

    @app.route("/", methods=["POST"])
    async def file(self, request: LeanRequest) -> bytes:
        """Something is wrong; visitors may say so where the pod lets them."""
        viewer = await self._callers.guest(request, "reports")
        wish = v1_reports.report_wish(await document(request))
        return answer(request, 201, v1_reports.report(await self._reports.file(viewer, wish)))


class ManagedReports:
    """``manage/moderation/reports/``"""

    app = resource_app()

    def __init__(self, desk: ReportDesk) -> None:
        self._reports, self._callers = desk.reports, desk.callers
        self._url = f"{desk.api_url}/{MANAGED}/reports/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        await self._callers.scoped(request, "instance:reports")
        lists = Query.of(request).lists()
        asked, question = paging(lists), v1_reports.report_question(lists)
        count, found = await self._reports.listed(question, asked.size, asked.offset)
        documents = [v1_reports.admin_report(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, lists))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        await self._callers.scoped(request, "instance:reports")
        return answer(request, 200, v1_reports.admin_report(await self._reports.one(uuid)))

    @app.route("/<uuid:uuid>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Resolved, or opened again, or about something else."""
        viewer = await self._callers.scoped(request, "instance:reports")
        change = v1_reports.report_change(await document(request))
        return answer(request, 200, v1_reports.admin_report(await self._reports.change(viewer, uuid, change)))


class Notes:
    """``manage/moderation/notes/``"""

    app = resource_app()

    def __init__(self, desk: ReportDesk) -> None:
        self._reports, self._callers = desk.reports, desk.callers
        self._url = f"{desk.api_url}/{MANAGED}/notes/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        await self._callers.scoped(request, "instance:notes")
        lists = Query.of(request).lists()
        asked = paging(lists)
        count, found = await self._reports.notes(asked.size, asked.offset)
        return answer(request, 200, page([v1_reports.note(one) for one in found], count, asked, self._url, lists))

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        viewer = await self._callers.scoped(request, "instance:notes")
        wish = v1_reports.note_wish(await document(request))
        return answer(request, 201, v1_reports.note(await self._reports.add_note(viewer, wish.summary, wish.target)))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        await self._callers.scoped(request, "instance:notes")
        return answer(request, 200, v1_reports.note(await self._reports.note(uuid)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        await self._callers.scoped(request, "instance:notes")
        await self._reports.remove_note(uuid)
        return nothing(request)
