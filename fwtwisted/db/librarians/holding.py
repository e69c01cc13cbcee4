"""What belongs to a thing that is to be removed, and the removal of what no other room removes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.music.works import LOOSEN
from fwtwisted.db.pool import Queries, Tx

OURS = """
    SELECT EXISTS (SELECT FROM library JOIN actor AS owner ON owner.id = library.actor_id
                    WHERE library.id = %s AND owner.private_key IS NOT NULL)
"""


async def is_ours(tx: Queries, library_id: int) -> bool:
    """Whether the library is at home on this pod."""
    return await tx.one(bool, OURS, library_id)


@frozen
class Voice:
    """Who speaks for a channel, and from where.  :ivar is_local: on this pod, be it from a feed."""

    actor_id: int
    library_id: int
    is_local: bool


VOICES = """
    SELECT channel.actor_id, channel.library_id, actor.private_key IS NOT NULL
      FROM channel JOIN actor ON actor.id = channel.actor_id
     WHERE channel.id = ANY(%s) ORDER BY channel.id FOR UPDATE OF channel
"""


async def voices_of(tx: Tx, channel_ids: Sequence[int]) -> list[Voice]:
    """Who speaks for these channels, which are held until the transaction ends."""
    return await tx.many(Voice, VOICES, list(channel_ids))


CHANNELS_OF = "SELECT id FROM channel WHERE artist_id = ANY(%s) ORDER BY id"
ALBUMS_OF = "SELECT id FROM album WHERE artist_id = ANY(%s) ORDER BY id FOR UPDATE"
TRACKS_OF = """
    SELECT id FROM track
     WHERE artist_id = ANY(%s) OR album_id IN (SELECT id FROM album WHERE artist_id = ANY(%s)) ORDER BY id FOR UPDATE
"""
TRACKS_ON = "SELECT id FROM track WHERE album_id = ANY(%s) ORDER BY id FOR UPDATE"


async def channels_of(tx: Queries, artist_ids: Sequence[int]) -> list[int]:
    """The channels that speak as these artists."""
    return await tx.many(int, CHANNELS_OF, list(artist_ids))


async def works_of(tx: Tx, artist_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """The albums of these artists; their tracks and those on the albums; all held until the transaction ends."""
    ids = list(artist_ids)
    return await tx.many(int, ALBUMS_OF, ids), await tx.many(int, TRACKS_OF, ids, ids)


async def tracks_on(tx: Tx, album_ids: Sequence[int]) -> list[int]:
    """The tracks on these albums, held until the transaction ends."""
    return await tx.many(int, TRACKS_ON, list(album_ids))


UUIDS = "SELECT uuid FROM upload WHERE id = ANY(%s) ORDER BY id"


async def uuids_of_uploads(tx: Queries, ids: Sequence[int]) -> list[UUID]:
    """The uuids of these uploads."""
    return await tx.many(lambda uuid: uuid, UUIDS, list(ids))


REMOVE_ARTISTS = "DELETE FROM artist WHERE id = ANY(%s) RETURNING cover_id"
REMOVE_TAGS = "DELETE FROM tag WHERE id = ANY(%s)"


async def remove_artists(tx: Tx, ids: Sequence[int]) -> None:
    """Remove artists; their works must be gone before.  The transaction must touch ``catalog``."""
    covers = await tx.many(lambda cover: cover, REMOVE_ARTISTS, list(ids))
    await tx.do(LOOSEN, [cover for cover in covers if cover is not None])


async def remove_tags(tx: Tx, ids: Sequence[int]) -> None:
    """Take tags from everything that wears them.  The transaction must touch ``catalog``."""
    await tx.do(REMOVE_TAGS, list(ids))
