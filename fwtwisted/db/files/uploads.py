"""Upload rows, written and read many at a time: what the imports need.  Lists for people are in ``upload_lists``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from attrs import fields, frozen
from psycopg2 import errors as sqlstates

from fwtwisted.db.files.doomed import doom
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.errors import Invalid


@frozen
class NewUpload:
    """
    An upload to be written; see ``schema/0004_libraries.sql`` for what the columns hold.

    :ivar settled: just now, which is its ``import_date``.
    """

    uuid: UUID
    fid: str
    library_id: int
    track_id: int | None
    audio_file: str | None
    source: str | None
    in_place_size: int | None
    in_place_mtime_ns: int | None
    size: int | None
    checksum: str | None
    mimetype: str | None
    bitrate: int | None
    duration: int | None
    import_status: str
    import_details: dict[str, Any]
    import_metadata: dict[str, Any]
    import_reference: str
    metadata: dict[str, Any]
    settled: bool
    storage: str = "local"


_TYPES = (
    "uuid", "text", "bigint", "bigint", "text", "text", "bigint", "bigint", "bigint", "text", "text", "int", "int",
    "text", "jsonb", "jsonb", "text", "jsonb", "boolean", "text",
)  # fmt: skip
_NAMES = [attribute.name for attribute in fields(NewUpload)]
_AS_TOLD = [name for name in _NAMES if name not in ("settled", "storage")]

ADD = f"""
    INSERT INTO upload ({", ".join(_AS_TOLD)}, storage, import_date)
    SELECT {", ".join(f"new.{name}" for name in _AS_TOLD)},
           CASE WHEN new.audio_file IS NOT NULL THEN new.storage END, CASE WHEN new.settled THEN now() END
      FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)}) AS new ({", ".join(_NAMES)})
        ON CONFLICT (library_id, source) WHERE source LIKE 'file://%%' DO NOTHING
"""


async def add(tx: Tx, new: Sequence[NewUpload]) -> None:
    """
    Write uploads; a file in place that another import of the same folder wrote meanwhile stays as it is.

    :raise Invalid: the library was removed while the file was on its way.
    """
    if new:
        try:
            await tx.do(ADD, *([_column(getattr(one, name)) for one in new] for name in _NAMES))
        except sqlstates.ForeignKeyViolation as why:
            raise Invalid.on("library", "This library does not exist any more.") from why


def _column(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


@frozen
class Settled:
    """
    What an import found out about an upload that has a row.

    :ivar size: bytes; None leaves what is there, as with all that may be None but the track.
    """

    uuid: UUID
    track_id: int | None
    import_status: str
    import_details: dict[str, Any]
    metadata: dict[str, Any]
    mimetype: str | None = None
    bitrate: int | None = None
    duration: int | None = None
    size: int | None = None
    checksum: str | None = None
    in_place_size: int | None = None
    in_place_mtime_ns: int | None = None


SETTLE = """
    UPDATE upload
       SET track_id = told.track_id, import_status = told.import_status, import_details = told.import_details,
           metadata = told.metadata,
           mimetype = coalesce(told.mimetype, upload.mimetype), bitrate = coalesce(told.bitrate, upload.bitrate),
           duration = coalesce(told.duration, upload.duration), size = coalesce(told.size, upload.size),
           checksum = coalesce(told.checksum, upload.checksum),
           in_place_size = coalesce(told.in_place_size, upload.in_place_size),
           in_place_mtime_ns = coalesce(told.in_place_mtime_ns, upload.in_place_mtime_ns),
           import_date = now(), modification_date = now()
      FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::jsonb[], %s::jsonb[], %s::text[], %s::int[], %s::int[],
                  %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
           AS told (uuid, track_id, import_status, import_details, metadata, mimetype, bitrate, duration, size,
                    checksum, in_place_size, in_place_mtime_ns)
     WHERE upload.uuid = told.uuid
"""


async def settle(tx: Tx, told: Sequence[Settled]) -> None:
    """Write what became of uploads."""
    if told:
        names = [attribute.name for attribute in fields(Settled)]
        await tx.do(SETTLE, *([_column(getattr(one, name)) for one in told] for name in names))


OUTCOMES = "SELECT uuid, import_status, track_id FROM upload WHERE uuid = ANY(%s)"


async def outcomes(tx: Queries, uuids: Sequence[UUID]) -> dict[UUID, tuple[str, int | None]]:
    """Status and track of those uploads that exist."""
    rows = await tx.many(lambda uuid, status, track_id: (uuid, (status, track_id)), OUTCOMES, list(uuids))
    return dict(rows)


# --- files in place ------------------------------------------------------------------------------


@frozen
class InPlace:
    """A file in place as it was when its tags were read.  :ivar mtime_ns: nanoseconds since 1970."""

    uuid: UUID
    source: str
    size: int | None
    mtime_ns: int | None
    checksum: str | None
    track_id: int | None
    import_status: str


_IN_PLACE = "uuid, source, in_place_size, in_place_mtime_ns, checksum, track_id, import_status"

AT = f"""
    SELECT {_IN_PLACE} FROM upload
     WHERE library_id = %s AND source = ANY(%s) AND source LIKE 'file://%%'
