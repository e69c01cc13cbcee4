"""
Audio of other servers: where it is, who brings it at the moment, and that it has come.

One row of ``remote_download`` is one download, of whichever process on whichever machine.  Its holder says every few
seconds that it is at it; one that falls silent, or is known to be dead, is followed by the next who asks.

Source: docs/storage.md §6.5, S-61; docs/federation.md §5.5.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


@frozen
class Elsewhere:
    """
    An upload that lies on another server.

    :ivar audio_file: the stored name of the copy, if there is one.
    :ivar is_feed: it is an episode of an RSS feed: nobody there knows our signatures.
    :ivar domain: and ``owner``: whose it is, as moderators know them.
    :ivar follower: an actor of ours that follows its library, and so may have it; None: nobody does.
    """

    id: int
    uuid: UUID
    source: str
    audio_file: str | None
    mimetype: str | None
    is_feed: bool
    domain: str
    owner: str
    follower: int | None
    title: str
    album: str | None
    artist: str


ELSEWHERE = """
    SELECT upload.id, upload.uuid, upload.source, upload.audio_file, upload.mimetype,
           EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id),
           owner.domain, owner.fid,
           (SELECT min(follow.actor_id) FROM follow JOIN actor ON actor.id = follow.actor_id
             WHERE follow.target_library_id = library.id AND follow.approved AND actor.private_key IS NOT NULL),
           track.title, album.title, artist.name
      FROM upload
      JOIN library ON library.id = upload.library_id
      LEFT JOIN channel ON channel.library_id = library.id
      JOIN actor AS owner ON owner.id = coalesce(channel.attributed_to_id, library.actor_id)
      JOIN track ON track.id = upload.track_id
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
     WHERE upload.id = %s AND upload.source LIKE 'http%%'
"""


async def elsewhere(tx: Queries, upload_id: int) -> Elsewhere | None:
    """An upload of another server; None when it is none, or gone."""
    return await tx.maybe(Elsewhere, ELSEWHERE, upload_id)


# --- who brings it -------------------------------------------------------------------------------


@frozen
class Download:
    """A download under way.  :ivar is_silent: its holder has not been seen at it for long."""

    holder: UUID
    host: str
    home: str
    path: str | None
    length: int | None
    media_type: str | None
    is_silent: bool


TAKE = """
    INSERT INTO remote_download (upload_id, holder, host, home) SELECT id, %s, %s, %s FROM upload WHERE id = %s
        ON CONFLICT (upload_id) DO UPDATE
       SET holder = EXCLUDED.holder, host = EXCLUDED.host, home = EXCLUDED.home, path = NULL, length = NULL,
           media_type = NULL, beat = now(), wanted = NULL
     WHERE remote_download.beat < now() - %s * interval '1 second' OR remote_download.holder = %s
"""


async def take(
    tx: Tx, upload_id: int, holder: UUID, host: str, home: str, silence_seconds: float, dead: UUID | None
) -> bool:
    """
    Be the one who brings an upload.

    :param silence_seconds: after which another holder is taken for dead; ``dead`` is one that is known to be.
    """
    return await tx.do(TAKE, holder, host, home, upload_id, silence_seconds, dead) > 0


FOUND = """
    SELECT holder, host, home, path, length, media_type, beat < now() - %s * interval '1 second'
      FROM remote_download WHERE upload_id = %s
"""


async def found(tx: Queries, upload_id: int, silence_seconds: float) -> Download | None:
    """The download of an upload, if there is one."""
    return await tx.maybe(Download, FOUND, silence_seconds, upload_id)


BEGUN = """
    UPDATE remote_download SET path = %s, length = %s, media_type = %s, beat = now()
     WHERE upload_id = %s AND holder = %s
