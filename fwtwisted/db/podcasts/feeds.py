"""Feeds of other servers: how they are asked for, when, and which upload stands for which of their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from attrs import field, frozen
from attrs.converters import optional

from fwtwisted.db.pool import Queries, Tx

# --- the feeds -----------------------------------------------------------------------------------


@frozen
class KnownFeed:
    """
    A feed and how it went.

    :ivar digest: SHA-256 of what was read last.
    :ivar failures: since it last went well.
    :ivar is_followed: somebody here is subscribed.
    :ivar rests_until: when its host may be asked again; None: now.
    """

    channel_id: int
    artist_id: int
    library_id: int
    actor_id: int
    url: str
    etag: str | None
    last_modified: str | None
    digest: bytes | None = field(converter=optional(bytes))
    due: datetime
    failures: int
    is_followed: bool
    rests_until: datetime | None


_FOLLOWED = "EXISTS (SELECT FROM follow WHERE follow.target_actor_id = channel.actor_id AND follow.approved)"
KNOWN = f"""
    SELECT channel.id, channel.artist_id, channel.library_id, channel.actor_id, channel.rss_url,
           feed.etag, feed.last_modified, feed.digest, feed.due, feed.failures, {_FOLLOWED}, feed_host.rests_until
      FROM feed
      JOIN channel ON channel.id = feed.channel_id
      LEFT JOIN feed_host ON feed_host.host = feed.host AND feed_host.rests_until > now()
     WHERE feed.channel_id = %s
"""


async def known(tx: Queries, channel_id: int) -> KnownFeed | None:
    """The feed of a channel."""
    return await tx.maybe(KnownFeed, KNOWN, channel_id)


AT = "SELECT channel_id FROM feed_address WHERE url = ANY(%s) ORDER BY channel_id LIMIT 1"


async def at(tx: Queries, urls: Sequence[str]) -> int | None:
    """The channel of the feed that lives, or once lived, at one of the addresses."""
    return await tx.maybe(int, AT, list(urls))


# A channel of another pod tells where its feed is, and is followed as what it is.
SPOKEN = """
    SELECT channel.uuid FROM channel
     WHERE channel.rss_url = %s AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""


async def spoken(tx: Queries, url: str) -> UUID | None:
    """The channel of another pod whose feed this is."""
    return await tx.maybe(lambda uuid: uuid, SPOKEN, url)


RELEASE = """
    UPDATE channel SET rss_url = NULL
     WHERE rss_url = %s AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""


async def release(tx: Tx, url: str) -> None:
    """Let a channel of another pod be known without its feed, which is to be one of its own."""
    await tx.do(RELEASE, url)


LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('feed', 0))"


async def lock(tx: Tx) -> None:
    """Let nobody else decide which feed an address is of until the transaction ends."""
    await tx.do(LOCK)


ADD = "INSERT INTO feed (channel_id, host, due) VALUES (%s, %s, now())"
ADD_ADDRESS = "INSERT INTO feed_address (url, channel_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
MOVE = "UPDATE channel SET rss_url = %s WHERE id = %s"
MOVE_FEED = "UPDATE feed SET host = %s, etag = NULL, last_modified = NULL WHERE channel_id = %s"


async def add(tx: Tx, channel_id: int, host: str) -> None:
    """Write how a new channel's feed is asked for."""
    await tx.do(ADD, channel_id, host)


async def know_as(tx: Tx, channel_id: int, urls: Sequence[str]) -> None:
    """Know the feed by these addresses too, as far as they are nobody else's."""
    for url in urls:
        await tx.do(ADD_ADDRESS, url, channel_id)


async def move(tx: Tx, channel_id: int, url: str, host: str) -> None:
    """The feed lives elsewhere from now on."""
    await tx.do(MOVE, url, channel_id)
    await tx.do(MOVE_FEED, host, channel_id)


WENT_WELL = """
    UPDATE feed SET etag = %s, last_modified = %s, digest = %s, fetched = now(), failures = 0, trouble = NULL,
                    due = now() + %s * interval '1 second'
     WHERE channel_id = %s
"""
WENT_WRONG = """
    UPDATE feed SET failures = failures + 1, trouble = %s, due = now() + %s * interval '1 second' WHERE channel_id = %s
"""
POSTPONE = "UPDATE feed SET due = now() + %s * interval '1 second' WHERE channel_id = %s"
REST = """
    INSERT INTO feed_host (host, rests_until) VALUES (%s, now() + %s * interval '1 second')
        ON CONFLICT (host) DO UPDATE SET rests_until = greatest(feed_host.rests_until, EXCLUDED.rests_until)
"""
FORGET_RESTS = "DELETE FROM feed_host WHERE rests_until < now()"