"""


async def in_place_at(tx: Queries, library_id: int, sources: Sequence[str]) -> dict[str, InPlace]:
    """The library's files in place at these sources, by source."""
    return {one.source: one for one in await tx.many(InPlace, AT, library_id, list(sources))}


BELOW = f"""
    SELECT {_IN_PLACE} FROM upload
     WHERE library_id = %s AND source LIKE 'file://%%' AND source > %s AND starts_with(source, %s)
     ORDER BY source
     LIMIT %s
"""


async def in_place_below(tx: Queries, library_id: int, prefix: str, after: str, limit: int) -> list[InPlace]:
    """The library's files in place whose source begins so and comes after ``after``, in order."""
    return await tx.many(InPlace, BELOW, library_id, after, prefix, limit)


MOVE_IN_PLACE = """
    UPDATE upload SET source = %s, in_place_size = %s, in_place_mtime_ns = %s, modification_date = now()
     WHERE uuid = %s
"""


async def move_in_place(tx: Tx, uuid: UUID, source: str, size: int, mtime_ns: int) -> None:
    """The file lies elsewhere now."""
    await tx.do(MOVE_IN_PLACE, source, size, mtime_ns, uuid)


SEEN_AGAIN = """
    UPDATE upload SET in_place_size = seen.size, in_place_mtime_ns = seen.mtime_ns
      FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS seen (uuid, size, mtime_ns)
     WHERE upload.uuid = seen.uuid
"""


async def seen_again(tx: Tx, seen: Sequence[tuple[UUID, int, int]]) -> None:
    """The files were touched, their bytes are the same.  :param seen: upload, size, mtime in nanoseconds."""
    if seen:
        await tx.do(SEEN_AGAIN, *(list(column) for column in zip(*seen, strict=True)))


# --- copies ------------------------------------------------------------------------------------------

HELD_COPIES = """
    SELECT checksum, import_status FROM upload
     WHERE library_id = %s AND checksum = ANY(%s) AND NOT coalesce(source LIKE 'file://%%', false)
"""


async def held_copies(tx: Queries, library_id: int, checksums: Iterable[str]) -> dict[str, str]:
    """Which of the checksums the library holds among the files that were sent or copied, each with its status."""
    rows = await tx.many(lambda checksum, status: (checksum, status), HELD_COPIES, library_id, list(checksums))
    return dict(rows)


# --- going -------------------------------------------------------------------------------------------

TRACKS_OF = "SELECT DISTINCT track_id FROM upload WHERE uuid = ANY(%s) AND track_id IS NOT NULL"
STORED_OF = """
    SELECT audio_file FROM upload WHERE uuid = ANY(%s) AND audio_file IS NOT NULL
     UNION ALL
    SELECT upload_version.audio_file
      FROM upload_version JOIN upload ON upload.id = upload_version.upload_id WHERE upload.uuid = ANY(%s)
"""
HOLD = "SELECT id FROM upload WHERE uuid = ANY(%s) ORDER BY id FOR UPDATE"
REMOVE = "DELETE FROM upload WHERE uuid = ANY(%s)"


async def tracks_of(tx: Tx, uuids: Sequence[UUID]) -> list[int]:
    """The tracks that the uploads are of."""
    return await tx.many(int, TRACKS_OF, list(uuids))


async def remove(tx: Tx, uuids: Sequence[UUID]) -> int:
    """Remove uploads, and doom what is stored of them; how many there were."""
    await tx.do(HOLD, list(uuids))  # no transcoded version may come between the look and the removal
    await doom(tx, await tx.many(str, STORED_OF, list(uuids), list(uuids)))
    return await tx.do(REMOVE, list(uuids))


# --- quota -------------------------------------------------------------------------------------------

LOCK_QUOTA = "SELECT pg_advisory_xact_lock(hashtextextended('upload quota', %s))"


async def lock_quota(tx: Tx, actor_id: int) -> None:
    """Let nobody else count this owner's bytes until the transaction ends."""
    await tx.do(LOCK_QUOTA, actor_id)


# --- owners ------------------------------------------------------------------------------------------


@frozen
class OwnedLibrary:
    """A library to import into.  :ivar owner_id: its actor."""

    id: int
    uuid: UUID
    owner_id: int
    name: str
    privacy_level: str


LIBRARY = """
    SELECT library.id, library.uuid, library.actor_id, library.name, library.privacy_level
      FROM library JOIN actor ON actor.id = library.actor_id
     WHERE library.uuid = %s AND NOT library.is_channel AND actor.private_key IS NOT NULL
"""


async def local_library(tx: Queries, uuid: UUID) -> OwnedLibrary | None:
    """A library of somebody on this pod."""
    return await tx.maybe(OwnedLibrary, LIBRARY, uuid)


MEASURE = """
    ANALYZE artist, album, track, upload, tag, attachment,
            track_credit, album_credit, artist_tag, album_tag, track_tag
"""


async def measure(tx: Tx) -> None:
    """Count anew what the planner goes by, after many uploads came or went; some hundredths of a second."""
    await tx.do(MEASURE)
