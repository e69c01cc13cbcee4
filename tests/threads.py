"""Real threads for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from twisted.trial.unittest import TestCase

from fwtwisted.model.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")


def pooled(case: TestCase, size: int = 2) -> Threads:
    """A pool that lasts as long as the test."""
    pool = ThreadPool(0, size)
    pool.start()
    case.addCleanup(pool.stop)

    def threads(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(cast(IReactorFromThreads, reactor), pool, work, *args, **kwargs)

    return threads
