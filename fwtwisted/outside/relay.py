"""
Bytes from one socket to another by the kernel: they never enter our memory, and cost us next to nothing.

::

    a far end's socket ──splice──▶ a pipe ──splice──▶ a client's socket

A relay has a pipe of its own.  It is filled only when it is empty, so a slow client holds up nothing but its own
stretch, and what lies in the pipe is all that there is of it.  Whoever owns the client's socket drives it
(``wire.http.Haul``): it sends when the client takes bytes; when the far end is slower, the relay waits for it, and says
so.

Only plain sockets can be joined so, on systems that have ``splice``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fcntl import fcntl
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

PIPE_BYTES = 256 << 10
TURN_BYTES = 1 << 20  # at most in one turn of the reactor, so that others get theirs
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ; Python names it only where it was built with new headers

CAN_RELAY = hasattr(os, "splice")


@implementer(IReadDescriptor)
class Relay:
    """
    See :class:`~fwtwisted.wire.http.Haul`.

    :param source: a descriptor of the far end's socket, not blocking; ours from now on.
    :param count: how many bytes are wanted.
    :param silence_seconds: so long the far end may be silent while we wait for it.
    :ivar moved: how many bytes were passed on; all that came, once it is over.
    :ivar why: what ended it early; empty when nothing did.
    :raise OSError: there are no descriptors left for a pipe; ``source`` is closed.
    """

    _log = Logger()

    def __init__(self, reactor: Any, source: int, count: int, silence_seconds: float) -> None:
        self._reactor, self._source, self._left, self._silence = reactor, source, count, silence_seconds
        try:
            self._out, self._in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            os.close(source)
            raise
        _widen(self._in)
        self._held = self.moved = 0
        self.why = ""
        self._moved_at: float = reactor.seconds()
        self._dry_at: float | None = None
        self._is_reading = self._is_closed = self._is_let_go = False
        self._wake: Callable[[], None] = _nobody
        self._timer: IDelayedCall = reactor.callLater(silence_seconds, self._listen)

    # What the client's side asks.

    @property
    def is_over(self) -> bool:
        """See :class:`Haul`."""
        return not self._held and (not self._left or self._is_let_go or bool(self.why))

    @property
    def is_dry(self) -> bool:
        """See :class:`Haul`."""
        return self._dry_at is not None

    def begin(self, wake: Callable[[], None]) -> None:
        """See :class:`Haul`."""
        self._wake = wake

    def send(self, socket: int) -> int:
        """See :class:`Haul`."""
        sent = 0
        while sent < TURN_BYTES and (self._held or self._fill()):
            try:
                passed = os.splice(self._out, socket, self._held, flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK)
            except BlockingIOError:
                self._read(False)
                break
            self._held -= passed
            self.moved += passed
            sent += passed
        if sent:
            self._moved_at = self._reactor.seconds()
        return sent

    def close(self) -> None:
        """See :class:`Haul`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._read(False)
        if self._timer.active():
            self._timer.cancel()
        for descriptor in (self._source, self._in, self._out):
            os.close(descriptor)

    # What the far end's side asks.

    @property
    def idle_since(self) -> float | None:
        """Since when the client has taken nothing; None while it is the far end that we wait for."""
        return None if self.is_dry else self._moved_at

    def let_go(self) -> None:
        """Take no more from the far end; what is in the pipe still goes out."""
        self._is_let_go = True
        self._read(False)
        self._wake()

    def _fill(self) -> bool:
        """Take what is there; whether anything was."""
        if self.is_over:
            return False
        flags = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
        try:
            came = os.splice(self._source, self._in, min(self._left, PIPE_BYTES), flags=flags)
        except BlockingIOError:
            self._wait_for_far_end()
            return False
        except OSError as broken:
            self._end_early(f"its connection broke: {broken.strerror}")
            return False
        self._dry_at = None
        if not came:
            self._end_early("it ended before its end")
            return False
        self._held, self._left = came, self._left - came
        return True

    def _wait_for_far_end(self) -> None:
        if self._dry_at is None:
            self._dry_at = self._reactor.seconds()
        self._read(True)

    def _read(self, wanted: bool) -> None:
        if wanted != self._is_reading:
            self._is_reading = wanted
            (self._reactor.addReader if wanted else self._reactor.removeReader)(self)

    def _end_early(self, why: str) -> None:
        self.why, self._dry_at = why, None
        self._read(False)

    def _listen(self) -> None:
        """Has the far end been silent for too long?"""
        now = self._reactor.seconds()
        silent = 0.0 if self._dry_at is None else now - self._dry_at
        if silent >= self._silence:
            self._end_early(f"silent for {self._silence:.0f} s")
            self._wake()
        else:
            self._timer = self._reactor.callLater(self._silence - silent, self._listen)

    # See ``IReadDescriptor``.

    def fileno(self) -> int:
        """The far end's socket."""
        return -1 if self._is_closed else self._source

    def doRead(self) -> None:
        """The far end has sent something, or has ended."""
        self._wake()

    def connectionLost(self, reason: Failure) -> None:
        """The far end is gone; what it sent before may still be read."""
        self._read(False)
        self._wake()

    def logPrefix(self) -> str:
        """For the reactor's own lines in the log."""
        return "relay"


def _widen(pipe: int) -> None:
    """A larger pipe, where the system lets us have one."""
    try:
        fcntl(pipe, _SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        return


def _nobody() -> None:
    """Nobody waits yet."""
