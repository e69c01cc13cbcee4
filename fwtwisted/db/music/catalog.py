"""What artists, albums and tracks are made of, loaded by id: every list and every detail is put together from these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from attrs import frozen

from fwtwisted.db.often import Often
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Album, AlbumFacts, Artist, Attachment, ChannelOf, Kind, Playable, Track

T = TypeVar("T", Artist, Album, Track, Attachment, ChannelOf)

ARTISTS = Often(
    "artists_by_id",
    """
    SELECT artist.id, artist.uuid, artist.fid, artist.mbid, artist.name, artist.content_category,
           artist.attributed_to_id, artist.cover_id, artist.description, artist.description_type,
           artist.creation_date, artist.modification_date, channel.id
      FROM artist LEFT JOIN channel ON channel.artist_id = artist.id
     WHERE artist.id = ANY(%s)
    """,
    ("bigint[]",),
)
ALBUMS = Often(
    "albums_by_id",
    """
    SELECT id, uuid, fid, mbid, title, artist_id, release_date, attributed_to_id, cover_id, description,
           description_type, creation_date
      FROM album WHERE id = ANY(%s)
    """,
    ("bigint[]",),
)
TRACKS = Often(
    "tracks_by_id",
    """
    SELECT id, uuid, fid, mbid, title, artist_id, album_id, position, disc_number, license, copyright,
           attributed_to_id, cover_id, description, description_type, downloads_count, creation_date
      FROM track WHERE id = ANY(%s)
    """,
    ("bigint[]",),
)
ATTACHMENTS = Often(
    "attachments_by_id",
    "SELECT id, uuid, url, file, size, mimetype, creation_date FROM attachment WHERE id = ANY(%s)",
    ("bigint[]",),
)
CHANNELS = """
    SELECT channel.id, channel.uuid, actor.preferred_username, actor.domain
      FROM channel JOIN actor ON actor.id = channel.actor_id WHERE channel.id = ANY(%s)
"""


def _by_id(values: Sequence[T]) -> dict[int, T]:
    return {value.id: value for value in values}


async def artists(tx: Tx, ids: Collection[int]) -> dict[int, Artist]:
    """Artists by id; unknown ids are left out, here and below."""
    return _by_id(await tx.often_many(Artist, ARTISTS, list(ids))) if ids else {}


async def albums(tx: Tx, ids: Collection[int]) -> dict[int, Album]:
    """Albums by id."""
    return _by_id(await tx.often_many(Album, ALBUMS, list(ids))) if ids else {}


async def tracks(tx: Tx, ids: Collection[int]) -> dict[int, Track]:
    """Tracks by id."""
    return _by_id(await tx.often_many(Track, TRACKS, list(ids))) if ids else {}


async def attachments(tx: Tx, ids: Collection[int]) -> dict[int, Attachment]:
    """Pictures by id."""
    return _by_id(await tx.often_many(Attachment, ATTACHMENTS, list(ids))) if ids else {}


async def channels(tx: Tx, ids: Collection[int]) -> dict[int, ChannelOf]:
    """Channels by id, as far as their artist's document shows them."""
    return _by_id(await tx.many(ChannelOf, CHANNELS, list(ids))) if ids else {}


# A listener gets stored files first, then what is kept of remote ones, then the oldest.
PLAYABLES = Often(
    "playables",
    """
    SELECT uuid, fid, track_id, size, duration, bitrate, mimetype, audio_file, source
      FROM upload
     WHERE track_id = ANY(%s) AND library_id = ANY(%s) AND import_status IN ('finished', 'skipped')
     ORDER BY source LIKE 'http%%' AND audio_file IS NULL, source LIKE 'http%%', id
    """,
    ("bigint[]", "bigint[]"),
)


async def playables(tx: Tx, track_ids: Collection[int], visible: Collection[int]) -> dict[int, list[Playable]]:
    """What may be played of each track by someone who sees the libraries ``visible``; the best first."""
    found: dict[int, list[Playable]] = defaultdict(list)
    if track_ids and visible:
        for playable in await tx.often_many(Playable, PLAYABLES, list(track_ids), list(visible)):
            found[playable.track_id].append(playable)
    return found


