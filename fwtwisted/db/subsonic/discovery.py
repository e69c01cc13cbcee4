"""What the pod knows about music beyond its lists: words about it, what goes with it, what of it is heard most."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class Told:
    """What is known of an artist or an album.  :ivar text_type: ``text/markdown`` and kin."""

    text: str | None
    text_type: str | None
    mbid: UUID | None
    picture: UUID | None


ARTIST = """
    SELECT artist.description, artist.description_type, artist.mbid, cover.uuid
      FROM artist LEFT JOIN attachment AS cover ON cover.id = artist.cover_id WHERE artist.id = %s
"""
ALBUM = """
    SELECT album.description, album.description_type, album.mbid, cover.uuid
      FROM album LEFT JOIN attachment AS cover ON cover.id = album.cover_id WHERE album.id = %s
"""


async def artist(tx: Queries, id: int) -> Told:
    """What is known of an artist that there is."""
    return await tx.one(Told, ARTIST, id)


async def album(tx: Queries, id: int) -> Told:
    """What is known of an album that there is."""
    return await tx.one(Told, ALBUM, id)


MAKER = "SELECT artist_id FROM track WHERE id = %s"
ALBUM_OF = "SELECT album_id FROM track WHERE id = %s"
MAKERS = """
    SELECT artist_id FROM track JOIN unnest(%s::bigint[]) WITH ORDINALITY AS asked (id, place) USING (id)
     ORDER BY place
"""


async def maker(tx: Queries, song: int) -> int:
    """Who made a song that there is."""
    return await tx.one(int, MAKER, song)


async def album_of(tx: Queries, song: int) -> int | None:
    """The album that a song that there is lies on."""
    return await tx.one(lambda id: id, ALBUM_OF, song)


async def makers(tx: Queries, songs: Sequence[int]) -> list[int]:
    """Who made each of the songs, in their order."""
    return await tx.many(int, MAKERS, list(songs))


# Everybody's plays are counted, as a number that tells of nobody; then hearts, then what came last.
TOP_SONGS = """
    SELECT coalesce(array_agg(listed.id), '{}')
      FROM (SELECT track.id FROM track
             WHERE (track.artist_id = %s OR track.id IN (SELECT track_id FROM track_credit WHERE artist_id = %s))
               AND track.artist_id <> ALL(%s)
               AND track.id IN (SELECT upload.track_id FROM upload
                                 WHERE upload.library_id = ANY(%s)
                                   AND upload.import_status IN ('finished', 'skipped'))
             ORDER BY coalesce((SELECT sum(play.count) FROM play WHERE play.track_id = track.id), 0) DESC,
                      (SELECT count(*) FROM favorite WHERE favorite.track_id = track.id) DESC,
                      track.creation_date DESC, track.id DESC
             LIMIT %s) AS listed
"""


async def top_songs(
    tx: Queries, artist_id: int, libraries: Sequence[int], hidden: Sequence[int], limit: int
) -> list[int]:
    """Songs of an artist that may be heard, those that people here hear most first."""
    return await tx.one(list, TOP_SONGS, artist_id, artist_id, list(hidden), list(libraries), limit)
