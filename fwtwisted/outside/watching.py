"""
Noticing what changes in folders, by Linux's inotify.

The kernel tells of each folder apart, so every folder below the watched ones gets a watch of its own: at the start, and
when it appears.  What changed is collected until it has been calm for a while, for people copy albums and not files.
When the kernel could not keep up, when it takes no more watches, or when a watched folder itself went away, that is
told too: then only a look at everything will do.

Twisted has an inotify of its own; it drops the word that the queue ran over, stops altogether when one watched folder
is deleted, and loses folders that are moved.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall, IReactorFDSet, IReactorTime, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from fwtwisted.model.threads import Threads

MODIFY, CLOSE_WRITE, MOVED_FROM, MOVED_TO = 0x2, 0x8, 0x40, 0x80
CREATE, DELETE = 0x100, 0x200
UNMOUNT, OVERFLOW, IGNORED = 0x2000, 0x4000, 0x8000
ONLY_FOLDERS, IS_FOLDER = 0x01000000, 0x40000000
WANTED = MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | ONLY_FOLDERS

_HEAD = struct.Struct("iIII")  # watch, what happened, cookie, length of the name behind it
_C = ctypes.CDLL(None, use_errno=True)


class WatchingReactor(IReactorFDSet, IReactorTime):
    """What watching needs of a reactor."""


@frozen
class Changes:
    """
    What happened while nobody looked.

    :ivar touched: folders in which files came, went or were written.
    :ivar new: folders that appeared, with all that is in them.
    :ivar everything: what else happened is not known.
    """

    touched: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.touched or self.new or self.everything)

    def and_then(self, later: Changes) -> Changes:
        """Both."""
        return Changes(self.touched | later.touched, self.new | later.new, self.everything or later.everything)


@frozen
class WatchSettings:
    """
    :ivar calm_seconds: how long nothing must happen before changes are told.
    :ivar longest_seconds: after which they are told in any case.
    """

    calm_seconds: float = 2.0
    longest_seconds: float = 60.0


@implementer(IReadDescriptor)
class FolderWatch:
    """
    Watches folders and all below them.

    :param changed: told of changes, in the reactor's own thread.
    :ivar is_complete: every folder is watched; else only looking at everything now and then will do.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: WatchingReactor,
        threads: Threads,
        changed: Callable[[Changes], None],
        settings: WatchSettings | None = None,
    ) -> None:
        self._reactor, self._threads, self._changed = reactor, threads, changed
        self._settings = settings or WatchSettings()
        self._fd = _checked(_C.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._folders: dict[int, str] = {}
        self._watches: dict[str, int] = {}
        self._collected = Changes()
        self._since = 0.0
        self._calm: IDelayedCall | None = None
        self.is_complete = True
        reactor.addReader(self)

    async def watch(self, folders: Iterable[str]) -> None:
        """Watch folders and all below them."""
        for found in await self._threads(_all_below, list(folders)):
            self._add(found)

    def stop(self) -> None:
        """Watch no more; harmless when repeated."""
        if self._calm is not None and self._calm.active():
            self._calm.cancel()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._reactor.removeReader(self)
            os.close(fd)

    def _add(self, folder: str) -> None:
        """Watch one folder."""
        if self._fd < 0 or folder in self._watches:
            return
        try:
            watch = _checked(_C.inotify_add_watch(self._fd, os.fsencode(folder), WANTED))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM) and self.is_complete:
                self.is_complete = False
                self._log.warn(
                    "the system watches no more folders; raise fs.inotify.max_user_watches", event="watch.limit"
                )
            return
        self._folders[watch] = folder
        self._watches[folder] = watch

    # What the reactor asks of a descriptor.

    def fileno(self) -> int:
        """Of the queue."""
        return self._fd

    def logPrefix(self) -> str:
        return "watch"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor ends."""
        self.stop()

    def doRead(self) -> None:
        """Take what happened from the queue."""
        try:
            raw = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return
        for watch, what, name in _events(raw):
            self._happened(watch, what, name)
        if self._collected:
            self._wait_for_calm()

    def _happened(self, watch: int, what: int, name: str) -> None:
        if what & (OVERFLOW | UNMOUNT):
            self._collect(Changes(everything=True))
        folder = self._folders.get(watch)
        if folder is None:
            return
        if what & IGNORED:
            self._forget(watch)
            return
        path = os.path.join(folder, name)
        if what & IS_FOLDER and what & (CREATE | MOVED_TO):
            self._collect(Changes(new=frozenset([path])))
            self._threads(_all_below, [path]).addCallback(self._add_all)
        elif what & IS_FOLDER and what & (MOVED_FROM | DELETE):
            self._lose(path)
        self._collect(Changes(touched=frozenset([folder])))

    def _add_all(self, folders: Sequence[str]) -> None:
        """Folders that appeared; what came into them before they were watched is looked at as a whole."""
        for folder in folders:
            self._add(folder)
        self._collect(Changes(new=frozenset(folders[:1])))
        self._wait_for_calm()

    def _lose(self, path: str) -> None:
        """A folder went away; if it comes back elsewhere in our sight it is watched anew."""
        gone = [folder for folder in self._watches if folder == path or folder.startswith(path + os.sep)]
        for folder in gone:
            watch = self._watches[folder]
            _C.inotify_rm_watch(self._fd, watch)
            self._forget(watch)

    def _forget(self, watch: int) -> None:
        folder = self._folders.pop(watch, None)
        if folder is not None and self._watches.get(folder) == watch:
            del self._watches[folder]

    # Waiting until it is calm.

    def _collect(self, changes: Changes) -> None:
        if not self._collected:
            self._since = self._reactor.seconds()
        self._collected = self._collected.and_then(changes)

    def _wait_for_calm(self) -> None:
        if self._fd < 0:
            return
        if self._calm is not None and self._calm.active():
            self._calm.cancel()
        left = self._since + self._settings.longest_seconds - self._reactor.seconds()
        self._calm = self._reactor.callLater(max(0.0, min(self._settings.calm_seconds, left)), self._tell)

    def _tell(self) -> None:
        collected, self._collected = self._collected, Changes()
        self._changed(collected)


def _checked(result: int) -> int:
    """:raise OSError: when a call of the C library failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _events(raw: bytes) -> Iterator[tuple[int, int, str]]:
    """Watch, what happened, and the name in the folder."""
    at = 0
    while at < len(raw):
        watch, what, _, length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        yield watch, what, os.fsdecode(raw[at : at + length].rstrip(b"\0"))
        at += length


def _all_below(folders: Sequence[str]) -> list[str]:
    """In a thread: the folders and all below them; links to folders are not followed."""
    return [path for folder in folders for path, _, _ in os.walk(folder)]
