"""
What is left of servers and actors that moderators had removed, piece by piece.

Every statement takes at most ``limit`` rows, so that each transaction is short; who calls goes on until nothing comes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


@frozen
class Doomed:
    """
    Whose things are removed.

    :ivar servers: all of these, and everybody of another server who lives there.  :ivar actor_id: or this one alone.
    """

    servers: tuple[str, ...] = ()
    actor_id: int | None = None

    @property
    def asked(self) -> tuple[object, ...]:
        """Values for :data:`_ACTORS`."""
        return (list(self.servers), self.actor_id)


_ACTORS = "(SELECT id FROM actor WHERE (domain = ANY(%s) AND private_key IS NULL) OR id = %s)"
_LIBRARIES = f"""
    (SELECT library.id FROM library
       LEFT JOIN channel ON channel.library_id = library.id
       LEFT JOIN feed ON feed.channel_id = channel.id
      WHERE library.actor_id IN {_ACTORS} OR channel.actor_id IN {_ACTORS}
         OR (channel.attributed_to_id IN {_ACTORS} AND feed.host IS NULL)
         OR (feed.host IS NOT NULL AND servers_above(split_part(channel.rss_url, '/', 3)) && %s::text[]))
"""

BELOW = "SELECT name FROM domain WHERE %s = ANY(servers_above(name)) AND name <> %s ORDER BY name"


async def below(tx: Queries, name: str, own: str) -> list[str]:
    """Of the servers that we know, those that a policy about ``name`` holds for."""
    return await tx.many(str, BELOW, name, own)


UPLOADS = f"SELECT uuid FROM upload WHERE library_id IN {_LIBRARIES} ORDER BY id LIMIT %s"
LIBRARIES = f"{_LIBRARIES} LIMIT %s"


def _in_libraries(doomed: Doomed) -> tuple[object, ...]:
    return (*doomed.asked * 3, list(doomed.servers))


async def uploads(tx: Queries, doomed: Doomed, limit: int) -> list[UUID]:
    """Some uploads of theirs."""
    return await tx.many(lambda uuid: uuid, UPLOADS, *_in_libraries(doomed), limit)


async def libraries(tx: Queries, doomed: Doomed, limit: int) -> list[int]:
    """Some libraries of theirs, channels' own among them."""
    return await tx.many(int, LIBRARIES, *_in_libraries(doomed), limit)


REFUSED = """
    SELECT EXISTS (SELECT FROM instance_policy
                    WHERE is_active AND (block_all OR reject_media)
                      AND (target_domain = ANY(servers_above(%s)) OR target_actor_id = %s))
"""


async def is_refused(tx: Queries, server: str | None, actor_id: int | None) -> bool:
    """Whether a policy about the server, one above it, or the actor refuses their media."""
    return await tx.one(bool, REFUSED, server, actor_id)


FORGET_WALKS = f"DELETE FROM library_scan WHERE status = 'finished' AND library_id IN {_LIBRARIES}"


async def forget_walks(tx: Tx, doomed: Doomed) -> None:
    """Let their libraries be walked through again, should they be wanted again: they are not known any more."""
    await tx.do(FORGET_WALKS, *_in_libraries(doomed))


# --- works and pictures --------------------------------------------------------------------------

_THEIRS = "(split_part({kind}.fid, '/', 3) = ANY(%s) OR {kind}.attributed_to_id IN " + _ACTORS + ")"
_BARE = {
    "track": "NOT EXISTS (SELECT FROM upload WHERE upload.track_id = track.id)",
    "album": "NOT EXISTS (SELECT FROM track WHERE track.album_id = album.id)",
    "artist": """NOT EXISTS (SELECT FROM track WHERE track.artist_id = artist.id)
             AND NOT EXISTS (SELECT FROM album WHERE album.artist_id = artist.id)
             AND NOT EXISTS (SELECT FROM track_credit WHERE track_credit.artist_id = artist.id)
             AND NOT EXISTS (SELECT FROM album_credit WHERE album_credit.artist_id = artist.id)
             AND NOT EXISTS (SELECT FROM channel WHERE channel.artist_id = artist.id)""",
}
KINDS = tuple(_BARE)
REMOVE_WORKS = {
    kind: f"""
    DELETE FROM {kind} WHERE id IN (SELECT id FROM {kind} WHERE {_THEIRS.format(kind=kind)} AND {bare} LIMIT %s)
    RETURNING id"""
    for kind, bare in _BARE.items()
}


async def remove_works(tx: Tx, kind: str, doomed: Doomed, limit: int) -> int:
    """Remove some tracks, albums or artists of theirs that nothing is left of; the transaction touches ``catalog``."""
    found = await tx.many(int, REMOVE_WORKS[kind], list(doomed.servers), *doomed.asked, limit)
    return len(found)


# Pictures that lie there, and those that show their works and themselves.
_PICTURES = f"""
    (split_part(url, '/', 3) = ANY(%s)
     OR id IN (SELECT icon_id FROM actor WHERE id IN {_ACTORS})
     OR id IN (SELECT cover_id FROM artist WHERE {_THEIRS.format(kind="artist")})
     OR id IN (SELECT cover_id FROM album WHERE {_THEIRS.format(kind="album")})
     OR id IN (SELECT cover_id FROM track WHERE {_THEIRS.format(kind="track")}))
"""
FORGET_PICTURES = f"""
    DELETE FROM attachment WHERE id IN (SELECT id FROM attachment WHERE {_PICTURES} LIMIT %s) RETURNING file
"""
EMPTY_PICTURES = f"""
    WITH picked AS (SELECT id, file FROM attachment
                   WHERE file IS NOT NULL AND url IS NOT NULL AND {_PICTURES} LIMIT %s FOR UPDATE)
    UPDATE attachment SET file = NULL, size = NULL, sha256 = NULL, last_fetch_date = NULL
      FROM picked WHERE attachment.id = picked.id RETURNING picked.file
"""


