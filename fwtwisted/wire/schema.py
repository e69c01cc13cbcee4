"""
JSON Schema in a few words: what documents look like, said once beside the code that writes or reads them.

::

    PLAYLIST = named("Playlist", told(id=ID, name=TEXT, user=maybe(USER), album_covers=listed(ADDRESS)))
    PLAYLIST_WISH = named("PlaylistWish", sent({"name": text(100)}, privacy_level=PRIVACY))

A named schema is referred to by its name wherever it is used; :class:`Names` collects those of a description.
Source: JSON Schema 2020-12; OpenAPI 3.1, "Schema Object".
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from attrs import field, frozen

Schema: TypeAlias = "Mapping[str, Any] | Named"
"""A schema; within it, others may stand by their name."""


@frozen(eq=False)
class Named:
    """A schema that has a name of its own."""

    name: str
    schema: Mapping[str, Any] = field(repr=False)


def named(name: str, schema: Mapping[str, Any]) -> Named:
    """The schema, to be referred to by its name."""
    return Named(name, schema)


# --- values --------------------------------------------------------------------------------------

TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0}
NUMBER: Final = {"type": "number"}
FLAG: Final = {"type": "boolean"}
MOMENT: Final = {"type": "string", "format": "date-time"}
DAY: Final = {"type": "string", "format": "date"}
UUID: Final = {"type": "string", "format": "uuid"}
ADDRESS: Final = {"type": "string", "format": "uri", "pattern": "^https?://"}
PATH: Final = {"type": "string", "pattern": "^/"}
OBJECT: Final = {"type": "object"}
ANYTHING: Final[Mapping[str, Any]] = {}
ID: Final = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}


def text(longest: int, least: int = 1) -> Mapping[str, Any]:
    """A text of so many characters."""
    return {"type": "string", "minLength": least, "maxLength": longest}


def one_of(*values: Any) -> Mapping[str, Any]:
    """One of these values."""
    return {"enum": list(values)}


def choice(choices: type[enum.StrEnum] | Iterable[str], without: Iterable[str] = ()) -> Mapping[str, Any]:
    """One of these words."""
    left_out = set(without)
    return {"type": "string", "enum": [str(word) for word in choices if word not in left_out]}


def maybe(schema: Schema) -> Mapping[str, Any]:
    """The same, or null."""
    if isinstance(schema, Mapping) and isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def either(*schemas: Schema) -> Mapping[str, Any]:
    """Any of these."""
    return {"anyOf": list(schemas)}


def listed(schema: Schema, most: int | None = None, least: int = 0) -> Mapping[str, Any]:
    """A list."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": schema, **bounds, **({} if most is None else {"maxItems": most})}


def mapped(schema: Schema) -> Mapping[str, Any]:
    """An object with any names, and such values."""
    return {"type": "object", "additionalProperties": schema}


# --- documents -----------------------------------------------------------------------------------


def told(fields: Mapping[str, Schema] | None = None, /, **further: Schema) -> Mapping[str, Any]:
    """A document of ours: it has every one of these names, and no other."""
    properties = {**(fields or {}), **further}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def partly(schema: Mapping[str, Any], **optional: Schema) -> Mapping[str, Any]:
    """The same document, which may have these names as well."""
    return {**schema, "properties": {**schema["properties"], **optional}}


def with_more(schema: Named, **further: Schema) -> Mapping[str, Any]:
    """Another document with the names of this one, and more."""
    return told(schema.schema["properties"], **further)


def sent(required: Mapping[str, Schema] | None = None, /, **optional: Schema) -> Mapping[str, Any]:
    """A document that we read: what it must say and what it may; other names are ignored."""
    document: dict[str, Any] = {"type": "object", "properties": {**(required or {}), **optional}}
    return {**document, "required": list(required)} if required else document


def is_flat(schema: Schema) -> bool:
    """Whether a form can say all that the document can: texts, numbers and lists of them."""
    plain = schema.schema if isinstance(schema, Named) else schema
    return all(_is_plain(one) for one in plain.get("properties", {}).values())


def _is_plain(schema: Schema) -> bool:
    if isinstance(schema, Named):
        return False
    if "anyOf" in schema or "type" not in schema:
        return "enum" in schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return "object" not in kinds and ("array" not in kinds or _is_plain(schema["items"]))


# --- names ---------------------------------------------------------------------------------------


class Names:
    """The named schemas of one description.  :ivar schemas: by name, as JSON."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}
        self._known: dict[str, Named] = {}

    def written(self, schema: Any) -> Any:
        """
        A schema as JSON, with references in the place of named ones, which are noted.

        :raise ValueError: two have the same name.
        """
        if isinstance(schema, Named):
            return self._reference(schema)
        if isinstance(schema, Mapping):
            return {name: self.written(value) for name, value in schema.items()}
        return [self.written(one) for one in schema] if isinstance(schema, list | tuple) else schema

    def _reference(self, found: Named) -> Mapping[str, str]:
        known = self._known.setdefault(found.name, found)
        if known is not found:
            raise ValueError(f"two schemas are called {found.name}")
        if found.name not in self.schemas:
            self.schemas[found.name] = {}  # its place in the order, and an end to circles
            self.schemas[found.name] = self.written(found.schema)
        return {"$ref": f"#/components/schemas/{found.name}"}
