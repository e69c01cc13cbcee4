"""
Folders for files that nobody needs once their process is gone: each process has one of its own, beside a file that it
locks, and removes those of the dead.
"""

from __future__ import annotations

import os
import shutil
from threading import Lock
from uuid import UUID, uuid4

from fwtwisted.outside import disk


class Home:
    """
    The folder for the files of one process, ``PARENT/UUID.parts``, beside the locked ``PARENT/UUID``.

    Its methods block and are for threads.
    """

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._lock_path = os.path.join(parent, str(uuid4()))
        self._fd: int | None = None
        self._one_at_a_time = Lock()

    @property
    def lock(self) -> str:
        """Path of the locked file."""
        return self._lock_path

    @property
    def folder(self) -> str:
        """Where the parts go, once it was entered."""
        return self._lock_path + _PARTS

    def enter(self) -> None:
        """Make it, if it is not there yet."""
        with self._one_at_a_time:
            if self._fd is None:
                disk.make_folders(self._parent)
                self._fd = disk.claim_new(self._lock_path)
                disk.make_folders(self.folder)

    def leave(self) -> None:
        """Remove it."""
        with self._one_at_a_time:
            fd, self._fd = self._fd, None
            if fd is not None:
                _remove_home(self._lock_path)
                os.close(fd)

    def sweep(self) -> int:
        """Remove those whose process is gone.  :return: how many parts that were."""
        swept = 0
        for name in os.listdir(self._parent) if os.path.isdir(self._parent) else ():
            path = os.path.join(self._parent, name)
            fd = disk.claim_left(path) if _is_lock(name) else None
            if fd is not None:
                swept += _remove_home(path)
                os.close(fd)
        return swept


def is_left(lock: str) -> bool:
    """In a thread: whether the process that had a home with this lock, on this machine, is gone."""
    if not os.path.exists(lock):
        return True
    fd = disk.claim_left(lock)
    if fd is None:
        return False
    os.close(fd)
    return True


_PARTS = ".parts"


def _is_lock(name: str) -> bool:
    """Whether the name is that of a home's lock: a UUID without anything."""
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _remove_home(lock_path: str) -> int:
    """Remove the parts, then the lock.  :return: how many parts there were."""
    folder = lock_path + _PARTS
    count = len(os.listdir(folder)) if os.path.isdir(folder) else 0
    shutil.rmtree(folder, ignore_errors=True)
    disk.gone(lock_path)
    return count
