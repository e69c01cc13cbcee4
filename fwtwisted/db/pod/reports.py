"""Reports, and the notes of moderators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import NOTHING, Condition, Filter, all_of, ordered, same, same_letters, token_conditions
from fwtwisted.db.people.members import admin_actors
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.administration import AdminActor, Note, NoteTarget
from fwtwisted.model.reports import NAMED_BY, Reference, Report, ReportQuestion, Target, TargetKind

# --- filing --------------------------------------------------------------------------------------


@frozen
class NewReport:
    """A report as it is first written.  :ivar state: what the target is."""

    uuid: UUID
    fid: str
    type: str
    summary: str | None
    target: Target
    state: Mapping[str, Any]
    submitter_id: int | None
    submitter_email: str | None
    is_forwarded: bool


_ADD = """
    INSERT INTO report (uuid, fid, type, summary, target_kind, target_id, target_owner_id, target_state, submitter_id,
                        submitter_email, is_forwarded)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ADD = f"{_ADD} RETURNING id"


async def add(tx: Tx, new: NewReport) -> int:
    """The id of a new report."""
    return await tx.one(int, ADD, *_columns(new))


ADD_OR_RENEW = f"""{_ADD}
        ON CONFLICT (fid) DO UPDATE SET type = EXCLUDED.type, summary = EXCLUDED.summary
     WHERE report.submitter_id = EXCLUDED.submitter_id
 RETURNING id, xmax = 0
"""


async def add_or_renew(tx: Tx, new: NewReport) -> tuple[int | None, bool]:
    """
    The id of a report from elsewhere, and whether it is new; one that is not says now what ``new`` does.

    None: somebody else's report has this federation id.
    """
    found = await tx.maybe(lambda id, is_new: (id, is_new), ADD_OR_RENEW, *_columns(new))
    return (None, False) if found is None else found


LATELY = """
    SELECT count(*)
      FROM (SELECT submitter_id, creation_date FROM report ORDER BY id DESC LIMIT 200) AS late
      JOIN actor ON actor.id = late.submitter_id
     WHERE late.creation_date > now() - interval '1 hour'
       AND actor.domain = (SELECT domain FROM actor WHERE id = %s)
"""


async def lately_from(tx: Queries, submitter_id: int) -> int:
    """How many of the latest reports came within an hour from the server of who submits; above 200 nobody counts."""
    return await tx.one(int, LATELY, submitter_id)


def _columns(new: NewReport) -> tuple[object, ...]:
    target = new.target
    return (
        new.uuid, new.fid, new.type, new.summary, target.reference.kind.value, target.id, target.owner_id,
        dict(new.state), new.submitter_id, new.submitter_email, new.is_forwarded,
    )  # fmt: skip


UNRESOLVED = "SELECT count(*) FROM report WHERE NOT is_handled"


async def unresolved(tx: Queries) -> int:
    """How many reports wait for a moderator."""
    return await tx.one(int, UNRESOLVED)


CHANGE = """
    UPDATE report
       SET type = coalesce(%s, type),
           handled_date = CASE WHEN %s THEN now() WHEN %s THEN NULL ELSE handled_date END,
           assigned_to_id = CASE WHEN %s THEN %s ELSE assigned_to_id END,
           is_handled = coalesce(%s, is_handled)
     WHERE id = %s
"""


async def change(tx: Tx, id: int, type: str | None, is_handled: bool | None, moderator_id: int | None) -> None:
    """Write what a moderator decided; None stays.  Who resolves a report is the one that it is assigned to."""
    resolves, reopens = is_handled is True, is_handled is False
    await tx.do(CHANGE, type, resolves, reopens, resolves, moderator_id, is_handled, id)


# --- looking -------------------------------------------------------------------------------------

# The target may be gone, or renamed, by now.
_NAME = """
    CASE report.target_kind
        WHEN 'artist' THEN (SELECT id::text FROM artist WHERE id = report.target_id)
        WHEN 'album' THEN (SELECT id::text FROM album WHERE id = report.target_id)
        WHEN 'track' THEN (SELECT id::text FROM track WHERE id = report.target_id)
        WHEN 'playlist' THEN (SELECT id::text FROM playlist WHERE id = report.target_id)
        WHEN 'library' THEN (SELECT uuid::text FROM library WHERE id = report.target_id)
        WHEN 'channel' THEN (SELECT uuid::text FROM channel WHERE id = report.target_id)
        WHEN 'account' THEN (SELECT preferred_username || '@' || domain FROM actor WHERE id = report.target_id)
    END
"""
_REPORT = f"""
    SELECT report.id, report.uuid, report.fid, report.type, report.summary, report.creation_date, report.handled_date,
           report.is_handled, report.submitter_email, report.target_kind, {_NAME}, report.target_state,
           report.target_owner_id, report.submitter_id, report.assigned_to_id
      FROM report
"""


