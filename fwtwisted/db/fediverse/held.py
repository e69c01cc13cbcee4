"""What we hold of other servers, found by its id, and who may speak for it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class Held:
    """
    Something of another server that we hold.

    :ivar kind: upload, library, track, album, artist or actor.
    :ivar owners: actors who may change or remove it.
    """

    kind: str
    id: int
    uuid: UUID
    fid: str
    owners: tuple[int, ...]


def _held(kind: str, id: int, uuid: UUID, fid: str, owners: Collection[int | None]) -> Held:
    return Held(kind, id, uuid, fid, tuple(owner for owner in owners if owner is not None))


# Who owns a work beside its author: the channel that the artist is, if it is one.
_WORK = """
    SELECT '{kind}', {kind}.id, {kind}.uuid, {kind}.fid, ARRAY[{kind}.attributed_to_id, channel.actor_id]
      FROM {kind} LEFT JOIN channel ON channel.artist_id = {artist}
     WHERE {kind}.fid = ANY(%s)
"""
HELD = f"""
    SELECT 'upload', upload.id, upload.uuid, upload.fid,
           CASE WHEN channel.id IS NULL THEN ARRAY[library.actor_id] ELSE ARRAY[channel.actor_id] END
      FROM upload JOIN library ON library.id = upload.library_id
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE upload.fid = ANY(%s)
     UNION ALL
    SELECT 'library', id, uuid, fid, ARRAY[actor_id] FROM library WHERE fid = ANY(%s) AND NOT is_channel
     UNION ALL {_WORK.format(kind="track", artist="track.artist_id")}
     UNION ALL {_WORK.format(kind="album", artist="album.artist_id")}
     UNION ALL {_WORK.format(kind="artist", artist="artist.id")}
     UNION ALL
    SELECT 'actor', id, uuid, fid, ARRAY[id] FROM actor
     WHERE fid = ANY(%s) AND private_key IS NULL AND type <> 'Tombstone'
"""


async def held(tx: Queries, fids: Collection[str]) -> list[Held]:
    """What has one of these ids; an id may be an upload's and its track's at once."""
    asked = list(fids)
    return await tx.many(_held, HELD, *[asked] * 6) if asked else []


SPEAKS = "SELECT EXISTS (SELECT FROM domain WHERE name = %s AND service_actor_id = %s)"


async def speaks_for(tx: Queries, actor_id: int, domain: str) -> bool:
    """Whether an actor is known to speak for a server."""
    return await tx.one(bool, SPEAKS, domain, actor_id)


FOLLOWED = """
    SELECT EXISTS (SELECT FROM follow JOIN actor ON actor.id = follow.actor_id AND actor.private_key IS NOT NULL
                    WHERE follow.approved AND (follow.target_actor_id = %s OR follow.target_library_id = %s))
"""


async def is_followed(tx: Queries, actor_id: int | None = None, library_id: int | None = None) -> bool:
    """Whether somebody here follows the actor, or the library."""
    return await tx.one(bool, FOLLOWED, actor_id, library_id)


LISTENER = """
    SELECT follow.actor_id
      FROM follow JOIN actor ON actor.id = follow.actor_id AND actor.private_key IS NOT NULL
     WHERE follow.approved
       AND (follow.target_library_id = ANY(ARRAY(SELECT id FROM library WHERE actor_id = %s))
            OR follow.target_actor_id = (SELECT actor_id FROM channel WHERE actor_id = %s))
     ORDER BY follow.id LIMIT 1
"""


async def listener(tx: Queries, actor_id: int) -> int | None:
    """Who has followed the channel that an actor is, or one of their libraries, for longest."""
    return await tx.maybe(int, LISTENER, actor_id, actor_id)


# --- works that are taken back -------------------------------------------------------------------

TRACKS_OF = """
    SELECT id FROM track
     WHERE id = ANY(%s) OR album_id = ANY(%s) OR (artist_id = ANY(%s) AND split_part(fid, '/', 3) = %s)
"""
ALBUMS_OF = "SELECT id FROM album WHERE id = ANY(%s) OR (artist_id = ANY(%s) AND split_part(fid, '/', 3) = %s)"
UPLOADS_FROM = """
    SELECT upload.uuid FROM upload
      JOIN library ON library.id = upload.library_id JOIN actor ON actor.id = library.actor_id
     WHERE upload.track_id = ANY(%s) AND actor.domain = %s AND actor.private_key IS NULL
"""


async def works_of(
    tx: Queries, track_ids: Collection[int], album_ids: Collection[int], artist_ids: Collection[int], server: str
) -> tuple[list[int], list[int]]:
    """These tracks and albums, and what is on the albums or, from that server, by the artists."""
    albums = await tx.many(int, ALBUMS_OF, list(album_ids), list(artist_ids), server)
    return await tx.many(int, TRACKS_OF, list(track_ids), albums, list(artist_ids), server), albums


async def uploads_from(tx: Queries, track_ids: Collection[int], server: str) -> list[UUID]:
    """Files of these tracks that somebody of that server owns."""
    return await tx.many(lambda uuid: uuid, UPLOADS_FROM, list(track_ids), server)
