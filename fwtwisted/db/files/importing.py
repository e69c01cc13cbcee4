"""
Filing music: who and what is known already, and what is new, for many files at once.

Nothing here decides.  Each question takes parallel lists and answers row by row, in the order asked, together with the
words as PostgreSQL folds them, so that two spellings are the same to the caller exactly when they are to an index.
Whoever asks holds :func:`lock`, so that what was not there cannot appear before it is written.
Source: docs/api.md §7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx

# One importer settles at a time, on the whole pod.  A batch takes a fraction of a second, and what cannot run side by
# side can neither make doubles nor lie in each other's way.  Whoever is suspended while it has the lock loses it.
LOCK = """
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    SELECT pg_advisory_xact_lock(4920713300591)
"""


async def lock(tx: Tx) -> None:
    """Wait until nobody else files music; ours until the transaction ends."""
    await tx.do(LOCK)


@frozen
class Known:
    """
    What is known of a name.

    :ivar key: the words as they are compared.
    :ivar id: None when nothing matches.
    """

    key: str
    id: int | None


PAIRS = """
    SELECT asked.place::int - 1, track.id, track.artist_id, track.album_id
      FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS asked (mbid, album_mbid, place)
     CROSS JOIN LATERAL (
            SELECT track.id, track.artist_id, track.album_id
              FROM track JOIN album ON album.id = track.album_id
             WHERE track.mbid = asked.mbid AND album.mbid = asked.album_mbid
             ORDER BY track.id LIMIT 1) AS track
"""


@frozen
class Pair:
    """A track that a recording and a release name together.  :ivar place: in the lists that were asked."""

    place: int
    track_id: int
    artist_id: int
    album_id: int


async def pairs(tx: Tx, mbids: Sequence[UUID | None], album_mbids: Sequence[UUID | None]) -> list[Pair]:
    """Tracks that are known by both their MusicBrainz ids."""
    return await tx.many(Pair, PAIRS, list(mbids), list(album_mbids))


# An artist who speaks through a channel belongs to that channel: no file gets in by taking the name.
ARTISTS = """
    SELECT lower(asked.name), coalesce(by_mbid.id, by_name.id)
      FROM unnest(%s::text[], %s::uuid[]) WITH ORDINALITY AS asked (name, mbid, place)
      LEFT JOIN LATERAL (SELECT id FROM artist WHERE artist.mbid = asked.mbid LIMIT 1) AS by_mbid ON true
      LEFT JOIN LATERAL (
            SELECT artist.id FROM artist
             WHERE by_mbid.id IS NULL AND lower(artist.name) = lower(asked.name)
               AND NOT EXISTS (SELECT FROM channel WHERE channel.artist_id = artist.id)
             ORDER BY artist.mbid IS NOT NULL, artist.id LIMIT 1) AS by_name ON true
     ORDER BY asked.place
"""


async def artists(tx: Tx, names: Sequence[str], mbids: Sequence[UUID | None]) -> list[Known]:
    """For each artist, by MusicBrainz id or else by name in any case: the one we have."""
    return await tx.many(Known, ARTISTS, list(names), list(mbids))


ALBUMS = """
    SELECT lower(asked.title), coalesce(by_mbid.id, by_title.id)
      FROM unnest(%s::text[], %s::uuid[], %s::bigint[]) WITH ORDINALITY AS asked (title, mbid, artist_id, place)
      LEFT JOIN LATERAL (SELECT id FROM album WHERE album.mbid = asked.mbid LIMIT 1) AS by_mbid ON true
      LEFT JOIN LATERAL (
            SELECT album.id FROM album
             WHERE by_mbid.id IS NULL
               AND album.artist_id = asked.artist_id AND lower(album.title) = lower(asked.title)
             ORDER BY album.id LIMIT 1) AS by_title ON true
     ORDER BY asked.place
