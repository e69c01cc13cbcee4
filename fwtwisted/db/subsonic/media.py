"""What a Subsonic app plays: the file of a song that its listener gets, the same that the song's document tells of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from fwtwisted.db.listening.streaming import Hearable
from fwtwisted.db.pool import Queries

_COLUMNS = """
    upload.id, upload.uuid, track.id, upload.audio_file, upload.source, upload.mimetype, upload.bitrate,
    upload.duration, upload.size, upload.checksum, upload.creation_date, artist.name, album.title, track.title
"""
# Parameters: the libraries, the hidden artists twice.
_HEARD = """
      FROM upload
      JOIN track ON track.id = upload.track_id
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
     WHERE upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')
       AND track.artist_id <> ALL(%s) AND coalesce(album.artist_id, track.artist_id) <> ALL(%s)
"""

# The file comes as in db/subsonic/heard.py.
HEARABLES = f"""
    SELECT DISTINCT ON (track.id) {_COLUMNS} {_HEARD} AND track.id = ANY(%s)
     ORDER BY track.id, upload.source LIKE 'http%%' AND upload.audio_file IS NULL, upload.source LIKE 'http%%',
              upload.id
"""


async def hearables(
    tx: Queries, tracks: Collection[int], libraries: Sequence[int], hidden: Sequence[int]
) -> dict[int, Hearable]:
    """The files of these tracks that their listener gets, by track."""
    args = list(libraries), list(hidden), list(hidden), list(tracks)
    return {one.track_id: one for one in await tx.many(Hearable, HEARABLES, *args)}


HEARABLE_UPLOAD = f"SELECT {_COLUMNS} {_HEARD} AND upload.uuid = %s"


async def hearable_upload(tx: Queries, uuid: UUID, libraries: Sequence[int], hidden: Sequence[int]) -> Hearable | None:
    """A certain file, as far as it may be heard."""
    return await tx.maybe(Hearable, HEARABLE_UPLOAD, list(libraries), list(hidden), list(hidden), uuid)


SOUND = """
    SELECT coalesce((metadata ->> 'channels')::int, 0), coalesce((metadata ->> 'sample_rate')::int, 0),
           coalesce((metadata ->> 'bit_depth')::int, 0)
      FROM upload WHERE id = %s
"""


async def sound(tx: Queries, upload_id: int) -> tuple[int, int, int]:
    """Channels, samples a second and bits a sample of a file; 0: nobody knows."""
    return await tx.maybe(lambda *columns: columns, SOUND, upload_id) or (0, 0, 0)
