"""
Many small sums, done off the reactor without a hop to a thread for each.

A hop costs more than checking a signature does.  So whatever is asked for while threads are at work is taken along
together by the next that is free::

    asked ──▶ waiting ──▶ at most ``most`` of them ──▶ a thread ──▶ each asker's own result or failure
                              ``at_once`` threads

RSA signing leaves the interpreter to others while it calculates, so that two threads use two cores; checking holds it,
for 20 µs each time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.model.threads import Threads

A = TypeVar("A")
R = TypeVar("R")


class Mill(Generic[A, R]):
    """
    Does one kind of sum.

    :param sum: runs in a thread; what it raises reaches who asked.
    :param at_once: threads; :param most: sums that one of them takes along.
    """

    def __init__(self, threads: Threads, sum: Callable[[A], R], at_once: int = 2, most: int = 64) -> None:
        self._threads, self._sum = threads, sum
        self._at_once, self._most = at_once, most
        self._waiting: deque[tuple[A, Deferred[R]]] = deque()
        self._running = 0

    def do(self, asked: A) -> Deferred[R]:
        """The result of one sum; whoever stops waiting does not hinder the others."""
        done: Deferred[R] = Deferred()
        self._waiting.append((asked, done))
        self._begin()
        return done

    def _begin(self) -> None:
        while self._waiting and self._running < self._at_once:
            taken = [self._waiting.popleft() for _ in range(min(self._share(), len(self._waiting)))]
            self._running += 1
            hop = self._threads(self._all, [asked for asked, _ in taken])
            hop.addBoth(self._deal_out, [done for _, done in taken])

    def _share(self) -> int:
        """How many the next thread takes: all of them would leave nothing for the other cores."""
        free = self._at_once - self._running
        return min(self._most, -(-len(self._waiting) // free))

    def _all(self, several: list[A]) -> list[R | Failure]:
        """In a thread."""
        return [self._one(asked) for asked in several]

    def _one(self, asked: A) -> R | Failure:
        try:
            return self._sum(asked)
        except Exception:  # it is the asker's, who hears of it
            return Failure()

    def _deal_out(self, results: list[R | Failure] | Failure, waiters: list[Deferred[R]]) -> None:
        self._running -= 1
        self._begin()
        each = [results] * len(waiters) if isinstance(results, Failure) else results
        for waiter, result in zip(waiters, each, strict=True):
            if not waiter.called:
                waiter.callback(result)  # a Failure is how a Deferred fails
