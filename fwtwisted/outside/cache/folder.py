"""
The cache on the disk: a folder for each entry, with a sparse file of the bytes and a journal.

::

    CACHE/ab/abcd…/data        the object's bytes, holes where they were not fetched
    CACHE/ab/abcd…/log         its journal
    CACHE/.bad/abcd…/          what turned out to be damaged, for the operator to look at
    CACHE/.work/UUID…          folders that come or go, of one process each (``outside/homes.py``)
    CACHE/.locks               see ``locks``

A folder appears and vanishes by one rename, so that no half of an entry is ever found.  Who has an entry open reads on
when it is gone.  The time of the journal's last change is when the entry was last used.

All of this blocks and is for threads.  Source: docs/storage.md S-62, S-64, S-67.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from threading import Lock
from uuid import uuid4

from attrs import define, evolve, field, frozen

from fwtwisted.outside import disk
from fwtwisted.outside.cache.journal import Facts, Record, State, entry_line, line, read, records
from fwtwisted.outside.homes import Home

DATA, LOG, BAD, WORK = "data", "log", ".bad", ".work"
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY})
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL

# Which file it is, how long, and when it was last written to.
Signature = tuple[int, int, int]


def digest_of(key: str) -> str:
    """The name of an entry.  :param key: bucket, new line, key."""
    return hashlib.sha256(key.encode()).hexdigest()


def slice_digest(body: bytes | memoryview = b"") -> hashlib.blake2b:
    """What slices are checked by; 64 bits."""
    return hashlib.blake2b(body, digest_size=8)


@define(eq=False)
class Files:
    """The open files of an entry.  :ivar log: opened for adding only."""

    log: int
    data: int
    _read_to: int = field(default=0, init=False)
    _reading: Lock = field(factory=Lock, init=False)

    @property
    def is_gone(self) -> bool:
        """Whether the entry was removed behind our back."""
        return os.fstat(self.log).st_nlink == 0

    @property
    def signature(self) -> Signature:
        """Of the data; another one means that somebody has written."""
        told = os.fstat(self.data)
        return told.st_ino, told.st_size, told.st_mtime_ns

    def load(self) -> State | None:
        """Read the journal from its beginning."""
        return read(self._rest())

    def news(self) -> list[Record]:
        """What was added to the journal since."""
        return list(records(self._rest()))

    @property
    def is_behind(self) -> bool:
        """Whether something was added to the journal that was not read."""
        return os.fstat(self.log).st_size != self._read_to

    def _rest(self) -> bytes:
        with self._reading:
            size = os.fstat(self.log).st_size
            raw = os.pread(self.log, max(0, size - self._read_to), self._read_to)
            self._read_to += raw.rfind(b"\n") + 1  # a last line that is still being written is for later
            return raw

    def add(self, *record: object) -> None:
        """Write a record; it is on the disk some time later."""
        disk.write_all(self.log, line(*record))

    def write(self, body: bytes | memoryview, at: int) -> None:
        """Write bytes where they belong.  :raise NoRoom:"""
        rest = memoryview(body)
        with disk.room_told():
            while rest:
                done = os.pwrite(self.data, rest, at)
                rest, at = rest[done:], at + done

    def settle(self) -> None:
        """What was written is on the disk."""
        with disk.room_told():
            os.fdatasync(self.data)

    def digest(self, start: int, stop: int) -> bytes:
        """Of bytes as they are on the disk, as slices are checked."""
        told = slice_digest()
        for piece in self.pieces(start, stop):
            told.update(piece)
        return told.digest()

    def sha256(self, size: int) -> str:
        """Of the whole, hex."""
        told = hashlib.sha256()
        for piece in self.pieces(0, size):
            told.update(piece)
        return told.hexdigest()

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Bytes, a few at a time; fewer than asked for when the file is shorter."""
        while start < stop:
            piece = os.pread(self.data, min(disk.READ_STEP, stop - start), start)
            if not piece:
                return
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Let go of them."""
        os.close(self.log)
        os.close(self.data)


@frozen
class Coming:
    """A place for a new entry, which nobody sees yet.  :ivar place: the folder.  :ivar files: in it, both empty."""

    place: str
    files: Files


@frozen
class Lying:
    """
    An entry as it lies on the disk.

    :ivar used: seconds since 1970.  :ivar taken: bytes of the disk, all in all.  :ivar is_bad: it was put aside.
    """

    digest: str
    used: float
    taken: int
    is_bad: bool = False


class Folder:
    """:param root: made when first needed; absolute."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._bad = os.path.join(root, BAD)
        self._home = Home(os.path.join(root, WORK))

    @property
    def lock_path(self) -> str:
        """Of the file that is there to be locked."""
        return os.path.join(self.root, ".locks")

    def begin(self) -> None:
        """Make the folder, and clear away what processes left that are gone."""
        disk.make_folders(self.root)
        self._home.sweep()

    def end(self) -> None:
        """Leave nothing of this process behind."""
        self._home.leave()

    def place(self, digest: str) -> str:
        """The folder of an entry."""
        return os.path.join(self.root, digest[:2], digest)

    # --- entries ---------------------------------------------------------------------------------

    def open(self, digest: str) -> Files | None:
        """An entry's files, of one and the same entry; None when there is none."""
        try:
            folder = os.open(self.place(digest), os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return _opened(folder)
        finally:
            os.close(folder)

    def prepare(self) -> Coming:
        """
        A place for a new entry, before anybody knows of what: all of the work that can be done so early.

        :raise NoRoom:  :raise OSError:
        """
        self._home.enter()
        place = os.path.join(self._home.folder, str(uuid4()))
        with disk.room_told():
            os.mkdir(place, disk.FOLDER_MODE)
            log = os.open(os.path.join(place, LOG), _NEW | os.O_APPEND, 0o600)
            try:
                return Coming(place, Files(log, os.open(os.path.join(place, DATA), _NEW, 0o600)))
            except OSError:
                os.close(log)
                raise

    def appear(self, coming: Coming, facts: Facts) -> tuple[Files, State]:
        """
        Let a prepared place be the entry of these facts; an entry of other facts that is in its place goes.

        :return: its files; or those of the same entry that somebody else has made just now, and the place is gone.
        :raise NoRoom:  :raise OSError: the place is gone.
        """
        digest = digest_of(facts.key)
        try:
            disk.write_all(coming.files.log, entry_line(facts))
            with disk.room_told():
                os.makedirs(os.path.dirname(self.place(digest)), disk.FOLDER_MODE, exist_ok=True)
            for _ in range(4):
                if self._renamed(coming.place, self.place(digest)):
                    coming.files.load()
                    return coming.files, State(facts, facts.created)
                same = self._same(digest, facts)
                if same is not None:
                    shutil.rmtree(coming.place, ignore_errors=True)
                    return same
            raise OSError(errno.EBUSY, "an entry of the cache changes again and again", digest)
        except BaseException:
            shutil.rmtree(coming.place, ignore_errors=True)
            raise

    def _same(self, digest: str, facts: Facts) -> tuple[Files, State] | None:
        """What is there, if it is of the same object; else it goes."""
        files = self.open(digest)
        if files is None:
            return None
        state = files.load()
        if state is not None and (state.facts.size, state.facts.etag) == (facts.size, facts.etag):
            return files, state
        self.remove(digest, files)
        files.close()
        return None

    def _renamed(self, coming: str, place: str) -> bool:
        """Whether that could be done: nothing was there."""
        try:
            os.rename(coming, place)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            return False
        return True

    def discard(self, coming: Coming) -> None:
        """Nobody needs a place that was prepared."""
        coming.files.close()
        shutil.rmtree(coming.place, ignore_errors=True)

    def remove(self, digest: str, files: Files | None = None) -> bool:
        """
        Remove an entry, at once and as a whole.

        :param files: only this very one, and no other that has taken its place.
        :return: whether there was one.
        """
        return self._is_still(digest, files) and self._removed(self.place(digest))

    def _is_still(self, digest: str, files: Files | None) -> bool:
        if files is None:
            return True
        try:
            return os.path.samestat(os.stat(os.path.join(self.place(digest), LOG)), os.fstat(files.log))
        except OSError:
            return False

    def _removed(self, place: str) -> bool:
        self._home.enter()
        going = os.path.join(self._home.folder, str(uuid4()))
        try:
            os.rename(place, going)
        except FileNotFoundError:
            return False
        shutil.rmtree(going, ignore_errors=True)
        return True

    def put_aside(self, digest: str, files: Files) -> None:
        """Keep a damaged entry where nobody is served from; the one before goes."""
        if not self._is_still(digest, files):
            return
        disk.make_folders(self._bad)
        place = os.path.join(self._bad, digest)
        self._removed(place)
        try:
            os.rename(self.place(digest), place)
        except FileNotFoundError:
            return

    def has(self, digest: str) -> bool:
        """Whether there is one."""
        return os.path.exists(self.place(digest))

    def key(self, digest: str, *, is_bad: bool = False) -> str | None:
        """Bucket and key of an entry; None when it cannot be told."""
        place = os.path.join(self._bad, digest) if is_bad else self.place(digest)
        try:
            with open(os.path.join(place, LOG), "rb") as log:
                state = read(log.read(1 << 16))
        except OSError:
            return None
        return None if state is None else state.facts.key

    def use(self, digest: str, moment: float) -> None:
        """Note when an entry was last used; never an earlier time than is noted."""
        path = os.path.join(self.place(digest), LOG)
        try:
            if os.stat(path).st_mtime < moment:
                os.utime(path, (moment, moment))
        except (FileNotFoundError, NotADirectoryError):
            return

    # --- all of them -----------------------------------------------------------------------------

    def entries(self) -> Iterator[Lying]:
        """Every entry that lies here."""
        for shelf in _names(self.root):
            if len(shelf) == 2:
                for digest in _names(os.path.join(self.root, shelf)):
                    lying = self._lying(os.path.join(self.root, shelf, digest), digest)
                    if lying is not None:
                        yield lying

    def damaged(self) -> Iterator[Lying]:
        """Every one that was put aside."""
        for digest in _names(self._bad):
            lying = self._lying(os.path.join(self._bad, digest), digest)
            if lying is not None:
                yield evolve(lying, is_bad=True)

    def damaged_keys(self) -> list[str]:
        """The keys of those, without the bucket."""
        keys = [self.key(one.digest, is_bad=True) for one in self.damaged()]
        return sorted(key.partition("\n")[2] for key in keys if key is not None)

    def drop(self, one: Lying) -> None:
        """Remove one of those."""
        self._removed(os.path.join(self._bad, one.digest) if one.is_bad else self.place(one.digest))

    @property
    def free(self) -> int:
        """Bytes that are free on this disk."""
        return disk.free_bytes(self.root)

    def _lying(self, place: str, digest: str) -> Lying | None:
        try:
            log, data = os.stat(os.path.join(place, LOG)), os.stat(os.path.join(place, DATA))
            folder = os.stat(place)
        except FileNotFoundError:
            return None
        return Lying(digest, log.st_mtime, (log.st_blocks + data.st_blocks + folder.st_blocks) * 512)


def _opened(folder: int) -> Files | None:
    """The files in an open folder; None when it has been emptied."""
    try:
        log = os.open(LOG, os.O_RDWR | os.O_APPEND, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        return Files(log, os.open(DATA, os.O_RDWR, dir_fd=folder))
    except OSError as error:
        os.close(log)
        if error.errno == errno.ENOENT:
            return None
        raise


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
