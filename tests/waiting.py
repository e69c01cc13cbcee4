"""
Waiting in the test's own reactor: for a state, never for a time.

The machine may be slow, and busy with other things: a wait ends when what it waits for is there, and its limit is only
there so that a test that fails says so.  What is promised about time is measured by a :class:`Stopwatch`, which leaves
out what the machine gave to others.

::

    await until(lambda: talk.is_closed, "the end of the connection")
    await settled()                       # sockets and threads have done what they can do; for what must not happen
    with Stopwatch() as watch: …
    self.assertLess(watch.seconds, 0.5)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.task import LoopingCall, deferLater

reactor: Any = _reactor

PATIENCE_SECONDS = 60.0
GUARD_SECONDS = 240  # a test's ``timeout``: only what hangs for good meets it
TURN_SECONDS = 0.01
LONGEST_TURN_SECONDS = 0.05


async def until(true: Callable[[], object], what: str = "it", seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until ``true()`` is.  :raise AssertionError: it takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not happen within {seconds:.0f} s: {what}")
        await deferLater(reactor, TURN_SECONDS)


async def settled(turns: int = 20) -> None:
    """Let sockets and threads do what they have to: so many turns of the reactor, each with a little time."""
    for _ in range(turns):
        await deferLater(reactor, 0.002)


class Stopwatch:
    """
    How long something took, as an idle machine would have seen it.

    A turn of the reactor counts as it is, but at most :data:`LONGEST_TURN_SECONDS` of it when the machine was busy with
    others; what this process computed counts in full.

    :ivar seconds: so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._looking = LoopingCall(self._look)

    def __enter__(self) -> Stopwatch:
        self._seen = (time.monotonic(), time.process_time())
        self._looking.start(TURN_SECONDS, now=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._looking.stop()
        self._look()

    def _look(self) -> None:
        before, self._seen = self._seen, (time.monotonic(), time.process_time())
        passed, computed = (now - then for now, then in zip(self._seen, before, strict=True))
        self.seconds += max(min(passed, LONGEST_TURN_SECONDS), computed)