async def went_well(
    tx: Tx, channel_id: int, etag: str | None, last_modified: str | None, digest: bytes | None, seconds: float
) -> None:
    """The feed was asked for; the next time after so many seconds."""
    await tx.do(WENT_WELL, etag, last_modified, digest, seconds, channel_id)


async def went_wrong(tx: Tx, channel_id: int, trouble: str, seconds: float) -> None:
    """Nothing came of it; the next attempt after so many seconds."""
    await tx.do(WENT_WRONG, trouble[:500], seconds, channel_id)


async def postpone(tx: Tx, channel_id: int, seconds: float) -> None:
    """Ask later, and nobody's fault."""
    await tx.do(POSTPONE, seconds, channel_id)


async def rest(tx: Tx, host: str, seconds: float) -> None:
    """Leave a host alone for so long."""
    await tx.do(REST, host, seconds)


DUE = f"""
    SELECT feed.channel_id FROM feed JOIN channel ON channel.id = feed.channel_id
     WHERE feed.due <= now() AND {_FOLLOWED}
     ORDER BY feed.due, feed.channel_id LIMIT %s
"""


async def due(tx: Tx, limit: int) -> list[int]:
    """Channels whose feeds should be asked for, of those that somebody follows."""
    await tx.do(FORGET_RESTS)
    return await tx.many(int, DUE, limit)


HASTEN = """
    UPDATE feed SET due = now()
      FROM channel JOIN follow ON follow.target_actor_id = channel.actor_id
     WHERE channel.id = feed.channel_id AND follow.actor_id = %s AND follow.approved
       AND coalesce(feed.fetched, '-infinity') < now() - %s * interval '1 second' AND feed.failures = 0
 RETURNING feed.channel_id
"""


async def hasten(tx: Tx, actor_id: int, age_seconds: float) -> list[int]:
    """Make the feeds that the actor follows due, unless they were just asked for, or fail."""
    return await tx.many(int, HASTEN, actor_id, age_seconds)


SAYS_OTHERWISE = """
    SELECT (name, cover_id, description, description_type) IS DISTINCT FROM (%s, %s::bigint, %s, %s)
      FROM artist WHERE id = %s
"""


async def says_otherwise(tx: Queries, artist_id: int, values: Mapping[str, object]) -> bool:
    """Whether an artist says anything else than these values of ``name``, ``cover_id`` and the description."""
    told = [values[name] for name in ("name", "cover_id", "description", "description_type")]
    return await tx.one(bool, SAYS_OTHERWISE, *told, artist_id)


# --- their items ---------------------------------------------------------------------------------


@frozen
class KnownItem:
    """What is known of an item of a feed.  :ivar digest: of all that the item said when it was last read."""

    guid: str
    upload: UUID
    track_id: int
    published: datetime
    digest: bytes = field(converter=bytes)


ITEMS = """
    SELECT feed_item.guid, upload.uuid, upload.track_id, feed_item.published, feed_item.digest
      FROM feed_item JOIN upload ON upload.id = feed_item.upload_id
     WHERE feed_item.channel_id = %s AND upload.track_id IS NOT NULL
     ORDER BY feed_item.published DESC, feed_item.upload_id DESC
"""


async def items(tx: Queries, channel_id: int) -> list[KnownItem]:
    """The items of a feed that are known, the newest first."""
    return await tx.many(KnownItem, ITEMS, channel_id)


@frozen
class NewItem:
    """
    An item with the track and the upload that stand for it.

    :ivar digest: of all that it says.
    """

    upload: UUID
    upload_fid: str
    track: UUID
    track_fid: str
    guid: str
    digest: bytes
    published: datetime
    title: str
    position: int | None
    season: int | None
    copyright: str | None
    description: str | None
    description_type: str | None
    cover_id: int | None
    source: str
    mimetype: str
    size: int | None
    duration: int | None


