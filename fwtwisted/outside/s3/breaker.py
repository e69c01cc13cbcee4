"""
The breaker before a store: after enough failures in a row nobody waits for it any more, until a trial succeeds.

::

    closed ── 5 failures in a row within 30 s ──▶ open (10 s) ── time is up ──▶ one trial ── works ──▶ closed
                                                    ▲                               │
                                                    └── twice as long, ≤ 2 min ─────┘ fails

Source: docs/storage.md S-40.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

FAILURES = 5
WITHIN_SECONDS = 30.0
FIRST_REST, LONGEST_REST = 10.0, 120.0


class Open(Exception):
    """Calls fail at once.  :ivar seconds: until it makes sense to ask again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the store rests for {seconds:.0f} s")
        self.seconds = seconds


class Breaker:
    """One for each endpoint and process."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._failures: list[float] = []
        self._rest = FIRST_REST
        self._until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether the store was found to be away, and has not been heard since."""
        return self._until is not None

    def admit(self) -> None:
        """
        Let a call through; its outcome must be told by one of the next three.

        :raise Open: it would fail.
        """
        if self._until is None:
            return
        left = self._until - self._clock.seconds()
        if left > 0 or self._trying:
            raise Open(max(left, 1.0))
        self._trying = True

    def worked(self) -> None:
        """The store answered, whatever it said."""
        if self._until is not None:
            self._log.info("the media store answers again", event="s3.back")
        self._failures.clear()
        self._until, self._trying, self._rest = None, False, FIRST_REST

    def failed(self) -> None:
        """The store did not answer, or said that it is broken."""
        now = self._clock.seconds()
        if self._trying:
            self._trying, self._rest = False, min(LONGEST_REST, self._rest * 2)
            self._until = now + self._rest
            return
        self._failures = [moment for moment in self._failures if now - moment <= WITHIN_SECONDS] + [now]
        if self._until is None and len(self._failures) >= FAILURES:
            self._until = now + self._rest
            self._log.error("the media store is away; it is left alone for {rest} s", event="s3.away", rest=self._rest)

    def unknown(self) -> None:
        """The call was given up before its outcome was known."""
        self._trying = False
