"""Stars of albums and artists, and ratings; what is a track's favourite is in ``db/listening/history.py``."""

from __future__ import annotations

from collections.abc import Collection

from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind

STAR = """
    INSERT INTO star (account_id, {kind}_id) SELECT %s, unnest(%s::bigint[])
        ON CONFLICT (account_id, {kind}_id) DO NOTHING
"""
UNSTAR = "DELETE FROM star WHERE account_id = %s AND {kind}_id = ANY(%s)"
RATE = """
    INSERT INTO rating (account_id, {kind}_id, rating) VALUES (%s, %s, %s)
        ON CONFLICT (account_id, {kind}_id) DO UPDATE SET rating = EXCLUDED.rating, modification_date = now()
"""
UNRATE = "DELETE FROM rating WHERE account_id = %s AND {kind}_id = %s"


async def star(tx: Tx, account_id: int, kind: Kind, ids: Collection[int]) -> None:
    """Star albums or artists; a star that is there keeps its date."""
    await tx.do(STAR.format(kind=kind), account_id, list(dict.fromkeys(ids)))


async def unstar(tx: Tx, account_id: int, kind: Kind, ids: Collection[int]) -> None:
    """Take stars of albums or artists away."""
    await tx.do(UNSTAR.format(kind=kind), account_id, list(ids))


async def rate(tx: Tx, account_id: int, kind: Kind, id: int, rating: int) -> None:
    """Rate a song, an album or an artist, 1 to 5."""
    await tx.do(RATE.format(kind=kind), account_id, id, rating)


async def unrate(tx: Tx, account_id: int, kind: Kind, id: int) -> None:
    """Take a rating back."""
    await tx.do(UNRATE.format(kind=kind), account_id, id)
