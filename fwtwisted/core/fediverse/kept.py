"""What was looked up or decoded a moment ago, so much of it and not for long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """
    Values by key; what was not used for longest goes first.

    :param now: seconds, of any clock.  :param most: values.  :param seconds: how old one may be.
    """

    def __init__(self, now: Callable[[], float], most: int, seconds: float) -> None:
        self._now, self._most, self._seconds = now, most, seconds
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is kept."""
        found = self._values.get(key)
        if found is None:
            return None
        if found[0] <= self._now():
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return found[1]

    def put(self, key: K, value: V, seconds: float | None = None) -> None:
        """Keep a value, for ``seconds`` if not for the usual time."""
        self._values[key] = (self._now() + (self._seconds if seconds is None else seconds), value)
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def drop(self, key: K) -> None:
        """Keep it no longer."""
        self._values.pop(key, None)
