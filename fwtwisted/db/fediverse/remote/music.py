"""
Music that other servers tell of, a page of it at a time.

As in ``db.files.importing`` nothing here decides: questions take parallel lists, and what is new comes as one list of
rows.  Whoever asks holds ``importing.lock``.  Every write wants the area ``catalog`` touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from attrs import asdict, frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.remote import SaidSound

# --- what is known -------------------------------------------------------------------------------


@frozen
class KnownUpload:
    """A file that we know of.  :ivar owner_id: of the library that it is in."""

    id: int
    fid: str
    library_id: int
    owner_id: int
    track_id: int | None


KNOWN_UPLOADS = """
    SELECT upload.id, upload.fid, upload.library_id, library.actor_id, upload.track_id
      FROM upload JOIN library ON library.id = upload.library_id
     WHERE upload.fid = ANY(%s)
"""


async def known_uploads(tx: Queries, fids: Sequence[str]) -> dict[str, KnownUpload]:
    """The uploads of these ids, as far as we know them."""
    return {one.fid: one for one in await tx.many(KnownUpload, KNOWN_UPLOADS, list(fids))}


# An artist who speaks through a channel is that channel's: nobody gets in by naming their MusicBrainz id.
_BY_MBID = {
    Kind.ARTIST: "AND NOT EXISTS (SELECT FROM channel WHERE channel.artist_id = known.id)",
    Kind.ALBUM: "",
}
KNOWN = """
    SELECT asked.place::int - 1, coalesce(by_mbid.id, by_fid.id)
      FROM unnest(%s::text[], %s::uuid[]) WITH ORDINALITY AS asked (fid, mbid, place)
      LEFT JOIN LATERAL (SELECT known.id FROM {kind} AS known WHERE known.mbid = asked.mbid {limit}) AS by_mbid ON true
      LEFT JOIN LATERAL (SELECT known.id FROM {kind} AS known WHERE known.fid = asked.fid) AS by_fid ON true
     WHERE coalesce(by_mbid.id, by_fid.id) IS NOT NULL
"""


async def known(tx: Queries, kind: Kind, fids: Sequence[str], mbids: Sequence[UUID | None]) -> dict[int, int]:
    """Those artists or albums that we have, by MusicBrainz id or else by id: by their place in the lists."""
    if not fids:
        return {}
    sql = KNOWN.format(kind=kind.value, limit=_BY_MBID[kind])
    return dict(await tx.many(_pair, sql, list(fids), list(mbids)))


KNOWN_TRACKS = """
    SELECT asked.place::int - 1, coalesce(by_mbid.id, by_fid.id)
      FROM unnest(%s::text[], %s::uuid[], %s::uuid[]) WITH ORDINALITY AS asked (fid, mbid, album_mbid, place)
      LEFT JOIN LATERAL (
            SELECT track.id FROM track JOIN album ON album.id = track.album_id
             WHERE track.mbid = asked.mbid AND album.mbid = asked.album_mbid
             ORDER BY track.id LIMIT 1) AS by_mbid ON true
      LEFT JOIN LATERAL (SELECT track.id FROM track WHERE track.fid = asked.fid) AS by_fid ON true
     WHERE coalesce(by_mbid.id, by_fid.id) IS NOT NULL
"""


async def known_tracks(
    tx: Queries, fids: Sequence[str], mbids: Sequence[UUID | None], album_mbids: Sequence[UUID | None]
) -> dict[int, int]:
    """Those tracks that we have, by recording and release or else by id: by their place in the lists."""
    if not fids:
        return {}
    return dict(await tx.many(_pair, KNOWN_TRACKS, list(fids), list(mbids), list(album_mbids)))


SPEAKERS = """
    SELECT actor.fid, channel.artist_id FROM channel JOIN actor ON actor.id = channel.actor_id WHERE actor.fid = ANY(%s)
