"""What is forgotten, and what is looked after again (docs/federation.md §4.14, §5.7)."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.logger import capturedLogs, formatEvent

from fwtwisted.core.fediverse.sending.delivering import PRUNE, REPAIR, Delivering, DeliverySettings
from fwtwisted.db.jobs import Job, Later
from tests.core.fediverse.sending.case import SendingCase

JOB: Any = Job(1, "", None, {}, 1, 0, 1, None)  # type: ignore[arg-type]


class ChoreTests(SendingCase):
    """Hourly."""

    delivery = DeliverySettings()

    async def test_pruning(self) -> None:
        """Deliveries that are over go after a week, what was said after a month unless somebody still waits for it."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        for name in ("old", "new"):
            await self.say(name, f"https://pod.example/x/{name}")
        await self.deliver()
        peer.answer = lambda _: (503, {})
        await self.say("waits", "https://pod.example/x/waits")
        await self.deliver()
        await self.do("UPDATE delivery SET last_attempt_date = now() - interval '8 days' WHERE about LIKE '%%/old'")
        await self.do("UPDATE outgoing SET creation_date = now() - interval '31 days' WHERE about NOT LIKE '%%/new'")
        with self.assertRaises(Later):
            await self.delivering.jobs()[PRUNE].run(JOB)
        await self.delivering.jobs()[PRUNE].run(JOB)
        self.assertEqual(await self.value("SELECT string_agg(about, ' ' ORDER BY id) FROM outgoing"),
                         "https://pod.example/x/new https://pod.example/x/waits")  # fmt: skip
        self.assertEqual(await self.value("SELECT count(*) FROM delivery"), 2)

    async def test_haste(self) -> None:
        """What is for tests alone is warned of at the start."""
        await self.begin()
        with capturedLogs() as events:
            Delivering(self.ground())
            self.assertEqual([], events)
            Delivering(evolve(self.ground(), settings=DeliverySettings(haste=20)))
        self.assertIn("FEDERATION_DELIVERY_HASTE=20", formatEvent(events[0]))

    async def test_repair(self) -> None:
        """A host whose job is lost is looked after again."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        await self.say("one")
        await self.do("DELETE FROM job")
        await self.do("UPDATE delivery SET due = now() - interval '2 minutes'")
        self.assertEqual(await self.deliver(), 0)
        await self.delivering.jobs()[REPAIR].run(JOB)
        await self.deliver()
        self.assertEqual(len(peer.heard), 1)
