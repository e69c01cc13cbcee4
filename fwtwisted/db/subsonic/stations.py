"""Internet radio stations."""

from __future__ import annotations

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.together import Station

STATIONS = "SELECT id, name, stream_url, home_page_url FROM station ORDER BY lower(name), id"
ADD = "INSERT INTO station (name, stream_url, home_page_url) VALUES (%s, %s, %s)"
CHANGE = "UPDATE station SET name = %s, stream_url = %s, home_page_url = coalesce(%s, home_page_url) WHERE id = %s"
REMOVE = "DELETE FROM station WHERE id = %s"


async def stations(tx: Queries) -> list[Station]:
    """All of them, by name."""
    return await tx.many(Station, STATIONS)


async def add(tx: Tx, name: str, stream_url: str, home_page_url: str) -> None:
    """Write a new one."""
    await tx.do(ADD, name, stream_url, home_page_url)


async def change(tx: Tx, id: int, name: str, stream_url: str, home_page_url: str | None) -> bool:
    """Write one anew; False when there is none.  :param home_page_url: None: it stays."""
    return await tx.do(CHANGE, name, stream_url, home_page_url, id) == 1


async def remove(tx: Tx, id: int) -> bool:
    """Remove one; False when there is none."""
    return await tx.do(REMOVE, id) == 1
