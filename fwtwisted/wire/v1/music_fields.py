"""What people say of music by hand, field by field: numbers, tags, licences, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from fwtwisted.model.licenses import LICENSES
from fwtwisted.wire.fields import NO_STRING, Fields

LARGEST_NUMBER = 2**31 - 1
MOST_TAGS = 100
LONGEST_TAG = 100

NO_TAG = f"A tag holds letters, digits and underscores only, at most {LONGEST_TAG}."
NO_DATE = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."

_TAG = re.compile(r"\w+", re.UNICODE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def number(fields: Fields, document: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 1 on; None for null and an empty text."""
    value = document.get(name)
    if value is None or value == "":
        return None
    try:
        found = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else 0
    except ValueError:
        found = 0
    if not 1 <= found <= LARGEST_NUMBER:
        fields.refuse(name, "Ensure this value is a whole number greater than or equal to 1.")
        return None
    return found


def tags(fields: Fields, document: Mapping[str, Any], most: int = MOST_TAGS) -> tuple[str, ...] | None:
    """Tags, each once whatever its capitals, as it was written first; further ones than ``most`` are left out."""
    value = document.get("tags")
    if value is None:
        return None
    if not isinstance(value, list):
        fields.refuse("tags", f'Expected a list of items but got type "{type(value).__name__}".')
        return None
    problems = {place: problem for place, tag in enumerate(value) if (problem := wrong_with_tag(tag))}
    if problems:
        fields.refuse_items("tags", problems)
        return None
    found: dict[str, str] = {}
    for tag in value:
        found.setdefault(tag.removeprefix("#").lower(), tag.removeprefix("#"))
    return tuple(found.values())[:most]


def wrong_with_tag(tag: object) -> str:
    """Why this is no tag; empty: it is one."""
    if not isinstance(tag, str):
        return NO_STRING
    word = tag.removeprefix("#")
    return "" if len(word) <= LONGEST_TAG and _TAG.fullmatch(word) else NO_TAG


def license(fields: Fields, document: Mapping[str, Any]) -> str | None:
    """A licence's code; None for null and an empty text."""
    value = document.get("license")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value not in LICENSES:
        fields.refuse("license", "This licence is not known here.")
        return None
    return value


def day(fields: Fields, document: Mapping[str, Any], name: str) -> str | None:
    """A date as ``YYYY-MM-DD``; None for null and an empty text."""
    value = document.get(name)
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value).isoformat()
    except ValueError:
        fields.refuse(name, NO_DATE)
        return None
