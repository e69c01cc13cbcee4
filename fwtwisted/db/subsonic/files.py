"""Folders of files in place, as far as somebody may hear what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class FileFolder:
    """A folder of files in place.  :ivar path: absolute, with a slash at its end."""

    id: int
    parent_id: int | None
    path: str
    name: str


_COLUMNS = "folder.id, folder.parent_id, folder.path, folder.name"
# What may be heard.  Parameters: the libraries, the hidden artists twice.
_HEARD = """
    upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')
    AND track.artist_id <> ALL(%s) AND coalesce(album.artist_id, track.artist_id) <> ALL(%s)
"""
_FILES = "(upload JOIN track ON track.id = upload.track_id LEFT JOIN album ON album.id = track.album_id)"
# Whether anything in a folder, or below it, may be heard: behind a slash comes a nought.  A scalar for each folder, for
# which one song will do: as EXISTS it becomes a join of all folders with all songs.
_IS_HEARD = f"""
    coalesce((SELECT true FROM folder AS below JOIN {_FILES} ON upload.folder_id = below.id
               WHERE below.path >= folder.path AND below.path < left(folder.path, -1) || '0' AND {_HEARD}
               LIMIT 1), false)
"""

AT = f"SELECT {_COLUMNS} FROM folder WHERE path = %s AND {_IS_HEARD}"
BY_ID = f"SELECT {_COLUMNS} FROM folder WHERE id = %s AND starts_with(path, %s) AND {_IS_HEARD}"
WITHIN = f"SELECT {_COLUMNS} FROM folder WHERE parent_id = %s AND {_IS_HEARD} ORDER BY lower(name), id"


async def at(tx: Queries, path: str, libraries: Sequence[int], hidden: Sequence[int]) -> FileFolder | None:
    """The folder of this path, when something in it may be heard."""
    return await tx.maybe(FileFolder, AT, path, *_eyes(libraries, hidden))


async def by_id(tx: Queries, id: int, root: str, libraries: Sequence[int], hidden: Sequence[int]) -> FileFolder | None:
    """The folder of this key, when it is the root or lies below it, and something in it may be heard."""
    return await tx.maybe(FileFolder, BY_ID, id, root, *_eyes(libraries, hidden))


async def within(tx: Queries, id: int, libraries: Sequence[int], hidden: Sequence[int]) -> list[FileFolder]:
    """The folders directly in a folder of which something may be heard, by name."""
    return await tx.many(FileFolder, WITHIN, id, *_eyes(libraries, hidden))


SONGS = f"""
    SELECT track.id, upload.source FROM {_FILES} WHERE upload.folder_id = %s AND {_HEARD}
     ORDER BY upload.source COLLATE "C", upload.id
"""


async def songs(tx: Queries, id: int, libraries: Sequence[int], hidden: Sequence[int]) -> list[tuple[int, str]]:
    """The tracks whose files lie directly in a folder, by file name, each with its file's address."""
    return await tx.many(lambda track, source: (track, source), SONGS, id, *_eyes(libraries, hidden))


# Of the first file directly in it that has one.
PICTURES = f"""
    SELECT folder.id, picture.uuid
      FROM unnest(%s::bigint[]) AS folder (id)
     CROSS JOIN LATERAL (
           SELECT coalesce(track.cover_id, album.cover_id) AS cover_id FROM {_FILES}
            WHERE upload.folder_id = folder.id AND {_HEARD}
              AND coalesce(track.cover_id, album.cover_id) IS NOT NULL
            ORDER BY upload.source COLLATE "C", upload.id LIMIT 1) AS first
      JOIN attachment AS picture ON picture.id = first.cover_id
"""


async def pictures(tx: Queries, ids: Sequence[int], libraries: Sequence[int], hidden: Sequence[int]) -> dict[int, UUID]:
    """Pictures for folders, of those that have any."""
    return dict(await tx.many(lambda id, uuid: (id, uuid), PICTURES, list(ids), *_eyes(libraries, hidden)))


LIBRARIES = """
    SELECT library.id FROM unnest(%s::bigint[]) AS library (id)
     WHERE EXISTS (SELECT FROM upload WHERE upload.library_id = library.id AND upload.source LIKE 'file://%%')
     ORDER BY library.id
"""


async def libraries(tx: Queries, among: Sequence[int]) -> list[int]:
    """Those of the libraries that hold files in place."""
    return await tx.many(int, LIBRARIES, list(among))


def _eyes(libraries: Sequence[int], hidden: Sequence[int]) -> tuple[object, ...]:
    return list(libraries), list(hidden), list(hidden)
