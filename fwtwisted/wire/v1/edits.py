"""
Suggested changes as documents, what people send to suggest them, and what the lists are asked.

Source: docs/api.md §4.14.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from fwtwisted.model.edits import FIELDS, LONGEST_SUMMARY, UPDATE, EditQuestion, EditWish, Mutation, Told
from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor
from fwtwisted.model.uploads import LONGEST_COPYRIGHT, LONGEST_TITLE
from fwtwisted.wire.fields import REQUIRED, Fields
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Document, Query, last, when, when_or_none
from fwtwisted.wire.v1.music_fields import day, license, number, tags
from fwtwisted.wire.v1.people import actor, long_text
from fwtwisted.wire.v1.questions import lenient_order, truth

NOTHING_CHANGES = "You must update at least one field"
VERDICTS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False, "null": None}


@frozen
class EditPage:
    """Suggestions and who made them.  :ivar authors: by id."""

    mutations: Sequence[Mutation]
    authors: Mapping[int, Actor]


def mutation(found: Mutation, authors: Mapping[int, Actor]) -> Document:
    """A suggestion."""
    author = authors.get(found.created_by_id) if found.created_by_id is not None else None
    return {
        "fid": found.fid,
        "uuid": str(found.uuid),
        "type": found.type,
        "creation_date": when(found.creation_date),
        "applied_date": when_or_none(found.applied_date),
        "is_approved": found.is_approved,
        "is_applied": found.is_applied,
        "created_by": actor(author) if author is not None else None,
        "approved_by": found.approved_by_id,
        "summary": found.summary,
        "payload": found.payload,
        "previous_state": found.previous_state,
        "target": {"type": found.kind.value, "id": found.target_id, "repr": found.target_name},
    }


# --- what people send ----------------------------------------------------------------------------


def edit_wish(kind: Kind, document: Mapping[str, Any], most_tags: int) -> EditWish:
    """
    What somebody suggests for an object of this kind.

    :raise Invalid: by field of the payload; of no field at all, too.
    """
    fields = Fields(document)
    if document.get("type") != UPDATE:
        named = document.get("type")
        fields.refuse("type", REQUIRED if named is None else f"{str(named)[:100]} is not a valid mutation type.")
    summary = fields.text_or_none("summary", LONGEST_SUMMARY) or None
    is_approved = fields.flag("is_approved") if document.get("is_approved") is not None else False
    sent = fields.document_or_none("payload")
    if sent is None and not document.get("payload"):
        fields.refuse("payload", REQUIRED)
    fields.check()
    return EditWish(payload(kind, sent or {}, most_tags), summary, is_approved)


def payload(kind: Kind, sent: Mapping[str, Any], most_tags: int) -> Document:
    """
    The new values, by field, as they are kept; names that the kind does not have are left out.

    :raise Invalid: by field; on none, when nothing is to change.
    """
    fields = Fields(sent)
    told = {name: _READERS[name](fields, sent) for name in FIELDS[kind] if name in sent and name != "tags"}
    if "tags" in sent:
        told["tags"] = list(tags(fields, sent) or ())
        if len(told["tags"]) > most_tags:
            fields.refuse("tags", f"Ensure this field has no more than {most_tags} elements.")
    fields.check()
    if not told:
        raise Invalid.on(NON_FIELD, NOTHING_CHANGES)
    return told


def _cover(fields: Fields, _: Mapping[str, Any]) -> str | None:
    uuid = fields.uuid_or_none("cover")
    return None if uuid is None else str(uuid)


def _description(fields: Fields, _: Mapping[str, Any]) -> Document | None:
    found = long_text(fields, "description")
    return None if found is None else {"text": found.text, "content_type": str(found.content_type)}


_READERS: Mapping[str, Callable[[Fields, Mapping[str, Any]], Any]] = {
    "name": lambda fields, _: fields.text("name", LONGEST_TITLE),
    "title": lambda fields, _: fields.text("title", LONGEST_TITLE),
    "release_date": lambda fields, sent: day(fields, sent, "release_date"),
    "position": lambda fields, sent: number(fields, sent, "position"),
    "license": license,
    "copyright": lambda fields, _: fields.text_or_none("copyright", LONGEST_COPYRIGHT) or None,
    "description": _description,
    "cover": _cover,
}


def edit_question(query: Query, target: tuple[Kind, int] | None = None) -> EditQuestion:
    """
    What the parameters of a list ask.

    :param target: the object whose suggestions are listed; None: everybody's.
    """
    verdict, text = last(query, "is_approved"), _search(last(query, "q") or "")
    order = lenient_order(query)
    return EditQuestion(
        target=target,
        is_approved=Told(VERDICTS[verdict]) if verdict in VERDICTS else None,
        is_applied=truth(query, "is_applied"),
        type=last(query, "type") or None,
        q=token_query(text) if text else None,
        oldest_first=("creation_date", False) in order,
    )


def _search(text: str) -> str:
    """A target may be quoted together with its key: ``"target:track 12"``."""
    return text.replace('"target:', 'target:"')
