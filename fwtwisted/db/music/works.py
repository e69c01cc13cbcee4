"""What a channel publishes: its series, its episodes, the tracks behind its uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.accounts import LongText
from fwtwisted.model.music import Attachment, Kind
from fwtwisted.model.podcasts import Episode

# --- series --------------------------------------------------------------------------------------


@frozen
class NewSeries:
    """An album of a channel.  :ivar owner_id: the actor who owns the channel."""

    uuid: UUID
    fid: str
    title: str
    artist_id: int
    released: date | None
    owner_id: int
    cover_id: int | None
    description: LongText | None


ADD_SERIES = """
    INSERT INTO album (uuid, fid, title, artist_id, release_date, attributed_to_id, cover_id, description,
                       description_type)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
CREDIT_SERIES = """
    INSERT INTO album_credit (album_id, place, artist_id, credit) SELECT %s, 0, id, name FROM artist WHERE id = %s
"""


async def add_series(tx: Tx, new: NewSeries) -> int:
    """Write a series; its id.  The transaction must touch ``catalog``."""
    text = new.description
    album_id = await tx.one(
        int, ADD_SERIES, new.uuid, new.fid, new.title, new.artist_id, new.released, new.owner_id, new.cover_id,
        text and text.text, text and text.content_type,
    )  # fmt: skip
    await tx.do(CREDIT_SERIES, album_id, new.artist_id)
    return album_id


TITLE_TAKEN = "SELECT EXISTS (SELECT FROM album WHERE artist_id = %s AND lower(title) = lower(%s))"


async def title_taken(tx: Queries, artist_id: int, title: str) -> bool:
    """Whether the artist has an album of this title."""
    return await tx.one(bool, TITLE_TAKEN, artist_id, title)


ALBUM_OF = "SELECT id FROM album WHERE id = %s AND artist_id = %s"


async def is_series_of(tx: Queries, album_id: int, artist_id: int) -> bool:
    """Whether the album is one of the artist's."""
    return await tx.maybe(int, ALBUM_OF, album_id, artist_id) is not None


# --- removal -------------------------------------------------------------------------------------

# The owner must own the channel that the thing's artist speaks through; feeds from outside are owned by nobody here.
_OWNED = """
    JOIN channel ON channel.artist_id = {thing}.artist_id WHERE {thing}.id = %s AND channel.attributed_to_id = %s
     FOR UPDATE OF {thing}
"""
OWN_ALBUM = f"SELECT album.id FROM album {_OWNED.format(thing='album')}"
OWN_TRACK = f"SELECT track.id FROM track {_OWNED.format(thing='track')}"
TRACKS_IN = "SELECT id FROM track WHERE album_id = %s"
UPLOADS_OF = "SELECT uuid FROM upload WHERE track_id = ANY(%s)"
EPISODES_OF = """
    SELECT track.id FROM upload
      JOIN channel ON channel.library_id = upload.library_id
      JOIN track ON track.id = upload.track_id AND track.artist_id = channel.artist_id
     WHERE upload.uuid = ANY(%s)
"""
SILENT = "SELECT id FROM track WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM upload WHERE track_id = track.id)"
COVERS = """
    SELECT cover_id FROM track WHERE id = ANY(%s) AND cover_id IS NOT NULL
     UNION ALL
    SELECT cover_id FROM album WHERE id = ANY(%s) AND cover_id IS NOT NULL
"""
LOOSEN = "UPDATE attachment SET used = false WHERE id = ANY(%s)"


async def lock_own_album(tx: Tx, album_id: int, actor_id: int) -> list[int] | None:
    """The tracks of a series of the actor's channel, held until the transaction ends; None: it is not theirs."""
    if await tx.maybe(int, OWN_ALBUM, album_id, actor_id) is None:
        return None
    return await tx.many(int, TRACKS_IN, album_id)


async def lock_own_track(tx: Tx, track_id: int, actor_id: int) -> bool:
    """Whether it is an episode of the actor's channel; held until the transaction ends."""
    return await tx.maybe(int, OWN_TRACK, track_id, actor_id) is not None


async def uploads_of(tx: Queries, track_ids: Sequence[int]) -> list[UUID]:
    """All uploads of the tracks."""
    return await tx.many(lambda uuid: uuid, UPLOADS_OF, list(track_ids))


async def episodes_of(tx: Queries, uploads: Sequence[UUID]) -> list[int]:
    """The tracks that these uploads were published as, by channels."""
    return await tx.many(int, EPISODES_OF, list(uploads))


async def silent(tx: Queries, track_ids: Sequence[int]) -> list[int]:
    """Those of the tracks that have no uploads."""
    return await tx.many(int, SILENT, list(track_ids)) if track_ids else []


