"""
Orders of ids that are kept: what a list is paged from.

A list of 20,000 tracks that a viewer may play costs PostgreSQL some 20 ms, whichever page is asked for.  Its *order*,
the ids alone, is 160 KB.  So the order is computed whole, kept, and every page and every count is cut from it for as
long as nothing changed.

Whether something changed is told by the area's version, a number that every write raises in its own transaction
(``Tx.touch``).  The version is read *before* the order is computed, so what is kept is never older than its version
says.  Nobody's rights are widened: the question contains the libraries that the viewer may see.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


@frozen
class OrderSettings:
    """
    How much memory orders may take.

    :ivar most_ids: how many ids are kept in all; 8 bytes each.  0 keeps nothing.
    :ivar most_orders: how many orders, short and empty ones too; each question takes room of its own.
    :ivar longest: an order longer than this is not kept, but asked for page by page.
    """

    most_ids: int = 2_000_000
    most_orders: int = 1_000
    longest: int = 100_000


class Orders:
    """Keeps the orders that were asked for last, and computes each only once however many wait for it."""

    def __init__(self, settings: OrderSettings) -> None:
        self.settings = settings
        self._kept: OrderedDict[Hashable, tuple[int, Sequence[int]]] = OrderedDict()
        self._held = 0
        self._running: dict[Hashable, list[Deferred[Sequence[int]]]] = {}

    async def order(
        self, question: Hashable, version: int, compute: Callable[[], Awaitable[list[int]]]
    ) -> Sequence[int]:
        """The ids that answer the question as of ``version`` or later."""
        kept = self._kept.get(question)
        if kept is not None and kept[0] == version:
            self._kept.move_to_end(question)
            return kept[1]
        flight = (question, version)
        if flight in self._running:
            turn: Deferred[Sequence[int]] = Deferred()
            self._running[flight].append(turn)
            return await turn
        self._running[flight] = []
        try:
            found: Sequence[int] = array("q", await compute())
        except BaseException:
            self._land(flight, Failure())
            raise
        self._keep(question, version, found)
        self._land(flight, found)
        return found

    def _land(self, flight: Hashable, result: Sequence[int] | Failure) -> None:
        for turn in self._running.pop(flight):
            if turn.called:
                continue
            if isinstance(result, Failure):
                turn.errback(result)
            else:
                turn.callback(result)

    def _keep(self, question: Hashable, version: int, found: Sequence[int]) -> None:
        self._forget(question)
        if len(found) > self.settings.longest:
            return
        self._kept[question] = (version, found)
        self._held += len(found)
        while self._kept and (self._held > self.settings.most_ids or len(self._kept) > self.settings.most_orders):
            self._forget(next(iter(self._kept)))

    def _forget(self, question: Hashable) -> None:
        gone = self._kept.pop(question, None)
        if gone is not None:
            self._held -= len(gone[1])
