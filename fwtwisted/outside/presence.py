"""
Whether people are served just now, by any process of ours on this machine.

What nobody waits for goes slowly meanwhile.  People are those who ask for pages, sound and the API; posts of other
servers are not.  A process that serves them knows it by itself, and notes it for the others once a second in a folder
that all of them share (``precedence``); whoever has work that is to be slow then looks there.

Source: docs/operations.md O-53.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from fwtwisted.model.threads import Threads
from fwtwisted.outside.precedence import Precedence, Traffic

FILE = ".served"
STAY_SECONDS = 5.0
"""How long somebody who asked for something is believed to look at it, and about to ask again."""


class Presence:
    """
    Notes who comes, and tells whether somebody is there.

    :param folder: that all processes share; None: nobody else is to be minded.
    """

    def __init__(self, clock: IReactorTime, folder: str | None, threads: Threads) -> None:
        self._clock, self._count, self._gone_at = clock, 0, 0.0
        self._note: Traffic | None = None
        self._elsewhere: Precedence | None = None
        self._is_looking = False
        if folder is not None:
            self._note = Traffic(clock, folder, threads, lambda: self._count, lambda: self.is_here, FILE)
            self._elsewhere = Precedence(clock, folder, threads, FILE)

    def seen(self) -> None:
        """Somebody asks for something now."""
        self._count += 1
        self._gone_at = self._clock.seconds() + STAY_SECONDS

    @property
    def is_here(self) -> bool:
        """Whether this process serves people."""
        return self._clock.seconds() < self._gone_at

    @property
    def is_anywhere(self) -> bool:
        """Whether any does; as far as :meth:`look_round` has us know of others."""
        return self.is_here or (self._elsewhere is not None and self._elsewhere.is_due)

    def tell(self) -> None:
        """Have the other processes know of those whom this one serves, from now on."""
        if self._note is not None:
            self._note.start()

    def look_round(self) -> None:
        """Know of the other processes, from now on; harmless when repeated."""
        if self._elsewhere is not None and not self._is_looking:
            self._is_looking = True
            self._elsewhere.start()

    async def close(self) -> None:
        """Tell and look no more."""
        for one in (self._note, self._elsewhere):
            if one is not None:
                await one.stop()