async def remove(tx: Tx, track_ids: Sequence[int], album_ids: Sequence[int]) -> None:
    """Remove tracks and albums; their uploads must be gone before.  The transaction must touch ``catalog``."""
    covers = await tx.many(int, COVERS, list(track_ids), list(album_ids))
    await tx.do("DELETE FROM track WHERE id = ANY(%s)", list(track_ids))
    await tx.do("DELETE FROM album WHERE id = ANY(%s)", list(album_ids))
    await tx.do(LOOSEN, covers)


# --- episodes ------------------------------------------------------------------------------------


@frozen
class Words:
    """
    What an episode says of itself.

    :ivar published: None: now.
    """

    title: str
    artist_id: int
    album_id: int | None = None
    position: int | None = None
    season: int | None = None
    mbid: UUID | None = None
    license: str | None = None
    copyright: str | None = None
    owner_id: int | None = None
    cover_id: int | None = None
    description: LongText | None = None
    published: datetime | None = None


_COLUMNS = (
    "title, artist_id, album_id, position, disc_number, mbid, license, copyright, attributed_to_id, cover_id, "
    "description, description_type"
)
ADD_EPISODE = f"""
    INSERT INTO track (uuid, fid, {_COLUMNS}, creation_date)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, now())) RETURNING id
"""
REWORD_EPISODE = f"""
    UPDATE track SET ({_COLUMNS}) = (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
                     creation_date = coalesce(%s, creation_date)
     WHERE id = %s
"""
CREDIT = """
    INSERT INTO track_credit (track_id, place, artist_id, credit) SELECT %s, 0, id, name FROM artist WHERE id = %s
        ON CONFLICT DO NOTHING
"""
FORGET_TAGS = "DELETE FROM track_tag WHERE track_id = %s"


def _values(words: Words) -> tuple[object, ...]:
    text = words.description
    return (
        words.title, words.artist_id, words.album_id, words.position, words.season, words.mbid, words.license,
        words.copyright, words.owner_id, words.cover_id, text and text.text, text and text.content_type,
        words.published,
    )  # fmt: skip


async def add_episode(tx: Tx, uuid: UUID, fid: str, words: Words) -> int:
    """Write a track; its id.  The transaction must touch ``catalog``."""
    track_id = await tx.one(int, ADD_EPISODE, uuid, fid, *_values(words))
    await tx.do(CREDIT, track_id, words.artist_id)
    return track_id


async def reword_episode(tx: Tx, track_id: int, words: Words) -> None:
    """Have a track say something else; its tags are forgotten."""
    await tx.do(REWORD_EPISODE, *_values(words), track_id)
    await tx.do(FORGET_TAGS, track_id)


COVER_OF = "SELECT cover_id FROM track WHERE id = %s"


async def cover_of(tx: Queries, track_id: int) -> int | None:
    """The picture of a track."""
    return await tx.maybe(lambda cover: cover, COVER_OF, track_id)


# --- our own feeds -------------------------------------------------------------------------------

EPISODES = """
    SELECT upload.uuid, track.uuid, track.id, track.title, track.description, track.description_type, upload.mimetype,
           upload.size, version.size, upload.bitrate, upload.duration, track.position, track.disc_number,
           track.cover_id, track.creation_date, upload.modification_date
      FROM upload
      JOIN track ON track.id = upload.track_id
      LEFT JOIN LATERAL (SELECT size FROM upload_version
                          WHERE upload_version.upload_id = upload.id AND mimetype = 'audio/mpeg'
                          ORDER BY bitrate DESC LIMIT 1) AS version ON true
     WHERE upload.library_id = %s AND upload.import_status IN ('finished', 'skipped')
     ORDER BY track.creation_date DESC, track.id DESC
     LIMIT %s
"""


async def episodes(tx: Tx, library_id: int, limit: int) -> list[Episode]:
    """The newest episodes of a channel of ours that can be played."""
    rows = await tx.many(lambda *columns: columns, EPISODES, library_id, limit)
    covers = await catalog.attachments(tx, {row[13] for row in rows if row[13] is not None})
    tags = await catalog.tags(tx, Kind.TRACK, [row[2] for row in rows])
    return [_episode(row, covers, tags) for row in rows]


def _episode(row: tuple[Any, ...], covers: Mapping[int, Attachment], tags: Mapping[int, Sequence[str]]) -> Episode:
    upload, track, track_id, title, text, kind, mimetype, size, mp3_size, bitrate, duration, position, season, *rest = (
        row
    )
    cover_id, published, modified = rest
    return Episode(
        upload, track, track_id, title, LongText(text, kind or "text/markdown") if text else None, mimetype, size,
        mp3_size, bitrate, duration, position, season, covers.get(cover_id), tags.get(track_id, ()), published,
        modified,
    )  # fmt: skip
