"""
Turns at the connections to the store: so many at once, the rest in order.

A listener who has enough for now holds a connection that nobody uses, perhaps for an hour.  So who holds one tells
since when it is idle, and while others wait, those that have been idle for a second are asked to let go; they go on
later, from where they were.

Source: docs/storage.md §1.1 (``S3_MAX_CONNECTIONS``), S-60.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

IDLE_SECONDS = 1.0


class Holder(Protocol):
    """Somebody who can do without a connection for a while."""

    @property
    def idle_since(self) -> float | None:
        """The clock's time since when nobody wants its bytes; None while somebody does."""

    def let_go(self) -> None:
        """Give the turn back now."""


class Turn:
    """A connection's worth; :meth:`give_back` it once."""

    def __init__(self, turns: Turns, holder: Holder | None) -> None:
        self._turns, self.holder = turns, holder
        self._is_ours = True

    def give_back(self) -> None:
        """Let the next one have it; harmless when repeated."""
        if self._is_ours:
            self._is_ours = False
            self._turns._ended(self)


class Turns:
    """
    As many as ``width`` at once.

    :ivar given: how many there have been.
    """

    def __init__(self, clock: IReactorTime, width: int) -> None:
        self._clock, self._free = clock, width
        self._waiting: deque[tuple[Deferred[Turn], Holder | None]] = deque()
        self._held: set[Turn] = set()
        self.given = 0
        self._looking: IDelayedCall | None = None

    def take(self, holder: Holder | None = None) -> Deferred[Turn]:
        """A turn, when it is one's turn.  Cancelling it gives up waiting."""
        wanted: Deferred[Turn] = Deferred(self._gave_up)
        self._waiting.append((wanted, holder))
        self._serve()
        return wanted

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def are_held(self) -> bool:
        """Whether somebody has one."""
        return bool(self._held)

    def _gave_up(self, wanted: Deferred[Turn]) -> None:
        self._waiting = deque(pair for pair in self._waiting if pair[0] is not wanted)
        self._serve()

    def _ended(self, turn: Turn) -> None:
        self._held.discard(turn)
        self._free += 1
        self._serve()

    def _serve(self) -> None:
        while self._free and self._waiting:
            wanted, holder = self._waiting.popleft()
            turn = Turn(self, holder)
            self._free -= 1
            self.given += 1
            self._held.add(turn)
            wanted.callback(turn)
        if self._waiting and self._looking is None:
            self._looking = self._clock.callLater(IDLE_SECONDS / 4, self._look)
        if not self._waiting and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _look(self) -> None:
        """Ask the idle to let go, no more of them than wait; look again while somebody waits."""
        self._looking = None
        limit = self._clock.seconds() - IDLE_SECONDS
        idle = [turn.holder for turn in self._held if turn.holder is not None and _idle(turn.holder, limit)]
        for holder in idle[: len(self._waiting)]:
            holder.let_go()
        self._serve()


def _idle(holder: Holder, limit: float) -> bool:
    since = holder.idle_since
    return since is not None and since <= limit
