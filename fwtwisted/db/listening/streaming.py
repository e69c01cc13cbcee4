"""What can be heard of a track: its files, their transcoded versions, and the noting of who was served."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import frozen

from fwtwisted.db.often import Often
from fwtwisted.db.pool import Tx


@frozen
class Hearable:
    """
    A file of a track that the listener may have, with what its delivery needs.

    :ivar audio_file: stored name.  :ivar source: ``file://…`` or ``https://…`` where there is no stored file.
    :ivar size: bytes.  :ivar checksum: ``sha256:HEX`` of the whole.
    :ivar bitrate: bits a second.  :ivar duration: seconds.
    """

    id: int
    uuid: UUID
    track_id: int
    audio_file: str | None
    source: str | None
    mimetype: str | None
    bitrate: int | None
    duration: int | None
    size: int | None
    checksum: str | None
    creation_date: datetime
    artist: str
    album: str | None
    title: str

    @property
    def is_elsewhere(self) -> bool:
        """It is on another server, and no copy is here."""
        return self.audio_file is None and (self.source or "").startswith(("http://", "https://"))


# Stored files first, then those in place, then remote ones; among equals the oldest.
HEARABLES = Often(
    "hearables",
    """
    SELECT upload.id, upload.uuid, track.id, upload.audio_file, upload.source, upload.mimetype, upload.bitrate,
           upload.duration, upload.size, upload.checksum, upload.creation_date, artist.name, album.title, track.title
      FROM upload
      JOIN track ON track.id = upload.track_id
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
     WHERE track.uuid = %s AND (%s::uuid IS NULL OR upload.uuid = %s)
       AND upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')
     ORDER BY upload.audio_file IS NULL, upload.source LIKE 'http%%', upload.id
     LIMIT 1
    """,
    ("uuid", "uuid", "uuid", "bigint[]"),
)


async def best(tx: Tx, track: UUID, upload: UUID | None, visible: Collection[int]) -> Hearable | None:
    """
    The file that a listener gets.

    :param track: the track's uuid.  :param upload: only this file, when named.
    :param visible: libraries whose files the listener may play.
    """
    return await tx.often(Hearable, HEARABLES, track, upload, upload, list(visible))


@frozen
class Version:
    """
    A transcoded form that is kept.

    :ivar storage: where it lies.  :ivar size: bytes.
    :ivar checksum: ``sha256:HEX``; None: never read as a whole.
    """

    id: int
    audio_file: str
    mimetype: str
    bitrate: int
    storage: str
    size: int
    checksum: str | None


# Within a fifth of the wanted bitrate will do; the best first.
VERSION = """
    SELECT id, audio_file, mimetype, bitrate, storage, size, checksum FROM upload_version
     WHERE upload_id = %s AND mimetype = %s AND bitrate BETWEEN %s * 0.8 AND %s * 1.2
     ORDER BY bitrate DESC LIMIT 1
"""


async def version(tx: Tx, upload_id: int, mimetype: str, bitrate: int) -> Version | None:
    """A kept version that serves; formats without a bitrate count as 0."""
    return await tx.maybe(Version, VERSION, upload_id, mimetype, bitrate, bitrate)


ADD_VERSION = """
    INSERT INTO upload_version (upload_id, mimetype, bitrate, audio_file, size, storage, checksum)
    SELECT id, %s, %s, %s, %s, %s, %s FROM upload WHERE id = %s
        ON CONFLICT DO NOTHING
"""


async def add_version(
    tx: Tx,
    upload_id: int,
    mimetype: str,
    bitrate: int,
    audio_file: str,
    size: int,
    storage: str = "local",
    checksum: str | None = None,
) -> bool:
    """Remember a version; False when there is one already, or the upload is gone."""
    return await tx.do(ADD_VERSION, mimetype, bitrate, audio_file, size, storage, checksum, upload_id) > 0


FORGET_VERSION = "DELETE FROM upload_version WHERE id = %s"


async def forget_version(tx: Tx, id: int) -> None:
    """A version whose file is gone."""
    await tx.do(FORGET_VERSION, id)


OLD_VERSIONS = """
    DELETE FROM upload_version
     WHERE id IN (SELECT id FROM upload_version WHERE accessed_date < now() - %s * interval '1 minute' LIMIT %s)
 RETURNING audio_file
"""


async def remove_old_versions(tx: Tx, minutes: int, limit: int) -> list[str]:
    """Forget at most ``limit`` versions that nobody heard for so long; the names of their files."""
    return await tx.many(str, OLD_VERSIONS, minutes, limit)


HEARD = "UPDATE upload SET accessed_date = now() WHERE id = %s"
VERSION_HEARD = "UPDATE upload_version SET accessed_date = now() WHERE id = %s"
COUNTED = """
    WITH counted AS (
      UPDATE upload SET accessed_date = now(), downloads_count = downloads_count + 1 WHERE id = %s RETURNING track_id
    )
    UPDATE track SET downloads_count = downloads_count + 1 FROM counted WHERE track.id = counted.track_id
"""


async def heard(tx: Tx, upload_id: int, version_id: int | None, *, counts: bool) -> None:
    """Note that a file was served; ``counts``: as one more download, too."""
    await tx.do(COUNTED if counts else HEARD, upload_id)
    if version_id is not None:
        await tx.do(VERSION_HEARD, version_id)
