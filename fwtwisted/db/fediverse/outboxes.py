"""What people here did that others may know of, in the order of its days."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from fwtwisted.db.fediverse.published import SHOWN
from fwtwisted.db.pool import Queries
from fwtwisted.model.listening import Kind


class Entry(enum.StrEnum):
    """What stands in an outbox."""

    FILE = "file"
    FAVORITE = "favorite"
    LISTENING = "listening"


@frozen
class Item:
    """One of them.  :ivar id: of the upload, the favourite or the listening."""

    entry: Entry
    id: int


def _item(entry: str, id: int) -> Item:
    return Item(Entry(entry), id)


_FILES = f"""
  FROM upload JOIN library ON library.id = upload.library_id
 WHERE library.actor_id = %s AND library.privacy_level = 'everyone' AND NOT library.is_channel AND {SHOWN}
"""
COUNT = f"""
    SELECT (SELECT count(*) {_FILES})
         + CASE WHEN %s THEN (SELECT count(*) FROM favorite WHERE actor_id = %s)
                           + (SELECT count(*) FROM listening WHERE actor_id = %s) ELSE 0 END
"""
PAGE = f"""
    SELECT entry, id
      FROM (SELECT 'file' AS entry, upload.id, upload.creation_date {_FILES}
             UNION ALL
            SELECT 'favorite', id, creation_date FROM favorite WHERE %s AND actor_id = %s
             UNION ALL
            SELECT 'listening', id, creation_date FROM listening WHERE %s AND actor_id = %s) AS done
     ORDER BY creation_date DESC, entry, id DESC LIMIT %s OFFSET %s
"""


async def count(tx: Queries, actor_id: int, *, with_deeds: bool) -> int:
    """
    How much somebody's outbox holds: files in public libraries.

    :param with_deeds: and what they like and listen to.
    """
    return await tx.one(int, COUNT, actor_id, with_deeds, actor_id, actor_id)


async def page(tx: Queries, actor_id: int, limit: int, offset: int, *, with_deeds: bool) -> list[Item]:
    """A page of it, the newest first."""
    deeds = (with_deeds, actor_id) * 2
    return await tx.many(_item, PAGE, actor_id, *deeds, limit, offset)


@frozen
class Told:
    """A favourite or a listening.  :ivar track: federation id."""

    id: int
    uuid: UUID
    track: str
    published: datetime


_DEEDS = {
    kind: f"""
    SELECT deed.id, deed.uuid, track.fid, deed.creation_date
      FROM {kind} AS deed JOIN track ON track.id = deed.track_id WHERE deed.id = ANY(%s)
"""
    for kind in Kind
}


async def deeds(tx: Queries, kind: Kind, ids: Collection[int]) -> dict[int, Told]:
    """Favourites or listenings by id."""
    found: Sequence[Told] = await tx.many(Told, _DEEDS[kind], list(ids)) if ids else []
    return {one.id: one for one in found}
