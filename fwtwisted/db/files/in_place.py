"""Uploads whose files lie where they lie, on their way into a bucket.  Source: docs/storage.md S-80."""

from __future__ import annotations

from attrs import frozen
from psycopg2 import errors as sqlstates

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.db.storage.places import Totals
from fwtwisted.model.errors import Conflict


@frozen
class Placed:
    """
    An upload in place.

    :ivar source: its ``file://`` address.  :ivar size: bytes.  :ivar sha256: hex; None: never read as a whole.
    """

    id: int
    source: str
    size: int | None
    sha256: str | None
    media_type: str | None

    @property
    def path(self) -> str:
        """Where the file lies."""
        return self.source.removeprefix("file://")


PAGE = """
    SELECT id, source, coalesce(in_place_size, size), substr(checksum, 8), mimetype
      FROM upload
     WHERE id > %s AND audio_file IS NULL AND starts_with(source, 'file://' || %s)
     ORDER BY id
     LIMIT %s
"""


async def page(tx: Queries, below: str, after: int, limit: int) -> list[Placed]:
    """Uploads in place below a folder, whose path ends with a slash; those behind an id."""
    return await tx.many(Placed, PAGE, after, below, limit)


TOTALS = """
    SELECT count(*), coalesce(sum(coalesce(in_place_size, size)), 0)::bigint
      FROM upload WHERE audio_file IS NULL AND starts_with(source, 'file://' || %s)
"""


async def totals(tx: Queries, below: str) -> Totals:
    """How many :func:`page` yields, page by page."""
    return await tx.one(Totals, TOTALS, below)


STORED = """
    UPDATE upload
       SET audio_file = %s, storage = %s, etag = %s, size = %s, checksum = 'sha256:' || %s, verified_date = now(),
           source = NULL, in_place_size = NULL, in_place_mtime_ns = NULL, modification_date = now()
     WHERE id = %s AND source = %s AND audio_file IS NULL
"""


async def stored(tx: Tx, placed: Placed, name: str, storage: str, etag: str | None, size: int, sha256: str) -> bool:
    """The upload is a stored file from now on; False when it changed meanwhile.  :raise Conflict: the name is taken."""
    tx.touch("catalog")
    try:
        return await tx.do(STORED, name, storage, etag, size, sha256, placed.id, placed.source) > 0
    except sqlstates.UniqueViolation as taken:
        raise Conflict from taken