@frozen
class _Row:
    id: int
    uuid: UUID
    fid: str
    type: str
    summary: str | None
    creation_date: datetime
    handled_date: datetime | None
    is_handled: bool
    submitter_email: str | None
    target_kind: str
    target_name: str | None
    state: Mapping[str, Any]
    target_owner_id: int | None
    submitter_id: int | None
    assigned_to_id: int | None

    @property
    def target(self) -> Reference | None:
        """What is reported, if it is still there."""
        if self.target_name is None:
            return None
        kind = TargetKind(self.target_kind)
        return Reference(kind, int(self.target_name) if NAMED_BY[kind] == "id" else self.target_name)


async def _whole(tx: Queries, rows: Sequence[_Row]) -> list[Report]:
    ids = {id for row in rows for id in (row.target_owner_id, row.submitter_id, row.assigned_to_id) if id is not None}
    actors = await admin_actors(tx, list(ids))
    notes = await _notes_about(tx, NOTES_OF_REPORTS, [row.id for row in rows])

    def known(id: int | None) -> AdminActor | None:
        return None if id is None else actors.get(id)

    return [
        Report(
            id=row.id,
            uuid=row.uuid,
            fid=row.fid,
            type=row.type,
            summary=row.summary,
            creation_date=row.creation_date,
            handled_date=row.handled_date,
            is_handled=row.is_handled,
            submitter_email=row.submitter_email,
            target=row.target,
            state=row.state,
            target_owner=known(row.target_owner_id),
            submitter=known(row.submitter_id),
            assigned_to=known(row.assigned_to_id),
            notes=tuple(notes.get(row.id, ())),
        )
        for row in rows
    ]


ONE = f"{_REPORT} WHERE report.uuid = %s"
BY_ID = f"{_REPORT} WHERE report.id = %s"


async def one(tx: Queries, uuid: UUID) -> Report | None:
    """The report of this uuid."""
    return next(iter(await _whole(tx, await tx.many(_Row, ONE, uuid))), None)


async def by_id(tx: Queries, id: int) -> Report | None:
    """The report of this id."""
    return next(iter(await _whole(tx, await tx.many(_Row, BY_ID, id))), None)


# --- lists ---------------------------------------------------------------------------------------


def _uuid(text: str) -> Condition:
    try:
        return Condition("report.uuid = %s", (UUID(text),))
    except ValueError:
        return NOTHING


def _number(text: str) -> Condition:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return NOTHING
    return Condition("report.id = %s", (int(text),))


def _resolved(text: str) -> Condition:
    known = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    return NOTHING if known is None else Condition("report.is_handled = %s", (known,))


def _target(text: str) -> Condition:
    kind, _, name = text.partition(":")
    if kind not in tuple(TargetKind):
        return NOTHING
    return Condition(f"report.target_kind = %s AND {_NAME} = %s", (kind, name))


def _handle(column: str) -> Filter:
    sql = f"""
        {column} IN (SELECT id FROM actor WHERE lower(preferred_username) = lower(%s)
                        AND (domain = lower(%s) OR (%s = '' AND private_key IS NOT NULL)))
    """

    def condition(text: str) -> Condition:
        username, _, domain = text.removeprefix("@").partition("@")
        return Condition(sql, (username, domain, domain))

    return condition


SEARCHED = {"summary": "folded(report.summary)"}
FILTERED: Mapping[str, Filter] = {
    "uuid": _uuid,
    "id": _number,
    "resolved": _resolved,
    "domain": lambda text: Condition(
        "report.target_owner_id IN (SELECT id FROM actor WHERE domain = lower(%s))", (text,)
    ),
    "category": same("report.type"),
    "submitter": _handle("report.submitter_id"),
    "assigned_to": _handle("report.assigned_to_id"),
    "target_owner": _handle("report.target_owner_id"),
    "submitter_email": same_letters("report.submitter_email"),
    "target": _target,
}
ORDERINGS = {"id": "report.id", "creation_date": "report.creation_date", "handled_date": "report.handled_date"}


def _conditions(asked: ReportQuestion) -> Iterator[Condition]:
    for sql, value in (
        ("report.is_handled = %s", asked.is_handled),
        ("report.type = %s", asked.type),
        ("lower(report.submitter_email) = lower(%s)", asked.submitter_email),
    ):
        if value is not None:
            yield Condition(sql, (value,))
    if asked.q is not None:
        yield from token_conditions(asked.q, SEARCHED, FILTERED)


