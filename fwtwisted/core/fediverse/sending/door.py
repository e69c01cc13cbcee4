"""
A door through which only so many go in one turn of the reactor.

What is begun costs the reactor some time, and so does its answer.  Were a hundred begun at once, whoever asks for a
page just then would wait for all of them; so others get their turn after every few.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime


class Door:
    """
    Lets a few through at a time.

    :param abreast: how many go through in one turn.  :param pause: seconds before the next ones do.
    """

    def __init__(self, clock: IReactorTime, abreast: int, pause: float) -> None:
        self._clock, self._abreast, self._pause = clock, abreast, pause
        self._waiting: deque[Deferred[None]] = deque()
        self._is_called = False

    def through(self) -> Deferred[None]:
        """Fires when it is one's turn; whoever stops waiting does not hold up the others."""
        turn: Deferred[None] = Deferred()
        self._waiting.append(turn)
        self._call()
        return turn

    def _call(self) -> None:
        if self._waiting and not self._is_called:
            self._is_called = True
            self._clock.callLater(self._pause, self._open)

    def _open(self) -> None:
        self._is_called = False
        for _ in range(min(self._abreast, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.called:
                turn.callback(None)
        self._call()
