"""
What is sent to the store: some bytes, or a stretch of a file, measured before it goes, and read again for every try.

Source: docs/storage.md §5.1 (payload hash), §5.4.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IPushProducer
from twisted.python.failure import Failure
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.pace import Pace
from fwtwisted.outside.pouring import NextPiece, pour


@frozen
class Measure:
    """:ivar sha256: in hex.  :ivar md5: in base64, as ``Content-MD5`` wants it."""

    length: int
    sha256: str
    md5: str


class Payload(Protocol):
    """A body that can be sent more than once."""

    @property
    def measure(self) -> Measure:
        """What is to arrive."""

    def pieces(self) -> NextPiece:
        """From the beginning, piece by piece."""


class BytesPayload:
    """A few bytes."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        self.measure = Measure(len(body), hashlib.sha256(body).hexdigest(), base64.b64encode(md5).decode())

    def pieces(self) -> NextPiece:
        """See :class:`Payload`."""
        rest = iter((self._body, b""))
        return lambda: next(rest)


class FilePayload:
    """
    A stretch of a local file that does not change.

    :param fd: open for reading, and kept so by whoever made this.
    :param pace: at which it is read.
    """

    def __init__(self, fd: int, start: int, measure: Measure, threads: Threads, pace: Pace) -> None:
        self._fd, self._start, self.measure, self._threads = fd, start, measure, threads
        self._pace = pace

    def pieces(self) -> NextPiece:
        """See :class:`Payload`."""
        offset, stop = self._start, self._start + self.measure.length

        def piece() -> bytes | Deferred[bytes]:
            nonlocal offset
            count = min(self._pace.piece, stop - offset)
            if count <= 0:
                return b""
            start, offset = offset, offset + count
            admitted = self._pace.admit(count)
            if admitted is None:
                return self._read(count, start)
            return admitted.addCallback(lambda _: self._read(count, start))

        return piece

    def _read(self, count: int, start: int) -> Deferred[bytes]:
        return self._threads(disk.read_and_close, os.dup(self._fd), count, start).addCallback(_whole, count)


def _whole(piece: bytes, count: int) -> bytes:
    if len(piece) != count:
        raise EOFError("the file became shorter while it was sent")
    return piece


@implementer(IBodyProducer)
class Sending:
    """
    One sending of a payload, as Twisted's client wants it.

    :param progress: called when a piece was taken.
    """

    def __init__(self, payload: Payload, breathe: Callable[[], Deferred[Any]], progress: Callable[[], None]) -> None:
        self.length = payload.measure.length
        self._payload, self._breathe, self._progress = payload, breathe, progress
        self._flow: IPushProducer | None = None
        self._pouring: Deferred[None] | None = None
        self._done: Deferred[None] = Deferred()
        self._is_stopped = False

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Begin; fires when everything was handed over, and not at all once it was stopped."""
        self._pouring = pour(_Tap(self, consumer), self._payload.pieces(), self._breathe, lambda: None)
        self._pouring.addBoth(self._ended)
        return self._done

    def pauseProducing(self) -> None:
        """Enough for now."""
        if self._flow is not None:
            self._flow.pauseProducing()

    def resumeProducing(self) -> None:
        """There is room again."""
        if self._flow is not None:
            self._flow.resumeProducing()

    def stopProducing(self) -> None:
        """Nobody takes it any more."""
        self._is_stopped = True
        if self._pouring is not None:
            self._pouring.cancel()

    def _ended(self, result: Failure | None) -> None:
        self._flow = None
        if not self._is_stopped:
            self._done.callback(result)

    def _taken(self, flow: IPushProducer | None) -> None:
        self._flow = flow


@implementer(IConsumer)
class _Tap:
    """Lets the client's consumer drink from a flow of ours."""

    def __init__(self, sending: Sending, consumer: IConsumer) -> None:
        self._sending, self._consumer = sending, consumer

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """The flow."""
        self._sending._taken(producer)

    def unregisterProducer(self) -> None:
        """It has ended."""
        self._sending._taken(None)

    def write(self, data: bytes) -> None:
        """A piece."""
        self._sending._progress()
        self._consumer.write(data)
