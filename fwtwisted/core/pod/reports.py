"""
What people find wrong, and what moderators make of it.

A report keeps what its target was: who is reported may change or remove it.  Visitors may report on an open pod what
the instance settings let them, with an address at which they can be asked.  Source: docs/api.md §4.17 and §4.19.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from attrs import evolve

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.people import mailing
from fwtwisted.core.pod.live import Audience, Facts, Happened
from fwtwisted.db.listening.playlists import Seer
from fwtwisted.db.pod import reported, reports
from fwtwisted.db.pod.reports import NewReport
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.administration import Note, NoteTarget
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound, Unauthenticated
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.reports import (
    NAMED_BY,
    Reference,
    Report,
    ReportChange,
    ReportQuestion,
    ReportWish,
    Target,
    TargetKind,
)
from fwtwisted.wire.v1 import Document, when
from fwtwisted.wire.v1 import reports as v1_reports

CREATED = "report.created"
OPENNESS = "common__api_authentication_required"
FOR_VISITORS = "moderation__unauthenticated_report_types"
MODERATORS = Audience.permitted("moderation")
MOST_LETTERS = 20
"""Reports of one other server in an hour that moderators get letters about; they find the others in their list."""


class Reports:
    """Takes reports, and shows them to moderators."""

    def __init__(
        self,
        database: Database,
        preference: ReadPreference,
        ring: Ring,
        happened: Happened,
        pod: Pod,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._occasions = occasions
        self._database, self._preference, self._ring = database, preference, ring
        self._happened, self._pod = happened, pod

    # --- reporting -------------------------------------------------------------------------------

    async def file(self, viewer: Viewer, wish: ReportWish) -> Report:
        """
        Tell the moderators that something is wrong, on their pages and by mail.

        :raise Unauthenticated: a visitor, and the pod is not open.
        :raise Invalid: on ``target``, ``type``, or of a visitor without an address.
        """
        if viewer.is_anonymous:
            await self._check_visitor(wish)

        async def work(tx: Tx) -> Report:
            target = await self._target(tx, viewer, wish.target)
            uuid = uuid4()
            id = await reports.add(tx, self._new(viewer, wish, target, uuid))
            await mailing.ask_about(tx, self._ring, uuid)
            if wish.forward:
                await self._occasions.reported(tx, id)
            tx.after_commit(self._happened, MODERATORS, CREATED, {"report": id})
            return _known(await reports.by_id(tx, id))

        return await self._database.transaction(work)

    async def hear(self, tx: Tx, fid: str, wish: ReportWish, submitter_id: int) -> None:
        """
        Keep what another server finds wrong, as a part of the transaction; told again by the same id, it is renewed.

        :raise Invalid: on ``target``: there is no such object.
        """
        viewer = Viewer(actor_id=submitter_id)
        target = await self._target(tx, viewer, wish.target)
        uuid = uuid4()
        new = evolve(self._new(viewer, wish, target, uuid), fid=fid)
        id, is_new = await reports.add_or_renew(tx, new)
        if id is None:
            return
        if is_new and await reports.lately_from(tx, submitter_id) <= MOST_LETTERS:
            await mailing.ask_about(tx, self._ring, uuid)
        tx.after_commit(self._happened, MODERATORS, CREATED, {"report": id})

    async def _check_visitor(self, wish: ReportWish) -> None:
        if await self._preference(OPENNESS):
            raise Unauthenticated
        if wish.type not in await self._preference(FOR_VISITORS):
            raise Invalid.on("type", "You need an account to submit this type of report.")
        if not wish.submitter_email:
            raise Invalid.on(NON_FIELD, "You need to provide an email address to submit this report.")

    async def _target(self, tx: Queries, viewer: Viewer, reference: Reference) -> Target:
        seer = Seer(viewer.actor_id, viewer.is_local)
        row = await reported.found(tx, reference, seer)
        if row is None:
            raise Invalid.on("target", "There is no such object.")
        state = {name: _plain(value) for name, value in row.state.items()}
        for name, kind in (("artist", TargetKind.ARTIST), ("album", TargetKind.ALBUM)):
            inner = state.get(name)
            if isinstance(inner, int):
                state[name] = dict((await self._target(tx, viewer, Reference(kind, inner))).state)
        domain = str(state.get("domain") or urlsplit(row.home).netloc)
        return Target(row.id, Reference(reference.kind, row.name), row.owner_id, domain, state)

    def _new(self, viewer: Viewer, wish: ReportWish, target: Target, uuid: UUID) -> NewReport:
        reference = target.reference
        state = {
            **target.state,
            "_target": {"type": reference.kind.value, NAMED_BY[reference.kind]: reference.name},
            "domain": target.domain,
            "is_local": target.domain == self._pod.domain,
        }
        return NewReport(
            uuid=uuid,
            fid=self._pod.fid(f"reports/{uuid}"),
            type=wish.type,
            summary=wish.summary,
            target=target,
            state=state,
            submitter_id=viewer.actor_id,
            submitter_email=wish.submitter_email if viewer.is_anonymous else None,
            is_forwarded=wish.forward,
        )

    async def created(self, facts: Facts) -> Document | None:
        """What moderators' pages are told of a new report: ``report``, its id; None when it is gone."""

        async def work(tx: Tx) -> tuple[Report | None, int]:
            return await reports.by_id(tx, facts["report"]), await reports.unresolved(tx)

        report, count = await self._database.read(work)
        if report is None:
            return None
        return {"type": CREATED, "report": v1_reports.admin_report(report), "unresolved_count": count}

    # --- moderating ------------------------------------------------------------------------------

    async def listed(self, question: ReportQuestion, limit: int, offset: int) -> tuple[int, list[Report]]:
        """How many reports match, and one page of them."""
        return await self._database.read(lambda tx: reports.listed(tx, question, limit, offset))

    async def one(self, uuid: UUID) -> Report:
        """A report.  :raise NotFound:"""
        return _known(await self._database.read(lambda tx: reports.one(tx, uuid)))

    async def change(self, viewer: Viewer, uuid: UUID, change: ReportChange) -> Report:
        """Resolve a report or open it again, or say what it is about.  :raise NotFound:"""

        async def work(tx: Tx) -> Report:
            report = _known(await reports.one(tx, uuid))
            is_handled = None if change.is_handled == report.is_handled else change.is_handled
            await reports.change(tx, report.id, change.type, is_handled, viewer.actor_id)
            return _known(await reports.by_id(tx, report.id))

        return await self._database.transaction(work)

    # --- notes -----------------------------------------------------------------------------------

    async def notes(self, limit: int, offset: int) -> tuple[int, list[Note]]:
        """How many notes there are, and one page of them, the newest first."""
        return await self._database.read(lambda tx: reports.notes(tx, limit, offset))

    async def note(self, uuid: UUID) -> Note:
        """A note.  :raise NotFound:"""
        return _known_note(await self._database.read(lambda tx: reports.note(tx, uuid)))

    async def add_note(self, viewer: Viewer, summary: str, target: NoteTarget) -> Note:
        """Write a note.  :raise Invalid: on ``target``: there is no such thing."""
        author = viewer.actor_id
        if author is None:
            raise Unauthenticated

        async def work(tx: Tx) -> Note:
            uuid = await reports.add_note(tx, summary, author, target)
            if uuid is None:
                raise Invalid.on("target", "There is no such object.")
            return _known_note(await reports.note(tx, uuid))

        return await self._database.transaction(work)

    async def remove_note(self, uuid: UUID) -> None:
        """Remove a note.  :raise NotFound:"""
        if not await self._database.transaction(lambda tx: reports.remove_note(tx, uuid)):
            raise NotFound


def _known(report: Report | None) -> Report:
    if report is None:
        raise NotFound
    return report


def _known_note(note: Note | None) -> Note:
    if note is None:
        raise NotFound
    return note


def _plain(value: object) -> object:
    """A column as a JSON value."""
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value
