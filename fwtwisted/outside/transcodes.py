"""
Transcodes that people listen to while they are made: one run of ffmpeg, any number of listeners.

::

    listen(key) ──▶ flight of that key? ── no ──▶ ffmpeg ──▶ FOLDER/part, growing
                        │ yes                                      │
                        ▼                                          ▼
                    TranscodeSource ◀── a piece, or wait ── size looked at every 20 ms

Each listener reads the part at a pace of its own, from the system's memory mostly; none holds another up, and nothing
is kept in ours.  The first who asks for a key begins the flight, the others join it.  When ffmpeg is done, the finished
file is handed to ``kept`` (core stores it and writes its row); only then is the key free again, so that whoever asks
next finds the stored version.  When the last listener leaves before the end, ffmpeg is killed and the part goes.

Each process keeps its parts in a folder of its own, beside a file that it locks; folders of processes that died are
removed at the next start.

Source: docs/storage.md §6.6.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from uuid import uuid4

from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import FwError, NoRoom, Throttled, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.ffmpeg import Transcode, Transcoder, Wish
from fwtwisted.outside.homes import Home
from fwtwisted.outside.pouring import pour
from fwtwisted.wire.http import Span

# Lends the path of a local file, which stays there inside the block.
Lent = Callable[[], AbstractAsyncContextManager[str]]
# What is done with a finished file: it may be taken away; what is left of it goes afterwards.
Kept = Callable[[str], Awaitable[None]]


TIRED_SECONDS = 5  # after which it makes sense to come back for a place


@frozen
class TranscodesSettings:
    """
    How live transcodes are followed.

    :ivar look_seconds: how often the growing file is looked at.
    :ivar stalled_seconds: an ffmpeg that writes nothing for so long is killed, and has failed.
    :ivar reserve_bytes: free room on its disk below which no transcode begins.
    """

    look_seconds: float = 0.02
    stalled_seconds: float = 20.0
    reserve_bytes: int = 1_000_000_000


class _Flight:
    """
    One run of ffmpeg and those who follow it.

    :ivar fd: of the growing file, once it is open.
    :ivar size: bytes that may be read so far.
    :ivar over: whether no more come.
    :ivar failure: why they ended early, if they did.
    :ivar stopped: whether nobody wants it any more; then nobody may join.
    """

    _log = Logger()

    def __init__(self) -> None:
        self.fd: int | None = None
        self.size = 0
        self.over = False
        self.failure: Failure | None = None
        self.stopped = False
        self.listeners = 0
        self._transcode: Transcode | None = None
        self._grew_at = 0.0
        self._waiting: list[Deferred[None]] = []

    @property
    def is_waiting(self) -> bool:
        """ffmpeg has not begun, for others have all places."""
        return self._transcode is not None and self._transcode.is_waiting

    def grown(self) -> Deferred[None]:
        """Fires when there are more bytes, or when it is over."""
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiter)
        return waiter

    async def follow(self, transcode: Transcode, clock: IReactorTime, settings: TranscodesSettings) -> None:
        """Watch the file grow until the transcode is done.  Fails as the transcode does."""
        self._transcode, self._grew_at = transcode, clock.seconds()
        if self.stopped:
            transcode.stop()

        def watch() -> None:
            if self._look() or self.is_waiting:
                self._grew_at = clock.seconds()
            elif clock.seconds() - self._grew_at > settings.stalled_seconds:
                self._log.warn("ffmpeg writes nothing any more, and is killed", event="transcodes.stalled")
                self.stop()

        looking = LoopingCall(watch)
        looking.clock = clock
        looking.start(settings.look_seconds, now=False)
        try:
            await transcode.done
        finally:
            looking.stop()
        self._look()

    def end(self, failure: Failure | None) -> None:
        """No more bytes come."""
        self.over, self.failure = True, failure
        self.tell()

    def leave(self) -> None:
        """A listener is gone; without any, the work has no purpose."""
        self.listeners -= 1
        if self.listeners == 0 and not self.over:
            self.stop()

    def stop(self) -> None:
        """Nobody wants it, or nobody may have it any more."""
        self.stopped = True
        if self._transcode is not None:
            self._transcode.stop()

    def _look(self) -> bool:
        """See how far the file has come, and tell those who wait.  :return: whether there is more of it."""
        assert self.fd is not None
        size = os.fstat(self.fd).st_size
        if size <= self.size:
            return False
        self.size = size
        self.tell()
        return True

    def tell(self) -> None:
        """Wake everybody who waits."""
        waiting, self._waiting[:] = list(self._waiting), []
        for waiter in waiting:
            waiter.callback(None)


class TranscodeSource:
    """
    One listener's view of a transcode under way (see :class:`~fwtwisted.wire.http.ByteSource`).

    Nobody knows its length before the end, so it has neither ranges nor a tag.
    """

    def __init__(self, flight: _Flight, threads: Threads) -> None:
        self.length: int | None = None
        self.etag: str | None = None
        self.modified: datetime | None = None
        self.cache_status = "MISS"
        self.age: int | None = None
        self._flight = flight
        self._threads = threads
        self._offset = 0
        self._fd: int | None = None
        self._listening = True
        self._is_tired = False
        flight.listeners += 1

    @property
    def is_growing(self) -> bool:
        """It costs: it is listened to, and not at its end."""
        return self._listening and not self._flight.over

    def tire(self) -> None:
        """Wait no longer for a place."""
        if self._flight.is_waiting:
            self._is_tired = True
            self._flight.tell()

    async def begun(self) -> None:
        """
        Wait for the first byte.  Fails when the transcode does before.

        :raise Throttled: we are tired of waiting for a place.
        """
        while not self._flight.size and not self._flight.over:
            await self._flight.grown()
            if self._is_tired:
                raise Throttled(TIRED_SECONDS)
        if not self._flight.size and self._flight.failure is not None:
            self._flight.failure.raiseException()
        assert self._flight.fd is not None
        self._fd = os.dup(self._flight.fd)

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`."""

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; the span must be None.  Fails when the transcode does."""
        if span is not None or self._fd is None:
            raise ValueError("a transcode under way is sent once, and whole")
        return pour(consumer, self._next_piece, lambda: self._threads(int), self.close)

    def descriptor(self) -> int | None:
        """None: no file holds the whole yet."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`.  The last one stops what is not finished."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
        if self._listening:
            self._listening = False
            self._flight.leave()

    def _next_piece(self) -> bytes | Deferred[bytes]:
        """What comes next, as soon as it is there."""
        count = min(disk.READ_STEP, self._flight.size - self._offset)
        if count > 0:
            return self._read(count)
        if not self._flight.over:
            return self._flight.grown().addCallback(lambda _: self._next_piece())
        if self._flight.failure is not None:
            self._flight.failure.raiseException()
        return b""

    def _read(self, count: int) -> bytes | Deferred[bytes]:
        """So many bytes from where we are."""
        assert self._fd is not None
        offset, self._offset = self._offset, self._offset + count
        if disk.in_memory(self._fd, offset + count - 1):
            return os.pread(self._fd, count, offset)
        return self._threads(disk.read_and_close, os.dup(self._fd), count, offset)