ADD_TRACKS = """
    INSERT INTO track (uuid, fid, title, artist_id, position, disc_number, copyright, attributed_to_id, cover_id,
                       description, description_type, creation_date)
    SELECT new.uuid, new.fid, new.title, %s, new.position, new.season, new.copyright, %s, new.cover_id,
           new.description, new.description_type, new.published
      FROM jsonb_to_recordset(%s::jsonb)
        AS new (uuid uuid, fid text, title text, position int, season int, copyright text, cover_id bigint,
                description text, description_type text, published timestamptz)
"""
CREDIT_TRACKS = """
    INSERT INTO track_credit (track_id, place, artist_id, credit)
    SELECT track.id, 0, artist.id, artist.name FROM track JOIN artist ON artist.id = track.artist_id
     WHERE track.uuid = ANY(%s)
"""
ADD_UPLOADS = """
    INSERT INTO upload (uuid, fid, library_id, track_id, source, mimetype, size, duration, import_status,
                        import_reference, import_date, creation_date)
    SELECT new.upload, new.upload_fid, %s, track.id, new.source, new.mimetype, new.size, new.duration, 'finished',
           'rss', now(), new.published
      FROM jsonb_to_recordset(%s::jsonb)
        AS new (upload uuid, upload_fid text, uuid uuid, source text, mimetype text, size bigint, duration int,
                published timestamptz)
      JOIN track ON track.uuid = new.uuid
"""
ADD_ITEMS = """
    INSERT INTO feed_item (upload_id, channel_id, guid, published, digest)
    SELECT upload.id, %s, new.guid, new.published, decode(new.digest, 'hex')
      FROM jsonb_to_recordset(%s::jsonb) AS new (upload uuid, guid text, published timestamptz, digest text)
      JOIN upload ON upload.uuid = new.upload
"""


async def add_items(tx: Tx, feed: KnownFeed, owner_id: int, new: Sequence[NewItem]) -> None:
    """Write items that are new.  The transaction must touch ``catalog``."""
    if not new:
        return
    told = orjson.dumps([_told(item) for item in new]).decode()
    await tx.do(ADD_TRACKS, feed.artist_id, owner_id, told)
    await tx.do(CREDIT_TRACKS, [item.track for item in new])
    await tx.do(ADD_UPLOADS, feed.library_id, told)
    await tx.do(ADD_ITEMS, feed.channel_id, told)


def _told(item: NewItem) -> Mapping[str, object]:
    return {
        "uuid": item.track, "fid": item.track_fid, "title": item.title, "position": item.position,
        "season": item.season, "copyright": item.copyright, "cover_id": item.cover_id,
        "description": item.description, "description_type": item.description_type, "published": item.published,
        "upload": item.upload, "upload_fid": item.upload_fid, "source": item.source, "mimetype": item.mimetype,
        "size": item.size, "duration": item.duration, "guid": item.guid, "digest": item.digest.hex(),
    }  # fmt: skip


REWORD_TRACK = """
    UPDATE track SET title = %s, position = %s, disc_number = %s, copyright = %s, cover_id = %s, description = %s,
                     description_type = %s, creation_date = %s
     WHERE id = %s
"""
REWORD_UPLOAD = """
    UPDATE upload SET source = %s, mimetype = %s, size = %s, duration = %s, creation_date = %s,
                      modification_date = now()
     WHERE uuid = %s
"""
REWORD_ITEM = """
    UPDATE feed_item SET digest = %s, published = %s
     WHERE upload_id = (SELECT id FROM upload WHERE uuid = %s)
"""


async def reword_item(tx: Tx, known: KnownItem, now: NewItem) -> None:
    """Write what an item says now.  The transaction must touch ``catalog``."""
    await tx.do(
        REWORD_TRACK, now.title, now.position, now.season, now.copyright, now.cover_id, now.description,
        now.description_type, now.published, known.track_id,
    )  # fmt: skip
    await tx.do(REWORD_UPLOAD, now.source, now.mimetype, now.size, now.duration, now.published, known.upload)
    await tx.do(REWORD_ITEM, now.digest, now.published, known.upload)


# --- pictures ------------------------------------------------------------------------------------

PICTURES = """
    INSERT INTO attachment (url, used) SELECT DISTINCT told, true FROM unnest(%s::text[]) AS told ORDER BY told
        ON CONFLICT (url) DO UPDATE SET used = true
 RETURNING url, id
"""


async def pictures(tx: Tx, urls: Sequence[str]) -> dict[str, int]:
    """Pictures of other servers, by address; those that are not known are from now on."""
    return dict(await tx.many(lambda url, id: (url, id), PICTURES, list(urls))) if urls else {}
