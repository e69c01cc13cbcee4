"""
Walking through folders of music: which files are there, batch by batch.

Everything here blocks and runs in a thread.  Links to folders are followed, each folder is entered once, and what
cannot be entered is told and passed by.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from attrs import frozen

from fwtwisted.wire.audiotags import EXTENSIONS

Complain = Callable[[str, str], None]
"""Told a path and what is wrong with it, in words for a person."""

CANNOT_ENTER = "The server may not look into this folder. Give its user the right to."
LEADS_OUT = "This link leads out of the folder that MUSIC_DIRECTORY_PATH names."


@frozen
class Spotted:
    """A file that may be music.  :ivar size: bytes.  :ivar mtime_ns: of the last change, nanoseconds since 1970."""

    path: str
    size: int
    mtime_ns: int


@frozen
class Walk:
    """
    What to look through.

    :ivar paths: absolute paths of folders and files.
    :ivar deep: folders that are looked through with all that is below them, whatever ``recursive`` says.
    :ivar extensions: without a dot, lower case; files that are named by path count whatever they are called.
    :ivar within: real path that no link may lead out of; None: anywhere.
    """

    paths: Sequence[str]
    recursive: bool
    extensions: frozenset[str] = frozenset(EXTENSIONS)
    within: str | None = None
    deep: Sequence[str] = ()

    def batches(self, size: int, complain: Complain) -> Iterator[list[Spotted]]:
        """The files, ``size`` at a time; those of one folder together, folders in order."""
        files = self._files(complain)
        while batch := list(islice(files, size)):
            yield batch

    def _files(self, complain: Complain) -> Iterator[Spotted]:
        entered: set[tuple[int, int]] = set()
        for path in self.paths:
            if os.path.isdir(path):
                yield from self._folder(path, self.recursive, entered, complain)
            elif spotted := _spotted(path):
                yield spotted
        for path in self.deep:
            yield from self._folder(path, True, entered, complain)

    def _folder(
        self, top: str, recursive: bool, entered: set[tuple[int, int]], complain: Complain
    ) -> Iterator[Spotted]:
        """The music in a folder, and with ``recursive`` in all below it.  :param entered: device and inode of each."""
        waiting = [top]
        while waiting:
            folder, below = waiting.pop(), []
            for name in _names_in(folder, entered, complain):
                path = os.path.join(folder, name)
                about = _about(path)
                if about is None or not self._is_allowed(path, complain):
                    continue
                if stat.S_ISDIR(about.st_mode):
                    below.append(path)
                elif stat.S_ISREG(about.st_mode) and self._is_music(name):
                    yield Spotted(path, about.st_size, about.st_mtime_ns)
            if recursive:
                waiting += reversed(below)

    def _is_music(self, name: str) -> bool:
        return not name.startswith(".") and name.rpartition(".")[2].lower() in self.extensions

    def _is_allowed(self, path: str, complain: Complain) -> bool:
        """No link leads out."""
        if self.within is None or not os.path.islink(path) or is_below(os.path.realpath(path), self.within):
            return True
        complain(path, LEADS_OUT)
        return False


def is_below(path: str, root: str) -> bool:
    """Whether a path is the root or lies below it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _names_in(folder: str, entered: set[tuple[int, int]], complain: Complain) -> list[str]:
    """What is in a folder, in order; nothing the second time, or when it cannot be entered."""
    try:
        about = os.stat(folder)
        if (about.st_dev, about.st_ino) in entered:
            return []
        entered.add((about.st_dev, about.st_ino))
        return sorted(os.listdir(folder), key=os.fsencode)
    except OSError:
        complain(folder, CANNOT_ENTER)
        return []


def _about(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:  # gone already, or a link that leads nowhere
        return None


def _spotted(path: str) -> Spotted | None:
    about = _about(path)
    return Spotted(path, about.st_size, about.st_mtime_ns) if about and stat.S_ISREG(about.st_mode) else None


def missing_of(paths: Iterable[str]) -> set[str]:
    """Those of the paths at which no plain file lies any more; where that cannot be told it is not missing."""
    missing = set()
    for path in paths:
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                missing.add(path)
        except (FileNotFoundError, NotADirectoryError):
            missing.add(path)
        except OSError:
            continue
    return missing


def is_empty(folder: str) -> bool:
    """Whether nothing at all lies in a folder, or it is not there."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
