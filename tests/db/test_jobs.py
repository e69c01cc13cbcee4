"""The queue, where two speak about one job in the same moment."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from fwtwisted.db import jobs
from fwtwisted.db.pool import Tx
from tests.database import DatabaseCase


class OverlapTests(DatabaseCase):
    """Asking while a job is being done."""

    async def test_asked_for_while_it_is_struck_off(self) -> None:
        """Asked for by a transaction that commits while the holder says that it is done, a job is due again at once."""
        await self.run_in(jobs.ask, "kind", "lane", {}, "key")
        [job] = await self.run_in(jobs.claim, "lane", ["kind"], 1, 60.0)
        struck: list[Deferred[None]] = []

        async def asking(tx: Tx) -> None:
            await jobs.wake_many(tx, "kind", "lane", ["key"], ["{}"])
            struck.append(self.aside.transaction(lambda other: jobs.done(other, job)))
            await self.until_held_up()  # it waits for our commit

        await self.database.transaction(asking)
        await struck[0]
        self.assertTrue(await self.value("SELECT due <= now() AND NOT held FROM job"))
        [again] = await self.run_in(jobs.claim, "lane", ["kind"], 1, 60.0)
        await self.run_in(jobs.done, again)
        self.assertEqual(0, await self.value("SELECT count(*) FROM job"))
