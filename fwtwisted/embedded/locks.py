"""
Locks that no crash leaves behind: ``flock`` on files that exist for nothing else.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """A ``flock`` on a file of its own.  It is gone when its holder is, whatever ended it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether we hold it."""
        return self._fd is not None

    def take(self, *, shared: bool = False) -> bool:
        """Take it, or change how we hold it, if that is possible at once."""
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def fileno(self) -> int:
        """The descriptor: a child that inherits it holds the lock too.  Only while it is held."""
        assert self._fd is not None
        return self._fd

    def release(self) -> None:
        """Let go; harmless when it is not held.  Children that inherited it go on holding it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def sign(self) -> None:
        """Write our process id into the file."""
        os.truncate(self.fileno(), 0)
        os.pwrite(self.fileno(), f"{os.getpid()}\n".encode(), 0)

    def signature(self) -> str:
        """The process id in the file, or ``?``."""
        return self._path.read_text(errors="replace").strip() or "?"
