"""
Files on their way here from another server: one who brings them, any number who hear them meanwhile.

::

    bringer ──▶ FOLDER/part, growing ──▶ advance() ──▶ ArrivingSource   a listener near its end
                        │                         ├──▶ ArrivingSource   one far behind: reads the file
                        │                         └──▶ ArrivingSource   one far ahead: asks the other server itself,
                        │                                               until the file has come as far
               another process looks at the same file

Nobody holds the bringer up: it writes as fast as the disk takes it, and listeners read the file at a pace of their own.

Source: docs/storage.md §6.5, S-60, S-61.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from twisted.internet import fdesc
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IReactorFDSet
from twisted.python.failure import Failure

from fwtwisted.model.errors import FwError
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.origin import CutShort
from fwtwisted.outside.pouring import pour
from fwtwisted.wire.http import NO_BYTES, Span

NEAR_BYTES = 1 << 20  # so far ahead it is sooner here than asked for


class Body(Protocol):
    """Bytes as they come: see :class:`fwtwisted.outside.origin.Body`."""

    def next(self) -> bytes | Deferred[bytes]: ...

    def close(self) -> None: ...


# Asks the other server for the bytes from the first number on, to the second (exclusive; None: to the end).
Beyond = Callable[[int, int | None], Awaitable[Body]]


class Arrival:
    """
    A file that grows.

    :ivar fd: of the file, ours.  :ivar length: bytes of the whole; None: nobody knows.
    :ivar size: bytes that may be read.  :ivar over: no more come; ``failure`` tells why, if they should have.
    :ivar listeners: who hear it at the moment.  :ivar left: called when one of them has left.
    """

    def __init__(self, fd: int, length: int | None) -> None:
        self.fd: int | None = fd
        self.length = length
        self.size = 0
        self.over = False
        self.failure: Failure | None = None
        self.listeners = 0
        self.left: Callable[[], None] = lambda: None
        self._waiting: list[Deferred[None]] = []

    def advance(self, size: int) -> None:
        """So many bytes are there."""
        if size > self.size:
            self.size = size
            self._tell()

    def end(self, failure: Failure | None = None) -> None:
        """No more come."""
        if not self.over:
            self.over, self.failure = True, failure
            self._tell()

    def grown(self) -> Deferred[None]:
        """Fires when there are more bytes, or when it is over."""
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiter)
        return waiter

    def close(self) -> None:
        """Let go of the file; who hears it has it open, too."""
        fd, self.fd = self.fd, None
        if fd is not None:
            os.close(fd)

    def _tell(self) -> None:
        waiting, self._waiting[:] = list(self._waiting), []
        for waiter in waiting:
            waiter.callback(None)


class ArrivingSource:
    """
    One listener's view of a file on its way (see :class:`~fwtwisted.wire.http.ByteSource`).

    It has no tag: nobody knows its content yet, and what is told later would be another.

    :param beyond: for what is far ahead; None: wait for it.
    """

    def __init__(
        self, arrival: Arrival, threads: Threads, modified: datetime | None = None, beyond: Beyond | None = None
    ) -> None:
        if arrival.fd is None:
            raise ValueError("nobody may join an arrival that is closed")
        self.length = arrival.length
        self.etag: str | None = None
        self.modified = modified
        self.cache_status = "MISS"
        self.age: int | None = None
        self._arrival, self._threads, self._beyond = arrival, threads, beyond
        self._fd: int | None = os.dup(arrival.fd)
        self._at, self._stop = 0, arrival.length
        self._far: Body | None = None
        self._is_asking = False
        arrival.listeners += 1

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`: the first byte is there, or is asked for.  Fails as the arrival does."""
        if span == NO_BYTES:
            return
        self._begin(span)
        arrival = self._arrival
        while arrival.size <= self._at and not arrival.over and self._far is None:
            if not await self._went_beyond():
                await arrival.grown()
        if arrival.size <= self._at and self._far is None and arrival.failure is not None:
            arrival.failure.raiseException()

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; after :meth:`ready`, with the same span."""
        if self._fd is None:
            raise ValueError("a closed file cannot be sent")
        if self._far is None:
            self._begin(span)
        return pour(consumer, self._next_piece, lambda: self._threads(int), self.close)

    def descriptor(self) -> int | None:
        """None: no file holds the whole yet."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
        self._come_back()
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
            self._arrival.listeners -= 1
            self._arrival.left()

    def _begin(self, span: Span | None) -> None:
        self._at, self._stop = (0, self.length) if span is None else (span.start, span.stop)

    # --- piece by piece ----------------------------------------------------------------------------

    def _next_piece(self) -> bytes | Deferred[bytes]:
        """What comes next, as soon as it is there."""
        if self._stop is not None and self._at >= self._stop:
            return b""
        if self._arrival.size > self._at:
            return self._read()
        return Deferred.fromCoroutine(self._later())

    async def _later(self) -> bytes:
        arrival = self._arrival
        while arrival.size <= self._at:
            if arrival.over:
                return self._last_words()
            if self._far is not None:
                piece = await self._from_beyond(self._far)
                if piece:
                    return piece
            elif not await self._went_beyond():
                await arrival.grown()
        found = self._read()
        return await found if isinstance(found, Deferred) else found

    def _last_words(self) -> bytes:
        """Nothing more comes: is that the end?  :raise CutShort:"""
        if self._arrival.failure is not None or self._stop is not None:
            raise CutShort("the other server broke off")
        return b""

    def _read(self) -> bytes | Deferred[bytes]:
        """From the file, where we are."""
        assert self._fd is not None
        self._come_back()
        stop = self._arrival.size if self._stop is None else min(self._stop, self._arrival.size)
        count, offset = min(disk.READ_STEP, stop - self._at), self._at
        self._at += count
        if disk.in_memory(self._fd, offset + count - 1):
            return os.pread(self._fd, count, offset)
        return self._threads(disk.read_and_close, os.dup(self._fd), count, offset)

    # --- ahead of the file -------------------------------------------------------------------------

    async def _went_beyond(self) -> bool:
        """Ask the other server, if what we want is far ahead; False when it is to be waited for."""
        beyond, ahead = self._beyond, self._at - self._arrival.size
        if beyond is None or self.length is None or ahead <= NEAR_BYTES:
            return False
        try:
            self._far = await beyond(self._at, self._stop)
        except FwError:
            self._beyond = None
            return False
        Deferred.fromCoroutine(self._until_overtaken(self._far))
        return True

    async def _until_overtaken(self, far: Body) -> None:
        """Let the other server go once the file has come as far, even if the listener takes nothing for now."""
        arrival = self._arrival
        while self._far is far:
            if arrival.size > self._at and not self._is_asking:
                self._come_back()
            elif arrival.over:
                return
            else:
                await arrival.grown()

    async def _from_beyond(self, far: Body) -> bytes:
        """The next piece that the other server sends; empty when that is over."""
        self._is_asking = True
        try:
            found = far.next()
            piece = await found if isinstance(found, Deferred) else found
        except FwError:
            piece = b""
        finally:
            self._is_asking = False
        if self._stop is not None:
            piece = piece[: self._stop - self._at]
        if not piece:
            self._come_back()
            self._beyond = None
        self._at += len(piece)
        if self._arrival.size > self._at:
            self._come_back()
        return piece

    def _come_back(self) -> None:
        far, self._far = self._far, None
        if far is not None:
            far.close()


class Pipe(FileDescriptor):
    """
    The writing end of a named pipe, as a consumer: for a program that reads a file while it comes.

    :param path: of the pipe.
    """

    def __init__(self, reactor: IReactorFDSet, path: str) -> None:
        super().__init__(reactor)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # for reading, too: it need not wait for who reads
        self.connected = 1

    @property
    def is_full(self) -> bool:
        """Something is still to be written, or to be read by whoever is at the other end."""
        if self._fd < 0:
            return False
        if self.dataBuffer or self._tempDataBuffer:
            return True
        return bool(struct.unpack("i", fcntl.ioctl(self._fd, termios.FIONREAD, b"\0\0\0\0"))[0])

    def fileno(self) -> int:
        """See FileDescriptor."""
        return self._fd

    def writeSomeData(self, data: bytes) -> int | Exception:
        """See FileDescriptor."""
        return fdesc.writeToFD(self._fd, data)

    def connectionLost(self, reason: Failure) -> None:
        """All is written, or nobody wants more."""
        super().connectionLost(reason)
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
