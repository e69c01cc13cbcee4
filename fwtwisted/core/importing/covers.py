"""
Pictures that come with music: stored before the transaction that gives them a row, one for each album that has none.

Until that row is written the stored picture is doomed (``db/doomed.py``), so that none stays which nothing names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from fwtwisted.db import doomed
from fwtwisted.db import importing as known
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Unavailable


@frozen
class Shelved:
    """
    A picture in the store that has no row yet.

    :ivar name: its stored name.
    :ivar size: bytes.
    """

    name: str
    size: int
    media_type: str


async def pictures_of(
    tx: Tx, wanted: Sequence[tuple[bytes, int]], shelved: Mapping[bytes, Shelved]
) -> dict[tuple[bytes, int], int]:
    """
    Rows for the wanted pictures: by SHA-256 and owner, as far as they have one or lie on the shelf.

    :param wanted: SHA-256 and owner of each.
    :raise Unavailable: the shelf was cleared away meanwhile; doing it all again will help.
    """
    if not wanted:
        return {}
    ids = await known.pictures(tx, [digest for digest, _ in wanted], [owner_id for _, owner_id in wanted])
    await known.use_pictures(tx, list(ids.values()))
    taken = set()
    for digest, owner_id in wanted:
        one = shelved.get(digest)
        if (digest, owner_id) not in ids and one is not None and digest not in taken:
            taken.add(digest)
            ids[digest, owner_id] = await known.add_picture(tx, owner_id, one.name, one.size, one.media_type, digest)
    names = [shelved[digest].name for digest in taken]
    if await doomed.spare(tx, names) != len(names):
        raise Unavailable("The import took too long; it is tried again.")
    return ids
