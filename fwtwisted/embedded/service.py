"""
``EmbeddedPostgres``: what the server and the ``fwtwisted`` command hold while they use the private PostgreSQL.

::

    start ── lock (servers) ── users, shared ── turn ┬─ lives? ── adopt ──┬─ wait until ready ── watch ── the DSN
                                                     └─ not: launch ──────┘        ▲               │
                                                                rest, turn ────────┴──── it died ──┘
    stop ── turn ── users, exclusive? ── yes, we are the last: SIGINT, wait ── no: leave it running
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from fwtwisted.embedded.cluster import Cluster, Standing
from fwtwisted.embedded.locks import FileLock
from fwtwisted.embedded.programs import EmbeddedError, ProgramFinder
from fwtwisted.model.threads import Threads

T = TypeVar("T")

LOOK_SECONDS = 0.02  # between looks at something that is under way
TELL_SECONDS = 10.0  # between lines of log while waiting
STOP_SECONDS = 20.0  # patience with a PostgreSQL that was asked to stop
FIRST_REST, LONGEST_REST = 0.1, 30.0  # seconds before it is started again
STEADY_SECONDS = 60.0  # having lived so long, its death is the first again


@implementer(IReadDescriptor)
class _Watch:
    """A process, ours or adopted: says when it ends, and takes signals that can reach no other."""

    def __init__(self, reactor: Any, pid: int, ended: Callable[[], None]) -> None:
        """:raise ProcessLookupError: it is gone already."""
        self.pid = pid
        self._reactor, self._ended = reactor, ended
        self._fd = os.pidfd_open(pid)
        reactor.addReader(self)

    def fileno(self) -> int:
        """The descriptor that becomes readable when the process ends."""
        return self._fd

    def logPrefix(self) -> str:
        """What Twisted calls us in its log."""
        return "postgres"

    def doRead(self) -> None:
        """The process has ended."""
        self.close()
        self._ended()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor is done with us."""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    def close(self) -> None:
        """Watch no longer; harmless when repeated."""
        if self._fd >= 0:
            self._reactor.removeReader(self)
            os.close(self._fd)
            self._fd = -1


