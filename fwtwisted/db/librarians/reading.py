"""What the documents of things say beside what every list of the catalog knows: rows and numbers by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen

from fwtwisted.db.files.upload_lists import COLUMNS
from fwtwisted.db.pool import Queries
from fwtwisted.model.librarians import HeldTag, Sort
from fwtwisted.model.uploads import Upload

# What is counted of artists, of albums, of tracks: one or two numbers each.
COUNTED: Final = {
    Sort.ARTIST: """
        SELECT id, (SELECT count(*) FROM track WHERE artist_id = artist.id),
               (SELECT count(*) FROM album WHERE artist_id = artist.id)
          FROM artist WHERE id = ANY(%s)""",
    Sort.ALBUM: "SELECT id, (SELECT count(*) FROM track WHERE album_id = album.id) FROM album WHERE id = ANY(%s)",
    Sort.TRACK: "SELECT id, (SELECT count(*) FROM upload WHERE track_id = track.id) FROM track WHERE id = ANY(%s)",
}


async def counted(tx: Queries, sort: Sort, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Of each artist its tracks and albums; of each album its tracks; of each track its uploads."""
    return dict(await tx.many(lambda id, *counts: (id, counts), COUNTED[sort], list(ids)))


@frozen
class Followed:
    """How a library is followed."""

    id: int
    followers_url: str
    followers_count: int


FOLLOWED = """
    SELECT id, followers_url, (SELECT count(*) FROM follow WHERE target_library_id = library.id AND approved)
      FROM library WHERE id = ANY(%s)
"""


async def followed(tx: Queries, ids: Sequence[int]) -> dict[int, Followed]:
    """How each of the libraries is followed."""
    return {one.id: one for one in await tx.many(Followed, FOLLOWED, list(ids))}


@frozen
class UploadRow:
    """An upload with what its owner is not told; see :class:`~fwtwisted.model.librarians.HeldUpload`."""

    upload: Upload
    fid: str
    accessed_date: datetime | None
    modification_date: datetime


UPLOADS = f"""
    SELECT upload.fid, upload.accessed_date, upload.modification_date, {COLUMNS}
      FROM upload WHERE id = ANY(%s) ORDER BY array_position(%s::bigint[], id)
"""


def _upload(fid: str, accessed: datetime | None, modified: datetime, *columns: Any) -> UploadRow:
    return UploadRow(Upload(*columns), fid, accessed, modified)


async def uploads(tx: Queries, ids: Sequence[int]) -> list[UploadRow]:
    """Uploads in the order of these ids."""
    return await tx.many(_upload, UPLOADS, list(ids), list(ids))


TAGS = """
    SELECT id, name, creation_date, (SELECT count(*) FROM track_tag WHERE tag_id = tag.id),
           (SELECT count(*) FROM album_tag WHERE tag_id = tag.id),
           (SELECT count(*) FROM artist_tag WHERE tag_id = tag.id)
      FROM tag WHERE id = ANY(%s) ORDER BY array_position(%s::bigint[], id)
"""


async def tags(tx: Queries, ids: Sequence[int]) -> list[HeldTag]:
    """Tags in the order of these ids."""
    return await tx.many(HeldTag, TAGS, list(ids), list(ids))
