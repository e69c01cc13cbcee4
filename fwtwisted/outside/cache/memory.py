"""
What the cache remembers of objects that it has not: that there are none, or that they are damaged.

Of one process, and not for long.  Source: docs/storage.md S-52, §1.3 (``MEDIA_CACHE_NEGATIVE``).
"""

from __future__ import annotations

from collections import OrderedDict

from attrs import define
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.origin import StoreAway

MOST_NAMES = 10_000
DAMAGED_SECONDS = 60.0
DISPROVED_SECONDS = 3600.0


@define
class _Doubt:
    """:ivar times: how often its bytes were wrong.  :ivar since: the clock's time of the last."""

    times: int
    since: float


class Memory:
    """:param negative_seconds: how long it is remembered that nothing is there."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, negative_seconds: float) -> None:
        self._clock, self._negative_seconds = clock, negative_seconds
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._doubts: OrderedDict[str, _Doubt] = OrderedDict()

    def admit(self, name: str) -> None:
        """
        Look whether it makes sense to ask the store.

        :raise NotFound: it has just said that it has no such object.  :raise StoreAway: what it has is damaged.
        """
        now = self._clock.seconds()
        until = self._missing.get(name)
        if until is not None and now < until:
            raise NotFound
        doubt = self._doubts.get(name)
        if doubt is not None and doubt.times > 1 and now - doubt.since < DAMAGED_SECONDS:
            raise StoreAway("an object is damaged")

    def missing(self, name: str) -> None:
        """The store has nothing of that name."""
        self._missing[name] = self._clock.seconds() + self._negative_seconds
        _bound(self._missing)

    def is_suspect(self, name: str) -> bool:
        """Whether its bytes were wrong once, so that nothing is sent before all are proven."""
        doubt = self._doubts.get(name)
        return doubt is not None and self._clock.seconds() - doubt.since < DISPROVED_SECONDS

    def disproved(self, name: str, why: str) -> None:
        """Its bytes are wrong."""
        doubt = self._doubts.setdefault(name, _Doubt(0, 0.0))
        doubt.times, doubt.since = doubt.times + 1, self._clock.seconds()
        _bound(self._doubts)
        if doubt.times > 1:
            self._log.error(
                "the object {name} is damaged in the media store: {why}", event="cache.damaged", name=name, why=why
            )
        else:
            self._log.warn("the object {name} is fetched again, for {why}", event="cache.disproved", name=name, why=why)

    def forget(self, name: str) -> None:
        """Something was stored, or its bytes are right after all."""
        self._missing.pop(name, None)
        self._doubts.pop(name, None)

    def clear(self) -> None:
        """Remember nothing."""
        self._missing.clear()
        self._doubts.clear()


def _bound(names: OrderedDict[str, object] | OrderedDict[str, float] | OrderedDict[str, _Doubt]) -> None:
    while len(names) > MOST_NAMES:
        names.popitem(last=False)
