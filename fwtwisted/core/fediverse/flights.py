"""One piece of work for all who want the same thing at the same time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

K = TypeVar("K")
V = TypeVar("V")


class Flights(Generic[K, V]):
    """
    Work that is under way, by key.

    Whoever stops waiting leaves the work to the others; it goes on to its end also for nobody, or until :meth:`close`.
    """

    def __init__(self) -> None:
        self._waiting: dict[K, list[Deferred[V]]] = {}
        self._under_way: dict[K, tuple[Deferred[V], Deferred[None]]] = {}

    def once(self, key: K, work: Callable[[], Coroutine[Deferred[Any], Any, V]]) -> Deferred[V]:
        """What comes of the work: begun now, or under way already."""
        waiter: Deferred[V] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(waiter)
            return waiter
        self._waiting[key] = [waiter]
        ending: Deferred[None] = Deferred()
        working = Deferred.fromCoroutine(work())
        self._under_way[key] = working, ending
        working.addBoth(self._landed, key, ending)
        return waiter

    async def close(self) -> None:
        """Break off what is under way, and wait until it has ended."""
        for working, ending in list(self._under_way.values()):
            working.cancel()
            await ending

    def _landed(self, result: V | Failure, key: K, ending: Deferred[None]) -> None:
        del self._under_way[key]
        for waiter in self._waiting.pop(key):
            if not waiter.called:
                waiter.callback(result)
        ending.callback(None)