"""


async def albums(tx: Tx, titles: Sequence[str], mbids: Sequence[UUID | None], artist_ids: Sequence[int]) -> list[Known]:
    """For each album, by MusicBrainz id or else by artist and title: the one we have."""
    return await tx.many(Known, ALBUMS, list(titles), list(mbids), list(artist_ids))


TRACKS = """
    SELECT lower(asked.title), coalesce(by_mbid.id, by_words.id)
      FROM unnest(%s::text[], %s::uuid[], %s::bigint[], %s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY
           AS asked (title, mbid, artist_id, album_id, position, disc_number, place)
      LEFT JOIN LATERAL (
            SELECT track.id FROM track
             WHERE track.mbid = asked.mbid AND track.album_id = asked.album_id
             ORDER BY track.id LIMIT 1) AS by_mbid ON true
      LEFT JOIN LATERAL (
            SELECT track.id FROM track
             WHERE by_mbid.id IS NULL
               AND track.artist_id = asked.artist_id AND lower(track.title) = lower(asked.title)
               AND track.album_id = asked.album_id
               AND track.position IS NOT DISTINCT FROM asked.position
               AND track.disc_number IS NOT DISTINCT FROM asked.disc_number
             ORDER BY track.id LIMIT 1) AS by_words ON true
     ORDER BY asked.place
"""


@frozen
class AskedTrack:
    """What a track is known by."""

    title: str
    mbid: UUID | None
    artist_id: int
    album_id: int
    position: int | None
    disc_number: int | None


async def tracks(tx: Tx, asked: Sequence[AskedTrack]) -> list[Known]:
    """For each track, by recording and album or else by all its words and numbers: the one we have."""
    return await tx.many(
        Known,
        TRACKS,
        [one.title for one in asked],
        [one.mbid for one in asked],
        [one.artist_id for one in asked],
        [one.album_id for one in asked],
        [one.position for one in asked],
        [one.disc_number for one in asked],
    )


# --- what is new ---------------------------------------------------------------------------------


@frozen
class NewArtist:
    """An artist to be written.  :ivar owner_id: the actor to whom it is attributed."""

    uuid: UUID
    fid: str
    name: str
    mbid: UUID | None
    owner_id: int


ADD_ARTISTS = """
    INSERT INTO artist (uuid, fid, name, mbid, attributed_to_id)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])
 RETURNING uuid, id
"""


async def add_artists(tx: Tx, new: Sequence[NewArtist]) -> dict[UUID, int]:
    """Write artists; their ids by uuid."""
    rows = await tx.many(
        lambda uuid, id: (uuid, id),
        ADD_ARTISTS,
        [one.uuid for one in new],
        [one.fid for one in new],
        [one.name for one in new],
        [one.mbid for one in new],
        [one.owner_id for one in new],
    )
    return dict(rows)


@frozen
class NewAlbum:
    """An album to be written."""

    uuid: UUID
    fid: str
    title: str
    mbid: UUID | None
    artist_id: int
    released: date | None
    cover_id: int | None
    owner_id: int


ADD_ALBUMS = """
    INSERT INTO album (uuid, fid, title, mbid, artist_id, release_date, cover_id, attributed_to_id)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::date[], %s::bigint[],
                         %s::bigint[])
 RETURNING uuid, id
"""


async def add_albums(tx: Tx, new: Sequence[NewAlbum]) -> dict[UUID, int]:
    """Write albums; their ids by uuid."""
    rows = await tx.many(
        lambda uuid, id: (uuid, id),
        ADD_ALBUMS,
        [one.uuid for one in new],
        [one.fid for one in new],
        [one.title for one in new],
        [one.mbid for one in new],
        [one.artist_id for one in new],
        [one.released for one in new],
        [one.cover_id for one in new],
        [one.owner_id for one in new],
    )
    return dict(rows)


@frozen
class TrackWords:
    """
    What a track's own row holds.

    :ivar uuid: of a new one, as ``fid``; one that is there keeps both.
    :ivar cover_id: of a picture of its own, beside the album's.
    """

    uuid: UUID
    fid: str
    asked: AskedTrack
    license: str | None
    copyright: str | None
    description: str | None
    description_type: str | None
    cover_id: int | None
    owner_id: int


ADD_TRACKS = """
    INSERT INTO track (uuid, fid, title, mbid, artist_id, album_id, position, disc_number, license, copyright,
                       description, description_type, cover_id, attributed_to_id)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::bigint[], %s::int[],
                         %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
 RETURNING uuid, id
"""


async def add_tracks(tx: Tx, new: Sequence[TrackWords]) -> dict[UUID, int]:
    """Write tracks; their ids by uuid."""
    rows = await tx.many(
        lambda uuid, id: (uuid, id),
        ADD_TRACKS,
        [one.uuid for one in new],
        [one.fid for one in new],
        [one.asked.title for one in new],
        [one.asked.mbid for one in new],
        [one.asked.artist_id for one in new],
        [one.asked.album_id for one in new],
        [one.asked.position for one in new],
        [one.asked.disc_number for one in new],
        [one.license for one in new],
        [one.copyright for one in new],
        [one.description for one in new],
        [one.description_type for one in new],
        [one.cover_id for one in new],
        [one.owner_id for one in new],
    )
    return dict(rows)


# What the file does not say, somebody may have said by hand: that stays.
REWORD_TRACK = """
    UPDATE track
       SET title = %s, mbid = coalesce(%s, mbid), artist_id = %s, album_id = %s, position = %s, disc_number = %s,
           license = coalesce(%s, license), copyright = coalesce(%s, copyright),
           description = coalesce(%s, description), description_type = coalesce(%s, description_type),
           cover_id = coalesce(%s, cover_id)
     WHERE id = %s
