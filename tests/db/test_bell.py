"""The bell over NOTIFY: every ring is heard, in order, however many come at once."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.task import deferLater

from fwtwisted.db.bell import LARGEST_PAYLOAD, MOST_AT_ONCE, NotifyBell
from fwtwisted.db.pool import DatabaseSettings
from tests.database import DatabaseCase


class BellTests(DatabaseCase):
    """One process that rings and hears."""

    async def begun(self) -> NotifyBell:
        """A bell that listens."""
        bell = NotifyBell(reactor, DatabaseSettings(self.dsn), self.database)
        bell.startService()
        self.addCleanup(bell.stopService)
        await bell.listening()
        self.heard: list[bytes] = []
        bell.listen("news", self.heard.append)
        return bell

    async def until_heard(self, count: int) -> None:
        """Wait for so many rings."""
        while len(self.heard) < count:
            await deferLater(reactor, 0.005)

    async def test_a_flood(self) -> None:
        """Everything is heard, in the order in which it was rung, though few statements rang."""
        bell = await self.begun()
        rung = [f"{number}".encode() for number in range(3 * MOST_AT_ONCE + 5)]
        for payload in rung:
            bell.ring("news", payload)
        await self.until_heard(len(rung))
        self.assertEqual(rung, self.heard)

    async def test_the_largest(self) -> None:
        """Large payloads go together, too; what is larger is refused at once."""
        bell = await self.begun()
        rung = [bytes([number]) * LARGEST_PAYLOAD for number in range(20)]
        for payload in rung:
            bell.ring("news", payload)
        with self.assertRaises(ValueError):
            bell.ring("news", b"x" * (LARGEST_PAYLOAD + 1))
        await self.until_heard(len(rung))
        self.assertEqual(rung, self.heard)

    async def test_what_has_to_last_waits_for_the_disk(self) -> None:
        """Rings do not; the connection that rang does so again for whoever has it next."""
        here = (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = local', current_database()); END $$"
        )
        await self.aside.read(lambda tx: tx.do(here))  # the tests' server waits for no disk otherwise
        bell = await self.begun()
        for _ in range(3):
            bell.ring("news", b"hasty")
            await self.until_heard(1)
        show = "SHOW synchronous_commit"
        reads = [self.database.read(lambda tx: tx.one(str, show)) for _ in range(4)]
        self.assertEqual({"local"}, set(await gatherResults(reads)))

    async def test_without_a_database(self) -> None:
        """Rings are lost, in words, and nobody is held up."""
        bell = await self.begun()
        await self.database.close()
        for _ in range(5 * MOST_AT_ONCE):
            bell.ring("news", b"unheard")
        self.assertEqual([], self.heard)
