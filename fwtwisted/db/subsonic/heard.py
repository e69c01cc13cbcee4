"""Songs, albums and artists as one listener meets them, many in one statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from fwtwisted.db.pool import Queries
from fwtwisted.model.heard import HeardAlbum, HeardArtist, HeardSong, Named

_CREDITED = """
    ARRAY(SELECT credit.artist_id FROM {kind}_credit AS credit WHERE credit.{kind}_id = {kind}.id
           ORDER BY credit.place),
    ARRAY(SELECT credit.credit FROM {kind}_credit AS credit WHERE credit.{kind}_id = {kind}.id ORDER BY credit.place),
    ARRAY(SELECT credit.joinphrase FROM {kind}_credit AS credit WHERE credit.{kind}_id = {kind}.id
           ORDER BY credit.place)
"""

# The file comes as in db/music/catalog.py: stored ones first, then what is kept of remote ones, then the oldest.
SONGS = f"""
    SELECT track.id, track.uuid, track.title, track.position, track.disc_number, track.creation_date, track.mbid,
           artist.id, artist.name, artist.content_category, album.id, album.title, album.release_date,
           main.id, main.name, own.uuid, cover.uuid,
           best.uuid, best.size, best.duration, best.bitrate, best.mimetype, best.metadata,
           ARRAY(SELECT tag.name FROM tag WHERE tag.id IN (
                     SELECT tag_id FROM track_tag WHERE track_id = track.id
                      UNION SELECT tag_id FROM album_tag WHERE album_id = album.id
                      UNION SELECT tag_id FROM artist_tag WHERE artist_id = artist.id)
                  ORDER BY lower(tag.name)),
           {_CREDITED.format(kind="track")}, {_CREDITED.format(kind="album")}
      FROM track
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
      LEFT JOIN artist AS main ON main.id = album.artist_id
      LEFT JOIN attachment AS own ON own.id = track.cover_id
      LEFT JOIN attachment AS cover ON cover.id = album.cover_id
     CROSS JOIN LATERAL (
            SELECT uuid, size, duration, bitrate, mimetype,
                   metadata - '{{lyrics,synced_lyrics,genres}}'::text[] AS metadata
              FROM upload
             WHERE upload.track_id = track.id AND upload.library_id = ANY(%s)
               AND upload.import_status IN ('finished', 'skipped')
             ORDER BY source LIKE 'http%%' AND audio_file IS NULL, source LIKE 'http%%', id LIMIT 1) AS best
     WHERE track.id = ANY(%s)
"""


async def songs(tx: Queries, ids: Collection[int], libraries: Sequence[int]) -> dict[int, HeardSong]:
    """The songs of these ids, as far as a file of them lies in one of the libraries."""
    found = await tx.many(_song, SONGS, list(libraries), list(ids)) if ids and libraries else []
    return {song.id: song for song in found}


def _song(*columns: Any) -> HeardSong:
    *_, ids, names, joints, album_ids, album_names, album_joints = columns
    return HeardSong(*columns[:-6], _named(ids, names, joints), _named(album_ids, album_names, album_joints))  # type: ignore[call-arg]


def _named(ids: list[int], names: list[str], joints: list[str]) -> list[Named]:
    return [Named(*one) for one in zip(ids, names, joints, strict=True)]


SONGS_OF_UPLOADS = "SELECT uuid, track_id FROM upload WHERE uuid = ANY(%s) AND track_id IS NOT NULL"


async def songs_of_uploads(tx: Queries, uploads: Collection[UUID]) -> dict[UUID, int]:
    """The songs that files are of, by the uuid of the upload."""
    return dict(await tx.many(lambda uuid, song: (uuid, song), SONGS_OF_UPLOADS, list(uploads)))


HEARD_TRACKS = """
    SELECT track.id, track.album_id, track.disc_number, max(upload.duration) AS duration,
           bool_or(upload.metadata ? 'compilation') AS compilation
      FROM track JOIN upload ON upload.track_id = track.id
     WHERE track.album_id = ANY(%s) AND upload.library_id = ANY(%s)
       AND upload.import_status IN ('finished', 'skipped')
     GROUP BY track.id
