"""The words of songs, as they came with their files."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class Told:
    """
    What the tags of a file say.

    :ivar lyrics: and ``synced``: texts.  :ivar lang: of the former.
    """

    lyrics: str | None
    synced: str | None
    lang: str | None


TOLD = """
    SELECT metadata ->> 'lyrics', metadata ->> 'synced_lyrics', metadata ->> 'lyrics_language'
      FROM upload WHERE id = %s
"""


async def told(tx: Queries, upload_id: int) -> Told:
    """What the tags of a file say; nothing for one that is gone."""
    return await tx.maybe(Told, TOLD, upload_id) or Told(None, None, None)


CALLED = """
    SELECT track.id FROM track JOIN artist ON artist.id = track.artist_id
     WHERE track.folded_title = folded(%s) AND (%s = '' OR artist.folded_name = folded(%s))
       AND EXISTS (SELECT FROM upload WHERE upload.track_id = track.id AND upload.library_id = ANY(%s)
                                        AND upload.import_status IN ('finished', 'skipped'))
     ORDER BY track.id LIMIT %s
"""


async def called(tx: Queries, title: str, artist: str, libraries: Sequence[int], limit: int) -> list[int]:
    """Tracks of this title, in any case and with any accents, of anybody when ``artist`` is empty."""
    return await tx.many(int, CALLED, title, artist, artist, list(libraries), limit)
