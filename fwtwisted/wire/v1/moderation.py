"""
What people keep away from themselves, as documents, and what they send to do so.

Source: docs/api.md §4.17.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import HiddenArtist
from fwtwisted.wire.fields import REQUIRED, Fields, whole_number
from fwtwisted.wire.v1 import Document, when


def content_filter(hidden: HiddenArtist) -> Document:
    """An artist that somebody hides."""
    return {
        "uuid": str(hidden.uuid),
        "target": {"type": "artist", "id": hidden.artist_id, "name": hidden.name},
        "creation_date": when(hidden.creation_date),
    }


def hidden_artist(document: Mapping[str, Any]) -> int:
    """The id of the artist that somebody wants to hide.  :raise Invalid: on ``target``."""
    fields = Fields(document)
    target = fields.document_or_none("target")
    if target is None and document.get("target") is None:
        fields.refuse("target", REQUIRED)
    fields.check()
    target = target or {}
    if target.get("type") != "artist":
        raise Invalid.on("target", "Only artists can be hidden.")
    found = whole_number(target.get("id"))
    if found is None:
        raise Invalid.on("target", "An artist is named by its id, a whole number.")
    return found