"""


async def begun(tx: Tx, upload_id: int, holder: UUID, path: str, length: int | None, media_type: str | None) -> bool:
    """Say where the file grows; False when somebody else has taken over."""
    return await tx.do(BEGUN, path, length, media_type, upload_id, holder) > 0


BEAT = """
    UPDATE remote_download SET beat = now() WHERE upload_id = %s AND holder = %s
 RETURNING coalesce(wanted > now() - interval '10 seconds', false)
"""


async def beat(tx: Tx, upload_id: int, holder: UUID) -> bool | None:
    """We are still at it: whether another process has listeners for it; None when it is not ours any more."""
    return await tx.maybe(bool, BEAT, upload_id, holder)


WANT = "UPDATE remote_download SET wanted = now() WHERE upload_id = %s AND holder = %s"


async def want(tx: Tx, upload_id: int, holder: UUID) -> bool:
    """Somebody listens in this process, too; False when that download is over."""
    return await tx.do(WANT, upload_id, holder) > 0


LEAVE = "DELETE FROM remote_download WHERE upload_id = %s AND holder = %s"


async def leave(tx: Tx, upload_id: int, holder: UUID) -> None:
    """It is over, one way or the other."""
    await tx.do(LEAVE, upload_id, holder)


ANY_OF = "SELECT upload_id FROM remote_download WHERE upload_id = ANY(%s) AND beat > now() - interval '30 seconds'"


async def under_way(tx: Queries, upload_ids: list[int]) -> set[int]:
    """Those of the uploads that are being brought."""
    return set(await tx.many(int, ANY_OF, upload_ids)) if upload_ids else set()


# --- what has come -------------------------------------------------------------------------------


@frozen
class Arrived:
    """
    What a file turned out to be.

    :ivar size: bytes.  :ivar checksum: ``sha256:HEX``.  :ivar bitrate: bits a second.  :ivar duration: seconds.
    :ivar sound: channels, samples a second, bits a sample, as JSON.
    """

    size: int
    checksum: str
    mimetype: str
    bitrate: int | None
    duration: int | None
    sound: str


ARRIVE = """
    UPDATE upload
       SET audio_file = %s, storage = %s, size = %s, checksum = %s, mimetype = %s,
           bitrate = coalesce(%s, upload.bitrate), duration = coalesce(%s, upload.duration),
           metadata = upload.metadata || %s::jsonb, etag = NULL, verified_date = NULL, accessed_date = now()
      FROM (SELECT id, audio_file FROM upload WHERE id = %s FOR UPDATE) AS before
     WHERE upload.id = before.id AND upload.source = %s AND before.audio_file IS NOT DISTINCT FROM %s
"""


async def arrive(tx: Tx, asked: Elsewhere, name: str, storage: str, now: Arrived) -> bool:
    """
    Write that the copy is here; False when the upload has changed since it was asked for.

    The transaction must touch ``catalog``, and doom the copy that was there before.
    """
    facts = now.size, now.checksum, now.mimetype, now.bitrate, now.duration, now.sound
    return await tx.do(ARRIVE, name, storage, *facts, asked.id, asked.source, asked.audio_file) > 0


DROP_VERSIONS = "DELETE FROM upload_version WHERE upload_id = %s RETURNING audio_file"


async def drop_versions(tx: Tx, upload_id: int) -> list[str]:
    """Forget all other forms of an upload; the names of their files."""
    return await tx.many(str, DROP_VERSIONS, upload_id)


FORGET = """
    WITH before AS (SELECT id, audio_file FROM upload WHERE id = %s FOR UPDATE)
    UPDATE upload SET audio_file = NULL, storage = NULL, etag = NULL, verified_date = NULL
      FROM before
     WHERE upload.id = before.id AND before.audio_file LIKE 'federation\\_cache/tracks/%%'
       AND upload.source LIKE 'http%%'
 RETURNING before.audio_file
"""


async def forget(tx: Tx, upload_id: int) -> str | None:
    """
    Forget the copy of an upload; the name of its file, if there was one.

    The transaction must touch ``catalog``.
    """
    return await tx.maybe(str, FORGET, upload_id)
