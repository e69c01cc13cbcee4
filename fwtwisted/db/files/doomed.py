"""
Stored files without a row: what is to be removed, and what must not stay if its row never comes.

Two stories, one table.  **Goodbye**: the transaction that deletes a row dooms its file; after the commit the file is
removed, however often that takes.  **Hello**: before a file is put into the store its name is doomed for later; the
transaction that writes its row takes the doom back.  Whoever dies in between leaves a file that is removed in time.

A name that was drawn for a new file may be another file's by chance: that one keeps its file, for before anything is
removed, :func:`named` is asked.  Source: docs/storage.md §2.1, S-5.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db import jobs
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.bell import Ring

HOPE_SECONDS = 3600.0
"""How long a file may wait in the store for its row; then whoever was to write it has died."""

REMOVE, LANE = "files.remove", "maintenance"
"""The job that removes what is doomed."""


async def ask_removal(tx: Tx, ring: Ring) -> None:
    """Have what is doomed by now removed, soon after this transaction."""
    await jobs.ask(tx, REMOVE, LANE, {}, key="all")
    jobs.ring_for(tx, ring, LANE)


DOOM = """
    INSERT INTO doomed_file (name, doomed)
    SELECT DISTINCT name, now() + %s * interval '1 second' FROM unnest(%s::text[]) AS name ORDER BY name
        ON CONFLICT (name) DO UPDATE SET doomed = EXCLUDED.doomed
"""


async def doom(tx: Tx, names: Sequence[str], in_seconds: float = 0.0) -> None:
    """Have the stored files removed, at the earliest ``in_seconds`` after this transaction began."""
    if names:
        await tx.do(DOOM, in_seconds, list(names))


SPARE = """
    WITH named AS (SELECT name, doomed FROM doomed_file WHERE name = ANY(%s) ORDER BY name FOR UPDATE)
    DELETE FROM doomed_file USING named WHERE doomed_file.name = named.name AND named.doomed > clock_timestamp()
"""


async def spare(tx: Tx, names: Sequence[str]) -> int:
    """
    Take the doom back, because rows name the files now; of how many.

    Fewer than named: the time of the others has come.  They are gone, perhaps by somebody who died before saying so.
    """
    return await tx.do(SPARE, list(names)) if names else 0


HOLD = "SELECT 1 FROM doomed_file WHERE name = %s FOR UPDATE"


async def hold(tx: Tx, name: str) -> None:
    """Wait for whoever is about to spare the file, be it a transaction whose process is dead already."""
    await tx.maybe(int, HOLD, name)


DUE = "SELECT name FROM doomed_file WHERE doomed <= now() ORDER BY doomed, name LIMIT %s FOR UPDATE SKIP LOCKED"


async def due(tx: Tx, limit: int) -> list[str]:
    """Names whose time has come, held against everybody else until this transaction ends."""
    return await tx.many(str, DUE, limit)


NAMED = """
    SELECT name FROM unnest(%s::text[]) AS name
     WHERE EXISTS (SELECT FROM upload WHERE audio_file = name)
        OR EXISTS (SELECT FROM upload_version WHERE audio_file = name)
        OR EXISTS (SELECT FROM attachment WHERE file = name)
        OR EXISTS (SELECT FROM preference WHERE identifier = 'instance__banner' AND value = to_jsonb(name))
"""


async def named(tx: Queries, names: Sequence[str]) -> set[str]:
    """Those of the stored files that a row names, which must stay."""
    return set(await tx.many(str, NAMED, list(names))) if names else set()


IS_DOOMED = "SELECT EXISTS (SELECT FROM doomed_file WHERE name = %s)"


async def is_doomed(tx: Queries, name: str) -> bool:
    """Whether a file is to go, at once or unless its row comes."""
    return await tx.one(bool, IS_DOOMED, name)


WAITING = "SELECT name FROM doomed_file WHERE name = ANY(%s)"


async def waiting(tx: Queries, names: Sequence[str]) -> set[str]:
    """Those of the files that are to go, at once or unless their rows come."""
    return set(await tx.many(str, WAITING, list(names))) if names else set()


GONE = "DELETE FROM doomed_file WHERE name = ANY(%s)"


async def gone(tx: Tx, names: Sequence[str]) -> None:
    """The files are removed, or must stay."""
    await tx.do(GONE, list(names))
