"""Pictures: who uploaded them, where they lie, what refers to them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Attachment

COLUMNS = "id, uuid, url, file, size, mimetype, creation_date"

ADD = f"""
    INSERT INTO attachment (uuid, actor_id, file, size, mimetype, sha256, storage)
    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {COLUMNS}
"""


async def add(
    tx: Tx,
    uuid: UUID,
    actor_id: int | None,
    file: str,
    size: int,
    mimetype: str,
    sha256: bytes,
    storage: str = "local",
) -> Attachment:
    """A picture that somebody uploaded; loose until something refers to it.  :param storage: where its bytes lie."""
    return await tx.one(Attachment, ADD, uuid, actor_id, file, size, mimetype, sha256, storage)


FILL = f"""
    UPDATE attachment
       SET file = %s, size = %s, mimetype = %s, sha256 = %s, storage = %s, cut = NULL, last_fetch_date = now()
     WHERE id = %s AND file IS NULL RETURNING {COLUMNS}
"""


async def fill(tx: Tx, id: int, file: str, size: int, mimetype: str, sha256: bytes, storage: str) -> Attachment | None:
    """A picture of another server that is here from now on; None when it was already, or is gone."""
    return await tx.maybe(Attachment, FILL, file, size, mimetype, sha256, storage, id)


OWNER = "SELECT actor_id FROM attachment WHERE uuid = %s"


async def owner(tx: Tx, uuid: UUID) -> int | None:
    """The actor that uploaded a picture; None for nobody's."""
    return await tx.one(lambda actor_id: actor_id, OWNER, uuid)


REMOVE = "DELETE FROM attachment WHERE uuid = %s RETURNING file"


async def remove(tx: Tx, uuid: UUID) -> str | None:
    """Forget a picture; the name of its file."""
    return await tx.one(lambda file: file, REMOVE, uuid)


# What nothing refers to; the references are looked at, whatever "used" says, for they may have gone since.
REMOVE_LOOSE = """
    DELETE FROM attachment
     WHERE id IN (SELECT id FROM attachment
                   WHERE url IS NULL AND creation_date < now() - %s * interval '1 second'
                     AND NOT EXISTS (SELECT FROM artist WHERE cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM album WHERE cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM track WHERE cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM actor WHERE icon_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM upload WHERE import_metadata ->> 'cover' = attachment.uuid::text)
                     AND NOT EXISTS (SELECT FROM mutation WHERE payload ->> 'cover' = attachment.uuid::text)
                     AND NOT EXISTS (SELECT FROM mutation
                                      WHERE previous_state -> 'cover' ->> 'value' = attachment.uuid::text)
                   LIMIT %s)
 RETURNING file
"""


async def remove_loose(tx: Tx, age_seconds: float, limit: int) -> list[str | None]:
    """Forget at most ``limit`` pictures that nothing refers to; the names of their files."""
    return await tx.many(lambda file: file, REMOVE_LOOSE, age_seconds, limit)


@frozen
class Cuttable:
    """
    A picture of which there may be renditions.

    :ivar storage: where it lies.  :ivar cut: see ``schema/0031_pictures.sql``; 0 for nobody knows.
    """

    file: str
    storage: str
    cut: int


CUTTABLE = """
    SELECT file, storage, coalesce(cut, 0) FROM attachment
     WHERE file > %s AND coalesce(cut, 0) <> ALL(%s) ORDER BY file LIMIT %s
"""


async def cuttable(tx: Queries, after: str, limit: int, but: Collection[int] = ()) -> list[Cuttable]:
    """
    Pictures in the order of their names.

    :param after: the last one of the page before.  :param but: leave out those that are cut so.
    """
    return await tx.many(Cuttable, CUTTABLE, after, list(but), limit)


STORED = "SELECT count(*) FROM attachment WHERE file IS NOT NULL"


async def count_stored(tx: Queries) -> int:
    """How many pictures have a file."""
    return await tx.one(int, STORED)


UNCUT = """
    (SELECT file FROM attachment WHERE file IS NOT NULL AND coalesce(cut, 0) < %s LIMIT %s)
     UNION ALL (SELECT file FROM attachment WHERE file IS NOT NULL AND coalesce(cut, 0) > %s LIMIT %s)
"""


async def uncut(tx: Queries, quality: int, limit: int) -> list[str]:
    """Pictures whose renditions of that quality are not known to lie beside them."""
    return (await tx.many(str, UNCUT, quality, limit, quality, limit))[:limit]


HAS_CUT = "UPDATE attachment SET cut = %s WHERE file = %s AND storage = %s"


async def has_cut(tx: Tx, file: str, storage: str, cut: int) -> None:
    """Both renditions of a picture lie where it lies (or, negative, there can be none); unless it was moved since."""
    await tx.do(HAS_CUT, cut, file, storage)
