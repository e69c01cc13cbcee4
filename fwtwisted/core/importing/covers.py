"""
Pictures that come with music: stored before the transaction that gives them a row, one for each album that has none.

Until that row is written the stored picture is doomed (``db/files/doomed.py``), so that none stays which nothing names.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from uuid import uuid4

from attrs import frozen
from twisted.internet.defer import DeferredSemaphore

from fwtwisted.core.importing.filing import Filing
from fwtwisted.db.files import doomed
from fwtwisted.db.files import importing as known
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.several import all_of
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.reading import EXTENSION_OF, Cover, picture_of
from fwtwisted.wire.names import ATTACHMENTS, stored_name

AT_ONCE = 8


@frozen
class Shelved:
    """
    A picture in the store that has no row yet.

    :ivar name: its stored name.
    :ivar size: bytes.
    :ivar storage: where it lies.
    """

    name: str
    size: int
    media_type: str
    storage: str


@frozen
class CoverOf:
    """A file, what it is filed as, and the picture that comes with it.  :ivar path: where the file lies."""

    path: str
    owner_id: int
    filing: Filing
    cover: Cover


class Covers:
    """Brings the pictures that a batch needs into the store."""

    def __init__(self, database: Database, blobs: BlobStore, threads: Threads) -> None:
        self._database, self._blobs, self._threads = database, blobs, threads

    async def shelve(self, files: Sequence[CoverOf]) -> dict[bytes, Shelved]:
        """
        The pictures that are wanted and not stored yet, stored now; by SHA-256.

        :raise NoRoom: the store is full.
        """
        wanted = await self._wanted(files) if files else {}
        if not wanted:
            return {}
        names = {digest: _name(file.cover) for digest, file in wanted.items()}
        await self._database.transaction(lambda tx: doomed.doom(tx, list(names.values()), doomed.HOPE_SECONDS))
        bound = DeferredSemaphore(AT_ONCE)

        async def one(digest: bytes) -> tuple[bytes, Shelved] | None:
            file = wanted[digest]
            body = await self._threads(picture_of, file.path, file.cover)
            if body is None:  # it is another file by now
                return None
            storage = await self._blobs.put(names[digest], body)
            return digest, Shelved(names[digest], len(body), file.cover.media_type, storage)

        return dict(filter(None, await all_of([bound.run(one, digest) for digest in wanted])))

    async def _wanted(self, files: Sequence[CoverOf]) -> dict[bytes, CoverOf]:
        """By SHA-256, the pictures of which we have no copy for albums that have no cover."""
        firsts: dict[Hashable, CoverOf] = {}
        for file in files:
            firsts.setdefault(album_of(file.filing) or file.cover.sha256, file)
        first = list(firsts.values())

        async def look(tx: Tx) -> dict[bytes, CoverOf]:
            bare = await known.without_cover(
                tx,
                [file.filing.album for file in first],
                [file.filing.album_mbid for file in first],
                [file.filing.album_artists[0].name for file in first],
            )
            missing = [first[place] for place in bare]
            owners = [file.owner_id for file in missing]
            held = await known.pictures(tx, [file.cover.sha256 for file in missing], owners)
            return {file.cover.sha256: file for file in missing if (file.cover.sha256, file.owner_id) not in held}

        return await self._database.read(look)


def album_of(filing: Filing) -> Hashable | None:
    """What the files of one album share, as far as their words tell; None for a file in no album."""
    if filing.in_no_album:
        return None
    return filing.album_mbid or (filing.album.lower(), filing.album_artists[0].name.lower())


def _name(cover: Cover) -> str:
    """A name that no other picture has: of many thousands that are all called alike, some would meet in one folder."""
    uuid = uuid4()
    return stored_name(ATTACHMENTS, uuid, f"cover-{uuid.hex[6:18]}.{EXTENSION_OF[cover.media_type]}")


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
    if ids:
        await known.use_pictures(tx, list(ids.values()))
    taken = set()
    for digest, owner_id in wanted:
        one = shelved.get(digest)
        if (digest, owner_id) not in ids and one is not None and digest not in taken:
            taken.add(digest)
            ids[digest, owner_id] = await known.add_picture(
                tx, owner_id, one.name, one.size, one.media_type, digest, one.storage
            )
    names = [shelved[digest].name for digest in taken]
    if await doomed.spare(tx, names) != len(names):
        raise Unavailable("The import took too long; it is tried again.")
    return ids
