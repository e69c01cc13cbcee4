"""
Which albums and songs a list of the Subsonic face holds, in order: ids alone.

Every statement answers the whole list; ``core/subsonic`` keeps it for as long as the catalog does not change and cuts
pages from it.  Voices of podcasts are left out: they have calls of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Queries

_HEARD = """
    upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')
"""
_ALBUMS = f"""
      FROM album
      JOIN artist ON artist.id = album.artist_id AND artist.content_category <> 'podcast'
     WHERE album.id IN (SELECT track.album_id FROM upload JOIN track ON track.id = upload.track_id WHERE {_HEARD})
       AND artist.id <> ALL(%s)
"""
_TRACKS = f"""
      FROM track
      JOIN artist ON artist.id = track.artist_id AND artist.content_category <> 'podcast'
      LEFT JOIN album ON album.id = track.album_id
     WHERE track.id IN (SELECT upload.track_id FROM upload WHERE {_HEARD})
       AND artist.id <> ALL(%s)
"""

# The orders in which albums are listed.
ALBUM_ORDERS = {
    "newest": "album.creation_date DESC, album.id DESC",
    "alphabeticalByName": "album.folded_title, album.id",
    "alphabeticalByArtist": "artist.folded_name, album.release_date, album.folded_title, album.id",
    "id": "album.id",
}
_ARRAY = "SELECT coalesce(array_agg(listed.id), '{{}}') FROM ({sql}) AS listed"


async def albums(tx: Queries, order: str, libraries: Sequence[int], hidden: Sequence[int]) -> list[int]:
    """
    All albums of which something may be heard.

    :param order: a key of :data:`ALBUM_ORDERS`.  :param hidden: artists to leave out.
    """
    sql = f"SELECT album.id {_ALBUMS} ORDER BY {ALBUM_ORDERS[order]}"
    return await tx.one(list, _ARRAY.format(sql=sql), list(libraries), list(hidden))


async def albums_of_years(
    tx: Queries, first: int, last: int, libraries: Sequence[int], hidden: Sequence[int]
) -> list[int]:
    """Those released in these years, both included, from ``first`` to ``last`` in that direction."""
    down = "DESC" if first > last else "ASC"
    sql = f"""SELECT album.id {_ALBUMS} AND extract(year FROM album.release_date) BETWEEN %s AND %s
               ORDER BY album.release_date {down}, album.id {down}"""
    years = (min(first, last), max(first, last))
    return await tx.one(list, _ARRAY.format(sql=sql), list(libraries), list(hidden), *years)


_TAG = "(SELECT id FROM tag WHERE lower(name) = lower(%s))"
GENRE_ALBUMS = f"""
    SELECT album.id {_ALBUMS}
       AND (album.id IN (SELECT album_id FROM album_tag WHERE tag_id = {_TAG})
            OR artist.id IN (SELECT artist_id FROM artist_tag WHERE tag_id = {_TAG})
            OR album.id IN (SELECT track.album_id FROM track_tag
                              JOIN track ON track.id = track_tag.track_id
                              JOIN upload ON upload.track_id = track.id
                             WHERE track_tag.tag_id = {_TAG} AND {_HEARD}))
     ORDER BY album.folded_title, album.id
"""


async def albums_of_genre(tx: Queries, genre: str, libraries: Sequence[int], hidden: Sequence[int]) -> list[int]:
    """Those with the tag, their artist's and their songs' tags included; by title."""
    seen = list(libraries)
    return await tx.one(list, _ARRAY.format(sql=GENRE_ALBUMS), seen, list(hidden), genre, genre, genre, seen)


TRACK_ORDERS = {"id": "track.id", "title": "track.folded_title, track.id"}


async def songs(tx: Queries, order: str, libraries: Sequence[int], hidden: Sequence[int]) -> list[int]:
    """All songs that may be heard.  :param order: a key of :data:`TRACK_ORDERS`."""
    sql = f"SELECT track.id {_TRACKS} ORDER BY {TRACK_ORDERS[order]}"
    return await tx.one(list, _ARRAY.format(sql=sql), list(libraries), list(hidden))


async def songs_of(
    tx: Queries,
    libraries: Sequence[int],
    hidden: Sequence[int],
    genre: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> list[int]:
    """Songs of a genre (tags of track, album and artist) and of albums of some years, by title; None: any."""
    parts = [_TRACKS]
    args: list[object] = [list(libraries), list(hidden)]
    if genre is not None:
        parts.append(
            f"""AND (track.id IN (SELECT track_id FROM track_tag WHERE tag_id = {_TAG})
                     OR album.id IN (SELECT album_id FROM album_tag WHERE tag_id = {_TAG})
                     OR artist.id IN (SELECT artist_id FROM artist_tag WHERE tag_id = {_TAG}))"""
        )
        args += [genre, genre, genre]
    for year, sign in ((first, ">="), (last, "<=")):
        if year is not None:
            parts.append(f"AND extract(year FROM album.release_date) {sign} %s")
            args.append(year)
    sql = f"SELECT track.id {' '.join(parts)} ORDER BY track.folded_title, track.id"
    return await tx.one(list, _ARRAY.format(sql=sql), *args)


GENRES = f"""
    WITH heard AS MATERIALIZED (SELECT track.id, track.album_id, track.artist_id {_TRACKS}),
         said AS (SELECT track_tag.tag_id, heard.id, heard.album_id
                    FROM heard JOIN track_tag ON track_tag.track_id = heard.id
                   UNION
                  SELECT album_tag.tag_id, heard.id, heard.album_id
                    FROM heard JOIN album_tag ON album_tag.album_id = heard.album_id
                   UNION
                  SELECT artist_tag.tag_id, heard.id, heard.album_id
                    FROM heard JOIN artist_tag ON artist_tag.artist_id = heard.artist_id)
    SELECT tag.name, count(DISTINCT said.id), count(DISTINCT said.album_id)
      FROM said JOIN tag ON tag.id = said.tag_id GROUP BY tag.id ORDER BY lower(tag.name)
"""


async def genres(tx: Queries, libraries: Sequence[int], hidden: Sequence[int]) -> list[tuple[str, int, int]]:
    """Every tag of something that may be heard, by name, with how many songs and albums have it."""
    return await tx.many(lambda name, songs, albums: (name, songs, albums), GENRES, list(libraries), list(hidden))


SONGS_OF_ALBUM = """
    SELECT id FROM track WHERE album_id = %s
     ORDER BY coalesce(disc_number, 1), position NULLS LAST, folded_title, id
"""
ALBUMS_OF_ARTIST = """
    SELECT id FROM album WHERE artist_id = %s OR id IN (SELECT album_id FROM album_credit WHERE artist_id = %s)
     ORDER BY release_date NULLS LAST, folded_title, id
"""
LOOSE_SONGS_OF_ARTIST = "SELECT id FROM track WHERE artist_id = %s AND album_id IS NULL ORDER BY folded_title, id"


async def songs_of_album(tx: Queries, album_id: int) -> list[int]:
    """Ids of an album's songs, heard or not, as they lie on its discs."""
    return await tx.many(int, SONGS_OF_ALBUM, album_id)


async def albums_of_artist(tx: Queries, artist_id: int) -> list[int]:
    """Ids of the albums that are the artist's own or credit them, heard or not, by year and title."""
    return await tx.many(int, ALBUMS_OF_ARTIST, artist_id, artist_id)


async def loose_songs_of_artist(tx: Queries, artist_id: int) -> list[int]:
    """Ids of the artist's songs on no album, heard or not."""
    return await tx.many(int, LOOSE_SONGS_OF_ARTIST, artist_id)
