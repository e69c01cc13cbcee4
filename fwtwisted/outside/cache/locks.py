"""
Who fetches what, among the processes of a machine: locks on places in one file that holds nothing.

The kernel drops them with the process, however it ends.  They belong to the process, so that the file is opened once in
it, and never closed before the end.  They keep work from being done twice; that nothing wrong is ever served does not
hang on them.

Source: docs/storage.md S-68.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from fwtwisted.outside import disk

_REMOVING, _COUNTING, _FIRST_SLICE = 0, 1, 16


class Locks:
    """Methods that wait are for threads; :meth:`take` and :meth:`give_back` never do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd: int | None = None
        self._held: set[int] = set()
        self._removing, self._counting = Lock(), Lock()

    def open(self) -> None:
        """In a thread: make the file, if need be."""
        with disk.room_told():
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, disk.FILE_MODE)

    def close(self) -> None:
        """Give everything back."""
        fd, self._fd = self._fd, None
        self._held.clear()
        if fd is not None:
            os.close(fd)

    def take(self, digest: str, number: int) -> bool:
        """Be the one who fetches a slice; False when somebody else does, in this process or another."""
        place = _place(digest, number)
        if self._fd is None or place in self._held:
            return False
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        self._held.add(place)
        return True

    def give_back(self, digest: str, number: int) -> None:
        """Be it no longer; harmless when repeated."""
        place = _place(digest, number)
        if self._fd is not None and place in self._held:
            self._held.discard(place)
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, place)

    @contextmanager
    def removing(self) -> Iterator[None]:
        """In a thread: be the one who makes room."""
        with self._removing, self._locked(_REMOVING):
            yield

    @contextmanager
    def counting(self) -> Iterator[int]:
        """In a thread: be the one who counts; the file's descriptor."""
        with self._counting, self._locked(_COUNTING) as fd:
            yield fd

    @contextmanager
    def _locked(self, place: int) -> Iterator[int]:
        fd = self._fd
        if fd is None:
            raise OSError("the cache is not open")
        fcntl.lockf(fd, fcntl.LOCK_EX, 1, place)
        try:
            yield fd
        finally:
            fcntl.lockf(fd, fcntl.LOCK_UN, 1, place)


class Usage:
    """How many bytes the cache takes on the disk, as all processes of the machine have counted them together."""

    _FORM = struct.Struct("<q")

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    @property
    def total(self) -> int:
        """In a thread: as it is now."""
        with self._locks.counting() as fd:
            return self._read(fd)

    def add(self, count: int) -> int:
        """In a thread: so many more; the new total."""
        with self._locks.counting() as fd:
            return self._write(fd, self._read(fd) + count)

    def set(self, total: int) -> None:
        """In a thread: it was counted anew."""
        with self._locks.counting() as fd:
            self._write(fd, total)

    def _read(self, fd: int) -> int:
        raw = os.pread(fd, self._FORM.size, 0)
        return int(self._FORM.unpack(raw)[0]) if len(raw) == self._FORM.size else 0

    def _write(self, fd: int, total: int) -> int:
        with disk.room_told():
            os.pwrite(fd, self._FORM.pack(max(0, total)), 0)
        return total


def _place(digest: str, number: int) -> int:
    """Where the lock of a slice is; two slices at one place would only wait for each other."""
    told = hashlib.blake2b(f"{digest}/{number}".encode(), digest_size=8).digest()
    return _FIRST_SLICE + (int.from_bytes(told, "big") >> 2)
