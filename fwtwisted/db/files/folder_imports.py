"""Imports of folders in place that were asked for over HTTP: one at a time, the newest is shown."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.folders import FolderImport, ImportStatus

MOST_LINES = 500  # kept of an import's words

_ROW = """
    SELECT folder_import.id, library.uuid, folder_import.path, folder_import.reference, folder_import.status,
           folder_import.logs
      FROM folder_import JOIN library ON library.id = folder_import.library_id
"""
LATEST = f"{_ROW} ORDER BY folder_import.id DESC LIMIT 1"


async def latest(tx: Queries) -> FolderImport | None:
    """The import that was asked for last."""
    return await tx.maybe(FolderImport, LATEST)


ADD = """
    INSERT INTO folder_import (library_id, path, reference) VALUES (%s, %s, %s)
        ON CONFLICT ((true)) WHERE status IN ('pending', 'started') DO NOTHING RETURNING id
"""


async def add(tx: Tx, library_id: int, path: str, reference: str) -> bool:
    """Ask for an import; False while there is another."""
    return await tx.maybe(int, ADD, library_id, path, reference) is not None


SETTLE_FORSAKEN = """
    UPDATE folder_import SET status = 'finished', logs = logs || %s::text
     WHERE status IN ('pending', 'started') AND NOT EXISTS (SELECT FROM job WHERE kind = %s)
"""


async def settle_forsaken(tx: Tx, kind: str, words: str) -> None:
    """End the import that no job is there for any more."""
    await tx.do(SETTLE_FORSAKEN, words, kind)


TAKE = """
    UPDATE folder_import SET status = 'started' WHERE status IN ('pending', 'started') RETURNING id
"""
ONE = f"{_ROW} WHERE folder_import.id = %s"


async def take(tx: Tx) -> FolderImport | None:
    """Begin, or go on with, the import that waits."""
    id = await tx.maybe(int, TAKE)
    return None if id is None else await tx.maybe(FolderImport, ONE, id)


NOTE = f"""
    UPDATE folder_import
       SET logs = (logs || %s::text[])[greatest(1, cardinality(logs) + cardinality(%s::text[]) - {MOST_LINES - 1}):]
     WHERE id = %s RETURNING status
"""


async def note(tx: Tx, id: int, lines: Sequence[str]) -> bool:
    """Add to an import's words; whether it is still wanted."""
    status = await tx.maybe(str, NOTE, list(lines), list(lines), id)
    return status == ImportStatus.STARTED


FINISH = "UPDATE folder_import SET status = 'finished' WHERE id = %s AND status = 'started'"


async def finish(tx: Tx, id: int) -> None:
    """It is over."""
    await tx.do(FINISH, id)


CANCEL = "UPDATE folder_import SET status = 'canceled' WHERE status IN ('pending', 'started')"


async def cancel(tx: Tx) -> None:
    """Nobody wants the import that waits or runs any more."""
    await tx.do(CANCEL)
