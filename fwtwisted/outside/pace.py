"""
How fast bytes may go, however many carry them: pieces that are admitted one after the other.

Nothing is saved up while nobody asks, so that over any stretch of time the rate is kept but for one piece.

Source: docs/storage.md S-76.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

LARGEST_PIECE, SMALLEST_PIECE = 256 << 10, 4 << 10
PIECES_A_SECOND = 32
RESTS, LONGEST_REST = 3, 1.0


class Pace:
    """
    A rate for many.

    :param bytes_a_second: of all together; None: as fast as it goes.
    :param yields: whether others go first just now: then most of the time nothing is sent.
    :ivar piece: how many bytes to ask for at most, so that nobody waits long enough to look dead.
    """

    def __init__(self, clock: Any, bytes_a_second: int | None = None, yields: Callable[[], bool] | None = None) -> None:
        self._clock, self._rate, self._yields = clock, bytes_a_second, yields
        self._free_at = self._admitted_at = 0.0
        fitting = LARGEST_PIECE if bytes_a_second is None else bytes_a_second // PIECES_A_SECOND
        self.piece = max(SMALLEST_PIECE, min(LARGEST_PIECE, fitting))

    def admit(self, count: int) -> Deferred[None] | None:
        """Fires when so many bytes may go; None: at once.  Who leaves the queue has had its turn all the same."""
        if self._rate is None and self._yields is None:
            return None
        now: float = self._clock.seconds()
        wait = max(self._turn(now, count), self._rest(now))
        self._admitted_at = now + wait
        if wait <= 0:
            return None
        admitted: Deferred[None] = Deferred(lambda _: timer.cancel())
        timer = self._clock.callLater(wait, admitted.callback, None)
        return admitted

    def _turn(self, now: float, count: int) -> float:
        """Seconds until the rate lets so many bytes go."""
        if self._rate is None:
            return 0.0
        wait = max(0.0, self._free_at - now)
        self._free_at = max(now, self._free_at) + count / self._rate
        return wait

    def _rest(self, now: float) -> float:
        """Seconds to leave the way to others: a few times as long as what went before has taken."""
        if self._yields is None or not self._yields():
            return 0.0
        return min(LONGEST_REST, RESTS * (now - self._admitted_at))
