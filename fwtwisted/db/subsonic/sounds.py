"""How files sound: points, and which lie near."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx

T = TypeVar("T")


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
         upload.library_id = ANY(%s) AND upload.import_status = 'finished' AND track.artist_id <> ALL(%s)
"""
_OF_SONGS = "JOIN upload ON upload.id = sound.upload_id JOIN track ON track.id = upload.track_id"
POINTS = f"""
    SELECT upload.track_id, ARRAY[{", ".join(_NUMBERS)}] FROM sound {_OF_SONGS}
     WHERE sound.method = %s AND sound.f1 IS NOT NULL AND {_HEARD} AND upload.track_id = ANY(%s)
     ORDER BY upload.id DESC
"""


async def points(
    tx: Queries, method: int, libraries: Sequence[int], hidden: Sequence[int], songs: Sequence[int]
) -> dict[int, list[float]]:
    """How songs sound, as far as anybody knows, by the song; of several files the oldest counts."""
    found = await tx.many(lambda song, point: (song, point), POINTS, method, list(libraries), list(hidden), list(songs))
    return dict(found)


# Where a file lies, as the index sound_place has it.
_PLACE = f"public.cube(ARRAY[{', '.join(f'{name}::float8' for name in _NUMBERS)}])"
_FROM = "OPERATOR(public.<->) %s::public.cube"

# First the nearest of all files, which an index tells; then which of those may be heard.
NEAR = f"""
    SELECT upload.track_id, min(sound.apart)
      FROM (SELECT upload_id, {_PLACE} {_FROM} AS apart FROM sound
             WHERE method = %s AND f1 IS NOT NULL ORDER BY {_PLACE} {_FROM} LIMIT %s) AS sound
      {_OF_SONGS}
     WHERE {_HEARD}
     GROUP BY upload.track_id ORDER BY min(sound.apart), upload.track_id LIMIT %s
"""
BETWEEN = f"""
    SELECT upload.track_id, min(sound.one), min(sound.other)
      FROM (SELECT upload_id, place {_FROM} AS one, place {_FROM} AS other
              FROM (SELECT DISTINCT near.upload_id, near.place
                      FROM unnest(%s::public.cube[]) AS step
                     CROSS JOIN LATERAL (
                           SELECT upload_id, {_PLACE} AS place FROM sound WHERE method = %s AND f1 IS NOT NULL
                            ORDER BY {_PLACE} OPERATOR(public.<->) step LIMIT %s) AS near) AS found) AS sound
      {_OF_SONGS}
     WHERE {_HEARD}
     GROUP BY upload.track_id ORDER BY min(sound.one + sound.other), upload.track_id LIMIT %s
"""
STEPS = 5  # of the way, around each of which songs are looked for
AT_EACH_STEP = 300  # files
AT_LEAST = 100  # files around one point, and
SPARE = 4  # times as many as songs are wanted, for some may not be heard
ALL = 1 << 40


async def near(
    tx: Queries, method: int, libraries: Sequence[int], hidden: Sequence[int], point: Sequence[float], limit: int
) -> list[tuple[int, float]]:
    """Songs that may be heard and how far they lie from a point, the nearest first."""

    async def among(files: int) -> list[tuple[int, float]]:
        place = _cube(point)
        args = (place, method, place, files, list(libraries), list(hidden), limit)
        return await tx.many(lambda song, apart: (song, apart), NEAR, *args)

    return await _enough(among, max(AT_LEAST, SPARE * limit), limit)


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

    async def among(files: int) -> list[tuple[int, float, float]]:
        places = [_cube(start)] if files == ALL else _way(start, end)
        args = (_cube(start), _cube(end), places, method, files, list(libraries), list(hidden), limit)
        return await tx.many(lambda song, one, other: (song, one, other), BETWEEN, *args)

    return await _enough(among, AT_EACH_STEP, limit)


def _cube(point: Sequence[float]) -> str:
    """A point as the database reads it."""
    return f"({', '.join(map(repr, map(float, point)))})"


def _way(start: Sequence[float], end: Sequence[float]) -> list[str]:
    """Points at even steps from one to another."""
    parts = [step / (STEPS - 1) for step in range(STEPS)]
    return [_cube([a + (b - a) * part for a, b in zip(start, end, strict=True)]) for part in parts]


async def _enough(among: Callable[[int], Awaitable[list[T]]], files: int, limit: int) -> list[T]:
    """What is found among the nearest files; among all of them where too few of those may be heard."""
    found = await among(files)
    return found if len(found) >= limit else await among(ALL)
