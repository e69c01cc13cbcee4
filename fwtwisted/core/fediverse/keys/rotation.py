"""
Replaces the key of an actor that has deleted something, two days later and without a word about it.

Whoever kept the signed Delete can then no longer prove to others that it was said.  Other servers find out when a
signature does not fit what they have kept ("blind" rotation).  Source: docs/federation.md §1.1.
"""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import keys as stored
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.threads import Threads

ROTATE = "keys.rotate"
LANE = "maintenance"
REST_SECONDS = 48 * 3600.0


class Rotation:
    """Gives actors new keys."""

    def __init__(self, database: Database, keys: OwnKeys, threads: Threads) -> None:
        self._database, self._keys, self._threads = database, keys, threads

    async def deleted(self, tx: Tx, actor_id: int) -> None:
        """An actor of ours sends a Delete with this transaction: its key goes in two days, once for all until then."""
        await jobs.ask(tx, ROTATE, LANE, {"actor": actor_id}, key=str(actor_id), due_in=REST_SECONDS)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {ROTATE: JobKind(LANE, self.rotate)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Nothing with a beat."""
        return {}

    async def rotate(self, job: Job) -> None:
        """Replace the keys of an actor; of one that is gone there are none."""
        actor_id = int(job.args["actor"])
        pair: KeyPair = await self._threads(new_keys)

        async def work(tx: Tx) -> None:
            if await stored.replace(tx, actor_id, pair.public, pair.private):
                await stored.drop_assertion(tx, actor_id)
                self._keys.replaced(tx, actor_id)

        await self._database.transaction(work)
