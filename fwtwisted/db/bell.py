"""
The bell that rings through PostgreSQL: ``NOTIFY`` on one channel, heard by every process that shares the database.

A ring is a hint.  Whoever waits for one also looks every few seconds, so that a ring lost with a connection costs
seconds, never work.  One connection outside the pool listens; it is opened again, with growing rests, when it dies.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable
from typing import Any

import psycopg2
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from fwtwisted.db.connection import Connection
from fwtwisted.db.pool import Database, DatabaseSettings, Tx

CHANNEL = "fwtwisted"
LARGEST_PAYLOAD = 5_000  # bytes; PostgreSQL admits 8,000 characters with name and base64
LONGEST_REST = 10.0  # seconds between attempts to listen again

Heard = Callable[[bytes], None]

RING = "SELECT pg_notify(%s, %s)"
# Nothing is written that has to last, so nobody waits for the disk.
RING_ALL = """
    WITH hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    SELECT pg_notify(%s, told) FROM hasty, unnest(%s::text[]) AS told
"""
MOST_AT_ONCE = 100
MOST_WAITING = 10_000  # rings, while the database is slow; of more, the oldest are lost


async def ring(tx: Tx, name: str, payload: bytes = b"") -> None:
    """Ring within a transaction: heard exactly when that commits."""
    await tx.do(RING, CHANNEL, _spelt(name, payload))


def _spelt(name: str, payload: bytes) -> str:
    return f"{name} {base64.b64encode(payload).decode()}"


class NotifyBell(Service):
    """A :class:`fwtwisted.outside.shared.Bell` over NOTIFY."""

    _log = Logger()

    def __init__(self, reactor: Any, settings: DatabaseSettings, database: Database) -> None:
        self._reactor, self._settings, self._database = reactor, settings, database
        self._heard: dict[str, list[Heard]] = {}
        self._rings: deque[str] = deque(maxlen=MOST_WAITING)
        self._is_ringing = False
        self._connection: Connection | None = None
        self._again: IDelayedCall | None = None
        self._rest = 0.1
        self._work: Deferred[None] | None = None

    def startService(self) -> None:
        """Begin to listen; until the connection stands, rings are lost."""
        super().startService()
        self._begin()

    async def listening(self) -> None:
        """Wait until the attempt to listen that is under way has ended."""
        if self._work is not None:
            done: Deferred[None] = Deferred()
            self._work.addBoth(lambda _: done.callback(None))
            await done

    async def stopService(self) -> None:
        """Stop listening and close the connection."""
        super().stopService()
        if self._again is not None and self._again.active():
            self._again.cancel()
        await self.listening()
        if self._connection is not None:
            self._connection.close()

    def ring(self, name: str, payload: bytes = b"") -> None:
        """Tell every process, this one too, that ``name`` happened; a ring that fails is forgotten."""
        if len(payload) > LARGEST_PAYLOAD:
            raise ValueError(f"a ring carries at most {LARGEST_PAYLOAD} bytes")
        self._rings.append(_spelt(name, payload))
        if not self._is_ringing:
            Deferred.fromCoroutine(self._ring_all())

    async def _ring_all(self) -> None:
        """Ring for all that wait; what comes meanwhile is rung for together, afterwards."""
        self._is_ringing = True
        while self._rings:
            some = [self._rings.popleft() for _ in range(min(MOST_AT_ONCE, len(self._rings)))]
            try:
                await self._rung(some)
            except Exception as why:  # whatever it was: a ring is a hint, and the next one may go well
                self._log.warn("{count} rings were lost: {why}", event="bell.lost", count=len(some), why=why)
        self._is_ringing = False

    def _rung(self, some: list[str]) -> Deferred[int]:
        return self._database.read(lambda tx: tx.do(RING_ALL, CHANNEL, some))

    def listen(self, name: str, heard: Heard) -> Callable[[], None]:
        """Call ``heard(payload)`` at every ring of ``name``; the answer stops that."""
        self._heard.setdefault(name, []).append(heard)
        return lambda: self._heard[name].remove(heard)

    def _begin(self) -> None:
        self._again = None
        self._work = Deferred.fromCoroutine(self._connect())

    async def _connect(self) -> None:
        connection = Connection(self._reactor)
        connection.on_close = self._lost
        connection.addNotifyObserver(self._notified)
        patience = self._reactor.callLater(self._settings.connect_seconds, connection.abandon)
        try:
            await connection.connect(self._settings.full_dsn)
            await connection.execute(f'LISTEN "{CHANNEL}"')
        except (psycopg2.Error, ConnectionDone) as trouble:
            self._log.warn("cannot listen: {trouble}", event="bell.away", trouble=str(trouble).strip())
            connection.close()
            self._lost()
        else:
            self._connection, self._rest = connection, 0.1
        finally:
            if patience.active():
                patience.cancel()

    def _lost(self) -> None:
        self._connection = None
        if self.running:
            self._again = self._reactor.callLater(self._rest, self._begin)
            self._rest = min(LONGEST_REST, self._rest * 2)

    def _notified(self, notify: Any) -> None:
        name, _, payload = notify.payload.partition(" ")
        for heard in list(self._heard.get(name, ())):
            try:
                heard(base64.b64decode(payload))
            except Exception:  # one listener's bug must not silence the others
                self._log.failure("a listener of {name} failed", event="bell.listener", name=name)
