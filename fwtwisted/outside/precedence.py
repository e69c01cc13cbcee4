"""
Who goes first to the object store: the pod with its listeners, before those who move media in great numbers.

They are processes that know nothing of each other but the folder of media.  A server notes there, once a second while
it has to do with the store, that it has (the time of a file); whoever has time looks there once a second.  A note is
believed for three seconds, so that a server that was killed holds nobody up.

``presence`` has the same said of people who are served, in a file of its own.

Source: docs/storage.md S-76.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk

FILE = ".traffic"
BEAT_SECONDS = 1.0
BELIEVED_SECONDS = 3.0


class _Beat(ABC):
    """Something once a second, in a thread."""

    def __init__(self, clock: IReactorTime, folder: str, threads: Threads, file: str = FILE) -> None:
        self._path, self._threads = os.path.join(folder, file), threads
        self._loop = LoopingCall(self._beat)
        self._loop.clock = clock
        self._beating: Deferred[LoopingCall] | None = None

    def start(self) -> None:
        """Begin."""
        self._beating = self._loop.start(BEAT_SECONDS)

    async def stop(self) -> None:
        """Done when the last one is; harmless when repeated."""
        if self._loop.running:
            self._loop.stop()
        beating, self._beating = self._beating, None
        if beating is not None:
            await beating

    @abstractmethod
    def _beat(self) -> Deferred[None] | None:
        """Once; raises nothing."""


class Traffic(_Beat):
    """
    The server's side.

    :param used: how often the store was asked until now.  :param is_used: whether somebody is at it just now.
    :param file: in which it is noted.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        folder: str,
        threads: Threads,
        used: Callable[[], int],
        is_used: Callable[[], bool],
        file: str = FILE,
    ) -> None:
        super().__init__(clock, folder, threads, file)
        self._used, self._is_used = used, is_used
        self._told = used()

    def _beat(self) -> Deferred[None] | None:
        used = self._used()
        if used == self._told and not self._is_used():
            return None
        self._told = used
        return Deferred.fromCoroutine(self._note())

    async def _note(self) -> None:
        try:
            await self._threads(_noted, self._path)
        except OSError as why:
            self._log.debug("that the pod goes first cannot be noted: {why}", event="s3.unnoted", why=str(why))


class Precedence(_Beat):
    """
    The side of those who have time.

    :ivar is_due: the pod has to do with the store, and goes first.
    """

    def __init__(self, clock: IReactorTime, folder: str, threads: Threads, file: str = FILE) -> None:
        super().__init__(clock, folder, threads, file)
        self.is_due = False

    def _beat(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._look())

    async def _look(self) -> None:
        self.is_due = await self._threads(_is_noted, self._path)


def _noted(path: str) -> None:
    """In a thread: it is now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        disk.make_folders(os.path.dirname(path))
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, disk.FILE_MODE))
        os.utime(path)


def _is_noted(path: str) -> bool:
    """In a thread: whether it was a moment ago."""
    try:
        return abs(time.time() - os.stat(path).st_mtime) < BELIEVED_SECONDS
    except OSError:
        return False