"""


async def speakers(tx: Queries, fids: Sequence[str]) -> dict[str, int]:
    """The artists of channels, by the ids of the actors who speak."""
    return dict(await tx.many(lambda fid, id: (fid, id), SPEAKERS, list(fids))) if fids else {}


def _pair(place: int, id: int) -> tuple[int, int]:
    return place, id


# --- what is new ---------------------------------------------------------------------------------


@frozen
class NewThing:
    """What artists, albums and tracks have alike.  :ivar attributed_to_id: whose they are."""

    fid: str
    mbid: UUID | None
    attributed_to_id: int | None
    cover_id: int | None
    description: str | None
    description_type: str | None
    published: datetime | None


@frozen(kw_only=True)
class NewArtist(NewThing):
    """An artist to be written."""

    name: str


@frozen(kw_only=True)
class NewAlbum(NewThing):
    """An album to be written."""

    title: str
    artist_id: int
    release_date: date | None


@frozen(kw_only=True)
class NewTrack(NewThing):
    """A track to be written.  :ivar license: the code of one that we know."""

    title: str
    artist_id: int
    album_id: int | None
    position: int | None
    disc_number: int | None
    license: str | None
    copyright: str | None


_ALIKE = "fid, mbid, attributed_to_id, cover_id, description, description_type"
_ALIKE_TYPES = """
    fid text, mbid uuid, attributed_to_id bigint, cover_id bigint, description text, description_type text,
    published timestamptz
"""
# A MusicBrainz id that somebody else has already is not given twice.
_FREE_MBID = "CASE WHEN NOT EXISTS (SELECT FROM {kind} AS other WHERE other.mbid = new.mbid) THEN new.mbid END"
_NEW_ALIKE = "new.attributed_to_id, new.cover_id, new.description, new.description_type"
_CREATED = "least(coalesce(new.published, now()), now()), now()"

ADD_ARTISTS = f"""
    INSERT INTO artist ({_ALIKE}, creation_date, last_fetch_date, name)
    SELECT new.fid, {_FREE_MBID.format(kind="artist")}, {_NEW_ALIKE}, {_CREATED}, new.name
      FROM jsonb_to_recordset(%s::jsonb) AS new ({_ALIKE_TYPES}, name text)
 RETURNING fid, id
"""
ADD_ALBUMS = f"""
    INSERT INTO album ({_ALIKE}, creation_date, last_fetch_date, title, artist_id, release_date)
    SELECT new.fid, {_FREE_MBID.format(kind="album")}, {_NEW_ALIKE}, {_CREATED}, new.title, new.artist_id,
           new.release_date
      FROM jsonb_to_recordset(%s::jsonb)
        AS new ({_ALIKE_TYPES}, title text, artist_id bigint, release_date date)
 RETURNING fid, id
"""
ADD_TRACKS = f"""
    INSERT INTO track ({_ALIKE}, creation_date, last_fetch_date, title, artist_id, album_id, position, disc_number,
                       license, copyright)
    SELECT new.fid, new.mbid, {_NEW_ALIKE}, {_CREATED}, new.title, new.artist_id, new.album_id, new.position,
           new.disc_number, new.license, new.copyright
      FROM jsonb_to_recordset(%s::jsonb)
        AS new ({_ALIKE_TYPES}, title text, artist_id bigint, album_id bigint, position int, disc_number int,
                license text, copyright text)
 RETURNING fid, id
"""
_ADD: Mapping[type[NewThing], str] = {NewArtist: ADD_ARTISTS, NewAlbum: ADD_ALBUMS, NewTrack: ADD_TRACKS}


async def add(tx: Tx, new: Sequence[NewThing]) -> dict[str, int]:
    """Write artists, or albums, or tracks, all of one kind and each id once; their keys by id."""
    if not new:
        return {}
    return dict(await tx.many(lambda fid, id: (fid, id), _ADD[type(new[0])], _rows(new)))


def _rows(new: Sequence[Any]) -> str:
    return orjson.dumps([asdict(one) for one in new]).decode()


ADD_TAGS = """
    INSERT INTO tag (name)
    SELECT DISTINCT ON (lower(name)) name FROM unnest(%s::text[]) AS name ORDER BY lower(name), name
        ON CONFLICT (lower(name)) DO NOTHING
"""
TAG = """
    INSERT INTO {kind}_tag ({kind}_id, tag_id)
    SELECT wanted.id, tag.id FROM unnest(%s::bigint[], %s::text[]) AS wanted (id, name)
      JOIN tag ON lower(tag.name) = lower(wanted.name)
        ON CONFLICT DO NOTHING
