"""
Where the bytes of media lie: the seam that every store offers, and the store in a folder on disk.

A stored file has a name (:mod:`fwtwisted.wire.names`), is written once, and never changes; so whoever holds one open
may read on while it is deleted.  Names that are none are answered as if nothing lay there.

On disk ``ROOT/NAME`` holds the bytes.  ``ROOT/.parts`` holds what is being written; each file there is locked by its
writer, and :meth:`LocalBlobs.sweep` removes those whose writer is gone.

Source: docs/storage.md §1.2, §2.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from io import RawIOBase
from typing import Protocol, TypeAlias
from uuid import uuid4

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.pouring import pour
from fwtwisted.wire.http import ByteSource, Span
from fwtwisted.wire.names import is_name

# A file's descriptor, and what the system says of it.
_Open: TypeAlias = tuple[int, os.stat_result]

# No such file; a folder is in the way, or none; not ours to read; a loop of links; a socket.
_NOT_THERE = frozenset({errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENXIO})


class OutOfPlace(NotFound):
    """A file lies elsewhere than below the folder that it should be in."""


# Where bytes lie, as rows tell it.
LOCAL = "local"
IN_STORE = "s3"


@frozen
class Copied:
    """
    The bytes that were stored of somebody's file, which may have changed since it was last looked at.

    :ivar size: bytes.  :ivar checksum: ``sha256:HEX``.
    :ivar storage: where they lie.
    """

    size: int
    checksum: str
    storage: str = LOCAL


@frozen
class Known:
    """
    What the database knows of a file that is to be opened, so that nobody else need be asked.

    :ivar size: bytes.  :ivar sha256: of the whole, hex.
    :ivar missing: what is raised when the file is not there after all.
    :ivar only_looks: the bytes are not wanted (a HEAD).
    :ivar is_far: it was seen a moment ago that they do not lie on this disk.
    """

    size: int | None = None
    sha256: str | None = None
    missing: Callable[[], Exception] = NotFound
    only_looks: bool = False
    is_far: bool = False


class Distant(Protocol):
    """A file that lies in an object store and not here, for who may be sent there."""

    def url(self, seconds: int | None, media_type: str, disposition: str | None) -> str:
        """
        A URL that opens this one file, for so long (None: as set).  A secret: no log, no kept document (S-8).

        :param disposition: the ``Content-Disposition`` that the store is to send, ASCII.
        """


@frozen
class Place:
    """
    Where a file is had.

    :ivar is_here: on this disk, where a front may find it.
    :ivar distant: who tells URLs of it; None for what is here, and while the store is away.
    """

    is_here: bool
    distant: Distant | None = None


HERE = Place(True)


class BlobStore(Protocol):
    """
    Keeps files under names, for ever or until they are deleted; nothing is ever overwritten.

    What stores answers with where the bytes are now, :data:`LOCAL` or :data:`IN_STORE`.  ``media_type`` is that of the
    bytes; None: what the name's extension says.
    """

    async def adopt(self, name: str, path: str, media_type: str | None = None) -> str:
        """
        Move a finished local file in: :meth:`keep`, then remove ``path``.

        :raise Conflict: the name is taken; the local file stays.
        :raise NoRoom: the store is full; the local file stays.
        """

    async def keep(self, name: str, path: str, media_type: str | None = None) -> str:
        """
        Store the bytes of a finished local file that we own and that stays where it is for now.

        The two may share their bytes on disk: ``path`` may be removed afterwards, never written to.  Done again after
        a crash it does no harm.  Raises as :meth:`adopt`.
        """

    async def copy(self, name: str, path: str) -> str:
        """Store a copy of somebody's local file, which stays theirs to change.  Raises as :meth:`adopt`."""

    async def copy_all(self, pairs: Sequence[tuple[str, str]]) -> list[Copied | None]:
        """
        :meth:`copy` for many names and paths, in much less time than one by one.

        :return: what was copied, in order; None for a file that cannot be read.
        :raise NoRoom: the store is full; nothing is stored of all.
        """

    async def put(self, name: str, body: bytes) -> str:
        """Store a few bytes (an image).  Raises as :meth:`adopt`."""

    async def open(self, name: str, known: Known | None = None) -> ByteSource:
        """
        The bytes, to be sent; whoever asked closes it or lets it be produced.

        :raise NotFound: nothing lies there.  With ``known`` a store that is far away may find that out only when the
            source's ``ready`` is awaited, which then raises it.
        :raise Unavailable: the store is away.
        """

    def lent(self, name: str) -> AbstractAsyncContextManager[str]:
        """
        The path of a local file with the bytes, which stays there inside the block: for ffmpeg, for who reads tags.

        :raise NotFound: nothing lies there; or only the file turns out to be missing.  :raise Unavailable:
        """

    async def place(self, name: str, known: Known | None = None) -> Place:
        """Where the bytes are had, if they are there at all."""

    async def size(self, name: str) -> int | None:
        """How many bytes lie there; None when nothing does."""

    async def delete(self, name: str) -> None:
        """Remove what lies there, if anything does."""

    def names(self, prefix: str = "") -> AsyncIterator[str]:
        """The names that begin so, folder by folder; those that come or go meanwhile may be among them or not."""


