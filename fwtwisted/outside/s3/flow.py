"""
An answer's body, pulled by who reads it: a bounded heap of pieces between the connection and the reader.

Source: docs/storage.md S-60.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss

from fwtwisted.outside.relay import Relay
from fwtwisted.outside.s3.turns import Turn
from fwtwisted.outside.s3.wires import FEW_BYTES, MANY_BYTES, Wire

HELD_BYTES = 16 << 10  # one piece waits for who is slow, and not two
LEAST_RELAYED = 1 << 20  # for less, a pipe and a connection that is not used again do not pay
QUICK_BYTES = 8 << 20  # taken without a long pause: more than the buffers on the way to a client hold
PAUSE_SECONDS = 0.05
LEAVE_SECONDS = 1.0


class Broken(Exception):
    """The connection ended, or went silent, before the body did."""


class Flow(Protocol):
    """
    The body of one answer.

    Much is read at once, which costs a third less; but for a listener only after they were quick for a while.  It is
    little before anybody reads, too: what comes with the head of an answer may wait for a slow one for minutes.

    :param turn: given back when the body has ended or is closed.
    :param wire: below the connection; None: nobody else may read from it, for the length of the body is unknown.
    :param silence_seconds: a reader waits at most so long for the next piece.
    """

    def __init__(self, clock: IReactorTime, turn: Turn, wire: Wire | None, silence_seconds: float) -> None:
        self._clock, self._turn, self._wire, self._silence = clock, turn, wire, silence_seconds
        self._quick = 0
        self._is_gentle = self._is_paced = False
        self._pace(FEW_BYTES)
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._paused_at: float | None = None
        self._over: Failure | bool = False  # True: all is here; a failure: no more will come
        self._wanted: Deferred[bytes] | None = None
        self._timer: IDelayedCall | None = None
        self._is_left = False

    @property
    def idle_since(self) -> float | None:
        """Since when there is more than the reader wants."""
        return self._paused_at

    def next(self) -> bytes | Deferred[bytes]:
        """The next piece, empty at the end.  :raise Broken: (by the Deferred, too) there is no proper end."""
        if not self._is_paced:
            self._is_paced = True
            self._pace(MANY_BYTES)
        if self._pieces:
            return self._popped()
        if self._over is True:
            return b""
        if isinstance(self._over, Failure):
            raise Broken from self._over.value
        self._wanted = Deferred(self._gave_up)
        self._timer = self._clock.callLater(self._silence, self._silent)
        return self._wanted

    def gently(self) -> None:
        """The reader is a listener, of whom nobody knows how slow they are."""
        self._is_gentle = self._is_paced = True
        self._pace(FEW_BYTES)

    def relay(self, count: int) -> tuple[bytes, Relay] | None:
        """
        What is held, and the ``count`` bytes after it, to be moved by the kernel; from then on nothing else comes here.

        :return: None: that cannot be.
        """
        if self._over is not False or self._wanted is not None or self._wire is None or self.transport is None:
            return None
        if count - self._held < LEAST_RELAYED:
            return None
        if self._paused_at is None:
            self.transport.pauseProducing()  # type: ignore[attr-defined]
        relay = self._wire.relay(count - self._held, self._silence)
        if relay is None:
            if self._paused_at is None:
                self.transport.resumeProducing()  # type: ignore[attr-defined]
            return None
        self._paused_at = self._clock.seconds()
        return b"".join(self.drained()), relay

    def drained(self) -> deque[bytes]:
        """What is held, taken out; for who closes the flow and goes on elsewhere."""
        pieces, self._pieces, self._held = self._pieces, deque(), 0
        return pieces

    def leave(self) -> None:
        """All that was wanted is here: an answer that is over leaves a good connection, one that goes on is closed."""
        if self._over is not False or self._pieces:
            self.close()
        else:
            self._is_left = True
            self._timer = self._clock.callLater(LEAVE_SECONDS, self.close)

    def close(self) -> None:
        """Want no more.  A connection with something left to say cannot be used again."""
        self._pieces.clear()
        self._took_wish()
        if self._over is False:
            self._over = Failure(Broken("closed"))
            if self.transport is not None:
                self.transport.stopProducing()  # type: ignore[attr-defined]
        self._turn.give_back()

    async def read(self, limit: int) -> bytes:
        """A small body as a whole.  :raise Broken: it is larger than ``limit``, or breaks."""
        pieces: list[bytes] = []
        size = 0
        try:
            while True:
                piece = self.next()
                if isinstance(piece, Deferred):
                    piece = await piece
                size += len(piece)
                if not piece:
                    return b"".join(pieces)
                if size > limit:
                    raise Broken(f"more than {limit} bytes")
                pieces.append(piece)
        finally:
            self.close()

    # What the connection says.

    def dataReceived(self, data: bytes) -> None:
        """More is here."""
        if self._over is not False:
            return
        if self._is_left:
            self.close()
            return
        wanted = self._took_wish()
        self._quick += len(data)
        if self._is_gentle and self._quick - len(data) < QUICK_BYTES <= self._quick:
            self._pace(MANY_BYTES)
        if wanted is not None:
            wanted.callback(data)
            return
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= HELD_BYTES and self._paused_at is None:
            self._paused_at = self._clock.seconds()
            self.transport.pauseProducing()  # type: ignore[union-attr]

    def connectionLost(self, reason: Failure = Failure(ResponseDone())) -> None:  # noqa: B008
        """It is over; properly when the length that was told is here."""
        if self._over is not False:
            return
        self._over = True if reason.check(ResponseDone, PotentialDataLoss) else reason
        self._pace(FEW_BYTES)  # for the next answer over this connection
        self._paused_at = None
        self._turn.give_back()
        wanted = self._took_wish()
        if wanted is None:
            return
        if self._over is True:
            wanted.callback(b"")
        else:
            wanted.errback(Failure(Broken(reason.getErrorMessage())))

    def _popped(self) -> bytes:
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._paused_at is not None and not self._pieces:
            if self._is_gentle and self._clock.seconds() - self._paused_at > PAUSE_SECONDS:
                self._quick = 0
                self._pace(FEW_BYTES)
            self._paused_at = None
            self.transport.resumeProducing()  # type: ignore[union-attr]
        return piece

    def _pace(self, count: int) -> None:
        if self._wire is not None:
            self._wire.read_at_once(count)

    def _took_wish(self) -> Deferred[bytes] | None:
        wanted, self._wanted = self._wanted, None
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        return wanted

    def _gave_up(self, wanted: Deferred[bytes]) -> None:
        self._took_wish()
        self.close()
        wanted.errback(CancelledError())

    def _silent(self) -> None:
        self._timer = None
        wanted = self._took_wish()
        self.close()
        if wanted is not None:
            wanted.errback(Broken(f"silent for {self._silence:.0f} s"))
