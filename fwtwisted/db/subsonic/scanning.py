"""How far imports are, and what there is to look through again."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.pool import Queries

PENDING = """
    SELECT EXISTS (SELECT FROM upload JOIN library ON library.id = upload.library_id
                    WHERE upload.import_status = 'pending' AND library.actor_id = %s)
        OR EXISTS (SELECT FROM folder_import WHERE status IN ('pending', 'started'))
"""


async def is_importing(tx: Queries, actor_id: int) -> bool:
    """Whether an import of folders is under way, or an upload of the actor's waits."""
    return await tx.one(bool, PENDING, actor_id)


LAST = """
    SELECT library.uuid, folder_import.path
      FROM folder_import JOIN library ON library.id = folder_import.library_id
     WHERE library.actor_id = %s ORDER BY folder_import.id DESC LIMIT 1
"""
IN_PLACE = """
    SELECT library.uuid FROM library
     WHERE library.actor_id = %s
       AND EXISTS (SELECT FROM upload WHERE upload.library_id = library.id AND upload.source LIKE 'file://%%')
     ORDER BY library.id
"""


async def last(tx: Queries, actor_id: int) -> tuple[UUID, str] | None:
    """The library of the actor and the folder, below the music folder, of the import that was asked for last."""
    return await tx.maybe(lambda library, path: (library, path), LAST, actor_id)


async def in_place(tx: Queries, actor_id: int) -> list[UUID]:
    """Libraries of the actor that hold files in place."""
    return await tx.many(lambda library: library, IN_PLACE, actor_id)
