"""Which file the jukebox plays."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class Playable:
    """A file of a song.  :ivar audio_file: stored name; None: ``source`` says where it lies."""

    audio_file: str | None
    source: str | None


PLAYABLE = """
    SELECT audio_file, source FROM upload
     WHERE track_id = %s AND library_id = ANY(%s) AND import_status IN ('finished', 'skipped')
       AND (audio_file IS NOT NULL OR source LIKE 'file://%%')
     ORDER BY audio_file IS NULL, id LIMIT 1
"""


async def playable(tx: Queries, song: int, libraries: Collection[int]) -> Playable | None:
    """The file of a song that lies here, in one of the libraries."""
    return await tx.maybe(Playable, PLAYABLE, song, list(libraries))