"""


async def reword_track(tx: Tx, id: int, words: TrackWords) -> None:
    """Write what the tags of its only file say now over the track."""
    asked = words.asked
    await tx.do(
        REWORD_TRACK, asked.title, asked.mbid, asked.artist_id, asked.album_id, asked.position, asked.disc_number,
        words.license, words.copyright, words.description, words.description_type, words.cover_id, id,
    )  # fmt: skip


@frozen
class NewCredit:
    """One name on a track or an album.  :ivar place: from 0.  :ivar credit: as it is written there."""

    owner_id: int
    place: int
    artist_id: int
    credit: str
    joinphrase: str


TRACK_CREDITS = """
    INSERT INTO track_credit (track_id, place, artist_id, credit, joinphrase)
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::text[])
"""
ALBUM_CREDITS = """
    INSERT INTO album_credit (album_id, place, artist_id, credit, joinphrase)
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::text[])
"""


async def credit_tracks(tx: Tx, credits: Sequence[NewCredit]) -> None:
    """Name artists on new tracks.  ``owner_id`` is the track."""
    await _credit(tx, TRACK_CREDITS, credits)


async def credit_albums(tx: Tx, credits: Sequence[NewCredit]) -> None:
    """Name artists on new albums.  ``owner_id`` is the album."""
    await _credit(tx, ALBUM_CREDITS, credits)


async def _credit(tx: Tx, sql: str, credits: Sequence[NewCredit]) -> None:
    await tx.do(
        sql,
        [one.owner_id for one in credits],
        [one.place for one in credits],
        [one.artist_id for one in credits],
        [one.credit for one in credits],
        [one.joinphrase for one in credits],
    )


ADD_TAGS = """
    INSERT INTO tag (name)
    SELECT DISTINCT ON (lower(name)) name FROM unnest(%s::text[]) AS name ORDER BY lower(name), name
        ON CONFLICT (lower(name)) DO NOTHING
"""
TAG_TRACKS = """
    INSERT INTO track_tag (track_id, tag_id)
    SELECT wanted.track_id, tag.id
      FROM unnest(%s::bigint[], %s::text[]) AS wanted (track_id, name)
      JOIN tag ON lower(tag.name) = lower(wanted.name)
        ON CONFLICT DO NOTHING
"""


async def tag_tracks(tx: Tx, track_ids: Sequence[int], names: Sequence[str]) -> None:
    """Put tags on tracks, pair by pair; tags that nobody knew are made."""
    await tx.do(ADD_TAGS, sorted(set(names)))
    await tx.do(TAG_TRACKS, list(track_ids), list(names))


FORGET_NAMES_AND_TAGS = """
    WITH names AS (DELETE FROM track_credit WHERE track_id = %s)
    DELETE FROM track_tag WHERE track_id = %s
"""


async def forget_names_and_tags(tx: Tx, track_id: int) -> None:
    """Take credits and tags off a track, for new ones."""
    await tx.do(FORGET_NAMES_AND_TAGS, track_id, track_id)


# --- blanks of what was known --------------------------------------------------------------------

# Only what nobody said yet is filled in, and only in what is attributed to the owner of the file.
FILL_ALBUMS = """
    UPDATE album
       SET cover_id = coalesce(album.cover_id, told.cover_id),
           release_date = coalesce(album.release_date, told.released),
           mbid = CASE WHEN album.mbid IS NULL
                        AND NOT EXISTS (SELECT FROM album AS other WHERE other.mbid = told.mbid)
                       THEN told.mbid ELSE album.mbid END
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::uuid[])
           AS told (id, owner_id, cover_id, released, mbid)
     WHERE album.id = told.id AND album.attributed_to_id = told.owner_id
       AND (album.cover_id IS NULL AND told.cover_id IS NOT NULL
            OR album.release_date IS NULL AND told.released IS NOT NULL
            OR album.mbid IS NULL AND told.mbid IS NOT NULL)
 RETURNING album.id
