"""How blocking work leaves the reactor: everybody who has some is handed a :class:`Threads`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)


class Threads(Protocol):
    """A pool of threads: ``await threads(f, *args)`` is ``f(*args)`` without holding up the reactor."""

    def __call__(self, work: Callable[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Deferred[T_co]:
        """Run ``work`` in a thread; its result or its failure comes back in the reactor's own thread."""
