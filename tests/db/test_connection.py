"""One connection: attempts that fail leave nothing in the reactor."""

from __future__ import annotations

import socket
import threading
from typing import cast

import psycopg2
from twisted.internet import reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorFDSet
from twisted.trial.unittest import TestCase

from fwtwisted.db.connection import Connection
from tests.servers import postgres
from tests.waiting import GUARD_SECONDS

watching = cast(IReactorFDSet, reactor)


def watched() -> set[object]:
    """What the reactor watches on behalf of connections."""
    everything = [*watching.getReaders(), *watching.getWriters()]
    return {one for one in everything if type(one).__module__.startswith(("fwtwisted.db", "txpostgres"))}


class OpeningTests(TestCase):
    """How a connection is opened, or not."""

    timeout = GUARD_SECONDS

    def connection(self) -> Connection:
        """One, not opened yet."""
        made = Connection(watching)
        self.addCleanup(made.close)
        return made

    async def asked(self, connection: Connection) -> object:
        """What the server answers."""
        return (await connection.execute("SELECT 1")).fetchone()

    async def test_refused(self) -> None:
        """Where nobody listens the attempt fails, and the next one does not suffer from it."""
        before = watched()
        for _ in range(5):
            with self.assertRaises(psycopg2.OperationalError):
                await self.connection().connect("host=/nowhere/at/all")
        self.assertEqual(before, watched())
        good = self.connection()
        await good.connect(postgres().dsn("postgres"))
        self.assertEqual((1,), await self.asked(good))

    async def test_cut_off(self) -> None:
        """A server that hangs up in the middle of the opening, as one that dies: the same."""
        before = watched()
        with socket.create_server(("127.0.0.1", 0)) as door:
            dsn = f"host=127.0.0.1 port={door.getsockname()[1]}"
            for _ in range(5):
                hanging_up = threading.Thread(target=_hang_up, args=(door,))
                hanging_up.start()
                connection = self.connection()
                with self.assertRaises(psycopg2.OperationalError):
                    await connection.connect(dsn)
                hanging_up.join()
                self.assertFalse(connection.alive)
                good = self.connection()
                await good.connect(postgres().dsn("postgres"))
                self.assertEqual((1,), await self.asked(good))
                good.close()
        self.assertEqual(before, watched())

    async def test_abandoned(self) -> None:
        """A server that never answers: who gives up hears so, and nothing stays."""
        before = watched()
        with socket.create_server(("127.0.0.1", 0)) as door:
            connection = self.connection()
            opening = connection.connect(f"host=127.0.0.1 port={door.getsockname()[1]}")
            reactor.callLater(0.05, connection.abandon)
            with self.assertRaises(ConnectionDone):
                await opening
        self.assertEqual(before, watched())


def _hang_up(door: socket.socket) -> None:
    line, _ = door.accept()
    line.recv(8)
    line.close()
