"""
Keys of Subsonic apps as documents.

Source: docs/api.md §4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.model.accounts import ApiKey
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.v1 import Document, when

LONGEST_NAME = 100


def key(one: ApiKey) -> Document:
    """A key, without the secret itself."""
    return {
        "id": one.id,
        "name": one.name,
        "creation_date": when(one.creation_date),
        "last_used": None if one.last_used is None else when(one.last_used),
        "last_client": one.last_client or None,
    }


def name_of(document: Mapping[str, Any]) -> str:
    """What a new key is to be called.  :raise Invalid:"""
    fields = Fields(document)
    name = fields.text("name", LONGEST_NAME)
    fields.check()
    return name
