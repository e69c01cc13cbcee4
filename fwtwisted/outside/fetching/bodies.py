"""Bodies of requests and of answers: one that is sent, one that is collected, one that is read as it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from fwtwisted.outside.fetching.failures import FetchFailed, TooLong, TooSlow, Unreachable

BROKE = "The connection broke in the middle of the answer."
AHEAD_BYTES = 512 << 10  # that lie here unread before the far end is told to wait


@implementer(IBodyProducer)
class Sent:
    """Some bytes to be sent."""

    def __init__(self, body: bytes) -> None:
        self._body, self.length = body, len(body)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._body)
        return succeed(None)

    def stopProducing(self) -> None:
        """All was written at once."""

    pauseProducing = resumeProducing = stopProducing


class Collected(Protocol):
    """
    Takes a body as it comes, up to a limit.

    :ivar done: the body; fails with one of our errors.
    """

    def __init__(self, clock: Any, idle_seconds: float, largest: int, *, is_cut: bool) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self._patience_ends())
        self._pieces: list[bytes] = []
        self._room, self._is_cut = largest, is_cut
        self._idle_seconds = idle_seconds
        self._patience = clock.callLater(idle_seconds, self._fail, TooSlow())

    def dataReceived(self, data: bytes) -> None:
        if self.done.called:
            return
        self._patience.reset(self._idle_seconds)
        self._pieces.append(data[: self._room])
        self._room -= len(data)
        if self._room < 0:
            if self._is_cut:
                self._finish()
            else:
                self._fail(TooLong())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self._finish()
        else:
            self._fail(Unreachable(BROKE))

    def _finish(self) -> None:
        self._patience_ends()
        self.done.callback(b"".join(self._pieces))

    def _fail(self, why: FetchFailed) -> None:
        self._patience_ends()
        self.done.errback(why)

    def _patience_ends(self) -> None:
        if self._patience.active():
            self._patience.cancel()


class OpenBody(Protocol):
    """
    A body that is read as it comes, by who says when (see :class:`~fwtwisted.outside.origin.Body`).

    What nobody has read yet is little: then the far end is told to wait, and its silence no longer counts.

    :param largest: bytes; more are :class:`TooLong`.
    :param hang_up: drops the connection; called once, when the body is over or closed.
    """

    def __init__(self, clock: Any, idle_seconds: float, largest: int, hang_up: Callable[[], None]) -> None:
        self._clock, self._idle_seconds = clock, idle_seconds
        self._room = largest
        self._at_the_end = [hang_up]
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._is_paused = self._is_over = self._is_closed = False
        self._failure: FetchFailed | None = None
        self._awaited: Deferred[bytes] | None = None
        self._patience = clock.callLater(idle_seconds, self._ends, TooSlow())

    def next(self) -> bytes | Deferred[bytes]:
        """
        The next piece; empty at the end.  One at a time; cancelling the Deferred closes the body.

        :raise FetchFailed: no more comes, and this was not the end.
        """
        if self._pieces:
            return self._taken()
        if self._failure is not None:
            raise self._failure
        if self._is_over or self._is_closed:
            return b""
        self._awaited = Deferred(lambda _: self.close())
        return self._awaited

    def push_back(self, piece: bytes) -> None:
        """Have what was taken first come first again."""
        if piece:
            self._pieces.appendleft(piece)
            self._held += len(piece)

    def close(self) -> None:
        """Want no more; harmless when repeated."""
        self._pieces.clear()
        self._let_go()

    def when_over(self, call: Callable[[], None]) -> None:
        """Have something called when the body is over or closed: now, if it is."""
        if self._is_closed:
            call()
        else:
            self._at_the_end.append(call)

    def dataReceived(self, data: bytes) -> None:
        if self._is_over or self._is_closed:
            return
        self._room -= len(data)
        if self._room < 0:
            self._ends(TooLong())
            return
        self._patience.reset(self._idle_seconds)
        self._pieces.append(data)
        self._held += len(data)
        self._tell()
        if self._held > AHEAD_BYTES and not self._is_paused:
            self._is_paused = True
            self._patience.cancel()
            self._producer.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self._is_over:
            is_whole = reason.check(ResponseDone, PotentialDataLoss)
            self._ends(None if is_whole else Unreachable(BROKE))

    @property
    def _producer(self) -> Any:
        return self.transport

    def _taken(self) -> bytes:
        """Everything that is there."""
        found = self._pieces.popleft() if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if self._is_paused and not self._is_over:
            self._is_paused = False
            self._patience = self._clock.callLater(self._idle_seconds, self._ends, TooSlow())
            self._producer.resumeProducing()
        return found

    def _ends(self, failure: FetchFailed | None) -> None:
        """No more comes; what is there already may still be read."""
        self._is_over, self._failure = True, failure
        self._let_go()
        self._tell()

    def _tell(self) -> None:
        """Answer who waits."""
        awaited = self._awaited
        if awaited is None or not (self._pieces or self._is_over):
            return
        self._awaited = None
        if awaited.called:
            return
        if self._pieces:
            awaited.callback(self._taken())
        elif self._failure is not None:
            awaited.errback(self._failure)
        else:
            awaited.callback(b"")

    def _let_go(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._patience.active():
            self._patience.cancel()
        for call in self._at_the_end:
            call()
