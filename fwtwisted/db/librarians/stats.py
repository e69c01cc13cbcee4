"""What people do with a thing, and how much there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fwtwisted.db.pool import Queries
from fwtwisted.model.librarians import Sort
from fwtwisted.model.moderation import Stats

# ``meant`` is the thing's own row, ``sung`` the tracks that belong to it, ``held`` their uploads.
_SIZES: Final = {
    "media_total_size": "SELECT coalesce(sum(size), 0)::bigint FROM held",
    "media_downloaded_size": "SELECT coalesce(sum(size), 0)::bigint FROM held WHERE audio_file IS NOT NULL",
}
_WORK: Final = {
    "listenings": "SELECT count(*) FROM listening WHERE track_id IN (SELECT id FROM sung)",
    "mutations": "SELECT count(*) FROM mutation WHERE {work}",
    "playlists": "SELECT count(DISTINCT playlist_id) FROM playlist_track WHERE track_id IN (SELECT id FROM sung)",
    "track_favorites": "SELECT count(*) FROM favorite WHERE track_id IN (SELECT id FROM sung)",
    "uploads": "SELECT count(*) FROM held",
    "reports": "SELECT count(*) FROM report, meant WHERE target_kind = '{sort}' AND target_id = meant.id",
    **_SIZES,
}
_PLACES: Final = {
    "libraries": """
        SELECT count(DISTINCT library.id) FROM held JOIN library ON library.id = held.library_id AND NOT is_channel""",
    "channels": """
        SELECT count(DISTINCT library.id) FROM held JOIN library ON library.id = held.library_id AND is_channel""",
}
_FOLLOWS: Final = {
    "follows": "SELECT count(*) FROM follow, meant WHERE target_actor_id = meant.actor_id AND approved",
}
_LIBRARY: Final = {
    "uploads": "SELECT count(*) FROM held",
    "followers": "SELECT count(*) FROM follow, meant WHERE target_library_id = meant.id AND approved",
    "tracks": "SELECT count(DISTINCT track_id) FROM held",
    "albums": "SELECT count(DISTINCT album_id) FROM held JOIN track ON track.id = held.track_id",
    "artists": "SELECT count(DISTINCT artist_id) FROM held JOIN track ON track.id = held.track_id",
    "reports": _WORK["reports"],
    **_SIZES,
}
_SUNG: Final = {
    Sort.ARTIST: """
        SELECT track.id FROM track, meant WHERE track.artist_id = meant.id
         UNION
        SELECT track.id FROM track JOIN album ON album.id = track.album_id, meant WHERE album.artist_id = meant.id""",
    Sort.ALBUM: "SELECT track.id FROM track, meant WHERE track.album_id = meant.id",
    Sort.TRACK: "SELECT meant.id FROM meant",
    Sort.CHANNEL: "SELECT track.id FROM track, meant WHERE track.artist_id = meant.artist_id",
    Sort.LIBRARY: "SELECT NULL::bigint AS id WHERE false",
}
_HELD_BY_TRACK: Final = "SELECT upload.* FROM upload WHERE track_id IN (SELECT id FROM sung)"
_HELD_BY_LIBRARY: Final = "SELECT upload.* FROM upload, meant WHERE library_id = meant.id"
_OF_WORK: Final = {
    Sort.CHANNEL: "artist_id = (SELECT artist_id FROM meant)",
    **{sort: f"{sort}_id = (SELECT id FROM meant)" for sort in (Sort.ARTIST, Sort.ALBUM, Sort.TRACK)},
}
NUMBERS: Final[Mapping[Sort, Mapping[str, str]]] = {
    **{sort: {**_WORK, **_PLACES} for sort in (Sort.ARTIST, Sort.ALBUM, Sort.TRACK)},
    Sort.CHANNEL: {**_WORK, **_FOLLOWS},
    Sort.LIBRARY: _LIBRARY,
}


def _statement(sort: Sort) -> str:
    held = _HELD_BY_LIBRARY if sort is Sort.LIBRARY else _HELD_BY_TRACK
    pieces = (f"({sql.format(sort=sort, work=_OF_WORK.get(sort))})" for sql in NUMBERS[sort].values())
    return f"""
        WITH meant AS (SELECT * FROM {sort} WHERE id = %s), sung AS MATERIALIZED ({_SUNG[sort]}),
             held AS MATERIALIZED ({held})
        SELECT {", ".join(pieces)}"""


STATS: Final = {sort: _statement(sort) for sort in NUMBERS}


async def stats(tx: Queries, sort: Sort, id: int) -> Stats:
    """The numbers of an artist, an album, a track, a library or a channel; sizes in bytes."""
    names = NUMBERS[sort]
    return await tx.one(lambda *found: Stats(dict(zip(names, found, strict=True))), STATS[sort], id)