class EmbeddedPostgres:
    """
    The private PostgreSQL of a data folder, while we use it.

    :param data: the data folder; made when it is not there.
    :param threads: runs a blocking call elsewhere.
    :param finder: where programs come from.
    """

    _log = Logger()

    def __init__(self, data: Path, reactor: Any, threads: Threads, finder: ProgramFinder | None = None) -> None:
        self._data, self._reactor, self._threads = data.absolute(), reactor, threads
        self._cluster = Cluster(self._data, finder or ProgramFinder())
        self._server = FileLock(self._data / "lock")
        self._users = FileLock(self._data / "postgres.users")
        self._turn = FileLock(self._data / "postgres.turn")
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: _Watch | None = None
        self._leaving = False
        self._resting: Deferred[None] | None = None
        self._gone: Deferred[None] | None = None
        self._work: Deferred[Any] | None = None
        self._busy: Deferred[None] | None = None
        self._rest, self._steady_from = FIRST_REST, 0.0

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster that we watch."""
        return self._watch.pid if self._watch is not None else None

    def start(self, *, server: bool) -> Deferred[str]:
        """
        Use the cluster: adopt the PostgreSQL that runs, or make it and start it.

        :param server: claim the data folder for ourselves; commands do not.
        :return: the connection string, with the password in it.  It holds until :meth:`stop`, also over deaths of
            PostgreSQL, and is only good in this process.
        :raise EmbeddedError: with the reason; nothing is held then.
        """
        started = Deferred.fromCoroutine(self._start(server))
        self._work = _end_of(started)
        return started

    async def stop(self) -> None:
        """Use it no longer; whoever is the last to do so stops PostgreSQL."""
        self._leaving = True
        if self._resting is not None:
            self._resting.cancel()
        if self._work is not None:
            await self._work
        await self._leave()

    # Starting

    async def _start(self, server: bool) -> str:
        try:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if server:
                self._claim()
            await self._in_turn()
            return self._cluster.dsn()
        except OSError as trouble:
            await self._leave()
            raise EmbeddedError(_in_words(trouble, self._data)) from trouble
        except BaseException:
            await self._leave()
            raise

    def _claim(self) -> None:
        if not self._server.take():
            raise EmbeddedError(
                f"Another server (process {self._server.signature()}) uses the data folder {self._data}: "
                "stop it, or give this one a folder of its own with --data."
            )
        self._server.sign()

    async def _in_turn(self) -> None:
        """Be a user of a PostgreSQL that is up and watched, while nobody else starts or stops it."""
        if not await self._turn_comes(patience=None):
            raise EmbeddedError("Stopped before PostgreSQL was started.")
        try:
            if not self._users.held:
                self._users.take(shared=True)
            await self._up()
        finally:
            self._turn.release()

    async def _turn_comes(self, patience: float | None) -> bool:
        """Wait for our turn; False when ``patience`` (seconds; None: until we leave) ends before that."""
        began = self._reactor.seconds()
        tell_at = began + TELL_SECONDS
        while not self._turn.take():
            now = self._reactor.seconds()
            if self._leaving if patience is None else now - began >= patience:
                return False
            if now >= tell_at:
                tell_at = now + TELL_SECONDS
                self._log.info("another process starts or stops PostgreSQL; waiting", event="embedded.turn")
            await self._rested(LOOK_SECONDS)
        return True

    async def _up(self) -> None:
        """Adopt what runs, or launch it, and wait until it takes connections."""
        began, launched = self._reactor.seconds(), False
        tell_at = began + TELL_SECONDS
        while not self._leaving:
            standing: Standing = await self._elsewhere(self._cluster.standing)
            if standing.ready and self._watched(standing.pid):
                return self._is_up(launched, began)
            if not standing.lives:
                if launched:
                    raise EmbeddedError(await self._elsewhere(self._cluster.complaint))
                launched = await self._launched()
            elif self._reactor.seconds() >= tell_at:
                tell_at += TELL_SECONDS
                self._log.info("PostgreSQL is not ready yet; waiting", event="embedded.waiting")
            await self._rested(LOOK_SECONDS)
        raise EmbeddedError("Stopped before PostgreSQL was ready.")

    async def _launched(self) -> bool:
        self._reap()
        return await self._elsewhere(self._launch)

    def _launch(self) -> bool:
        """For a thread: the child is known also when nobody waits for it any more."""
        self._child = self._cluster.launch()
        return self._child is not None

    async def _elsewhere(self, work: Callable[[], T]) -> T:
        """
        What a blocking call of the cluster answers.

        To give it up does not end it: it goes on with our locks until ``self._busy`` fires.
        """
        told: Deferred[T] = Deferred()
        running = self._threads(work)
        self._busy = _end_of(running)
        running.addCallbacks(told.callback, told.errback)
        return await told

    def _is_up(self, launched: bool, began: float) -> None:
        now = self._reactor.seconds()
        self._steady_from = now + STEADY_SECONDS
        self._log.info(
            "PostgreSQL {how} (process {pid}, after {seconds:.2f} s)",
            event="embedded.ready",
            how="is ready" if launched else "was running and is adopted",
            pid=self.pid,
            seconds=now - began,
        )

    def _watched(self, pid: int | None) -> bool:
        """Watch the process; False when it has ended already."""
        if self._watch is not None and self._watch.pid == pid:
            return True
        try:
            self._watch = _Watch(self._reactor, pid or 0, self._died)
        except ProcessLookupError:
            return False
        return True

    async def _rested(self, seconds: float) -> None:
        """Wait; less, when we are told to stop."""
        self._resting = deferLater(self._reactor, seconds, lambda: None)
        try:
            await self._resting
        except CancelledError:
            if not self._leaving:
                raise
        finally:
            self._resting = None

    # Dying and living again

    def _died(self) -> None:
        self._watch = None
        self._reap()
        if self._gone is not None:
            self._gone.callback(None)
        elif not self._leaving:
            self._log.warn("PostgreSQL has died; it is started again", event="embedded.died")
            if self._reactor.seconds() >= self._steady_from:
                self._rest = FIRST_REST
            self._work = _end_of(Deferred.fromCoroutine(self._revive()))

    def _reap(self) -> None:
        """Take leave of a child that has ended, so that no zombie stays."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    async def _revive(self) -> None:
        while not self._leaving:
            await self._rested(self._rest)
            self._rest = min(LONGEST_REST, self._rest * 2)
            try:
                await self._in_turn()
            except (EmbeddedError, OSError) as trouble:
                if not self._leaving:
                    self._log.warn("{trouble}", event="embedded.away", trouble=str(trouble))
            except Exception:  # whatever it was, the next attempt may go well
                self._log.failure("PostgreSQL could not be started again", event="embedded.broke")
            else:
                return

    # Leaving

    async def _leave(self) -> None:
        """Give up everything that we hold; stop PostgreSQL if nobody else uses it."""
        if self._busy is not None:
            await self._busy
        if self._users.held and await self._turn_comes(patience=STOP_SECONDS):
            try:
                if self._users.take():
                    await self._shut_down()
                else:
                    self._log.info("PostgreSQL stays: others use it", event="embedded.left")
            finally:
                self._turn.release()
        self._users.release()
        self._server.release()
        self._cluster.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    async def _shut_down(self) -> None:
        """Stop PostgreSQL: at once for its clients, properly for its data; with force when that takes too long."""
        pid = await self._found_out()
        if pid is None or not self._watched(pid):
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            if await self._ended_by(number):
                self._log.info("PostgreSQL is stopped", event="embedded.stopped")
                return
        self._log.error("PostgreSQL (process {pid}) does not stop", event="embedded.stuck", pid=pid)

    async def _found_out(self) -> int | None:
        """The postmaster's process id, waited for when it was launched a moment ago; None when there is none."""
        until = self._reactor.seconds() + STOP_SECONDS
        standing: Standing = await self._threads(self._cluster.standing)
        while standing.lives and standing.pid is None and self._reactor.seconds() < until:
            await self._rested(LOOK_SECONDS)
            standing = await self._threads(self._cluster.standing)
        return standing.pid

    async def _ended_by(self, number: signal.Signals) -> bool:
        """Signal the postmaster; whether it ended within :data:`STOP_SECONDS`."""
        if self._watch is None:
            return True
        self._gone = Deferred()
        self._watch.signal(number)
        self._gone.addTimeout(STOP_SECONDS, self._reactor)
        try:
            await self._gone
        except TimeoutError:
            return False
        finally:
            self._gone = None
        return True


def _in_words(trouble: OSError, data: Path) -> str:
    """What a person can do about a failure of the disk or its rights."""
    told = f"The embedded database cannot be used: {trouble.strerror} ({trouble.filename or data})."
    if isinstance(trouble, PermissionError):
        return f"{told} Run this as root, or as the user who runs the server."
    return told


def _end_of(work: Deferred[Any]) -> Deferred[None]:
    """Fires when ``work`` is over, however it ended; what it yields is left to others."""
    over: Deferred[None] = Deferred()

    def passed(result: Any) -> Any:
        over.callback(None)
        return result

    work.addBoth(passed)
    return over
