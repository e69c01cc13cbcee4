"""Pictures: who uploaded them, where they lie, what refers to them."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Attachment

COLUMNS = "id, uuid, url, file, size, mimetype, creation_date"

ADD = f"""
    INSERT INTO attachment (uuid, actor_id, file, size, mimetype, sha256)
    VALUES (%s, %s, %s, %s, %s, %s) RETURNING {COLUMNS}
"""


async def add(
    tx: Tx, uuid: UUID, actor_id: int | None, file: str, size: int, mimetype: str, sha256: bytes
) -> Attachment:
    """A picture that somebody uploaded; loose until something refers to it."""
    return await tx.one(Attachment, ADD, uuid, actor_id, file, size, mimetype, sha256)


FILL = f"""
    UPDATE attachment SET file = %s, size = %s, mimetype = %s, sha256 = %s, last_fetch_date = now()
     WHERE id = %s AND file IS NULL RETURNING {COLUMNS}
"""


async def fill(tx: Tx, id: int, file: str, size: int, mimetype: str, sha256: bytes) -> Attachment | None:
    """A picture of another server that is here from now on; None when it was already, or is gone."""
    return await tx.maybe(Attachment, FILL, file, size, mimetype, sha256, id)


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
