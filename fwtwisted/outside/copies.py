"""
Local copies of files that lie in an object store, for those who need a path: ffmpeg, who reads tags, who cuts covers.

One copy for all who ask at once, kept for a while after the last of them, because an import looks at a file twice and a
picture is cut into two sizes.  What was uploaded just now is offered by whoever stored it, and need not be fetched.

Source: docs/storage.md §6.6, S-60, S-61.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from fwtwisted.model.errors import NoRoom
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.homes import Home
from fwtwisted.outside.origin import CutShort, Origin, StoreAway


@frozen
class CopiesSettings:
    """
    :ivar linger_seconds: how long a copy stays when nobody needs it.
    :ivar most_lingering: how many of those there are; the oldest go first.
    :ivar reserve_bytes: free room on the disk below which nothing is copied.
    """

    linger_seconds: float = 60.0
    most_lingering: int = 50
    reserve_bytes: int = 1_000_000_000


@define(eq=False)
class _Copy:
    """:ivar path: empty until it is here.  :ivar waiting: who wants to hear of it."""

    path: str
    users: int = 0
    is_here: bool = False
    waiting: list[Deferred[None]] = field(factory=list)
    going: IDelayedCall | None = None


class Copies:
    """
    The copies of one process.

    :param folder: best on the disk of the local store; made when first needed.
    """

    def __init__(
        self,
        clock: IReactorTime,
        origin: Origin,
        folder: str,
        threads: Threads,
        settings: CopiesSettings | None = None,
    ) -> None:
        self._clock, self._origin, self._threads = clock, origin, threads
        self._home = Home(os.path.abspath(folder))
        self._settings = settings or CopiesSettings()
        self._copies: dict[str, _Copy] = {}

    async def begin(self) -> None:
        """Remove what processes before us left behind."""
        await self._threads(self._home.sweep)

    async def close(self) -> None:
        """Remove all of ours."""
        for copy in self._copies.values():
            _stay(copy)
        self._copies.clear()
        await self._threads(self._home.leave)

    @asynccontextmanager
    async def lent(self, name: str) -> AsyncIterator[str]:
        """
        The path of a copy, which stays inside the block.

        :raise NotFound:  :raise StoreAway:  :raise NoRoom:
        """
        copy = self._copies.get(name)
        if copy is None:
            copy = self._copies[name] = _Copy("")
            Deferred.fromCoroutine(self._fetch(name)).addBoth(self._fetched, name, copy)
        copy.users += 1
        _stay(copy)
        try:
            if not copy.is_here:
                here: Deferred[None] = Deferred(copy.waiting.remove)
                copy.waiting.append(here)
                await here
            yield copy.path
        finally:
            copy.users -= 1
            self._linger(name, copy)

    async def offer(self, name: str, path: str) -> None:
        """A finished local file has these bytes; it may be removed afterwards, never written to."""
        if name not in self._copies:
            place = await self._threads(self._linked, path)
            if place is not None:
                copy = self._copies[name] = _Copy(place, is_here=True)
                self._linger(name, copy)

    def _linked(self, path: str) -> str | None:
        """In a thread: a second name for the file; None where that cannot be."""
        self._home.enter()
        place = os.path.join(self._home.folder, str(uuid4()))
        try:
            os.link(path, place)
        except OSError:
            return None
        return place

    async def _fetch(self, name: str) -> str:
        """Fetch an object into a file of ours; its path."""
        fetched = await self._origin.fetch(name)
        place = ""
        try:
            place, fd = await self._threads(self._opened, fetched.whole.size)
            try:
                while piece := await _now(fetched.body.next()):
                    await self._threads(disk.write_all, fd, piece)
            finally:
                os.close(fd)
        except CutShort as short:
            await self._threads(disk.gone, place)
            raise StoreAway(str(short)) from short
        except BaseException:
            if place:
                await self._threads(disk.gone, place)
            raise
        finally:
            fetched.body.close()
        return place

    def _opened(self, size: int) -> tuple[str, int]:
        """In a thread: a new file.  :raise NoRoom: so many bytes do not fit."""
        self._home.enter()
        if disk.free_bytes(self._home.folder) - size < self._settings.reserve_bytes:
            raise NoRoom
        place = os.path.join(self._home.folder, str(uuid4()))
        with disk.room_told():
            return place, os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, disk.FILE_MODE)

    def _fetched(self, result: str | Failure, name: str, copy: _Copy) -> None:
        """Tell all who wait."""
        waiting, copy.waiting = copy.waiting, []
        if isinstance(result, Failure):
            if self._copies.get(name) is copy:
                del self._copies[name]
            for here in waiting:
                here.errback(result)
            return
        copy.path, copy.is_here = result, True
        for here in waiting:
            here.callback(None)
        self._linger(name, copy)

    def _linger(self, name: str, copy: _Copy) -> None:
        """A copy that nobody needs goes after a while, or when there are too many."""
        if copy.users or not copy.is_here or self._copies.get(name) is not copy:
            return
        _stay(copy)
        copy.going = self._clock.callLater(self._settings.linger_seconds, self._drop, name)
        lingering = [one for one, held in self._copies.items() if held.going is not None]
        for old in lingering[: max(0, len(lingering) - self._settings.most_lingering)]:
            _stay(self._copies[old])
            self._drop(old)

    def _drop(self, name: str) -> None:
        self._threads(disk.gone, self._copies.pop(name).path).addErrback(_ignored)


def _stay(copy: _Copy) -> None:
    going, copy.going = copy.going, None
    if going is not None:
        going.cancel()


def _ignored(failure: Failure) -> None:
    """A copy that cannot be removed goes with its folder."""
    failure.trap(OSError)


async def _now(piece: bytes | Deferred[bytes]) -> bytes:
    return await piece if isinstance(piece, Deferred) else piece
