"""
Notices a database that has fallen silent: frozen, or behind a wire that leads nowhere any more.

A server that dies says so, by the end of its connections.  One that hangs says nothing, and whoever asked it would wait
for as long as it hangs.  So while a statement is without an answer for :data:`SILENT_SECONDS`, a new connection is
tried beside it.  Who is let in, or refused, has been answered: the statement is merely slow.  Who hears nothing at all
has found the database silent; then every connection is given up, callers are told at once, and somebody knocks until
there is an answer.  While it is we who are held up, no time passes for the database (``patience``).

A transaction that is given up before its commit was sent is undone by the database as soon as that goes on.

Source: docs/operations.md O-62.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg2
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from fwtwisted.db.connection import Connection
from fwtwisted.db.patience import Patience

SILENT_SECONDS = 0.5  # without a word, before anybody looks
PATIENCE_SECONDS = 1.5  # with whoever knocks; together two seconds
REST_SECONDS = 5.0  # between two looks, when the first one found a database that is merely slow
KNOCK_SECONDS = 0.5  # between two knocks on a silent one


class Vigil:
    """
    Watches over the connections of a pool.

    :ivar is_silent: the database does not answer; nobody should ask.
    :param connections: all that are open.
    :param give_up: closes all of them.
    """

    _log = Logger()

    def __init__(self, reactor: Any, dsn: str, connections: Iterable[Connection], give_up: Callable[[], None]) -> None:
        self._reactor, self._dsn, self._connections, self._give_up = reactor, dsn, connections, give_up
        self.is_silent = False
        self._next_look: IDelayedCall | None = None
        self._knocking: Connection | None = None
        self._ended = False

    def keep(self) -> None:
        """A statement is about to be sent: watch until none is under way."""
        if self._next_look is None and self._knocking is None and not self._ended:
            self._look_in(SILENT_SECONDS)

    def heard_nothing(self) -> None:
        """Somebody who wanted to connect has heard nothing: it is silent."""
        if self.is_silent or self._ended:
            return
        self.is_silent = True
        self._log.warn("the database does not answer: its connections are given up", event="database.silent")
        self._give_up()
        if self._knocking is None:
            self._look_in(KNOCK_SECONDS)

    def end(self) -> None:
        """Watch no more."""
        self._ended = True
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        if self._knocking is not None:
            self._knocking.abandon()

    def _look_in(self, seconds: float) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        self._next_look = self._reactor.callLater(seconds, self._look)

    def _look(self) -> None:
        self._next_look = None
        now = self._reactor.seconds()
        waits = [now - one.asked_at for one in self._connections if one.asked_at is not None]
        if self.is_silent or max(waits, default=0.0) >= SILENT_SECONDS:
            Deferred.fromCoroutine(self._knock())
        elif waits:
            self._look_in(SILENT_SECONDS)

    async def _knock(self) -> None:
        """Find out whether the database says anything at all to somebody new."""
        answers = await self._is_answered()
        if self._ended:
            return
        if answers:
            if self.is_silent:
                self.is_silent = False
                self._log.info("the database answers again", event="database.answers")
            self._look_in(REST_SECONDS)
            return
        self.heard_nothing()
        self._look_in(KNOCK_SECONDS)

    async def _is_answered(self) -> bool:
        connection = self._knocking = Connection(self._reactor)
        patience = Patience(self._reactor, PATIENCE_SECONDS, connection.abandon)
        try:
            await connection.connect(self._dsn)
        except ConnectionDone:
            return False
        except psycopg2.Error:  # a refusal is a word, too
            return True
        finally:
            self._knocking = None
            patience.end()
            connection.close()
        return True