TAGS = {
    kind: Often(
        f"tags_of_{kind}s",
        f"""
        SELECT {kind}_tag.{kind}_id, tag.name FROM {kind}_tag JOIN tag ON tag.id = {kind}_tag.tag_id
         WHERE {kind}_tag.{kind}_id = ANY(%s) ORDER BY lower(tag.name)
        """,
        ("bigint[]",),
    )
    for kind in Kind
}


async def tags(tx: Tx, kind: Kind, ids: Collection[int]) -> dict[int, list[str]]:
    """Tag names by object, in alphabetical order."""
    found: dict[int, list[str]] = defaultdict(list)
    if ids:
        for id, name in await tx.often_many(_pair, TAGS[kind], list(ids)):
            found[id].append(name)
    return found


def _pair(id: int, text: str) -> tuple[int, str]:
    return id, text


ALBUM_FACTS = """
    SELECT album_id, count(*), count(duration), coalesce(sum(duration), 0)
      FROM (SELECT track.album_id,
                   max(CASE WHEN upload.id IS NOT NULL THEN coalesce(upload.duration, 0) END) AS duration
              FROM track
              LEFT JOIN upload ON upload.track_id = track.id AND upload.library_id = ANY(%s)
                              AND upload.import_status IN ('finished', 'skipped')
             WHERE track.album_id = ANY(%s)
             GROUP BY track.id, track.album_id) AS best
     GROUP BY album_id
"""


async def album_facts(tx: Tx, ids: Collection[int], visible: Collection[int]) -> dict[int, AlbumFacts]:
    """What is counted of each album, for someone who sees the libraries ``visible``."""
    if not ids:
        return {}
    rows = await tx.many(
        lambda id, tracks, playable, seconds: (id, AlbumFacts(tracks, playable, int(seconds))),
        ALBUM_FACTS,
        list(visible),
        list(ids),
    )
    return dict(rows)


TRACK_COUNTS = "SELECT artist_id, count(*) FROM track WHERE artist_id = ANY(%s) GROUP BY artist_id"


async def track_counts(tx: Tx, artist_ids: Collection[int]) -> dict[int, int]:
    """How many tracks each artist has."""
    if not artist_ids:
        return {}
    return dict(await tx.many(lambda id, count: (id, count), TRACK_COUNTS, list(artist_ids)))


ALBUMS_OF = Often(
    "albums_of_artists",
    "SELECT artist_id, id FROM album WHERE artist_id = ANY(%s) ORDER BY release_date DESC NULLS LAST, id DESC",
    ("bigint[]",),
)


async def albums_of(tx: Tx, artist_ids: Collection[int]) -> dict[int, list[int]]:
    """The albums of each artist, the newest first."""
    found: dict[int, list[int]] = defaultdict(list)
    if artist_ids:
        for artist, album in await tx.often_many(lambda artist, album: (artist, album), ALBUMS_OF, list(artist_ids)):
            found[artist].append(album)
    return found


LIBRARY_ID = "SELECT id FROM library WHERE uuid = %s"
CHANNEL_ARTIST = "SELECT artist_id FROM channel WHERE uuid = %s"
HIDDEN_ARTISTS = Often(
    "hidden_artists", "SELECT artist_id FROM content_filter WHERE account_id = %s ORDER BY artist_id", ("bigint",)
)
FOLLOWED = "SELECT target_library_id FROM follow WHERE actor_id = %s AND approved AND target_library_id IS NOT NULL"
ACTOR_ID = "SELECT id FROM actor WHERE lower(preferred_username) = lower(%s) AND domain = %s"


async def library_id(tx: Tx, uuid: UUID) -> int | None:
    """The key of a library."""
    return await tx.maybe(int, LIBRARY_ID, uuid)


async def channel_artist(tx: Tx, uuid: UUID) -> int | None:
    """The artist that a channel speaks as."""
    return await tx.maybe(int, CHANNEL_ARTIST, uuid)


