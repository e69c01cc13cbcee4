"""
What those who look after everything ask, and have removed.

Source: docs/api.md §3.13, §4.19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from fwtwisted.model.errors import Invalid
from fwtwisted.model.librarians import ASKABLE, HeldQuestion, Key, Sort
from fwtwisted.wire.fields import REQUIRED, Fields, whole_number
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Query, last
from fwtwisted.wire.v1.administration import MOST_OBJECTS
from fwtwisted.wire.v1.music_fields import LONGEST_TAG, wrong_with_tag
from fwtwisted.wire.v1.questions import lenient_order, strict_order, uuid_or_none, whole

DELETE: Final = "delete"
REFERENCES: Final = ("artist", "album")


def question(sort: Sort, query: Query) -> HeldQuestion:
    """
    What a list's parameters ask.

    :raise Invalid: a reference, a MusicBrainz id or an order that is none.
    """
    text = (last(query, "q") or "").strip()
    exact = {name: value for name in ASKABLE[sort].exact if (value := last(query, name))}
    for name in REFERENCES:
        if name in exact:
            whole(query, name)
    if "mbid" in exact:
        exact["mbid"] = _mbid(exact["mbid"])
    known = ASKABLE[sort]
    order = strict_order(query, known.orders) if known.is_strict else lenient_order(query)
    return HeldQuestion(token_query(text) if text else None, exact, tuple(order))


def _mbid(text: str) -> str:
    found = uuid_or_none(text)
    if found is None:
        raise Invalid.on("mbid", "Enter a valid UUID.")
    return str(found)


# --- what is to be done --------------------------------------------------------------------------


def _number(value: object) -> Key | None:
    return whole_number(value)


def _number_or_uuid(value: object) -> Key | None:
    found: UUID | None = uuid_or_none(value) if isinstance(value, str) else None
    return whole_number(value) if found is None else found


def _name(value: object) -> Key | None:
    return value if isinstance(value, str) and "\0" not in value and len(value) <= LONGEST_TAG else None


KEYS: Final[Mapping[Sort, Callable[[object], Key | None]]] = {
    Sort.ARTIST: _number,
    Sort.ALBUM: _number,
    Sort.TRACK: _number,
    Sort.LIBRARY: _number_or_uuid,
    Sort.UPLOAD: _number_or_uuid,
    Sort.TAG: _name,
}


def removal(sort: Sort, document: Mapping[str, Any]) -> list[Key]:
    """What is to be removed (§3.13); "all" is never meant here.  :raise Invalid:"""
    action, objects = document.get("action"), document.get("objects")
    if action != DELETE:
        raise Invalid.on("action", REQUIRED if action is None else f"{str(action)[:100]} is not a valid action.")
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on("objects", f"objects must be a list of at most {MOST_OBJECTS} ids.")
    keys = [KEYS[sort](one) for one in objects]
    if None in keys:
        raise Invalid.on("objects", "These are not ids of such objects.")
    return [key for key in keys if key is not None]


def tag_wish(document: Mapping[str, Any]) -> str:
    """The name of a tag.  :raise Invalid: on ``name``."""
    fields = Fields(document)
    name = fields.text("name", LONGEST_TAG).removeprefix("#")
    fields.check()
    if problem := wrong_with_tag(name):
        raise Invalid.on("name", problem)
    return name
