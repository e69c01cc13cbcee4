"""
One connection to PostgreSQL, at half of what txpostgres alone costs per statement.

``txpostgres.Connection`` makes a connection and hears its rings; this subclass takes the steps.  It keeps one reader in
the reactor for the whole life of the connection instead of adding and removing one for each statement, and hands out
the result in the same turn in which it arrived.

Two traps shape the code:

* libpq closes its descriptor by itself when the server goes away, or does not let us in.  The epoll reactor could then
  not unregister the number, and a later connection that gets the same one would never be watched.  So the reactor
  watches a ``dup()`` of the descriptor, which is ours to close; while we connect, a new one at each step, for libpq may
  turn to another descriptor between two of them.
* PostgreSQL's protocol wants every statement polled to its end.  So nothing here can be cancelled; who waits may
  leave (``Database`` sees to that), the statement does not.

The only module that knows txpostgres.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import psycopg2
import psycopg2.extras
from psycopg2 import extensions
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.python.failure import Failure
from txpostgres import txpostgres
from zope.interface import implementer


class ConnectionGone(psycopg2.OperationalError):
    """The connection was closed, by the server or by us, while or before a statement ran."""


class Busy(psycopg2.ProgrammingError):
    """A bug: a second statement on a connection whose first one still runs."""


class _Json(psycopg2.extras.Json):
    """A dict as jsonb, written by orjson."""

    def dumps(self, obj: Any) -> str:
        return orjson.dumps(obj).decode()


extensions.register_adapter(dict, _Json)
psycopg2.extras.register_uuid()
psycopg2.extras.register_default_json(globally=True, loads=orjson.loads)
psycopg2.extras.register_default_jsonb(globally=True, loads=orjson.loads)


@implementer(IReadWriteDescriptor)
class _Watch:
    """Reads our own copy of the connection's descriptor; see the module's first trap."""

    def __init__(self, connection: Connection, fd: int) -> None:
        self._connection, self.fd = connection, fd

    def fileno(self) -> int:
        return self.fd

    def logPrefix(self) -> str:
        return "postgresql"

    def doRead(self) -> None:
        self._connection.advance()

    doWrite = doRead

    def connectionLost(self, reason: Failure) -> None:
        self._connection.advance()


class Connection(txpostgres.Connection):
    """
    A connection that runs one statement at a time.

    :ivar on_close: called once, without arguments, when the connection turns out to be dead while nothing ran.
    :ivar knows: names of the statements that it was told (``db/often.py``).
    :ivar asked_at: when the statement that runs was sent, or was last heard of, seconds; None when none runs.
    """

    def __init__(self, reactor: IReactorFDSet) -> None:
        super().__init__(reactor)
        self.on_close: Callable[[], None] = _nothing
        self.knows: set[str] = set()
        self.asked_at: float | None = None
        self._opening: Deferred[None] | None = None
        self._job: tuple[Deferred[Any], Any] | None = None
        self._watch: _Watch | None = None
        self._writing = False

    @property
    def alive(self) -> bool:
        """Whether statements can be sent."""
        return self._watch is not None and self._opening is None

    def connect(self, dsn: str) -> Deferred[None]:
        """Open the connection; fails with ``psycopg2.OperationalError``."""
        try:
            self._connection = self.connectionFactory(dsn, **{"async": True})
        except psycopg2.Error:
            return fail()
        opening: Deferred[None] = Deferred()
        self._opening = opening
        self._approach()
        return opening

    def _approach(self) -> None:
        """Take the opening one step further."""
        self._detach()
        try:
            state = self._connection.poll()
        except psycopg2.Error:
            self._opened(Failure())
            return
        self._watch = _Watch(self, os.dup(self._connection.fileno()))
        if state == extensions.POLL_WRITE:
            self._await_writing()
            return
        self.reactor.addReader(self._watch)
        if state == extensions.POLL_OK:
            self._opened(None)

    def _opened(self, outcome: Failure | None) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.callback(outcome)

    def _detach(self) -> None:
        watch, self._watch = self._watch, None
        if watch is None:
            return
        self.reactor.removeReader(watch)
        self.reactor.removeWriter(watch)
        self._writing = False
        os.close(watch.fd)

    def abandon(self) -> None:
        """Stop an attempt to connect; it fails with ``twisted.internet.error.ConnectionDone``."""
        self.close()

    def close(self) -> None:
        """Close; a statement that still runs fails with :class:`ConnectionGone`."""
        self._detach()
        if self._connection is not None and not self._connection.closed:
            self._connection.close()
        self._opened(Failure(ConnectionDone()))
        self._finish(Failure(ConnectionGone("the connection was closed")))

    def execute(self, sql: str, args: Sequence[object] | None = None) -> Deferred[Any]:
        """Run the statement; fires with the psycopg2 cursor that holds its rows."""
        if self._job is not None:
            return fail(Busy("another statement is running on this connection"))
        if not self.alive:
            return fail(ConnectionGone("the connection is closed"))
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, args)
        except Exception:  # what psycopg2 makes of wrong arguments can be anything; the caller hears of it
            return fail()
        done: Deferred[Any] = Deferred()
        self._job = (done, cursor)
        self.advance()
        return done

    def advance(self) -> None:
        """Take the protocol one step further; called when the descriptor is ready."""
        if self._watch is None:
            return
        if self._opening is not None:
            self._approach()
            return
        try:
            state = self._connection.poll()
        except psycopg2.Error:
            self._failed(Failure())
            return
        if state == extensions.POLL_WRITE:
            self._still_waits()
            self._await_writing()
            return
        if self._writing:
            self._writing = False
            self.reactor.removeWriter(self._watch)
        if state == extensions.POLL_OK:
            self._arrived()
        else:
            self._still_waits()

    def _still_waits(self) -> None:
        if self._job is not None:
            self.asked_at = self.reactor.seconds()

    def _await_writing(self) -> None:
        if not self._writing:
            self._writing = True
            self.reactor.addWriter(self._watch)

    def _arrived(self) -> None:
        if self._connection.notifies:
            self.checkForNotifies()
        job, self._job, self.asked_at = self._job, None, None
        if job is not None:
            job[0].callback(job[1])

    def _failed(self, why: Failure) -> None:
        was_idle = self._job is None
        if self._connection.closed:
            self._detach()
        self._finish(why)
        if was_idle and not self.alive:
            self.on_close()

    def _finish(self, why: Failure) -> None:
        job, self._job, self.asked_at = self._job, None, None
        if job is not None:
            job[0].errback(why)


def _nothing() -> None:
    """Nobody listens yet."""
