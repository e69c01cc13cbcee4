"""
Imports of folders in place as documents, and what people send to ask for one.

Source: docs/api.md §4.6, *fs-import*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fwtwisted.model.folders import FolderView, FolderWish
from fwtwisted.wire.fields import NOT_NULL, REQUIRED, Fields
from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1.uploads import LONGEST_REFERENCE

LONGEST_PATH = 4_000
NOWHERE = UUID(int=0)


def folder_view(view: FolderView) -> Document:
    """A folder, and the import that was asked for last."""
    latest = view.latest
    return {
        "root": view.root,
        "path": view.path,
        "import": None
        if latest is None
        else {"status": latest.status, "reference": latest.reference, "logs": list(latest.logs)},
        "content": [{"name": entry.name, "dir": entry.is_folder} for entry in view.content],
    }


def folder_wish(document: Mapping[str, Any]) -> FolderWish:
    """What somebody wants imported.  :raise Invalid:"""
    fields = Fields(document)
    path = fields.text("path", LONGEST_PATH, blank=True, trimmed=False)
    reference = fields.text("import_reference", LONGEST_REFERENCE)
    library = fields.uuid_or_none("library")
    if not document.get("library"):
        fields.refuse("library", NOT_NULL if fields.has("library") else REQUIRED)
    fields.check()
    return FolderWish(path, library or NOWHERE, reference)
