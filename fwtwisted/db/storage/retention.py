"""
Copies that may be forgotten, by age and by how much room they take: of other pods' audio and pictures, and transcodes.

Nothing here ever names what somebody of this pod sent in: audio must belong to a library of another domain, or to a
feed, *and* have come over the network, a picture must have an address of its own elsewhere.

Source: docs/storage.md §9, S-90.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx

UNREACHABLE_DAYS = 30  # for so much longer copies are kept of what cannot be had again

# Audio of other pods, and of feeds, that lies here.  :param: our domain.
_REMOTE = """
    SELECT upload.id, upload.size, coalesce(upload.accessed_date, upload.modification_date) AS used, domain.reachable
      FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN actor ON actor.id = library.actor_id
      JOIN domain ON domain.name = actor.domain
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE upload.audio_file LIKE 'federation_cache/tracks/%%' AND upload.source LIKE 'http%%'
       AND (channel.rss_url IS NOT NULL OR (actor.private_key IS NULL AND domain.name <> %s))
"""
_FORGET_AUDIO = """
    UPDATE upload SET audio_file = NULL, storage = NULL, etag = NULL, verified_date = NULL
      FROM going, upload AS before
     WHERE upload.id = going.id AND before.id = upload.id
 RETURNING before.audio_file, before.size
"""
# Those that do not fit when the most recently used are counted first; what is in use at this moment stays.
_OVER = """
    WITH copy AS ({copies}),
         counted AS (SELECT id, used, sum(size) OVER (ORDER BY used DESC, id DESC) AS upto FROM copy),
         going AS (SELECT id FROM counted
                    WHERE upto > %s AND used < now() - interval '10 minutes' ORDER BY used, id LIMIT %s)
"""


@frozen
class Going:
    """A stored file that no row names any more.  :ivar size: bytes; None: nobody knew."""

    name: str
    size: int | None


OLD_AUDIO = f"""
    WITH copy AS ({_REMOTE}),
         going AS (SELECT id FROM copy
                    WHERE used < now() - %s * interval '1 minute'
                                       - CASE WHEN reachable THEN 0 ELSE %s END * interval '1 day'
                    ORDER BY used, id LIMIT %s)
    {_FORGET_AUDIO}
"""


async def forget_old_audio(tx: Tx, ours: str, minutes: int, limit: int) -> list[Going]:
    """Forget copies of other pods' audio that nobody heard for so long; those of unreachable pods later."""
    return await tx.many(Going, OLD_AUDIO, ours, minutes, UNREACHABLE_DAYS, limit)


AUDIO_OVER = f"{_OVER.format(copies=_REMOTE)} {_FORGET_AUDIO}"


async def forget_audio_over(tx: Tx, ours: str, size: int, limit: int) -> list[Going]:
    """Forget the copies of other pods' audio that take more than so many bytes, the least recently heard first."""
    return await tx.many(Going, AUDIO_OVER, ours, size, limit)


_VERSIONS = "SELECT id, size, coalesce(accessed_date, creation_date) AS used FROM upload_version"
VERSIONS_OVER = f"""
    {_OVER.format(copies=_VERSIONS)}
    DELETE FROM upload_version USING going WHERE upload_version.id = going.id
 RETURNING upload_version.audio_file, upload_version.size
"""


async def forget_versions_over(tx: Tx, size: int, limit: int) -> list[Going]:
    """Forget the transcodes that take more than so many bytes, the least recently heard first."""
    return await tx.many(Going, VERSIONS_OVER, size, limit)


_PICTURES = """
    SELECT id, coalesce(size, 0) AS size, coalesce(last_fetch_date, creation_date) AS used
      FROM attachment
     WHERE url IS NOT NULL AND file IS NOT NULL
       AND NOT EXISTS (SELECT FROM actor WHERE actor.id = attachment.actor_id AND actor.private_key IS NOT NULL)
"""
_FORGET_PICTURE = """
    UPDATE attachment SET file = NULL, storage = 'local', etag = NULL, verified_date = NULL
      FROM going, attachment AS before
     WHERE attachment.id = going.id AND before.id = attachment.id
 RETURNING before.file, before.size
"""
PICTURES_OVER = f"{_OVER.format(copies=_PICTURES)} {_FORGET_PICTURE}"


async def forget_pictures_over(tx: Tx, size: int, limit: int) -> list[Going]:
    """Forget the copies of pictures from elsewhere that take more than so many bytes, the oldest first."""
    return await tx.many(Going, PICTURES_OVER, size, limit)


OLD_PICTURES = f"""
    WITH copy AS ({_PICTURES}),
         going AS (SELECT id FROM copy WHERE used < now() - %s * interval '1 day' ORDER BY used, id LIMIT %s)
    {_FORGET_PICTURE}
"""


async def forget_old_pictures(tx: Tx, days: int, limit: int) -> list[Going]:
    """Forget the copies of pictures from elsewhere that were fetched so long ago."""
    return await tx.many(Going, OLD_PICTURES, days, limit)


OLD_VERSIONS = """
    DELETE FROM upload_version
     WHERE id IN (SELECT id FROM upload_version WHERE accessed_date < now() - %s * interval '1 minute' LIMIT %s)
 RETURNING audio_file, size
"""


async def forget_old_versions(tx: Tx, minutes: int, limit: int) -> list[Going]:
    """Forget transcodes that nobody heard for so long."""
    return await tx.many(Going, OLD_VERSIONS, minutes, limit)


# What refresh is asked about: audio of other pods, here or not.
REMOTE_UPLOADS = """
    SELECT upload.id, upload.uuid, upload.audio_file IS NOT NULL
      FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN actor ON actor.id = library.actor_id
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE upload.source LIKE 'http%%' AND upload.track_id IS NOT NULL
       AND (channel.rss_url IS NOT NULL OR (actor.private_key IS NULL AND actor.domain <> %s))
       AND (%s::text IS NULL OR actor.domain = %s) AND (%s::uuid IS NULL OR library.uuid = %s)
       AND (%s::uuid IS NULL OR upload.uuid = %s)
       AND (%s::int IS NULL OR upload.creation_date > now() - %s * interval '1 day')
     ORDER BY upload.id
"""


@frozen
class Remote:
    """An upload of another pod, or of a feed.  :ivar is_here: there is a copy."""

    id: int
    uuid: UUID
    is_here: bool


async def remote_uploads(
    tx: Queries, ours: str, domain: str | None, library: str | None, upload: str | None, days: int | None
) -> list[Remote]:
    """Uploads of other servers that fit; what is None is not asked for."""
    asked = (one for value in (domain, library, upload, days) for one in (value, value))
    return await tx.many(Remote, REMOTE_UPLOADS, ours, *asked)
