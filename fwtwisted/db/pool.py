"""
``Database``: a fixed number of connections, and work that is done on them by coroutines.

How a statement gets its connection::

    transaction(work) ── idle connection? ── yes ─▶ BEGIN;first statement ─▶ … ─▶ COMMIT ─▶ back to idle
                                │ no                        │ dead before its first answer: once more on a new one
                                ├─ room for one more? connect (at most ``connect_seconds``)
                                └─ wait in order (at most ``wait_seconds``), else Unavailable

**The waiter may leave, the work finishes.**  Klein cancels a handler's Deferred when the client hangs up.  A
cancelled statement would leave its connection in the middle of the protocol, so what callers get is a Deferred of
their own: cancelling it leaves the work alone.  ``statement_timeout`` bounds the work.

**Who holds a connection waits for no second one.**  All holders could do so at once, and nobody would ever give one
back.  What a transaction may have to look up again on its way (settings, policies) is read from a pool of its own.

When PostgreSQL is away, callers hear ``Unavailable`` quickly; when it returns, the next caller connects.  Nobody
needs to restart anything.  One that hangs is noticed within two seconds (``db/silence.py``).

What work is handed is a :class:`Tx`, at home in ``db/transactions.py`` and imported with the pool that makes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from traceback import format_stack
from typing import Any, TypeVar

import psycopg2
from attrs import frozen
from psycopg2 import errors as sqlstates
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.db.connection import Connection
from fwtwisted.db.patience import Patience
from fwtwisted.db.silence import Vigil
from fwtwisted.db.transactions import ALONE, BRIEFLY, TRANSACTION, Queries, Tx
from fwtwisted.model.errors import Unavailable

__all__ = ("Database", "DatabaseSettings", "HeldUp", "OutOfTime", "Queries", "Tx")

T = TypeVar("T")


# Nobody's fault, and likely to go well a little later: too slow under load, or in another transaction's way.
BUSY = (
    sqlstates.QueryCanceled,
    sqlstates.DeadlockDetected,
    sqlstates.SerializationFailure,
)


# The database's machine lacks what it needs: room on its disk, memory, a disk that works.
SHORT = (sqlstates.DiskFull, sqlstates.OutOfMemory, sqlstates.IoError)
SHORT_SECONDS = 30  # before it is worth while to try again
REFUSED_SECONDS = 1.0  # before a database that let no further connection in is asked again, while there are others


# Another transaction was faster: what this one had looked at is gone, or there by now.
OVERTAKEN = (sqlstates.ForeignKeyViolation, sqlstates.UniqueViolation, sqlstates.DeadlockDetected)


# Of TCP: a far end that is gone without a word is noticed within half a minute, also by who only listens.
NOTICE_THE_DEAD = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}


class HeldUp(Unavailable):
    """Somebody else has locked a row that is wanted, and keeps it."""

    text = "The database is busy."


class OutOfTime(Unavailable):
    """A statement took longer than any may: the database has too much to do, or the statement wants too much of it."""

    text = "The database is busy."


class _DiedUnanswered(Exception):
    """The connection died before it answered anything, so that the work may safely run once more."""


class _Overtaken(Exception):
    """What was done is undone, and whoever looks again sees what the other one did."""


@frozen
class DatabaseSettings:
    """
    How PostgreSQL is reached, and for how long it is waited for.

    :ivar dsn: a libpq connection string or URL.
    :ivar connections: how many at most, in this process.
    :ivar statement_seconds: what the server bounds every statement with.
    :ivar connect_seconds: patience with a server that does not answer while connecting.
    :ivar wait_seconds: patience of a caller while all connections are busy.
    """

    dsn: str
    connections: int = 8
    statement_seconds: float = 30.0
    connect_seconds: float = 2.0
    wait_seconds: float = 10.0

    @property
    def full_dsn(self) -> str:
        """The connection string with our session settings put in."""
        options = f"-c timezone=UTC -c statement_timeout={int(self.statement_seconds * 1000)} -c jit=off"
        told = psycopg2.extensions.parse_dsn(self.dsn)
        noticing = {name: value for name, value in NOTICE_THE_DEAD.items() if name not in told}
        return psycopg2.extensions.make_dsn(self.dsn, options=options, application_name="fwtwisted", **noticing)


class _Waiter:
    """A caller that waits for a connection, and the alarm that ends the wait."""

    patience: IDelayedCall

    def __init__(self, turn: Deferred[Connection | None]) -> None:
        self.turn = turn


_holding: ContextVar[tuple[Database, Tx] | None] = ContextVar("holding", default=None)
"""For whom the running code works, and of which pool."""


class Database:
    """The pool.  Nothing is connected before the first use; :meth:`close` gives everything back."""

    _log = Logger()

    def __init__(self, reactor: Any, settings: DatabaseSettings) -> None:
        self._reactor, self._settings = reactor, settings
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._connecting, self._refused_until = 0, 0.0
        self._waiting: deque[_Waiter] = deque()
        self._running = 0
        self._all_done: list[Deferred[None]] = []
        self._closed = False
        self._vigil = Vigil(reactor, settings.full_dsn, self._open, self._give_up)

    def transaction(self, work: Callable[[Tx], Awaitable[T]]) -> Deferred[T]:
        """
        Run ``work`` in one transaction: commit when it returns, roll back when it raises.

        The waiter may leave; the work finishes.

        :param work: may be run once more from its beginning, all undone: when another transaction was faster and
            removed or made what this one had looked at.
        :raise Unavailable: the database cannot be reached, or all connections stay busy.
        """
        return self._heard(self._run(work, TRANSACTION))

    def briefly(self, work: Callable[[Tx], Awaitable[T]]) -> Deferred[T]:
        """
        :meth:`transaction` for work that others wait for.

        :raise HeldUp: a row that it wants stays locked for more than a quarter of a second.
        """
        return self._heard(self._run(work, BRIEFLY))

    def read(self, work: Callable[[Tx], Awaitable[T]]) -> Deferred[T]:
        """Run ``work`` without a transaction: each statement sees its own snapshot.  Cheaper, for reading."""
        return self._heard(self._run(work, ALONE))

    def alone(self, work: Callable[[Tx], Awaitable[T]]) -> Deferred[T]:
        """
        Run ``work``, which is one statement that writes: a transaction by itself, for half the trips of one.

        Nothing is to be touched by it, and nothing to follow its commit.
        """
        return self._heard(self._run(work, ALONE))

    def _heard(self, running: Awaitable[T]) -> Deferred[T]:
        heard: Deferred[T] = Deferred(_waiter_left)

        def tell(result: T | Failure) -> None:
            self._running -= 1
            if not heard.called:
                heard.callback(result)
            elif isinstance(result, Failure) and result.check(Unavailable):
                self._log.warn("{why} Nobody waits for that any more.", event="db.unheard", why=str(result.value))
            elif isinstance(result, Failure):
                self._log.failure("failed after its waiter had left", result, event="db.unheard")
            if not self._running:
                waiting, self._all_done = self._all_done, []
                for done in waiting:
                    done.callback(None)

        self._running += 1
        Deferred.fromCoroutine(running).addBoth(tell)  # type: ignore[arg-type]
        return heard

    async def _run(self, work: Callable[[Tx], Awaitable[T]], begin: str) -> T:
        try:
            return await self._attempt(work, begin)
        except _Overtaken:
            return await self._attempt(work, begin, last=True)
        except _DiedUnanswered:
            try:
                return await self._attempt(work, begin, last=True)
            except _DiedUnanswered as death:
                raise Unavailable("The database is not available.") from death.__cause__

    async def _attempt(self, work: Callable[[Tx], Awaitable[T]], begin: str, *, last: bool = False) -> T:
        connection = await self._take()
        self._vigil.keep()
        tx = Tx(connection, begin=begin)
        try:
            try:
                result = await self._held(work, tx)
                await tx.commit()
            except Exception:  # of the commit, too: who gets the connection next must not find a broken transaction
                await tx.roll_back()
                raise
        except psycopg2.Error as trouble:
            if connection.alive and begin and not last and isinstance(trouble, OVERTAKEN):
                raise _Overtaken from trouble
            if connection.alive and isinstance(trouble, sqlstates.LockNotAvailable):
                raise HeldUp(retry_after=1) from trouble
            if connection.alive and isinstance(trouble, BUSY):
                self._log.warn("a transaction gave way: {why}", event="db.busy", why=str(trouble).strip())
                kind = OutOfTime if isinstance(trouble, sqlstates.QueryCanceled) else Unavailable
                raise kind("The database is busy.", retry_after=1) from trouble
            if connection.alive and isinstance(trouble, SHORT):
                self._log.error("the database is short of room: {why}", event="db.short", why=str(trouble).strip())
                raise Unavailable("The database is short of room.", retry_after=SHORT_SECONDS) from trouble
            if connection.alive and not isinstance(trouble, sqlstates.ReadOnlySqlTransaction):
                raise
            connection.close()
            if not tx.answered:
                raise _DiedUnanswered from trouble
            raise Unavailable("The database went away.") from trouble
        finally:
            self._give_back(connection)
        return result

    async def _held(self, work: Callable[[Tx], Awaitable[T]], tx: Tx) -> T:
        _holding.set((self, tx))
        try:
            return await work(tx)
        finally:
            tx.is_over = True

    def _must_hold_none(self) -> None:
        """Say aloud that a transaction waits for a second connection: a bug (see the head of this page)."""
        holding = _holding.get()
        if holding is not None and holding[0] is self and not holding[1].is_over:
            stack = "".join(format_stack(limit=20))
            self._log.failure(
                "a transaction wants a second connection: {stack}",
                Failure(RuntimeError()),
                event="db.second",
                stack=stack,
            )

    async def _take(self) -> Connection:
        self._must_hold_none()
        while True:
            if self._closed:
                raise Unavailable("The server is stopping.")
            if self._vigil.is_silent:
                raise Unavailable("The database does not answer.")
            if self._idle:
                return self._idle.pop()
            if self._may_connect():
                try:
                    return await self._connect()
                except Unavailable:
                    if not (self._open or self._connecting):
                        raise
            handed = await self._next_free()
            if handed is not None:
                return handed

    def _may_connect(self) -> bool:
        """Whether there is room for one more; who was refused a moment ago makes do with what is open."""
        if len(self._open) + self._connecting >= self._settings.connections:
            return False
        return not self._open or self._reactor.seconds() >= self._refused_until

    async def _connect(self) -> Connection:
        connection = Connection(self._reactor)
        self._connecting += 1
        try:
            patience = Patience(self._reactor, self._settings.connect_seconds, connection.abandon)
            try:
                await connection.connect(self._settings.full_dsn)
            finally:
                patience.end()
        except (psycopg2.Error, ConnectionDone) as trouble:
            if isinstance(trouble, ConnectionDone):
                self._vigil.heard_nothing()
            self._refused_until = self._reactor.seconds() + REFUSED_SECONDS
            if not self._open:
                self._wake_one(None)
            raise Unavailable("The database is not available.") from trouble
        finally:
            self._connecting -= 1
        connection.on_close = lambda: self._forget(connection)
        self._open.add(connection)
        return connection

    async def _next_free(self) -> Connection | None:
        turn: Deferred[Connection | None] = Deferred()
        waiter = _Waiter(turn)
        waiter.patience = self._reactor.callLater(self._settings.wait_seconds, self._too_long, waiter)
        self._waiting.append(waiter)
        return await turn

    def _too_long(self, waiter: _Waiter) -> None:
        self._waiting.remove(waiter)
        waiter.turn.errback(Unavailable("The database is busy."))

    def _give_back(self, connection: Connection) -> None:
        if not connection.alive:
            self._forget(connection)
        elif self._closed:
            self._forget(connection)
            connection.close()
        elif not self._wake_one(connection):
            self._idle.append(connection)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._wake_one(None)

    def _wake_one(self, connection: Connection | None) -> bool:
        if not self._waiting:
            return False
        waiter = self._waiting.popleft()
        waiter.patience.cancel()
        self._reactor.callLater(0, waiter.turn.callback, connection)  # not now: many may fail in a row
        return True

    async def drained(self) -> None:
        """Wait until no transaction runs."""
        if self._running:
            done: Deferred[None] = Deferred()
            self._all_done.append(done)
            await done

    async def close(self) -> None:
        """Take no more work, wait for what runs, close every connection."""
        self._closed = True
        while self._waiting:
            self._wake_one(None)
        await self.drained()
        self._vigil.end()
        self._give_up()

    def _give_up(self) -> None:
        """Close every connection; what runs on one fails."""
        for connection in list(self._open):
            self._forget(connection)
            connection.close()
        while self._waiting:
            self._wake_one(None)


def _waiter_left(_: Deferred[Any]) -> None:
    """Who waits may leave; the work goes on."""
