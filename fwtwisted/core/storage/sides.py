"""
The two places where a file may lie, and the way between them.

:class:`Here` is the folder of this disk, :class:`There` the bucket.  Both tell what they have in the same words, so
that who moves, counts or verifies need not know which is which; the two ways from one to the other differ, and each
leaves either a whole file that was verified or nothing.

Source: docs/storage.md §8.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from uuid import uuid4

from attrs import frozen
from twisted.internet.defer import Deferred

from fwtwisted.model.audio import media_type_for
from fwtwisted.model.errors import Conflict, NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import IN_STORE, LOCAL, LocalBlobs, Lying
from fwtwisted.outside.homes import Home
from fwtwisted.outside.origin import Changed, CutShort, Seen, StoreAway
from fwtwisted.outside.pace import Pace
from fwtwisted.outside.s3.building import StoreParts
from fwtwisted.outside.s3.client import Refused
from fwtwisted.outside.s3.writing import Labels, OtherBytes
from fwtwisted.wire.names import is_name, media_type_of

HASHED_AT_ONCE = 1 << 20


@frozen
class Arrived:
    """
    A file that lies where it should, and was verified there.

    :ivar sha256: hex.  :ivar was_there: it had not to be carried.
    """

    size: int
    sha256: str
    etag: str | None
    was_there: bool


class Side(Protocol):
    """
    A place of files.

    :ivar storage: what a row says of a file that lies there.
    """

    storage: str

    async def seen(self, name: str) -> Seen | None:
        """What lies there; None: nothing.  :raise StoreAway:"""

    async def digest(self, name: str) -> str:
        """The SHA-256 of its bytes, read as a whole; hex.  :raise NotFound:  :raise StoreAway:"""

    def listed(self, prefix: str, start_after: str = "") -> AsyncIterator[Lying]:
        """What lies there under names that begin so, in an order of its own.  :raise StoreAway:"""

    async def remove(self, name: str) -> None:
        """Have nothing of that name.  :raise StoreAway:"""


class Here:
    """The folder of this disk.  :param root: its path."""

    storage = LOCAL

    def __init__(self, blobs: LocalBlobs, root: str, threads: Threads) -> None:
        self.blobs, self.root, self.threads = blobs, root, threads

    async def seen(self, name: str) -> Seen | None:
        """See :class:`Side`."""
        size = await self.blobs.size(name)
        return None if size is None else Seen(size)

    async def digest(self, name: str) -> str:
        """See :class:`Side`."""
        return await self.threads(_digest, self.blobs.path(name))

    async def listed(self, prefix: str, start_after: str = "") -> AsyncIterator[Lying]:
        """See :class:`Side`."""
        async for one in self.blobs.listed(prefix):
            if not start_after or _walked(one.name) > _walked(start_after):
                yield one

    async def remove(self, name: str) -> None:
        """See :class:`Side`."""
        await self.blobs.delete(name)


class There:
    """The bucket.  :ivar parts: everything about it."""

    storage = IN_STORE

    def __init__(self, parts: StoreParts) -> None:
        self.parts = parts
        self._below = parts.store.below

    async def seen(self, name: str) -> Seen | None:
        """See :class:`Side`."""
        try:
            return await self.parts.store.head(name)
        except NotFound:
            return None

    async def digest(self, name: str) -> str:
        """See :class:`Side`."""
        digest = hashlib.sha256()
        try:
            fetched = await self.parts.store.fetch(name)
            try:
                while piece := await _awaited(fetched.body.next()):
                    digest.update(piece)
            finally:
                fetched.body.close()
        except (CutShort, Changed) as broken:
            raise StoreAway(str(broken) or "it changed while it was read") from broken
        return digest.hexdigest()

    async def listed(self, prefix: str, start_after: str = "") -> AsyncIterator[Lying]:
        """See :class:`Side`."""
        after = self._below + start_after if start_after else ""
        try:
            async for one in self.parts.bucket.listed(self._below + prefix, after):
                name = one.key[len(self._below) :]
                if is_name(name):
                    yield Lying(name, one.size, one.modified)
        except Refused as refused:
            raise StoreAway(str(refused)) from refused

    async def remove(self, name: str) -> None:
        """See :class:`Side`."""
        await self.parts.bucket.delete(self.parts.store.key(name))


def here_at(root: str, threads: Threads) -> Here:
    """The folder of this disk.  :param root: its path."""
    return Here(LocalBlobs(root, threads), root, threads)


def sides(root: str, threads: Threads, store: StoreParts | None) -> Sequence[Here | There]:
    """Where files may lie, the configured place first.  :param root: the folder of this disk."""
    here = here_at(root, threads)
    return [here] if store is None else [There(store), here]


class Carrier:
    """
    Carries files from one side to the other.

    :param pace: of all bytes together.
    :ivar reads_back: whether what was sent to the bucket is fetched again and compared.
    """

    def __init__(self, here: Here, there: There, pace: Pace, *, reads_back: bool = False) -> None:
        self._here, self._there, self._pace = here, there, pace
        self._writer = there.parts.writer.paced(pace)
        self._home = Home(os.path.join(here.root, ".moving"))
        self.reads_back = reads_back

    async def begin(self) -> None:
        """Remove what carriers left behind that are dead."""
        await self._here.threads(self._home.sweep)

    async def end(self) -> None:
        """Leave nothing behind."""
        await self._here.threads(self._home.leave)

    async def up(self, name: str, expected: str | None, media_type: str | None, path: str | None = None) -> Arrived:
        """
        From this disk into the bucket.

        :param path: of the file, when it does not lie under its name.
        :raise OtherBytes: the file is not what it should be; nothing was sent.  :raise Conflict: another lies there.
        :raise FileNotFoundError:  :raise StoreAway:
        """
        key = self._there.parts.store.key(name)
        source = path or self._here.blobs.path(name)
        labels = Labels(name, media_type or media_type_by(name))
        written = await self._writer.put_file(key, source, labels, resumes=True, expected=expected)
        seen = await self._there.seen(name)
        if seen is None or seen.size != written.size:
            raise StoreAway("it was sent, and is not there as it was sent")
        if self.reads_back and await self._there.digest(name) != written.sha256:
            raise OtherBytes
        return Arrived(written.size, written.sha256, seen.etag, written.was_there)

    async def down(self, name: str, expected: str | None) -> Arrived:
        """
        From the bucket onto this disk.

        :raise OtherBytes: what came is not what it should be.  :raise Conflict: another lies here.
        :raise NotFound:  :raise NoRoom:  :raise StoreAway:
        """
        size = await self._here.blobs.size(name)
        if size is not None:
            return await self._compared(name, size, expected)
        place = await self._here.threads(self._fresh)
        try:
            arrived = await self._fetched(name, place)
            if expected is not None and arrived.sha256 != expected:
                raise OtherBytes
            await self._here.blobs.keep(name, place)
        finally:
            await self._here.threads(disk.gone, place)
        return arrived

    async def _compared(self, name: str, size: int, expected: str | None) -> Arrived:
        """A file that lies here already.  :raise Conflict: it is another one."""
        digest = await self._here.digest(name)
        seen = await self._there.seen(name)
        if seen is not None and seen.size != size:
            raise Conflict
        known = expected or (None if seen is None else seen.sha256)
        if known is None and seen is not None:
            known = await self._there.digest(name)
        if known != digest:
            raise Conflict
        return Arrived(size, digest, None, was_there=True)

    async def _fetched(self, name: str, place: str) -> Arrived:
        """An object in a file, hashed as it comes."""
        digest, size = hashlib.sha256(), 0
        fetched = await self._there.parts.store.fetch(name)
        fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, disk.FILE_MODE)
        try:
            while piece := await _awaited(fetched.body.next()):
                admitted = self._pace.admit(len(piece))
                if admitted is not None:
                    await admitted
                await self._here.threads(_written, os.dup(fd), piece, digest)
                size += len(piece)
        except (CutShort, Changed) as broken:
            raise StoreAway(str(broken) or "it changed while it was fetched") from broken
        finally:
            fetched.body.close()
            os.close(fd)
        if size != fetched.whole.size:
            raise StoreAway("it came with fewer bytes than it has")
        return Arrived(size, digest.hexdigest(), None, was_there=False)

    def _fresh(self) -> str:
        """In a thread: where a new file may go."""
        self._home.enter()
        return os.path.join(self._home.folder, str(uuid4()))


def media_type_by(name: str) -> str:
    """The media type of a stored file by its name; never that of a page.  Source: S-1."""
    return media_type_for(os.path.splitext(name)[1].removeprefix(".").lower()) or media_type_of(name)


def _written(fd: int, piece: bytes, digest: hashlib._Hash) -> None:
    """In a thread; the descriptor is ours, for whoever asked may have left."""
    try:
        disk.write_all(fd, piece)
        digest.update(piece)
    finally:
        os.close(fd)


def _digest(path: str) -> str:
    """In a thread: the SHA-256 of a file, hex.  :raise NotFound:"""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as whole:
            while piece := whole.read(HASHED_AT_ONCE):
                digest.update(piece)
    except (FileNotFoundError, NotADirectoryError) as gone:
        raise NotFound from gone
    return digest.hexdigest()


async def _awaited(piece: bytes | Deferred[bytes]) -> bytes:
    return await piece if isinstance(piece, Deferred) else piece


def _walked(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts names as the disk is walked through: of a folder its files first, then its folders."""
    *folders, file = name.split("/")
    return (*((1, folder) for folder in folders), (0, file))