class Transcodes(Service):
    """
    All transcodes that this process makes for listeners, one for each key.

    :param folder: for the growing parts, best on the disk of the blob store; made when first needed.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        transcoder: Transcoder,
        folder: str,
        threads: Threads,
        settings: TranscodesSettings | None = None,
    ) -> None:
        self._clock = clock
        self._transcoder = transcoder
        self._home = Home(os.path.abspath(folder))
        self._threads = threads
        self._settings = settings or TranscodesSettings()
        self._flights: dict[Hashable, _Flight] = {}
        self._works: set[Deferred[None]] = set()

    def startService(self) -> None:
        """Remove what a process before us left behind."""
        super().startService()
        self._begin(Deferred.fromCoroutine(self._sweep()))

    def stopService(self) -> Deferred[None]:
        """Stop every ffmpeg; done when all are gone and finished files are kept."""
        super().stopService()
        for flight in self._flights.values():
            flight.stop()
        return Deferred.fromCoroutine(self._landed())

    async def listen(
        self, key: Hashable, file: Lent, wish: Wish, kept: Kept | None = None, patience: float | None = None
    ) -> TranscodeSource:
        """
        Hear a transcode from its beginning; answers once there is a first byte.

        :param key: spells everything that the result depends on: the upload and the wish.
        :param file: lends the path of the file to be transcoded for as long as ffmpeg reads it.
        :param kept: called once for each run with the path of the finished file, which it may take away.
        :param patience: seconds to wait for a place, while others have all; None: for ever.
        :raise TranscodeFailed: ffmpeg cannot make it.  :raise Throttled: the patience is at its end.
        :raise NoRoom: the disk is full.
        :raise Unavailable: we are stopping.
        """
        if not self.running:
            raise Unavailable
        flight = self._flights.get(key)
        if flight is None or flight.stopped:
            flight = self._flights[key] = _Flight()
            self._begin(Deferred.fromCoroutine(self._fly(key, flight, file, wish, kept)))
        source = TranscodeSource(flight, self._threads)
        tiring = None if patience is None else self._clock.callLater(patience, source.tire)
        try:
            await source.begun()
        except BaseException:
            source.close()
            raise
        finally:
            if tiring is not None and tiring.active():
                tiring.cancel()
        return source

    async def _landed(self) -> None:
        """Wait for the end of all work, and leave no trace."""
        await DeferredList(list(self._works))
        await self._threads(self._home.leave)

    def _begin(self, work: Deferred[None]) -> None:
        """Remember work until it is done, so that stopping can wait for it."""
        self._works.add(work)

        def done(result: object) -> None:
            self._works.discard(work)
            if isinstance(result, Failure):
                self._log.failure("a transcode's end went wrong", result, event="transcodes.broken")

        work.addBoth(done)

    async def _fly(self, key: Hashable, flight: _Flight, file: Lent, wish: Wish, kept: Kept | None) -> None:
        """One run, from the empty part to the kept file."""
        part = os.path.join(self._home.folder, str(uuid4()))
        try:
            if await self._made(flight, part, file, wish) and kept is not None:
                await kept(part)
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            fd, flight.fd = flight.fd, None
            if fd is not None:
                os.close(fd)
            await self._threads(disk.gone, part)

    async def _made(self, flight: _Flight, part: str, file: Lent, wish: Wish) -> bool:
        """Make the part, with the listeners following.  :return: whether it is complete."""
        try:
            async with file() as path:
                flight.fd = await self._threads(self._opened, part)
                made = self._transcoder.transcode(path, wish, part)
                await flight.follow(made, self._clock, self._settings)
        except CancelledError:
            flight.end(Failure(Unavailable()))
            return False
        except FwError:
            flight.end(Failure())
            return False
        except BaseException:
            flight.end(Failure())
            raise
        flight.end(None)
        return True

    def _opened(self, part: str) -> int:
        """In a thread: a new part.  :raise NoRoom: there should be more room for it."""
        self._home.enter()
        if disk.free_bytes(self._home.folder) < self._settings.reserve_bytes:
            raise NoRoom
        with disk.room_told():
            return os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, disk.FILE_MODE)

    async def _sweep(self) -> None:
        """Remove the homes of the dead."""
        swept = await self._threads(self._home.sweep)
        if swept:
            self._log.info("{count} unfinished transcodes removed", event="transcodes.swept", count=swept)
