"""Artists that somebody does not want to meet, as things of their own; lists ask ``db.music.catalog``."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import HiddenArtist

_ROW = """
    SELECT content_filter.uuid, artist.id, artist.name, content_filter.creation_date
      FROM content_filter JOIN artist ON artist.id = content_filter.artist_id
     WHERE content_filter.account_id = %s
"""

PAGE = {
    oldest_first: f"""{_ROW}
     ORDER BY content_filter.creation_date {way}, content_filter.id {way} LIMIT %s OFFSET %s"""
    for oldest_first, way in ((True, "ASC"), (False, "DESC"))
}
COUNT = "SELECT count(*) FROM content_filter WHERE account_id = %s"


async def page(
    tx: Queries, account_id: int, limit: int, offset: int, *, oldest_first: bool
) -> tuple[int, list[HiddenArtist]]:
    """How many artists the account hides, and one page of them."""
    found = await tx.many(HiddenArtist, PAGE[oldest_first], account_id, limit, offset)
    return await tx.one(int, COUNT, account_id), found


ONE = f"{_ROW} AND content_filter.uuid = %s"


async def one(tx: Queries, account_id: int, uuid: UUID) -> HiddenArtist | None:
    """One of the account's own."""
    return await tx.maybe(HiddenArtist, ONE, account_id, uuid)


ADD = """
    INSERT INTO content_filter (account_id, artist_id) VALUES (%s, %s)
        ON CONFLICT (account_id, artist_id) DO NOTHING RETURNING uuid
"""


async def add(tx: Tx, account_id: int, artist_id: int) -> UUID | None:
    """Hide an artist from the account; None when it is hidden already."""
    return await tx.maybe(lambda uuid: uuid, ADD, account_id, artist_id)


REMOVE = "DELETE FROM content_filter WHERE account_id = %s AND uuid = %s"


async def remove(tx: Tx, account_id: int, uuid: UUID) -> bool:
    """Let the account meet the artist again; whether it was hidden."""
    return await tx.do(REMOVE, account_id, uuid) == 1
