"""
Files that survive: the few sure moves on a disk from which the blob store and the spool are built.

Every function here blocks and belongs into a thread, but for ``in_memory``.  The moves, and what holds when the power
goes in the middle:

=====================  =============================================================================
write + fsync          the bytes are on the disk, under a name that nobody serves
``link_new``           the final name appears whole or not at all, and never over another file
``sync_folder``        the name itself is on the disk; before that it may vanish, the bytes do not
``claim`` (flock)      tells a file that someone writes from one whose writer is gone: the kernel
                       drops the lock with the process, however it ends
=====================  =============================================================================

A full disk is told as :class:`~fwtwisted.model.errors.NoRoom`, everything else as the OSError that it is.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from fwtwisted.model.errors import Conflict, NoRoom

FILE_MODE = 0o644  # the front's user reads what we store (docs/storage.md §1.2)
FOLDER_MODE = 0o755
COPY_STEP = 1 << 20
READ_STEP = 128 << 10
GATE = ".gate"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS_HERE = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@contextmanager
def room_told() -> Iterator[None]:
    """Turn the system's word for a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom from error
        raise


def write_all(fd: int, body: bytes | memoryview) -> None:
    """Write every byte.  :raise NoRoom: the disk is full; part of the bytes may be there."""
    rest = memoryview(body)
    with room_told():
        while rest:
            rest = rest[os.write(fd, rest) :]


def sync_folder(folder: str) -> None:
    """Make sure that names added to or taken from the folder stay so after a crash."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folders(folder: str) -> None:
    """Make the folder and those above it that are missing, each on the disk before the next."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    with room_told():
        for one in reversed(missing):
            try:
                os.mkdir(one, FOLDER_MODE)
            except FileExistsError:  # somebody else made it just now
                continue
            sync_folder(os.path.dirname(one))


def drop_empty_folders(folder: str, root: str) -> None:
    """Remove the folder and those above it as far as they are empty; never the root."""
    while folder.startswith(root + os.sep):
        try:
            os.rmdir(folder)
        except OSError:  # not empty, or gone already
            return
        folder = os.path.dirname(folder)


def link_new(source: str, target: str) -> None:
    """
    Give the file at ``source`` its final name, durably; both names are there afterwards.

    Doing it again after a crash is harmless.  Both must lie on one file system.

    :raise Conflict: another file has that name; it is left as it is.
    :raise NoRoom: the folder cannot grow.
    """
    _link_into(make_folders, source, target)
    sync_folder(os.path.dirname(target))


def link_all(pairs: Iterable[tuple[str, str]]) -> None:
    """
    :func:`link_new` for many sources and targets; they last once :func:`sync_all` was called.

    :raise Conflict: :raise NoRoom: those before are linked already.
    """
    for source, target in pairs:
        _link_into(lambda folder: os.makedirs(folder, FOLDER_MODE, exist_ok=True), source, target)


def _link_into(make: Callable[[str], object], source: str, target: str) -> None:
    """Link, having made the folder."""
    for attempt in range(3):
        with room_told():
            make(os.path.dirname(target))
        try:
            _link(source, target)
            break
        except FileNotFoundError:  # a deletion next door has just dropped the empty folder
            if attempt == 2 or not os.path.exists(source):
                raise


_C = ctypes.CDLL(None, use_errno=True)


def sync_all(folder: str) -> None:
    """
    Have everything that was written to the folder's file system on its disk: for many files at once.

    One by one they would wait for the disk's journal each; together they wait for it once.

    :raise NoRoom: the disk turned out to be full.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with room_told():
            if _C.syncfs(fd):
                raise OSError(ctypes.get_errno(), "syncfs", folder)
    finally:
        os.close(fd)


def _link(source: str, target: str) -> None:
    """One try of :func:`link_new`."""
    try:
        with room_told():
            os.link(source, target)
    except FileExistsError as error:
        if not os.path.samefile(source, target):
            raise Conflict("A stored file has that name already.") from error
    except OSError as error:
        if error.errno not in _NO_LINKS_HERE:
            raise
        _copy_new(source, target)


def _copy_new(source: str, target: str) -> None:
    """
    The same on a file system without hard links: a hidden copy, renamed.

    Only here two that give the same name at the same moment are not told apart; the names are random.

    :raise Conflict: another file has that name.
    """
    if os.path.exists(target):
        raise Conflict("A stored file has that name already.")
    hidden = os.path.join(os.path.dirname(target), f".{uuid4()}")
    copy_synced(source, hidden)
    os.rename(hidden, target)


def copy_synced(source: str, target: str) -> None:
    """
    Copy a file into a new one, down to the disk; a failure leaves no part behind.

    :raise NoRoom: the disk is full.
    """
    with room_told():
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        copy_into(fd, source)
    except BaseException:
        os.unlink(target)
        raise
    finally:
        os.close(fd)


def copy_into(fd: int, source: str) -> None:
    """Copy a file's bytes behind an open descriptor, down to the disk.  :raise NoRoom: the disk is full."""
    with open(source, "rb") as whole, room_told():
        while body := whole.read(COPY_STEP):
            write_all(fd, body)
        settle(fd)


def settle(fd: int) -> None:
    """What was written is on the disk and may be read by the front.  :raise NoRoom: the disk is full."""
    with room_told():
        os.fchmod(fd, FILE_MODE)
        os.fsync(fd)


def free_bytes(folder: str) -> int:
    """What an ordinary user can still write on the folder's disk."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize


def claim_new(path: str) -> int:
    """
    Make a new file that is known to be in somebody's hands from its first moment on.

    :return: its descriptor, open for writing, locked until it is closed or the process is gone.
    :raise FileExistsError: there is one.
    :raise NoRoom: the disk is full.
    """
    with room_told(), _nobody_else(os.path.dirname(path), fcntl.LOCK_SH):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
        fcntl.flock(fd, fcntl.LOCK_EX)
        return fd


def claim_left(path: str) -> int | None:
    """
    Take over a file whose writer is gone.

    :return: as for :func:`claim_new`; None when its writer lives, or when it has gone meanwhile.
    """
    with _nobody_else(os.path.dirname(path), fcntl.LOCK_EX):
        try:
            fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        if os.fstat(fd).st_nlink:
            return fd
        os.close(fd)
        return None


@contextmanager
def _nobody_else(folder: str, how: int) -> Iterator[None]:
    """
    Keep those who make files from those who look for dead ones, for the moment between making and locking.

    A file of its own carries the lock: network file systems lock no folders.  It is never held while waiting.
    """
    gate = os.open(os.path.join(folder, GATE), os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(gate, how)
        yield
    finally:
        os.close(gate)


def gone(path: str) -> bool:
    """Remove a file, durably enough: after a crash it may be back.  :return: whether there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def in_memory(fd: int, offset: int) -> bool:
    """Whether the byte there can be read without waiting for the disk."""
    try:
        return os.preadv(fd, [bytearray(1)], offset, os.RWF_NOWAIT) == 1
    except OSError:  # it is not, or this file system cannot tell
        return False


def read_and_close(fd: int, count: int, offset: int) -> bytes:
    """Read from a descriptor of one's own, so that the file may be closed elsewhere meanwhile."""
    try:
        return os.pread(fd, count, offset)
    finally:
        os.close(fd)
