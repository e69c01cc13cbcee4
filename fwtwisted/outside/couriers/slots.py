"""
How many couriers there are on this machine, however many processes of ours there are.

A slot is a lock on a file in a folder that all of them share; it ends with the process that holds it, whatever becomes
of that.  Taking one waits for nothing.
"""

from __future__ import annotations

import fcntl
import os

from twisted.logger import Logger


class Slots:
    """
    Takes slots.

    :param folder: of the lock files; None: nobody else is to be minded.
    """

    _log = Logger()

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._held: list[int] = []

    def take(self, most: int) -> int:
        """Take up to so many of so many slots; how many were free."""
        if self._folder is None:
            return max(0, most)
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            tried = [self._locked(self._folder, number) for number in range(most)]
            self._held += [fd for fd in tried if fd is not None]
        except OSError as why:
            self._log.warn("no further couriers: {why}", event="courier.slots", why=str(why))
        return len(self._held)

    def give_back(self) -> None:
        """Let others have them."""
        held, self._held = self._held, []
        for fd in held:
            os.close(fd)

    def _locked(self, folder: str, number: int) -> int | None:
        fd = os.open(os.path.join(folder, f"{number}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        except OSError:
            os.close(fd)
            raise
        return fd
