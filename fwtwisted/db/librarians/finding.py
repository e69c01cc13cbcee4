"""Which things of a sort a list shows, and what a key names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from fwtwisted.db.conditions import NOTHING, Condition, all_of, ordered, token_conditions
from fwtwisted.db.librarians.listings import LISTINGS, Listing
from fwtwisted.db.pool import Queries
from fwtwisted.model.librarians import HeldQuestion, Key, Sort


def _conditions(listing: Listing, asked: HeldQuestion) -> Iterator[Condition]:
    yield from listing.always
    for name, value in asked.exact.items():
        yield listing.exact[name](value) if name in listing.exact else NOTHING
    if asked.q is not None:
        yield from token_conditions(asked.q, listing.searched, listing.filtered)


async def page(tx: Queries, sort: Sort, asked: HeldQuestion, limit: int, offset: int) -> tuple[int, list[int]]:
    """How many match, and the ids on one page of them; the newest first where no order is asked."""
    listing = LISTINGS[sort]
    where = all_of(_conditions(listing, asked))
    tables = listing.joins.needed_by(where.sql)
    count = await tx.one(int, f"SELECT count(*) {tables} WHERE {where.sql}", *where.values)
    order = ordered(asked.ordering, listing.orders, f"{sort}.id DESC")
    tables = listing.joins.needed_by(where.sql, order)
    sql = f"SELECT {sort}.id {tables} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return count, await tx.many(int, sql, *where.values, limit, offset)


# --- by what names them --------------------------------------------------------------------------

BY_NUMBER: Final = {sort: f"SELECT id FROM {sort} WHERE id = ANY(%s)" for sort in Sort}
BY_UUID: Final = {sort: f"SELECT id FROM {sort} WHERE uuid = ANY(%s)" for sort in Sort if sort is not Sort.TAG}
TAGS_NAMED = "SELECT id FROM tag WHERE lower(name) IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)"
CHANNEL_NAMED = """
    SELECT channel.id FROM channel JOIN actor ON actor.id = channel.actor_id
     WHERE lower(actor.preferred_username) || '@' || actor.domain
           IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)
"""
CHANNEL_LIBRARY = " AND NOT is_channel"


async def ids_of(tx: Queries, sort: Sort, keys: Sequence[Key]) -> list[int]:
    """The ids of the things that these keys name, ascending; keys that name none are left out."""
    numbers = [key for key in keys if isinstance(key, int)]
    uuids = [key for key in keys if isinstance(key, UUID)]
    texts = [key for key in keys if isinstance(key, str)]
    alone = CHANNEL_LIBRARY if sort is Sort.LIBRARY else ""
    found: set[int] = set()
    if numbers:
        found.update(await tx.many(int, BY_NUMBER[sort] + alone, numbers))
    if uuids and sort in BY_UUID:
        found.update(await tx.many(int, BY_UUID[sort] + alone, uuids))
    if texts and sort in (Sort.TAG, Sort.CHANNEL):
        found.update(await tx.many(int, TAGS_NAMED if sort is Sort.TAG else CHANNEL_NAMED, texts))
    return sorted(found)