async def listed(tx: Queries, asked: ReportQuestion, limit: int, offset: int) -> tuple[int, list[Report]]:
    """How many reports match, and one page of them, the newest first where no order is asked."""
    where = all_of(_conditions(asked))
    count = await tx.one(int, f"SELECT count(*) FROM report WHERE {where.sql}", *where.values)
    order = ordered(asked.ordering, ORDERINGS, "report.id DESC")
    page = f"{_REPORT} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return count, await _whole(tx, await tx.many(_Row, page, *where.values, limit, offset)) if count else []


# --- notes ---------------------------------------------------------------------------------------

_NOTE = """
    SELECT note.id, note.uuid, note.creation_date, note.summary, note.author_id,
           coalesce(note.report_id, note.request_id), report.uuid,
           request.uuid, about.preferred_username || '@' || about.domain
      FROM note
      LEFT JOIN report ON report.id = note.report_id
      LEFT JOIN user_request AS request ON request.id = note.request_id
      LEFT JOIN actor AS about ON about.id = note.about_actor_id
"""


@frozen
class _NoteRow:
    id: int
    uuid: UUID
    creation_date: datetime
    summary: str
    author_id: int
    about: int | None
    report: UUID | None
    request: UUID | None
    account: str | None

    @property
    def target(self) -> NoteTarget:
        """What it is about."""
        if self.report is not None:
            return NoteTarget("report", str(self.report))
        return (
            NoteTarget("account", self.account)
            if self.account is not None
            else NoteTarget("request", str(self.request))
        )


async def _whole_notes(tx: Queries, rows: Sequence[_NoteRow]) -> list[Note]:
    authors = await admin_actors(tx, list({row.author_id for row in rows}))
    return [Note(row.id, row.uuid, row.creation_date, row.summary, authors[row.author_id], row.target) for row in rows]


NOTES_OF_REPORTS = f"{_NOTE} WHERE note.report_id = ANY(%s) ORDER BY note.id"
NOTES_OF_REQUESTS = f"{_NOTE} WHERE note.request_id = ANY(%s) ORDER BY note.id"


async def notes_of_requests(tx: Queries, ids: Sequence[int]) -> dict[int, list[Note]]:
    """What moderators noted about requests to be let in, by request."""
    return await _notes_about(tx, NOTES_OF_REQUESTS, ids)


async def _notes_about(tx: Queries, sql: str, ids: Sequence[int]) -> dict[int, list[Note]]:
    rows = await tx.many(_NoteRow, sql, list(ids)) if ids else []
    found: dict[int, list[Note]] = {}
    for row, note in zip(rows, await _whole_notes(tx, rows) if rows else [], strict=True):
        found.setdefault(row.about or 0, []).append(note)
    return found


NOTES = f"{_NOTE} ORDER BY note.id DESC LIMIT %s OFFSET %s"
NOTE = f"{_NOTE} WHERE note.uuid = %s"


async def notes(tx: Queries, limit: int, offset: int) -> tuple[int, list[Note]]:
    """How many notes there are, and one page of them, the newest first."""
    count = await tx.one(int, "SELECT count(*) FROM note")
    return count, await _whole_notes(tx, await tx.many(_NoteRow, NOTES, limit, offset))


async def note(tx: Queries, uuid: UUID) -> Note | None:
    """The note of this uuid."""
    return next(iter(await _whole_notes(tx, await tx.many(_NoteRow, NOTE, uuid))), None)


ADD_NOTE = {
    "report": """
        INSERT INTO note (summary, author_id, report_id) SELECT %s, %s, id FROM report WHERE uuid = %s RETURNING uuid
    """,
    "request": """
        INSERT INTO note (summary, author_id, request_id) SELECT %s, %s, id FROM user_request WHERE uuid = %s
     RETURNING uuid
    """,
    "account": """
        INSERT INTO note (summary, author_id, about_actor_id)
        SELECT %s, %s, id FROM actor WHERE lower(preferred_username) = lower(%s) AND domain = lower(%s)
     RETURNING uuid
    """,
}


async def add_note(tx: Tx, summary: str, author_id: int, target: NoteTarget) -> UUID | None:
    """The uuid of a new note; None: there is nothing that it could be about."""
    about: tuple[object, ...] = (target.name,)
    if target.kind == "account":
        username, _, domain = target.name.removeprefix("@").rpartition("@")
        about = (username, domain)
    return await tx.maybe(lambda uuid: uuid, ADD_NOTE[target.kind], summary, author_id, *about)


REMOVE_NOTE = "DELETE FROM note WHERE uuid = %s"


async def remove_note(tx: Tx, uuid: UUID) -> bool:
    """Whether there was such a note."""
    return await tx.do(REMOVE_NOTE, uuid) > 0