"""


async def tag(tx: Tx, kind: Kind, pairs: Sequence[tuple[int, str]]) -> None:
    """Put tags on things; those that nobody knew are made."""
    if pairs:
        names = [name for _, name in pairs]
        await tx.do(ADD_TAGS, sorted(set(names)))
        await tx.do(TAG.format(kind=kind.value), [id for id, _ in pairs], names)


@frozen
class FarUpload:
    """A file elsewhere.  :ivar bitrate: bits a second.  :ivar size: bytes.  :ivar duration: seconds."""

    fid: str
    track_id: int | None
    source: str
    mimetype: str
    bitrate: int | None
    size: int | None
    duration: int | None
    published: datetime | None
    updated: datetime | None

    @classmethod
    def of(
        cls, fid: str, sound: SaidSound, track_id: int | None, published: datetime | None, updated: datetime | None
    ) -> FarUpload:
        """The file of a library, or of what a channel published, from what is said of its sound."""
        return cls(
            fid, track_id, sound.source, sound.mimetype, sound.bitrate, sound.size, sound.duration, published, updated
        )


_FAR = """
    jsonb_to_recordset(%s::jsonb)
        AS new (fid text, track_id bigint, source text, mimetype text, bitrate int, size bigint, duration int,
                published timestamptz, updated timestamptz)
"""
ADD_UPLOADS = f"""
    INSERT INTO upload (fid, library_id, track_id, source, mimetype, bitrate, size, duration, import_status,
                        import_reference, import_date, creation_date, modification_date)
    SELECT new.fid, %s, new.track_id, new.source, new.mimetype, new.bitrate, new.size, new.duration, 'finished',
           'remote', now(), least(coalesce(new.published, now()), now()),
           least(coalesce(new.updated, new.published, now()), now())
      FROM {_FAR}
 RETURNING fid, id
"""
# What the file itself told, once it was here, is truer than what its server says of it.
REFRESH_UPLOADS = f"""
    UPDATE upload
       SET library_id = %s, source = new.source, mimetype = new.mimetype,
           track_id = coalesce(new.track_id, upload.track_id),
           bitrate = CASE WHEN audio_file IS NULL THEN coalesce(new.bitrate, upload.bitrate) ELSE upload.bitrate END,
           size = CASE WHEN audio_file IS NULL THEN coalesce(new.size, upload.size) ELSE upload.size END,
           duration = CASE WHEN audio_file IS NULL THEN coalesce(new.duration, upload.duration)
                           ELSE upload.duration END,
           modification_date = least(coalesce(new.updated, upload.modification_date), now())
      FROM {_FAR}
     WHERE upload.fid = new.fid
       AND (upload.library_id, upload.source, upload.mimetype, upload.bitrate, upload.size, upload.duration,
            upload.track_id)
           IS DISTINCT FROM
           (%s, new.source, new.mimetype, new.bitrate, new.size, new.duration,
            coalesce(new.track_id, upload.track_id))
"""


async def add_uploads(tx: Tx, library_id: int, new: Sequence[FarUpload]) -> dict[str, int]:
    """Write uploads that are new; their keys by id."""
    if not new:
        return {}
    return dict(await tx.many(lambda fid, id: (fid, id), ADD_UPLOADS, library_id, _rows(new)))


async def refresh_uploads(tx: Tx, library_id: int, now: Sequence[FarUpload]) -> int:
    """Write what is said now of uploads that are known; how many that changed.  :ivar track_id: None: as it was."""
    return await tx.do(REFRESH_UPLOADS, library_id, _rows(now), library_id) if now else 0


IS_OF = "SELECT EXISTS (SELECT FROM {kind} WHERE id = %s AND artist_id = %s)"


async def is_of(tx: Queries, kind: Kind, id: int, artist_id: int) -> bool:
    """Whether an album or a track is found under an artist."""
    return await tx.one(bool, IS_OF.format(kind=kind.value), id, artist_id)


UUID_OF = "SELECT uuid FROM upload WHERE id = %s"


async def uuid_of(tx: Queries, upload_id: int) -> UUID:
    """What clients know an upload by."""
    return await tx.one(lambda uuid: uuid, UUID_OF, upload_id)