"""


@frozen
class AlbumBlanks:
    """What a file says of an album that is known; at most one of each album and MusicBrainz id."""

    id: int
    owner_id: int
    cover_id: int | None
    released: date | None
    mbid: UUID | None


async def fill_albums(tx: Tx, told: Sequence[AlbumBlanks]) -> list[int]:
    """Fill in what is not known of some albums yet; those that say more now."""
    columns = zip(*((one.id, one.owner_id, one.cover_id, one.released, one.mbid) for one in told), strict=True)
    return await tx.many(int, FILL_ALBUMS, *map(list, columns))


FILL_ARTISTS = """
    UPDATE artist SET mbid = told.mbid, modification_date = now()
      FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[]) AS told (id, owner_id, mbid)
     WHERE artist.id = told.id AND artist.attributed_to_id = told.owner_id AND artist.mbid IS NULL
       AND NOT EXISTS (SELECT FROM artist AS other WHERE other.mbid = told.mbid)
 RETURNING artist.id
"""


async def fill_artists(tx: Tx, ids: Sequence[int], owner_ids: Sequence[int], mbids: Sequence[UUID]) -> list[int]:
    """Fill in MusicBrainz ids of artists that had none, at most one of each artist and id; those that have one now."""
    return await tx.many(int, FILL_ARTISTS, list(ids), list(owner_ids), list(mbids))


COVERLESS = """
    SELECT asked.place::int - 1
      FROM unnest(%s::text[], %s::uuid[], %s::text[]) WITH ORDINALITY AS asked (title, mbid, artist, place)
     WHERE NOT EXISTS (SELECT FROM album WHERE album.mbid = asked.mbid AND album.cover_id IS NOT NULL)
       AND NOT EXISTS (SELECT FROM artist JOIN album ON album.artist_id = artist.id
                        WHERE lower(artist.name) = lower(asked.artist) AND lower(album.title) = lower(asked.title)
                          AND album.cover_id IS NOT NULL)
"""


async def without_cover(
    tx: Queries, titles: Sequence[str], mbids: Sequence[UUID | None], artists: Sequence[str]
) -> list[int]:
    """Places in the lists of the albums that have no cover yet, or do not exist yet."""
    return await tx.many(int, COVERLESS, list(titles), list(mbids), list(artists))


PICTURES = """
    SELECT DISTINCT ON (attachment.sha256, attachment.actor_id) attachment.sha256, attachment.actor_id, attachment.id
      FROM attachment
     WHERE attachment.sha256 = ANY(%s) AND attachment.actor_id = ANY(%s) AND attachment.file IS NOT NULL
     ORDER BY attachment.sha256, attachment.actor_id, attachment.id
"""


async def pictures(tx: Queries, digests: Sequence[bytes], owner_ids: Sequence[int]) -> dict[tuple[bytes, int], int]:
    """Ids of stored pictures of the owners, by SHA-256 and owner."""
    rows = await tx.many(
        lambda sha256, owner_id, id: ((bytes(sha256), owner_id), id), PICTURES, list(digests), list(owner_ids)
    )
    return dict(rows)


ADD_PICTURE = """
    INSERT INTO attachment (actor_id, file, size, mimetype, sha256, storage, used)
    VALUES (%s, %s, %s, %s, %s, %s, true)
 RETURNING id
"""


async def add_picture(tx: Tx, owner_id: int, file: str, size: int, media_type: str, sha256: bytes, storage: str) -> int:
    """Write a stored picture; its id."""
    return await tx.one(int, ADD_PICTURE, owner_id, file, size, media_type, sha256, storage)


USE_PICTURES = "UPDATE attachment SET used = true WHERE id = ANY(%s) AND NOT used"


async def use_pictures(tx: Tx, ids: Sequence[int]) -> None:
    """Something refers to the pictures from now on."""
    await tx.do(USE_PICTURES, list(ids))


OWN_PICTURE = "SELECT id FROM attachment WHERE uuid = %s AND actor_id = %s"


async def own_picture(tx: Tx, uuid: UUID, actor_id: int) -> int | None:
    """The id of a picture that the actor uploaded."""
    return await tx.maybe(int, OWN_PICTURE, uuid, actor_id)


# --- doubles, and what is left behind ------------------------------------------------------------

HELD = """
    SELECT asked.place::int - 1, held.uuid
      FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS asked (track_id, owner_id, place)
     CROSS JOIN LATERAL (
            SELECT upload.uuid
              FROM upload JOIN library ON library.id = upload.library_id
             WHERE upload.track_id = asked.track_id AND upload.import_status IN ('finished', 'skipped')
               AND library.actor_id = asked.owner_id AND NOT library.is_channel
               AND upload.uuid <> ALL (%s::uuid[])
             ORDER BY upload.import_status, upload.id LIMIT 1) AS held
