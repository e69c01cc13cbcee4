"""Several who ask for the same at once share one request; whoever leaves early takes nothing from the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


@define
class _Flight(Generic[T]):
    waiting: list[Deferred[T]] = field(factory=list)
    work: Deferred[None] | None = None


class Flights(Generic[T]):
    """Work by key, at most one at a time of each."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def join(self, key: str, work: Callable[[], Coroutine[Deferred[Any], Any, T]]) -> T:
        """What comes of the work under way for the key; it is begun if there is none."""
        told: Deferred[T] = Deferred()
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight([told])
            begun = Deferred.fromCoroutine(work())
            flight.work = begun.addBoth(lambda outcome: self._landed(key, outcome))
        else:
            flight.waiting.append(told)
        return await told

    def _landed(self, key: str, outcome: T | Failure) -> None:
        for told in self._flights.pop(key).waiting:
            if not told.called:
                told.callback(outcome)
