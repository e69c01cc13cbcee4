"""
Look-ups, actors and servers as documents, and what people want looked up.

Source: docs/api.md §4.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fwtwisted.model.errors import BadRequest
from fwtwisted.model.fediverse import Fetch, Found, Persona, Thing
from fwtwisted.wire.addresses import LONGEST_ADDRESS, normal
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.markup import content
from fwtwisted.wire.v1 import Document, Pictures, attachment, when, when_or_none
from fwtwisted.wire.v1.people import actor, user_basic

NAMED_BY = {Thing.LIBRARY: "uuid", Thing.UPLOAD: "uuid", Thing.CHANNEL: "uuid", Thing.ACCOUNT: "full_username"}


def fetch(fetch: Fetch) -> Document:
    """A look-up, and what came of it."""
    return {
        "id": fetch.id,
        "url": fetch.url,
        "actor": actor(fetch.actor),
        "status": fetch.status,
        "detail": fetch.detail,
        "creation_date": when(fetch.creation_date),
        "fetch_date": when_or_none(fetch.fetch_date),
        "object": None if fetch.found is None else _found(fetch.found),
    }


def _found(found: Found) -> Document:
    return {"type": found.kind, NAMED_BY.get(found.kind, "id"): found.name}


def persona(persona: Persona, pictures: Pictures) -> Document:
    """An actor as its page shows it."""
    whole = actor(persona.actor)
    shown = persona.actor
    return {
        **whole,
        "is_channel": persona.is_channel,
        "user": None if persona.profile is None else user_basic(persona.profile, pictures),
        "summary": content(shown.summary, shown.summary_type),
        "icon": attachment(persona.icon, pictures),
    }


def domain(name: str) -> Document:
    """A server."""
    return {"name": name}


# --- what people want ----------------------------------------------------------------------------


@frozen
class FetchWish:
    """Something to be looked up.  :ivar url: as it is kept."""

    url: str
    force: bool


def fetch_wish(document: Mapping[str, Any]) -> FetchWish:
    """:raise Invalid: on ``object``, when it is no address and no handle."""
    fields = Fields(document)
    text = fields.text("object", LONGEST_ADDRESS)
    force = fields.flag("force")
    url = normal(text)
    if text and url is None:
        fields.refuse("object", "Enter an address that begins with https://, or user@domain.")
    fields.check()
    assert url is not None
    return FetchWish(url, force)


def library_address(document: Mapping[str, Any]) -> str:
    """The address of a library.  :raise BadRequest: it is none."""
    value = document.get("fid")
    url = normal(value) if isinstance(value, str) else None
    if url is None:
        raise BadRequest("Enter the address of a library.")
    return url
