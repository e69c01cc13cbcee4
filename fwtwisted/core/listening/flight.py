"""One download of audio of another server, as this process sees it: who waits for it, and how far it is."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from fwtwisted.core.listening.bringing import Bringing, NotHeard
from fwtwisted.outside.arriving import Arrival


class Flight:
    """
    One download that this process makes or follows.

    :ivar arrival: the growing file, once there is one.  :ivar stored: the name of the copy, once it is kept.
    :ivar keepers: who wait for the copy, whether anybody listens or not.
    :ivar is_wanted: another process has listeners for it.
    :ivar patience: after which it ends if still nobody wants it.
    """

    def __init__(self, upload_id: int, by: int | None, *, forced: bool) -> None:
        self.upload_id, self.by, self.forced = upload_id, by, forced
        self.arrival: Arrival | None = None
        self.bringing: Bringing | None = None
        self.stored: str | None = None
        self.failure: Failure | None = None
        self.is_over = self.is_wanted = False
        self.keepers = 0
        self.patience: IDelayedCall | None = None
        self._waiting: list[Deferred[None]] = []

    def begin(self, arrival: Arrival) -> None:
        """There are bytes."""
        self.arrival = arrival
        self._tell()

    def end(self, failure: Failure | None) -> None:
        """It is over."""
        self.is_over, self.failure = True, failure
        if self.patience is not None:
            self.patience.cancel()
            self.patience = None
        self._tell()

    async def begun(self) -> None:
        """Wait for bytes or the end.  Fails as the flight does before there are any."""
        while self.arrival is None and not self.is_over:
            await self._changed()
        if self.arrival is None and self.failure is not None:
            self.failure.raiseException()

    async def landed(self) -> str:
        """Wait for the copy; its name.  Fails as the flight does."""
        while not self.is_over:
            await self._changed()
        if self.failure is not None:
            self.failure.raiseException()
        if self.stored is None:
            raise NotHeard("it was not kept")
        return self.stored

    @property
    def is_idle(self) -> bool:
        """Nobody would miss it."""
        arrival = self.arrival
        if self.keepers or self.is_wanted or arrival is None or arrival.listeners:
            return False
        return arrival.length is None or 2 * arrival.size < arrival.length

    def stop(self) -> None:
        """Come to an end soon."""
        if self.bringing is not None:
            self.bringing.stop()

    def _changed(self) -> Deferred[None]:
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiter)
        return waiter

    def _tell(self) -> None:
        waiting, self._waiting[:] = list(self._waiting), []
        for waiter in waiting:
            waiter.callback(None)
