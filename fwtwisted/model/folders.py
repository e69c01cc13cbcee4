"""Imports of folders in place that people ask for over HTTP."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from uuid import UUID

from attrs import frozen


class ImportStatus(enum.StrEnum):
    """Where such an import stands."""

    PENDING = "pending"
    STARTED = "started"
    FINISHED = "finished"
    CANCELED = "canceled"


@frozen
class FolderWish:
    """
    What somebody wants imported.

    :ivar path: below the folder that MUSIC_DIRECTORY_PATH names; empty: all of it.
    :ivar library: where to.  :ivar reference: the import's name.
    """

    path: str
    library: UUID
    reference: str


@frozen
class FolderImport:
    """An import that was asked for.  :ivar library: its uuid.  :ivar logs: the last lines, the newest at the end."""

    id: int
    library: UUID
    path: str
    reference: str
    status: str
    logs: Sequence[str]


@frozen
class FolderEntry:
    """Something in a folder."""

    name: str
    is_folder: bool


@frozen
class FolderView:
    """
    A folder that may be imported, and the import that was asked for last.

    :ivar root: the folder that MUSIC_DIRECTORY_PATH names; None: there is none.
    :ivar path: the folder that is shown, below the root.
    :ivar content: folders first, each group by name.
    """

    root: str | None
    path: str
    content: Sequence[FolderEntry]
    latest: FolderImport | None
