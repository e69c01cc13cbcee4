"""Turns: so many requests at once, to one host and in all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from twisted.internet.defer import DeferredSemaphore


class Turns:
    """Lets so many go at once, to one host and in all."""

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host, self._all = per_host, DeferredSemaphore(in_all)
        self._hosts: dict[str, DeferredSemaphore] = {}

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        """A turn for a request to this host."""
        give_back = await self.take(host)
        try:
            yield
        finally:
            give_back()

    async def take(self, host: str) -> Callable[[], None]:
        """A turn that lasts until the answer is called, once; whoever stops waiting has none."""
        own = self._hosts.setdefault(host, DeferredSemaphore(self._per_host))
        await own.acquire()
        try:
            await self._all.acquire()
        except BaseException:
            self._leave(host, own)
            raise

        def give_back() -> None:
            self._all.release()
            self._leave(host, own)

        return give_back

    def _leave(self, host: str, own: DeferredSemaphore) -> None:
        own.release()
        if own.tokens == own.limit and self._hosts.get(host) is own:
            del self._hosts[host]