"""


async def held(
    tx: Tx, track_ids: Sequence[int], owner_ids: Sequence[int], leaving_out: Sequence[UUID]
) -> list[tuple[int, UUID]]:
    """
    Which of the tracks their owners hold in an upload already.

    :param leaving_out: uploads that do not count.
    :return: the place in the lists, and the upload that is there.
    """
    return await tx.many(lambda place, uuid: (place, uuid), HELD, list(track_ids), list(owner_ids), list(leaving_out))


MOVE = """
    UPDATE upload SET track_id = moved.track_id
      FROM unnest(%s::uuid[], %s::bigint[]) AS moved (upload, track_id)
     WHERE upload.uuid = moved.upload AND upload.track_id IS DISTINCT FROM moved.track_id
"""


async def move(tx: Tx, uploads: Sequence[UUID], track_ids: Sequence[int]) -> None:
    """Hang uploads on other tracks."""
    await tx.do(MOVE, list(uploads), list(track_ids))


ALONE = """
    SELECT track.id
      FROM track
     WHERE track.id = ANY(%s) AND track.attributed_to_id IS NOT DISTINCT FROM %s
       AND (SELECT count(*) FROM upload WHERE upload.track_id = track.id) = 1
"""


async def alone(tx: Tx, track_ids: Sequence[int], owner_id: int) -> set[int]:
    """Those tracks, attributed to the owner, that live from a single file."""
    return set(await tx.many(int, ALONE, list(track_ids), owner_id))


NAMED_BY = """
    SELECT artist_id FROM track WHERE id = ANY(%s)
     UNION SELECT artist_id FROM track_credit WHERE track_id = ANY(%s)
     UNION SELECT album.artist_id FROM album JOIN track ON track.album_id = album.id WHERE track.id = ANY(%s)
     UNION SELECT album_credit.artist_id FROM album_credit JOIN track USING (album_id) WHERE track.id = ANY(%s)
"""
ALBUMS_OF = "SELECT DISTINCT album_id FROM track WHERE id = ANY(%s) AND album_id IS NOT NULL"


async def named_by(tx: Tx, track_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """The artists and the albums that the tracks name, to be looked at again when the tracks changed."""
    ids = list(track_ids)
    return await tx.many(int, NAMED_BY, ids, ids, ids, ids), await tx.many(int, ALBUMS_OF, ids)


# What people have done with a track keeps it, though nothing plays it any more.
PRUNE_TRACKS = """
    DELETE FROM track
     WHERE id = ANY(%s)
       AND NOT EXISTS (SELECT FROM upload WHERE upload.track_id = track.id)
       AND NOT EXISTS (SELECT FROM favorite WHERE favorite.track_id = track.id)
       AND NOT EXISTS (SELECT FROM listening WHERE listening.track_id = track.id)
       AND NOT EXISTS (SELECT FROM playlist_track AS held WHERE held.track_id = track.id)
 RETURNING cover_id
"""
PRUNE_ALBUMS = """
    DELETE FROM album
     WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM track WHERE track.album_id = album.id)
 RETURNING cover_id
"""
PRUNE_ARTISTS = """
    DELETE FROM artist
     WHERE id = ANY(%s)
       AND NOT EXISTS (SELECT FROM track WHERE track.artist_id = artist.id)
       AND NOT EXISTS (SELECT FROM album WHERE album.artist_id = artist.id)
       AND NOT EXISTS (SELECT FROM track_credit WHERE track_credit.artist_id = artist.id)
       AND NOT EXISTS (SELECT FROM album_credit WHERE album_credit.artist_id = artist.id)
       AND NOT EXISTS (SELECT FROM channel WHERE channel.artist_id = artist.id)
 RETURNING cover_id
"""
LOOSEN_PICTURES = """
    UPDATE attachment SET used = false
     WHERE id = ANY(%s)
       AND NOT EXISTS (SELECT FROM track WHERE track.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM album WHERE album.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM artist WHERE artist.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM actor WHERE actor.icon_id = attachment.id)
"""


async def prune(tx: Tx, track_ids: Sequence[int], album_ids: Sequence[int], artist_ids: Sequence[int]) -> None:
    """Of these, remove tracks that nothing plays and nobody kept, then empty albums, then artists without anything."""
    covers: list[int | None] = []
    for sql, ids in ((PRUNE_TRACKS, track_ids), (PRUNE_ALBUMS, album_ids), (PRUNE_ARTISTS, artist_ids)):
        covers += await tx.many(lambda cover: cover, sql, list(ids))
    loose = [cover for cover in covers if cover is not None]
    if loose:
        await tx.do(LOOSEN_PICTURES, loose)
