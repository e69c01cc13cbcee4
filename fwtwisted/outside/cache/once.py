"""Work that is done once for all who want it at the same moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

T = TypeVar("T")


class Once(Generic[T]):
    """Who leaves while it is done does not end it for the others, nor at all."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[Deferred[T]]] = {}
        self._working: set[Deferred[Any]] = set()

    def is_doing(self, key: Hashable) -> bool:
        """Whether somebody has asked for it, and it is not done."""
        return key in self._waiting

    async def do(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """The result of the work, which may be one that was begun for somebody else."""
        is_first = key not in self._waiting
        turn: Deferred[T] = Deferred()
        self._waiting.setdefault(key, []).append(turn)
        if is_first:
            self._begin(key, work)
        return await turn

    async def finish(self) -> None:
        """Wait until all that was begun is done."""
        await DeferredList(list(self._working))

    def _begin(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> None:
        async def working() -> T:
            return await work()

        begun = Deferred.fromCoroutine(working())
        self._working.add(begun)
        begun.addBoth(self._done, key, begun)

    def _done(self, result: T | Failure, key: Hashable, begun: Deferred[Any]) -> None:
        self._working.discard(begun)
        for turn in self._waiting.pop(key):
            if turn.called:
                continue
            if isinstance(result, Failure):
                turn.errback(result)
            else:
                turn.callback(result)
