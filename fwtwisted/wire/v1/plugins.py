"""
Plugins as documents, and what people set for them.

Source: docs/api.md §4.18.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fwtwisted.model.plugins import Conf, FieldKind, Plugin, PluginField, PluginUse
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.v1 import Document

LONGEST = 1000
NO_URL = "Enter a valid URL."


def plugin(use: PluginUse, fields: Sequence[PluginField]) -> Document:
    """A plugin, with what its user set."""
    known = use.plugin
    return {
        "name": known.name,
        "label": known.label,
        "description": known.description,
        "user": True,
        "source": False,
        "conf": [_field(field) for field in fields],
        "values": None if use.conf is None else dict(use.conf),
        "enabled": use.is_enabled,
        "homepage": known.homepage,
    }


def _field(field: PluginField) -> Document:
    told: dict[str, Any] = {"name": field.name, "type": field.kind.value, "label": field.label}
    if field.help:
        told["help"] = field.help
    if field.default is not None:
        told["default"] = field.default
    if field.kind is not FieldKind.BOOLEAN:
        told |= {"required": field.is_required}
        told |= {} if field.is_required else {"allow_null": True, "allow_blank": True}
    return told


def conf(known: Plugin, body: Document) -> Conf:
    """
    What somebody wants set; fields that are not named get their default or stay empty.

    :raise Invalid: with everything that is no such value.
    """
    fields = Fields({name: value for name, value in body.items() if value is not None})
    found = {field.name: _value(fields, field) for field in known.fields}
    fields.check()
    return found


def _value(fields: Fields, field: PluginField) -> Any:
    if field.kind is FieldKind.BOOLEAN:
        return fields.flag(field.name, default=bool(field.default))
    text = fields.text_or_none(field.name, LONGEST) or None
    if text is not None and field.kind is FieldKind.URL and not _is_web_address(text):
        fields.refuse(field.name, NO_URL)
    return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
