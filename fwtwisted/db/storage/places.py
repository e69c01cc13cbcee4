"""
Where stored files lie, as their rows tell it: uploads, transcoded versions, pictures, and the pod's banner.

Source: docs/storage.md §2.4, §8, §9.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx

UPLOAD_MOVED = "UPDATE upload SET storage = %s, verified_date = now() WHERE audio_file = %s"
VERSION_MOVED = "UPDATE upload_version SET storage = %s, verified_date = now() WHERE audio_file = %s"
ATTACHMENT_MOVED = "UPDATE attachment SET storage = %s, verified_date = now(), cut = NULL WHERE file = %s"
BANNER_MOVED = """
    UPDATE preference SET storage = %s WHERE identifier = 'instance__banner' AND value = to_jsonb(%s::text)
"""


async def moved(tx: Tx, name: str, storage: str) -> None:
    """The bytes of a file lie elsewhere now, and were seen to be there."""
    for statement in (UPLOAD_MOVED, VERSION_MOVED, ATTACHMENT_MOVED, BANNER_MOVED):
        await tx.do(statement, storage, name)


@frozen
class Held:
    """
    A stored file that a row names.

    :ivar size: bytes; None: never measured.  :ivar sha256: hex; None: never read.
    :ivar storage: ``local``, ``s3``; None: nobody said.  :ivar verified: when its bytes were last seen to be right.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    storage: str | None = None
    verified: datetime | None = None
    media_type: str | None = None


# Every kind of row that names a stored file: the table as (name, size, sha256, storage, verified, media type).
_UPLOADS = (
    "SELECT audio_file AS name, size, substr(checksum, 8) AS sha256, storage, verified_date, mimetype FROM upload"
)
_VERSIONS = _UPLOADS.replace("FROM upload", "FROM upload_version")
_PICTURES = """
    SELECT file AS name, size, encode(sha256, 'hex') AS sha256, storage, verified_date, mimetype FROM attachment"""
_BANNER = """
    SELECT value #>> '{}' AS name, NULL::bigint AS size, NULL AS sha256, storage,
           NULL::timestamptz AS verified_date, NULL AS mimetype
      FROM preference
     WHERE identifier = 'instance__banner' AND jsonb_typeof(value) = 'string' AND value <> '""'"""
_KINDS = (_UPLOADS, _VERSIONS, _PICTURES, _BANNER)
FILES = " UNION ALL ".join(_KINDS)
_BEGINS = "EXISTS (SELECT FROM unnest(%s::text[]) AS prefix WHERE starts_with(name, prefix))"
_WANTED = """
    SELECT * FROM ({kind}) AS file
     WHERE name > %s AND (cardinality(%s::text[]) = 0 OR {begins})
       AND storage IS DISTINCT FROM %s
     ORDER BY name LIMIT %s"""

# Each part is read along its own index, as far as the page needs.
PAGE = f"""
    SELECT * FROM ({" UNION ALL ".join(f"({_WANTED.format(kind=kind, begins=_BEGINS)})" for kind in _KINDS)}) AS file
     ORDER BY name LIMIT %s
"""


async def page(
    tx: Queries, after: str, limit: int, *, prefixes: Sequence[str] = (), without: str | None = None
) -> list[Held]:
    """
    Stored files that rows name, in the database's order of names.

    :param after: the last name of the page before.
    :param without: leave out those that lie there already.
    """
    one = (after, list(prefixes), list(prefixes), without or "nowhere", limit)
    return await tx.many(Held, PAGE, *(one * len(_KINDS)), limit)


TOTALS = f"""
    SELECT count(*), coalesce(sum(size), 0)::bigint
      FROM ({FILES}) AS file
     WHERE name IS NOT NULL AND (cardinality(%s::text[]) = 0 OR {_BEGINS}) AND storage IS DISTINCT FROM %s
"""


@frozen
class Totals:
    """:ivar size: bytes, as the rows have them."""

    count: int
    size: int


async def totals(tx: Queries, *, prefixes: Sequence[str] = (), without: str | None = None) -> Totals:
    """How many files :func:`page` yields, page by page."""
    return await tx.one(Totals, TOTALS, list(prefixes), list(prefixes), without or "nowhere")


HELD = " UNION ALL ".join(f"(SELECT * FROM ({kind}) AS file WHERE name = ANY(%s))" for kind in _KINDS)


async def held(tx: Queries, names: Sequence[str]) -> dict[str, Held]:
    """Those of the files that a row names, by name."""
    found = await tx.many(Held, HELD, *([list(names)] * len(_KINDS)))
    return {one.name: one for one in found}


UPLOAD_SETTLED = """
    UPDATE upload
       SET storage = %s, etag = %s, verified_date = now(), size = coalesce(size, %s),
           checksum = coalesce(checksum, 'sha256:' || %s)
     WHERE audio_file = %s
"""
VERSION_SETTLED = UPLOAD_SETTLED.replace("UPDATE upload", "UPDATE upload_version")
ATTACHMENT_SETTLED = """
    UPDATE attachment
       SET storage = %s, etag = %s, verified_date = now(), size = coalesce(size, %s),
           sha256 = coalesce(sha256, decode(%s, 'hex')), cut = CASE WHEN storage = %s THEN cut END
     WHERE file = %s
"""


async def settled(tx: Tx, name: str, storage: str, etag: str | None, size: int, sha256: str) -> int:
    """A file lies there, and its bytes were seen to be right; of how many rows that is true."""
    count = await tx.do(ATTACHMENT_SETTLED, storage, etag, size, sha256, storage, name)
    for statement in (UPLOAD_SETTLED, VERSION_SETTLED):
        count += await tx.do(statement, storage, etag, size, sha256, name)
    return count + await tx.do(BANNER_MOVED, storage, name)


PICTURES_HERE = f"""
    SELECT file FROM attachment WHERE storage = 'local' AND file IS NOT NULL
     UNION ALL SELECT name FROM ({_BANNER}) AS banner WHERE storage IS DISTINCT FROM 's3'
"""


async def pictures_here(tx: Queries) -> list[str]:
    """The names of pictures that do not lie in the object store, as far as anybody knows."""
    return await tx.many(str, PICTURES_HERE)


HAS_UPLOADS = "SELECT EXISTS (SELECT FROM upload)"


async def has_uploads(tx: Queries) -> bool:
    """Whether the database knows any upload at all."""
    return await tx.one(bool, HAS_UPLOADS)


SAMPLE = f"""
    SELECT * FROM ({FILES}) AS file WHERE name IS NOT NULL ORDER BY random() LIMIT %s
"""


async def sample(tx: Queries, count: int) -> list[Held]:
    """So many stored files, drawn by lot."""
    return await tx.many(Held, SAMPLE, count)
