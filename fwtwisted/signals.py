"""
What signals ask of a running server.

======  ============================================================================================================
TERM    end: requests and jobs may finish within ``SHUTDOWN_GRACE``, status 0; a second one ends it now
INT     the same
HUP     read the settings again: what can change does, the rest is named in one warning
USR1    open the log file anew, after somebody has moved it away
USR2    tell the log what is under way
QUIT    write the stacks of all threads to standard error, and go on
======  ============================================================================================================

None of them ends the process as the system would: with jobs in hand, and a private PostgreSQL left behind.

Source: docs/operations.md O-22.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from fwtwisted.config import Config, ConfigError, Reading
from fwtwisted.model.threads import Threads

# What counts at once; everything else from the next start.
LIVE = frozenset(
    ("LOGLEVEL", "DEBUG", "LOG_FORMAT", "TRUSTED_PROXIES", "NUM_PROXIES", "THROTTLING_ENABLED", "THROTTLING_RATES")
)


@frozen
class Answers:
    """What is done about the signals that do not end us; each is called in the reactor."""

    reload: Callable[[], object]
    reopen: Callable[[], object]
    describe: Callable[[], object]


def listen(reactor: Any, answers: Answers) -> None:
    """Take the signals that do not end us."""
    asked = {signal.SIGHUP: answers.reload, signal.SIGUSR1: answers.reopen, signal.SIGUSR2: answers.describe}

    def told(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(asked[signal.Signals(number)])

    for number in asked:
        signal.signal(number, told)
    if sys.__stderr__ is not None:
        faulthandler.register(signal.SIGQUIT, sys.__stderr__, all_threads=True)


class Reloading:
    """
    The settings, read again while we run.

    :param began: what was read at the start.
    :param read: reads again; blocks.  :raise ConfigError:
    :param takers: are handed what was read, and take what they can.
    """

    _log = Logger()

    def __init__(
        self, began: Reading, read: Callable[[], Reading], threads: Threads, takers: Iterable[Callable[[Config], None]]
    ) -> None:
        self._began, self._read, self._threads, self._takers = began, read, threads, tuple(takers)

    def begin(self) -> Deferred[None]:
        """Read and take, and say what became of it; never fails."""
        return Deferred.fromCoroutine(self._again())

    async def _again(self) -> None:
        try:
            now = await self._threads(self._read)
            for take in self._takers:
                take(now.config)
        except ConfigError as wrong:
            self._log.error("the settings stay as they were: {why}", event="config.unreadable", why=str(wrong))
            return
        except Exception:  # a signal must not harm who serves
            self._log.failure("the settings could not be read again", event="config.broke")
            return
        self._log.info("the settings were read again", event="config.reloaded")
        late = sorted(_changed(self._began, now) - LIVE)
        if late:
            text = "these settings have changed and count from the next start: {names}"
            self._log.warn(text, event="config.late", names=", ".join(late))


def _changed(before: Reading, now: Reading) -> set[str]:
    """Names of the settings that are not what they were; the values of secrets are not looked at."""
    texts = {one.name: one.text for one in before.shown}
    return {one.name for one in now.shown if texts.get(one.name) != one.text}
