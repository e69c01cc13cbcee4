"""What is done every few seconds for as long as the server runs, one round after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

BEAT_SECONDS = 15.0


class Rounds(Service, ABC):
    """A service that makes rounds."""

    def __init__(self, clock: IReactorTime) -> None:
        self._loop = LoopingCall(lambda: Deferred.fromCoroutine(self._round()))
        self._loop.clock = clock
        self._beating: Deferred[LoopingCall] | None = None

    def startService(self) -> None:
        """Begin with a round."""
        super().startService()
        self._beating = self._loop.start(BEAT_SECONDS)

    async def stopService(self) -> None:
        """Begin none any more; done when the one under way is."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        if self._beating is not None:
            await self._beating

    @abstractmethod
    async def _round(self) -> None:
        """One of them.  Raises nothing: that would be the last one."""