async def hidden_artists(tx: Tx, account_id: int) -> list[int]:
    """Artists that the account does not want to meet."""
    return await tx.often_many(int, HIDDEN_ARTISTS, account_id)


async def followed_libraries(tx: Tx, actor_id: int) -> list[int]:
    """Libraries that the actor follows with approval."""
    return await tx.many(int, FOLLOWED, actor_id)


async def actor_id(tx: Tx, username: str, domain: str) -> int | None:
    """The key of an actor by its handle."""
    return await tx.maybe(int, ACTOR_ID, username, domain.lower())


EXISTS = {kind: f"SELECT id FROM {kind} WHERE id = %s" for kind in Kind}


async def exists(tx: Tx, kind: Kind, id: int) -> bool:
    """Whether there is such an object."""
    return await tx.maybe(int, EXISTS[kind], id) is not None


@frozen
class Tag:
    """A word that objects are tagged with."""

    name: str
    creation_date: datetime


TAG_ORDERS = {"name": "lower(name)", "creation_date": "creation_date", "length": "length(name)"}
TAG_FILTER = """
    (%s::text IS NULL OR lower(name) = lower(%s)) AND (%s::text IS NULL OR starts_with(lower(name), lower(%s)))
    AND (SELECT coalesce(bool_and(position(lower(word) IN lower(name)) > 0), true) FROM unnest(%s::text[]) AS word)
"""


async def tag_list(
    tx: Tx,
    words: Sequence[str],
    name: str | None,
    starts: str | None,
    order: Sequence[tuple[str, bool]],
    limit: int,
    offset: int,
) -> tuple[list[Tag], int]:
    """Tags that contain every word, one page of them, and how many there are in all."""
    args = (name, name, starts, starts, list(words))
    by = ", ".join(f"{TAG_ORDERS[what]} {'DESC' if down else 'ASC'}" for what, down in order) or "lower(name)"
    found = await tx.many(
        Tag,
        f"SELECT name, creation_date FROM tag WHERE {TAG_FILTER} ORDER BY {by}, id LIMIT %s OFFSET %s",
        *args,
        limit,
        offset,
    )
    return found, await tx.one(int, f"SELECT count(*) FROM tag WHERE {TAG_FILTER}", *args)


SHORTEST_TAGS = f"SELECT name, creation_date FROM tag WHERE {TAG_FILTER} ORDER BY length(name), id LIMIT %s"


async def shortest_tags(tx: Tx, words: Sequence[str], limit: int) -> list[Tag]:
    """The first few tags that contain every word, those with the shortest names."""
    return await tx.many(Tag, SHORTEST_TAGS, None, None, None, None, list(words), limit)


TAG_NAMED = "SELECT name, creation_date FROM tag WHERE lower(name) = lower(%s)"


async def tag_named(tx: Tx, name: str) -> Tag | None:
    """The tag of that name, in any case of letters."""
    return await tx.maybe(Tag, TAG_NAMED, name)


ATTACHMENT = "SELECT id, uuid, url, file, size, mimetype, creation_date FROM attachment WHERE uuid = %s"


async def attachment(tx: Tx, uuid: UUID) -> Attachment | None:
    """A picture by its public id."""
    return await tx.maybe(Attachment, ATTACHMENT, uuid)


LIBRARIES_HOLDING = {
    Kind.TRACK: "upload.track_id = %s",
    Kind.ALBUM: "upload.track_id IN (SELECT id FROM track WHERE album_id = %s)",
    Kind.ARTIST: "upload.track_id IN (SELECT id FROM track WHERE artist_id = %s)",
}


async def libraries_holding(tx: Tx, kind: Kind, id: int, visible: Sequence[int]) -> list[int]:
    """Ids of the visible libraries with a playable file of the object, without channels' own."""
    sql = f"""SELECT DISTINCT library.id FROM upload JOIN library ON library.id = upload.library_id
               WHERE {LIBRARIES_HOLDING[kind]} AND library.id = ANY(%s) AND NOT library.is_channel
                 AND upload.import_status IN ('finished', 'skipped') ORDER BY library.id"""
    return await tx.many(int, sql, id, list(visible))