"""
ALBUMS = f"""
    WITH heard AS MATERIALIZED ({HEARD_TRACKS}),
         counted AS (SELECT album_id, count(*) AS songs, coalesce(sum(duration), 0) AS seconds,
                            bool_or(compilation) AS compilation
                       FROM heard GROUP BY album_id),
         said AS (SELECT heard.album_id, track_tag.tag_id FROM heard JOIN track_tag ON track_tag.track_id = heard.id
                   UNION ALL
                  SELECT album_id, tag_id FROM album_tag WHERE album_id = ANY(%s)),
         ranked AS (SELECT album_id, tag_id, count(*) AS times FROM said GROUP BY album_id, tag_id),
         genres AS (SELECT ranked.album_id, array_agg(tag.name ORDER BY times DESC, lower(tag.name)) AS names
                      FROM ranked JOIN tag ON tag.id = ranked.tag_id GROUP BY ranked.album_id)
    SELECT album.id, album.title, artist.id, artist.name, album.release_date, album.mbid, album.creation_date,
           album.description, cover.uuid, counted.songs, counted.seconds, counted.compilation,
           coalesce(genres.names, '{{}}'), {_CREDITED.format(kind="album")}
      FROM album
      JOIN counted ON counted.album_id = album.id
      JOIN artist ON artist.id = album.artist_id
      LEFT JOIN attachment AS cover ON cover.id = album.cover_id
      LEFT JOIN genres ON genres.album_id = album.id
"""


async def albums(tx: Queries, ids: Collection[int], libraries: Sequence[int]) -> dict[int, HeardAlbum]:
    """The albums of these ids of which something may be heard in the libraries."""
    if not ids or not libraries:
        return {}
    found = await tx.many(_album, ALBUMS, list(ids), list(libraries), list(ids))
    return {album.id: album for album in found}


def _album(*columns: Any) -> HeardAlbum:
    *_, seconds, compilation, genres, ids, names, joints = columns
    return HeardAlbum(*columns[:-6], int(seconds), bool(compilation), genres, _named(ids, names, joints))  # type: ignore[call-arg]


# Whom one hears: who made a track or its album, or is credited with either.  Parameter: the libraries.
HEARD_ARTISTS = """
    WITH heard AS MATERIALIZED (
             SELECT DISTINCT track.id, track.artist_id, track.album_id
               FROM upload JOIN track ON track.id = upload.track_id
              WHERE upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')),
         records AS MATERIALIZED (SELECT DISTINCT album_id FROM heard WHERE album_id IS NOT NULL),
         makers AS MATERIALIZED (
             SELECT album.artist_id, album.id AS album_id FROM album JOIN records ON records.album_id = album.id
              UNION
             SELECT credit.artist_id, credit.album_id
               FROM album_credit AS credit JOIN records ON records.album_id = credit.album_id),
         everybody AS (
             SELECT artist_id FROM makers
              UNION SELECT artist_id FROM heard
              UNION SELECT credit.artist_id FROM track_credit AS credit JOIN heard ON heard.id = credit.track_id)
"""
ARTISTS = f"""
    {HEARD_ARTISTS}
    SELECT artist.id, artist.name, artist.mbid, artist.description, cover.uuid, coalesce(made.albums, 0)
      FROM everybody
      JOIN artist ON artist.id = everybody.artist_id
      LEFT JOIN (SELECT artist_id, count(*) AS albums FROM makers GROUP BY artist_id) AS made
             ON made.artist_id = artist.id
      LEFT JOIN attachment AS cover ON cover.id = artist.cover_id
     WHERE artist.content_category <> 'podcast'
     ORDER BY artist.folded_name, artist.id
"""


async def artists(tx: Queries, libraries: Sequence[int]) -> list[HeardArtist]:
    """Every artist of whom something may be heard in the libraries, by name; voices of podcasts left out."""
    return await tx.many(HeardArtist, ARTISTS, list(libraries)) if libraries else []
