"""A database that hangs: callers hear of it soon, nothing is done twice, and it is taken back when it goes on."""

from __future__ import annotations

import time
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from fwtwisted.db.silence import KNOCK_SECONDS, PATIENCE_SECONDS, SILENT_SECONDS
from fwtwisted.model.errors import Unavailable
from tests.servers import Postgres
from tests.waiting import GUARD_SECONDS, Stopwatch, settled

reactor: Any = the_reactor
SOON = SILENT_SECONDS + PATIENCE_SECONDS + 1.0


async def _ask(database: Database) -> int:
    return await database.read(lambda tx: tx.one(int, "SELECT 1"))


class SilenceTests(TestCase):
    """A server of their own is frozen under the pool, and thawed."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.server = Postgres()
        self.addCleanup(self.server.remove)
        self.addCleanup(self.server.resume)
        settings = DatabaseSettings(self.server.empty_database(), connections=3)
        self.database, self.connect_seconds = Database(reactor, settings), settings.connect_seconds
        self.addCleanup(self.database.close)

    async def until_it_answers(self) -> None:
        """Wait until the pool has noticed that the server goes on."""
        with Stopwatch() as watch:
            while True:
                try:
                    await _ask(self.database)
                    return
                except Unavailable:
                    self.assertLess(watch.seconds, SOON + KNOCK_SECONDS)
                    await settled(1)

    async def test_callers_hear_of_it(self) -> None:
        """Those whose statement runs, those who wait for a connection, and those who come later are told soon."""
        await _ask(self.database)
        self.server.pause()
        with Stopwatch() as watch:
            asking: list[Deferred[Any]] = [Deferred.fromCoroutine(_ask(self.database)) for _ in range(8)]
            for one in asking:
                with self.assertRaises(Unavailable):
                    await one
        self.assertLess(watch.seconds, SOON)
        self.failureResultOf(Deferred.fromCoroutine(_ask(self.database)), Unavailable)  # at once
        self.server.resume()
        await self.until_it_answers()

    async def test_what_was_told_as_failed_is_undone(self) -> None:
        """A transaction that was under way when the server froze leaves nothing, and may be tried again."""
        await self.database.transaction(lambda tx: tx.do("CREATE TABLE thing (name text)"))

        async def work(tx: Tx) -> None:
            await tx.do("INSERT INTO thing VALUES ('a')")
            self.server.pause()
            await tx.do("INSERT INTO thing VALUES ('b')")

        with self.assertRaises(Unavailable):
            await self.database.transaction(work)
        self.server.resume()
        await self.until_it_answers()
        self.assertEqual(0, await self.database.read(lambda tx: tx.one(int, "SELECT count(*) FROM thing")))

    async def test_held_up_ourselves(self) -> None:
        """Who slept while the answer came takes nobody for silent: by a knock, or when it wants to connect."""
        await _ask(self.database)
        running = self.database.read(lambda tx: tx.do("SELECT pg_sleep(1)"))
        self.server.pause()
        self.sleeps_after(2 * SILENT_SECONDS + 0.5, PATIENCE_SECONDS)  # somebody knocks by then
        await running
        self.server.pause()
        connecting = gatherResults([Deferred.fromCoroutine(_ask(self.database)) for _ in range(3)])
        self.sleeps_after(0.1, self.connect_seconds)
        await connecting

    def sleeps_after(self, seconds: float, longer_than: float) -> None:
        """Hold up this whole process; it wakes to its alarms before it reads anything."""
        reactor.callLater(seconds, reactor.callFromThread, self.sleep_beyond, longer_than)

    def sleep_beyond(self, seconds: float) -> None:
        """Sleep longer than that; the server goes on meanwhile."""
        time.sleep(seconds / 2)
        self.server.resume()
        time.sleep(seconds / 2 + 1.0)

    async def test_slow_is_not_silent(self) -> None:
        """Statements that take their time may do so as long as the server lets others in, or refuses them."""
        crowd = [self.database.read(lambda tx: tx.do("SELECT pg_sleep(3)")) for _ in range(3)]
        await gatherResults(crowd)
        self.assertEqual(1, await _ask(self.database))
