"""
Radios as documents, and what people send to make, try, list and begin them.

Source: docs/api.md §4.13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import Invalid
from fwtwisted.model.radios import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    Filter,
    Radio,
    RadioQuestion,
    RadioSession,
    RadioType,
    RadioWish,
    SessionTrack,
    SessionWish,
)
from fwtwisted.wire import radio_filters
from fwtwisted.wire.fields import REQUIRED, Fields
from fwtwisted.wire.v1 import Document, Pictures, Query, last, when
from fwtwisted.wire.v1.people import user_basic
from fwtwisted.wire.v1.questions import LONGEST_TEXT, lenient_order, scope, search_words

LONGEST_RELATED = 500  # characters of what a radio is about
MOST_TRIED = 50  # filters that are tried out at once


def radio(found: Radio, profile: Profile | None, pictures: Pictures) -> Document:
    """A radio that somebody made."""
    return {
        "id": found.id,
        "is_public": found.is_public,
        "name": found.name,
        "creation_date": when(found.creation_date),
        "user": user_basic(profile, pictures) if profile is not None else None,
        "config": found.config,
        "description": found.description,
    }


def session(found: RadioSession) -> Document:
    """Somebody's listening to a radio."""
    return {
        "id": found.id,
        "radio_type": found.radio_type,
        "related_object_id": found.related,
        "user": found.account_id,
        "creation_date": when(found.creation_date),
        "custom_radio": found.custom_radio,
        "config": found.config,
    }


def session_track(session: int, found: SessionTrack, track: Document) -> Document:
    """What comes next in a session.  :param track: the track's document."""
    return {"id": found.id, "session": session, "position": found.position, "track": track}


def tried(errors: Sequence[str], count: int | None, sample: Sequence[Document] | None) -> Document:
    """What a filter that was tried out finds."""
    return {"errors": list(errors), "candidates": {"count": count, "sample": sample}}


def _list_field(name: str, subtype: str, label: str, placeholder: str, remote: str, shown: str, kept: str) -> Document:
    return {
        "name": name,
        "type": "list",
        "subtype": subtype,
        "label": label,
        "placeholder": placeholder,
        "autocomplete": "/api/v1/search",
        "autocomplete_qs": "q={query}",
        "autocomplete_fields": {"remoteValues": remote, "name": shown, "value": kept},
    }


FILTERS: Sequence[Document] = (
    {
        "type": "artist",
        "label": "Artist",
        "help_text": "Tracks by any of these artists",
        "fields": [_list_field("ids", "number", "Artists", "Which artists?", "artists", "name", "id")],
    },
    {
        "type": "tag",
        "label": "Tag",
        "help_text": "Tracks with any of these tags, on themselves, their album or their artist",
        "fields": [_list_field("names", "string", "Tags", "Which tags?", "tags", "name", "name")],
    },
    {"type": "playlist", "label": "Playlist", "help_text": "Tracks in any of these playlists", "fields": []},
)


# --- what people send ----------------------------------------------------------------------------


def wish(document: Mapping[str, Any]) -> RadioWish:
    """A radio that somebody wants.  :raise Invalid:"""
    change = _read(document, whole=True)
    return RadioWish(
        name=change["name"],
        description=change.get("description", ""),
        is_public=change.get("is_public", False),
        filters=change["filters"],
    )


def change(document: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """
    What is to change of a radio; other names are ignored.

    :param whole: the document must say everything that a radio cannot do without.
    :raise Invalid:
    """
    return _read(document, whole=whole)


def _read(document: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    fields = Fields(document)
    values: dict[str, Any] = {}
    if whole or fields.has("name"):
        values["name"] = fields.text("name", LONGEST_NAME)
    if fields.has("description"):
        values["description"] = fields.text_or_none("description", LONGEST_DESCRIPTION) or ""
    if fields.has("is_public"):
        values["is_public"] = fields.flag("is_public")
    if fields.has("config"):
        values["filters"] = _filters(fields, document["config"])
    elif whole:
        fields.refuse("config", REQUIRED)
    fields.check()
    return values


def _filters(fields: Fields, value: object) -> tuple[Filter, ...]:
    try:
        return radio_filters.read(value)
    except Invalid as wrong:
        for name, messages in wrong.problems.items():
            fields.refuse(name, *messages)
        return ()


def filters_to_try(document: Mapping[str, Any]) -> list[Any]:
    """Filters as they came, to be tried out one by one.  :raise Invalid:"""
    value = document.get("filters")
    if not isinstance(value, list):
        raise Invalid.on("filters", REQUIRED if value is None else "Expected a list of items.")
    if len(value) > MOST_TRIED:
        raise Invalid.on("filters", f"At most {MOST_TRIED} filters can be tried out at once.")
    return value


def session_wish(document: Mapping[str, Any]) -> SessionWish:
    """What somebody wants to listen to.  :raise Invalid:"""
    fields = Fields(document)
    name = fields.text("radio_type", LONGEST_NAME)
    known = name in tuple(RadioType)
    if name and not known:
        fields.refuse("radio_type", f'"{name}" is not a valid choice.')
    kind = RadioType(name) if known else RadioType.RANDOM
    related = fields.text_or_none("related_object_id", LONGEST_RELATED) or None
    custom = fields.number("custom_radio") if document.get("custom_radio") is not None else None
    config = document.get("config") if kind is RadioType.CUSTOM_MULTIPLE else None
    filters = _filters(fields, config) if config is not None else ()
    fields.check()
    return SessionWish(kind, related, custom if kind is RadioType.CUSTOM else None, filters, config)


def session_in(document: Mapping[str, Any]) -> int:
    """The session that a body names.  :raise Invalid:"""
    fields = Fields(document)
    number = fields.number("session")
    fields.check()
    return number


def question(query: Query) -> RadioQuestion:
    """What a list's parameters ask; what makes no sense in ``ordering`` is ignored."""
    return RadioQuestion(
        words=search_words(query),
        name=last(query, "name") or None,
        name_contains=(last(query, "name__icontains") or "")[:LONGEST_TEXT] or None,
        name_starts=(last(query, "name__startswith") or "")[:LONGEST_TEXT] or None,
        scope=scope(query),
        ordering=tuple(lenient_order(query)),
    )