@frozen
class Lying:
    """A stored file as it was found.  :ivar size: bytes.  :ivar modified: aware UTC; None: nobody told."""

    name: str
    size: int
    modified: datetime | None


LOOKED_AT_ONCE = 500


class LocalBlobs:
    """
    The store in a folder.

    :param root: the folder; it is made when first needed.
    :param threads: everything that touches the disk happens there.
    """

    def __init__(self, root: str, threads: Threads) -> None:
        self._root = os.path.abspath(root)
        self._parts = os.path.join(self._root, ".parts")
        self._threads = threads

    async def adopt(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.adopt`."""
        await self.keep(name, path)
        await self._threads(disk.gone, path)
        return LOCAL

    async def keep(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.keep`.  On one file system it is a second name for the same bytes."""
        await self._threads(self._keep, self._place(name), path)
        return LOCAL

    async def copy(self, name: str, path: str) -> str:
        """See :meth:`BlobStore.copy`."""
        await self._threads(self._store, self._place(name), lambda fd: disk.copy_into(fd, path))
        return LOCAL

    async def copy_all(self, pairs: Sequence[tuple[str, str]]) -> list[Copied | None]:
        """See :meth:`BlobStore.copy_all`."""
        return await self._threads(self._copy_all, [(self._place(name), path) for name, path in pairs])

    async def put(self, name: str, body: bytes) -> str:
        """See :meth:`BlobStore.put`."""

        def fill(fd: int) -> None:
            disk.write_all(fd, body)
            disk.settle(fd)

        await self._threads(self._store, self._place(name), fill)
        return LOCAL

    async def open(self, name: str, known: Known | None = None) -> FileSource:
        """See :meth:`BlobStore.open`."""
        return await open_file(self._threads, self._place(name))

    async def size(self, name: str) -> int | None:
        """See :meth:`BlobStore.size`."""
        return await self._threads(_size, self._place(name)) if is_name(name) else None

    async def delete(self, name: str) -> None:
        """See :meth:`BlobStore.delete`."""
        if is_name(name):
            await self._threads(self._delete, self._place(name))

    @asynccontextmanager
    async def lent(self, name: str) -> AsyncIterator[str]:
        """See :meth:`BlobStore.lent`; whether it is there must still be seen."""
        yield self._place(name)

    async def place(self, name: str, known: Known | None = None) -> Place:
        """See :meth:`BlobStore.place`."""
        return HERE

    def path(self, name: str) -> str:
        """Where this lies, or would lie; absolute.  :raise NotFound: it is no name."""
        return self._place(name)

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See :meth:`BlobStore.names`."""
        folders = [prefix.rpartition("/")[0]]
        while folders:
            folder = folders.pop()
            below, files = await self._threads(self._entries, folder)
            folders += [one for one in reversed(below) if prefix.startswith(f"{one}/") or one.startswith(prefix)]
            for name in files:
                if name.startswith(prefix):
                    yield name

    async def listed(self, prefix: str = "") -> AsyncIterator[Lying]:
        """What lies under the names that begin so, in the order of :meth:`names`."""
        batch: list[str] = []
        async for name in self.names(prefix):
            batch.append(name)
            if len(batch) == LOOKED_AT_ONCE:
                for one in await self._threads(self._lying, batch):
                    yield one
                batch = []
        for one in await self._threads(self._lying, batch):
            yield one

    def _lying(self, names: Sequence[str]) -> list[Lying]:
        """In a thread: those that are still there."""
        found = []
        for name in names:
            try:
                told = os.stat(os.path.join(self._root, name))
            except (FileNotFoundError, NotADirectoryError):
                continue
            found.append(Lying(name, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC)))
        return found

    async def sweep(self) -> int:
        """Remove parts whose writer died; for the start of the house.  :return: how many there were."""
        return await self._threads(self._sweep)

    def _place(self, name: str) -> str:
        """Where a name lies.  :raise NotFound: it is none."""
        if not is_name(name):
            raise NotFound
        return os.path.join(self._root, name)

    def _keep(self, place: str, path: str) -> None:
        """In a thread: a second name, or across file systems a copy."""
        fd = os.open(path, os.O_RDONLY)
        try:
            disk.settle(fd)
        finally:
            os.close(fd)
        try:
            disk.link_new(path, place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._store(place, lambda fd: disk.copy_into(fd, path))

    def _store(self, place: str, fill: Callable[[int], None]) -> None:
        """In a thread: write a part, then give it its name; whatever fails, no part stays."""
        disk.make_folders(self._parts)
        part = os.path.join(self._parts, str(uuid4()))
        fd = disk.claim_new(part)
        try:
            fill(fd)
            disk.link_new(part, place)
        finally:
            disk.gone(part)
            os.close(fd)

    def _copy_all(self, pairs: Sequence[tuple[str, str]]) -> list[Copied | None]:
        """In a thread: all parts, then all names, each lot brought to the disk at once."""
        disk.make_folders(self._parts)
        parts: list[tuple[str, int]] = []
        answer: list[Copied | None] = []
        try:
            for _, path in pairs:
                part = os.path.join(self._parts, str(uuid4()))
                parts.append((part, disk.claim_new(part)))
                answer.append(copied_into(parts[-1][1], path))
            disk.sync_all(self._root)
            whole = [(part, place) for (part, _), (place, _), told in zip(parts, pairs, answer, strict=True) if told]
            self._name_all(whole)
        finally:
            for part, fd in parts:
                disk.gone(part)
                os.close(fd)
        return answer

    def _name_all(self, pairs: Sequence[tuple[str, str]]) -> None:
        """In a thread: give finished parts their names, all or none."""
        try:
            disk.link_all(pairs)
            disk.sync_all(self._root)
        except BaseException:
            for part, place in pairs:
                if os.path.exists(place) and os.path.samefile(part, place):
                    self._delete(place)
            raise

    def _delete(self, place: str) -> None:
        """In a thread: remove a file, and the folders that this leaves empty."""
        if disk.gone(place):
            disk.drop_empty_folders(os.path.dirname(place), self._root)

    def _entries(self, folder: str) -> tuple[list[str], list[str]]:
        """In a thread: names of the folders and of the files in a folder, each in order."""
        below: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(os.path.join(self._root, folder)) as entries:
                for entry in entries:
                    name = f"{folder}/{entry.name}" if folder else entry.name
                    if is_name(name):
                        (below if entry.is_dir() else files).append(name)
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        return sorted(below), sorted(files)

    def _sweep(self) -> int:
        """In a thread: remove every part that nobody holds."""
        swept = 0
        for part in os.listdir(self._parts) if os.path.isdir(self._parts) else ():
            path = os.path.join(self._parts, part)
            fd = None if part == disk.GATE else disk.claim_left(path)
            if fd is not None:
                swept += disk.gone(path)
                os.close(fd)
        return swept


def copied_into(fd: int, path: str) -> Copied | None:
    """In a thread: copy somebody's file behind a descriptor; None when it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        source, _ = _opened(path)
    except (NotFound, OSError):
        return None
    with open(source, "rb", buffering=0) as whole:
        while body := _next_step(whole):
            digest.update(body)
            disk.write_all(fd, body)
            size += len(body)
        if body is None:
            return None
    os.fchmod(fd, disk.FILE_MODE)
    return Copied(size, f"sha256:{digest.hexdigest()}")


def _next_step(file: RawIOBase) -> bytes | None:
    """In a thread: the next bytes; None when the disk fails."""
    try:
        return file.read(disk.COPY_STEP)
    except OSError:
        return None


def _size(place: str) -> int | None:
    """In a thread: size of a plain file in bytes; None for anything else."""
    try:
        told = os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return told.st_size if stat.S_ISREG(told.st_mode) else None


class FileSource:
    """
    A local file as bytes to be sent (see :class:`~fwtwisted.wire.http.ByteSource`).

    What the system holds in memory is read at once, the rest in a thread, so that a sleepy disk holds up nobody else.

    :param fd: open for reading; ours from now on.
    :ivar etag: size and time of the last change, in hex; whoever knows the digest puts a better one in.
    """

    def __init__(self, fd: int, length: int, etag: str | None, modified: datetime | None, threads: Threads) -> None:
        self.length: int | None = length
        self.etag = etag
        self.modified = modified
        self.cache_status = "LOCAL"
        self.age: int | None = None
        self._fd: int | None = fd
        self._whole = Span(0, length)
        self._threads = threads

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`; an open file is."""

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`.  Fails with EOFError when the file has become shorter."""
        fd = self.descriptor()
        if fd is None:
            raise ValueError("a closed file cannot be sent")
        stop = (span or self._whole).stop
        offset = (span or self._whole).start

        def read(piece: bytes) -> bytes:
            nonlocal offset
            if not piece:
                raise EOFError("the file became shorter")
            offset += len(piece)
            return piece

        def next_piece() -> bytes | Deferred[bytes]:
            count = min(disk.READ_STEP, stop - offset)
            if count <= 0:
                return b""
            if disk.in_memory(fd, offset + count - 1):
                return read(os.pread(fd, count, offset))
            return self._threads(disk.read_and_close, os.dup(fd), count, offset).addCallback(read)

        return pour(consumer, next_piece, lambda: self._threads(int), self.close)

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`; None once it is closed."""
        return self._fd

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


async def open_file(threads: Threads, path: str) -> FileSource:
    """
    A local file, inside a store or not, as bytes to be sent.

    :raise NotFound: there is none, it is not a plain file, or we may not read it.
    """
    return await _source(threads, lambda: _opened(path))


async def open_below(threads: Threads, root: str, path: str) -> FileSource:
    """
    :func:`open_file` for what :func:`path_below` finds, in one go.

    :raise OutOfPlace: it lies elsewhere.  :raise NotFound: as for :func:`open_file`.
    """
    return await _source(threads, lambda: _opened(_real(root, path)))


async def _source(threads: Threads, opens: Callable[[], _Open]) -> FileSource:
    fd, told = await _closed_if_unwanted(threads(opens))
    modified = datetime.fromtimestamp(told.st_mtime, UTC)
    return FileSource(fd, told.st_size, f'"{told.st_size:x}-{told.st_mtime_ns:x}"', modified, threads)


def _closed_if_unwanted(opening: Deferred[_Open]) -> Deferred[_Open]:
    """The same file for who waits for it; when they have left (their client has gone), it is closed again."""
    heard: Deferred[_Open] = Deferred()

    def tell(result: _Open | Failure) -> None:
        if not heard.called:
            heard.callback(result)
        elif not isinstance(result, Failure):
            os.close(result[0])

    opening.addBoth(tell)
    return heard


def _opened(path: str) -> _Open:
    """In a thread: descriptor and facts of a plain file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that lies there does not hold us up
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise NotFound from error
        raise
    told = os.fstat(fd)
    if not stat.S_ISREG(told.st_mode):
        os.close(fd)
        raise NotFound
    return fd, told


@asynccontextmanager
async def lent_path(path: str) -> AsyncIterator[str]:
    """A file that lies where it lies, lent as a store lends."""
    yield path


async def path_below(threads: Threads, root: str, path: str) -> str:
    """
    The path with every link followed, if it then lies under the root: where an in-place file really is.

    :raise OutOfPlace: it lies elsewhere.
    Source: docs/storage.md §2.3.
    """
    return await threads(_real, root, path)


def _real(root: str, path: str) -> str:
    found = os.path.realpath(path)
    if not found.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep):
        raise OutOfPlace
    return found
