"""How files sound: points, and which lie near."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


@frozen
class Unheard:
    """A file whose sound is not known.  :ivar duration: seconds; 0: unknown."""

    id: int
    audio_file: str | None
    source: str
    duration: int


# Podcasts are talk, and what lies elsewhere cannot be heard.
UNHEARD = """
    SELECT upload.id, upload.audio_file, coalesce(upload.source, ''), coalesce(upload.duration, 0)
      FROM upload
      JOIN track ON track.id = upload.track_id
      JOIN artist ON artist.id = track.artist_id AND artist.content_category = 'music'
      LEFT JOIN sound ON sound.upload_id = upload.id AND sound.method = %s
     WHERE upload.id > %s AND sound.upload_id IS NULL AND upload.import_status = 'finished'
       AND CASE WHEN upload.audio_file IS NULL THEN upload.source LIKE 'file://%%'
                ELSE %s OR upload.storage IS DISTINCT FROM 's3' END
     ORDER BY upload.id LIMIT %s
"""


async def unheard(tx: Queries, method: int, after: int, limit: int, *, also_distant: bool) -> list[Unheard]:
    """
    Files whose sound is not known by this method, by key.

    :param after: keys above this one.  :param also_distant: also those that lie in an object store.
    """
    return await tx.many(Unheard, UNHEARD, method, after, also_distant, limit)


WIDTH = 16  # numbers of a point
_NUMBERS = [f"f{n}" for n in range(1, WIDTH + 1)]
NOTE = f"""
    INSERT INTO sound (upload_id, method, {", ".join(_NUMBERS)})
    SELECT id, %s, {", ".join(["%s::real"] * WIDTH)} FROM upload WHERE id = %s
        ON CONFLICT (upload_id) DO UPDATE
       SET method = EXCLUDED.method, {", ".join(f"{name} = EXCLUDED.{name}" for name in _NUMBERS)}
"""


async def note(tx: Tx, upload_id: int, method: int, features: Sequence[float] | None) -> None:
    """Write how a file sounds; None: nobody can tell."""
    await tx.do(NOTE, method, *(features or (None,) * WIDTH), upload_id)


_HEARD = """
    FROM sound JOIN upload ON upload.id = sound.upload_id
    JOIN track ON track.id = upload.track_id
   WHERE sound.method = %s AND sound.f1 IS NOT NULL
     AND upload.library_id = ANY(%s) AND upload.import_status = 'finished' AND track.artist_id <> ALL(%s)
"""
POINTS = f"""
    SELECT upload.track_id, ARRAY[{", ".join(_NUMBERS)}] {_HEARD} AND upload.track_id = ANY(%s) ORDER BY upload.id DESC
"""


async def points(
    tx: Queries, method: int, libraries: Sequence[int], hidden: Sequence[int], songs: Sequence[int]
) -> dict[int, list[float]]:
    """How songs sound, as far as anybody knows, by the song; of several files the oldest counts."""
    found = await tx.many(lambda song, point: (song, point), POINTS, method, list(libraries), list(hidden), list(songs))
    return dict(found)


# The distance of a row's point from one that is given.
_APART = f"sqrt({' + '.join(f'power({name} - %s::float8, 2)' for name in _NUMBERS)})"
NEAR = f"""
    SELECT track_id, min(apart) FROM (SELECT upload.track_id, {_APART} AS apart {_HEARD}) AS heard
     GROUP BY track_id ORDER BY min(apart), track_id LIMIT %s
"""
BETWEEN = f"""
    SELECT track_id, min(from_start), min(from_end)
      FROM (SELECT upload.track_id, {_APART} AS from_start, {_APART} AS from_end {_HEARD}) AS heard
     GROUP BY track_id ORDER BY min(from_start + from_end), track_id LIMIT %s
"""


async def near(
    tx: Queries, method: int, libraries: Sequence[int], hidden: Sequence[int], point: Sequence[float], limit: int
) -> list[tuple[int, float]]:
    """Songs that may be heard and how far they lie from a point, the nearest first."""
    args = (*point, method, list(libraries), list(hidden), limit)
    return await tx.many(lambda song, apart: (song, apart), NEAR, *args)


async def between(
    tx: Queries,
    method: int,
    libraries: Sequence[int],
    hidden: Sequence[int],
    start: Sequence[float],
    end: Sequence[float],
    limit: int,
) -> list[tuple[int, float, float]]:
    """
    Songs on the way from one point to another: each with how far it lies from either.

    Those for which one goes the least out of one's way come first.
    """
    args = (*start, *end, method, list(libraries), list(hidden), limit)
    return await tx.many(lambda song, one, other: (song, one, other), BETWEEN, *args)
