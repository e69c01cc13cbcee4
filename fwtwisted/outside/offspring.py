"""
A program of this package as a child process: what those who keep one share.

Its silence is counted while it has something to do, its last words are kept for the log, and its end is told once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IProcessTransport, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

import fwtwisted

MOST_COMPLAINT = 4096  # characters


class Offspring(ProcessProtocol):
    """
    One child process.

    :param lost: called with its last words when it is gone.
    :ivar is_listening: what it is told arrives; one that hears nothing is about to be gone.
    :ivar gone: fires at its end.
    """

    transport: IProcessTransport

    def __init__(self, clock: IReactorTime, lost: Callable[[str], None]) -> None:
        self._clock, self._lost = clock, lost
        self.is_listening = True
        self.gone: Deferred[None] = Deferred()
        self._complaint = ""
        self._silence: IDelayedCall | None = None

    def expect(self, seconds: float) -> None:
        """End it unless it speaks within so many seconds."""
        self.hush()
        self._silence = self._clock.callLater(seconds, self.end)

    def hush(self) -> None:
        """Expect nothing."""
        silence, self._silence = self._silence, None
        if silence is not None and silence.active():
            silence.cancel()

    @property
    def is_expected(self) -> bool:
        """Whether its silence is counted."""
        return self._silence is not None

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.hush()
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            return

    def inConnectionLost(self) -> None:
        """It hears nothing any longer."""
        self.is_listening = False

    def errReceived(self, data: bytes) -> None:
        """Last words."""
        self._complaint = (self._complaint + data.decode(errors="replace"))[-MOST_COMPLAINT:]

    def processEnded(self, reason: Failure) -> None:
        """It is gone."""
        self.hush()
        self._lost(self._complaint or reason.getErrorMessage())
        self.gone.callback(None)


def command(program: str) -> list[str]:
    """How a module of ours is run."""
    return [sys.executable, "-m", program]


def environment() -> dict[str, str]:
    """Ours, and the child finds this package wherever we have it from."""
    home = os.path.dirname(os.path.dirname(fwtwisted.__file__))
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.environ | {"PYTHONPATH": os.pathsep.join([home, *filter(None, paths)])}
