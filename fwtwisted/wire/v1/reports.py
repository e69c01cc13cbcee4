"""
Reports and notes as documents, and what people send of them.

Source: docs/api.md §4.17 and §4.19.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fwtwisted.model.accounts import LONGEST_EMAIL
from fwtwisted.model.administration import Note, NoteTarget
from fwtwisted.model.preferences import REPORT_TYPES
from fwtwisted.model.reports import (
    LONGEST_SUMMARY,
    NAMED_BY,
    Reference,
    Report,
    ReportChange,
    ReportQuestion,
    ReportWish,
    TargetKind,
)
from fwtwisted.wire.fields import REQUIRED, Fields, whole_number
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Document, Query, last, when, when_or_none
from fwtwisted.wire.v1.administration import admin_actor, bare_note
from fwtwisted.wire.v1.questions import lenient_order, truth, uuid_or_none

NO_TARGET = "Point at something: its type, and its id, uuid or full_username."
NOTE_TARGETS = ("report", "request", "account")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def report(report: Report) -> Document:
    """A report, for who made it."""
    return {
        "uuid": str(report.uuid),
        "type": report.type,
        "summary": report.summary,
        "creation_date": when(report.creation_date),
        "handled_date": when_or_none(report.handled_date),
        "is_handled": report.is_handled,
        "submitter_email": report.submitter_email,
        "target": None if report.target is None else _reference(report.target),
    }


def admin_report(known: Report) -> Document:
    """A report, for moderators."""
    return {
        **report(known),
        "id": known.id,
        "fid": known.fid,
        "target_state": known.state,
        "assigned_to": None if known.assigned_to is None else admin_actor(known.assigned_to),
        "target_owner": None if known.target_owner is None else admin_actor(known.target_owner),
        "submitter": None if known.submitter is None else admin_actor(known.submitter),
        "notes": [bare_note(one) for one in known.notes],
    }


def _reference(reference: Reference) -> Document:
    return {"type": reference.kind, NAMED_BY[reference.kind]: reference.name}


def note(note: Note) -> Document:
    """A note with what it is about."""
    target = note.target
    name = "full_username" if target.kind == "account" else "uuid"
    return {**bare_note(note), "target": {"type": target.kind, name: target.name}}


# --- what people send ----------------------------------------------------------------------------


def report_wish(document: Mapping[str, Any]) -> ReportWish:
    """Something that somebody finds wrong.  :raise Invalid:"""
    fields = Fields(document)
    type = _type(fields, document.get("type"))
    summary = fields.text_or_none("summary", LONGEST_SUMMARY)
    email = fields.text_or_none("submitter_email", LONGEST_EMAIL)
    if email and not _ADDRESS.fullmatch(email):
        fields.refuse("submitter_email", "Enter a valid email address.")
    forward = fields.flag("forward") if document.get("forward") is not None else False
    target = _target(fields, document.get("target"))
    fields.check()
    assert target is not None
    return ReportWish(type, target, summary or None, forward, email or None)


def _type(fields: Fields, value: object) -> str:
    if isinstance(value, str) and value in REPORT_TYPES:
        return value
    fields.refuse("type", REQUIRED if value is None else f'"{str(value)[:100]}" is not a valid choice.')
    return ""


def _target(fields: Fields, value: object) -> Reference | None:
    """What a report points at; keys that say more than that are ignored."""
    if not isinstance(value, dict):
        fields.refuse("target", REQUIRED if value is None else NO_TARGET)
        return None
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in tuple(TargetKind):
        fields.refuse("target", f'"{str(kind)[:100]}" is nothing that can be reported.')
        return None
    name = _name(NAMED_BY[kind], value.get(NAMED_BY[kind]))
    if name is None:
        fields.refuse("target", NO_TARGET)
        return None
    return Reference(TargetKind(kind), name)


def _name(by: str, value: object) -> int | str | None:
    """The value under which a thing is known; None when it is none."""
    if by == "id":
        return whole_number(value)
    text = value if isinstance(value, str) else ""
    if by == "uuid":
        uuid = uuid_or_none(text)
        return None if uuid is None else str(uuid)
    return text if "@" in text and "\0" not in text else None


def report_question(query: Query) -> ReportQuestion:
    """What the parameters of the list ask."""
    text = last(query, "q")
    return ReportQuestion(
        q=token_query(text) if text else None,
        is_handled=truth(query, "is_handled"),
        type=last(query, "type") or None,
        submitter_email=last(query, "submitter_email") or None,
        ordering=tuple(lenient_order(query)),
    )


def report_change(document: Mapping[str, Any]) -> ReportChange:
    """What a moderator changes; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    is_handled = fields.flag("is_handled") if fields.has("is_handled") else None
    type = _type(fields, document.get("type")) if fields.has("type") else None
    fields.check()
    return ReportChange(is_handled, type)


@frozen
class NoteWish:
    """A note that somebody writes."""

    summary: str
    target: NoteTarget


def note_wish(document: Mapping[str, Any]) -> NoteWish:
    """:raise Invalid:"""
    fields = Fields(document)
    summary = fields.text("summary", LONGEST_SUMMARY)
    value = document.get("target")
    kind = value.get("type") if isinstance(value, dict) else None
    by = "full_username" if kind == "account" else "uuid"
    name = _name(by, value.get(by)) if isinstance(value, dict) and kind in NOTE_TARGETS else None
    if name is None:
        fields.refuse("target", REQUIRED if value is None else NO_TARGET)
    fields.check()
    assert name is not None
    return NoteWish(summary, NoteTarget(str(kind), str(name)))