async def pictures(tx: Tx, doomed: Doomed, limit: int, *, keep_rows: bool) -> list[str | None]:
    """
    Forget some pictures of theirs; the names of their files, None for those that never came.

    :param keep_rows: only their files go.
    """
    servers = list(doomed.servers)
    theirs = (servers, *doomed.asked)
    sql = EMPTY_PICTURES if keep_rows else FORGET_PICTURES
    return await tx.many(lambda file: file, sql, servers, *doomed.asked, *theirs * 3, limit)


# --- people --------------------------------------------------------------------------------------

ACTORS = f"SELECT id FROM actor WHERE id IN {_ACTORS} AND id > %s ORDER BY id LIMIT %s"


async def actors(tx: Queries, doomed: Doomed, after: int, limit: int) -> list[int]:
    """Some of those who are meant, in the order of their keys."""
    return await tx.many(int, ACTORS, *doomed.asked, after, limit)


FORGET_DEEDS = (
    "DELETE FROM follow WHERE actor_id = ANY(%s) OR target_actor_id = ANY(%s)",
    "DELETE FROM activity WHERE actor_id = ANY(%s) OR target_actor_id = ANY(%s)",
    "DELETE FROM inbox_item WHERE actor_id = ANY(%s)",
    "DELETE FROM received WHERE actor_id = ANY(%s)",
    "DELETE FROM lookup WHERE actor_id = ANY(%s)",
    "UPDATE delivery SET state = 'given_up' WHERE recipient_id = ANY(%s) AND state = 'waiting'",
)
FORGET_TASTE = (
    "DELETE FROM favorite WHERE actor_id = ANY(%s)",
    "DELETE FROM listening WHERE actor_id = ANY(%s)",
    "DELETE FROM playlist WHERE actor_id = ANY(%s)",
)
# Whom moderators decided about, or have papers about, stays as a name.
REMOVE_ACTORS = """
    DELETE FROM actor
     WHERE id = ANY(%s) AND private_key IS NULL
       AND NOT EXISTS (SELECT FROM instance_policy WHERE target_actor_id = actor.id)
       AND NOT EXISTS (SELECT FROM note WHERE about_actor_id = actor.id)
       AND NOT EXISTS (SELECT FROM report WHERE target_owner_id = actor.id OR submitter_id = actor.id)
       AND NOT EXISTS (SELECT FROM channel WHERE channel.actor_id = actor.id)
"""
STRIP_ACTORS = """
    UPDATE actor SET name = NULL, summary = NULL, summary_type = NULL, icon_id = NULL, public_key = NULL, key_id = NULL,
                     last_fetch_date = 'epoch'
     WHERE id = ANY(%s) AND private_key IS NULL
"""


async def forget_deeds(tx: Tx, actor_ids: Collection[int]) -> None:
    """Forget whom actors follow, who follows them, and what they sent; the transaction touches ``libraries``."""
    ids = list(actor_ids)
    for sql in FORGET_DEEDS:
        await tx.do(sql, *[ids] * sql.count("%s"))


async def remove_actors(tx: Tx, actor_ids: Sequence[int]) -> None:
    """Remove actors of other servers; of whom moderators decided something the name stays, and nothing else."""
    ids = list(actor_ids)
    for sql in FORGET_TASTE:
        await tx.do(sql, ids)
    await tx.do(REMOVE_ACTORS, ids)
    await tx.do(STRIP_ACTORS, ids)


GIVE_UP = "UPDATE delivery SET state = 'given_up' WHERE host = ANY(%s) AND state = 'waiting'"


async def give_up_deliveries(tx: Tx, servers: Collection[str]) -> None:
    """Deliver nothing more to the servers."""
    await tx.do(GIVE_UP, list(servers))


# --- libraries that nobody follows any more ------------------------------------------------------

ABANDON = """
    UPDATE library SET abandoned = now()
      FROM actor AS owner
     WHERE owner.id = library.actor_id AND owner.private_key IS NULL AND library.abandoned IS NULL
       AND library.privacy_level <> 'everyone' AND NOT library.is_channel
       AND NOT EXISTS (SELECT FROM follow JOIN actor AS fan ON fan.id = follow.actor_id
                        WHERE follow.target_library_id = library.id AND fan.private_key IS NOT NULL
                          AND follow.approved)
"""
RETURN = """
    UPDATE library SET abandoned = NULL
     WHERE abandoned IS NOT NULL
       AND EXISTS (SELECT FROM follow JOIN actor AS fan ON fan.id = follow.actor_id
                    WHERE follow.target_library_id = library.id AND fan.private_key IS NOT NULL AND follow.approved)
"""
ABANDONED_UPLOADS = """
    SELECT upload.uuid FROM upload JOIN library ON library.id = upload.library_id
     WHERE library.abandoned < now() - %s * interval '1 second' ORDER BY upload.id LIMIT %s
"""


async def note_abandoned(tx: Tx) -> None:
    """Note which private libraries of other servers none of our people follows, and which somebody does again."""
    await tx.do(RETURN)
    await tx.do(ABANDON)


async def abandoned_uploads(tx: Queries, seconds: float, limit: int) -> list[UUID]:
    """Some uploads of libraries that nobody here has followed for so long."""
    return await tx.many(lambda uuid: uuid, ABANDONED_UPLOADS, seconds, limit)
