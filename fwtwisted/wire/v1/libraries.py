"""
Libraries and their follows as documents, and what people send to change or list them.

Source: docs/api.md §3.9–§3.11, §4.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.model.accounts import (
    LONGEST_LIBRARY_NAME,
    LONGEST_TEXT,
    Follow,
    LibraryQuestion,
    LibraryWish,
)
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import Library, Privacy
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.v1 import Document, Query, last, when
from fwtwisted.wire.v1.people import actor
from fwtwisted.wire.v1.questions import lenient_order, scope, search_words


def library(library: Library) -> Document:
    """A library (§3.9)."""
    return {
        "uuid": str(library.uuid),
        "fid": library.fid,
        "name": library.name,
        "description": library.description,
        "privacy_level": library.privacy_level,
        "uploads_count": library.uploads_count,
        "size": library.size,
        "creation_date": when(library.creation_date),
        "actor": actor(library.owner),
    }


def foreign_library(library: Library) -> Document:
    """A library as those see it who may follow it (§3.10)."""
    return {
        "fid": library.fid,
        "uuid": str(library.uuid),
        "actor": actor(library.owner),
        "name": library.name,
        "description": library.description,
        "creation_date": when(library.creation_date),
        "uploads_count": library.uploads_count,
        "privacy_level": library.privacy_level,
        "follow": None,
        "latest_scan": None,
    }


def follow(follow: Follow) -> Document:
    """Somebody's wish to follow a library (§3.11)."""
    return {
        "creation_date": when(follow.creation_date),
        "actor": actor(follow.actor),
        "uuid": str(follow.uuid),
        "target": foreign_library(follow.library),
        "approved": follow.approved,
    }


# --- what people send ----------------------------------------------------------------------------


def library_wish(document: Mapping[str, Any]) -> LibraryWish:
    """A library that somebody wants.  :raise Invalid:"""
    fields = Fields(document)
    wish = LibraryWish(
        name=fields.text("name", LONGEST_LIBRARY_NAME),
        description=fields.text_or_none("description", LONGEST_TEXT),
        privacy_level=_level(fields),
    )
    fields.check()
    return wish


def library_change(document: Mapping[str, Any], *, whole: bool = False) -> dict[str, str | Privacy | None]:
    """
    What is to change of a library; other names are ignored.

    :param whole: the document must say everything that a library cannot do without.
    :raise Invalid:
    """
    fields = Fields(document)
    values: dict[str, str | Privacy | None] = {}
    if whole or fields.has("name"):
        values["name"] = fields.text("name", LONGEST_LIBRARY_NAME)
    if fields.has("description"):
        values["description"] = fields.text_or_none("description", LONGEST_TEXT)
    if fields.has("privacy_level"):
        values["privacy_level"] = _level(fields)
    fields.check()
    return values


def _level(fields: Fields) -> Privacy:
    return fields.choice("privacy_level", Privacy, Privacy.ME, without=(Privacy.FOLLOWERS,))


def library_question(query: Query) -> LibraryQuestion:
    """
    What a list's parameters ask; what makes no sense in ``ordering`` is ignored.

    :raise Invalid: a level that is none.
    """
    level = last(query, "privacy_level")
    if level and level not in tuple(Privacy):
        raise Invalid.on("privacy_level", f"Select a valid choice. {level[:100]} is not one of the available choices.")
    return LibraryQuestion(
        words=search_words(query),
        scope=scope(query),
        privacy_level=Privacy(level) if level else None,
        ordering=tuple(lenient_order(query)),
    )
