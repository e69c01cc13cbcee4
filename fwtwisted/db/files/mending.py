"""Uploads whose rows do not tell all that their files would, and uploads in place: page by page, for administrators."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


@frozen
class Wanting:
    """What is to be known of an upload: its media type in any case, and these."""

    audio: bool = False
    size: bool = False
    checksum: bool = False


@frozen
class Lacking:
    """
    An upload of which something is not known.

    :ivar bitrate: bits a second.  :ivar duration: seconds.  :ivar size: bytes.  :ivar checksum: ``sha256:HEX``.
    """

    id: int
    uuid: UUID
    audio_file: str | None
    source: str | None
    mimetype: str | None
    bitrate: int | None
    duration: int | None
    size: int | None
    checksum: str | None


_NO_AUDIO = r"(mimetype IS NULL OR mimetype !~ '^(audio/|video/ogg$|application/ogg$)')"
_LACKS = f"""
      FROM upload
     WHERE id > %s AND import_status IN ('finished', 'skipped')
       AND (audio_file IS NOT NULL OR source LIKE 'file://%%')
       AND ({_NO_AUDIO} OR (%s AND (bitrate IS NULL OR duration IS NULL)) OR (%s AND size IS NULL)
            OR (%s AND checksum IS NULL))
"""
LACKING = f"""
    SELECT id, uuid, audio_file, source, mimetype, bitrate, duration, size, checksum {_LACKS} ORDER BY id LIMIT %s
"""
COUNT_LACKING = f"SELECT count(*) {_LACKS}"


async def lacking(tx: Queries, wanting: Wanting, after: int, limit: int) -> list[Lacking]:
    """Uploads with a file of ours of which something is not known.  :param after: the last id of the page before."""
    return await tx.many(Lacking, LACKING, after, wanting.audio, wanting.size, wanting.checksum, limit)


async def count_lacking(tx: Queries, wanting: Wanting) -> int:
    """How many :func:`lacking` yields, page by page."""
    return await tx.one(int, COUNT_LACKING, 0, wanting.audio, wanting.size, wanting.checksum)


MEND = """
    UPDATE upload
       SET mimetype = %s, bitrate = coalesce(bitrate, %s), duration = coalesce(duration, %s),
           size = coalesce(size, %s), checksum = coalesce(checksum, %s)
     WHERE id = %s AND audio_file IS NOT DISTINCT FROM %s AND source IS NOT DISTINCT FROM %s
"""


async def mend(tx: Tx, found: Lacking) -> bool:
    """Write what was found out, where nothing stood; False when the upload is another by now."""
    tx.touch("catalog")
    told = (found.mimetype, found.bitrate, found.duration, found.size, found.checksum)
    return await tx.do(MEND, *told, found.id, found.audio_file, found.source) > 0


@frozen
class InPlaceFile:
    """An upload in place.  :ivar source: ``file://…``."""

    id: int
    uuid: UUID
    source: str


IN_PLACE = """
    SELECT id, uuid, source FROM upload
     WHERE id > %s AND audio_file IS NULL AND source LIKE 'file://%%' ORDER BY id LIMIT %s
"""


async def in_place(tx: Queries, after: int, limit: int) -> list[InPlaceFile]:
    """Uploads whose files lie where they lie."""
    return await tx.many(InPlaceFile, IN_PLACE, after, limit)


STILL = "SELECT id FROM upload WHERE id = %s AND source = %s AND audio_file IS NULL FOR UPDATE"


async def still_in_place(tx: Tx, one: InPlaceFile) -> bool:
    """Whether it has not been moved since, nor removed."""
    return await tx.maybe(int, STILL, one.id, one.source) is not None
