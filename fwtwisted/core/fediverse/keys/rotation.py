"""
Replaces the key of an actor that has deleted something, two days later.

Whoever kept the signed Delete can then no longer prove to others that it was said.  Most servers find out when a
signature does not fit what they have kept ("blind" rotation).  GoToSocial and Misskey never ask for a key again, and
would not listen any more: such servers are told of the new key by the old one.  Source: docs/federation.md §1.1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

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

Herald: TypeAlias = Callable[[Tx, int, str], Awaitable[None]]
"""Tells those who have to be told that an actor has another key.  Called with the one that it had, PEM."""


class Rotation:
    """Gives actors new keys."""

    def __init__(self, database: Database, keys: OwnKeys, threads: Threads, herald: Herald) -> None:
        self._database, self._keys, self._threads, self._herald = database, keys, threads, herald

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
            former = await stored.own(tx, actor_id)
            if former is not None and await stored.replace(tx, actor_id, pair.public, pair.private):
                await stored.drop_assertion(tx, actor_id)
                await self._herald(tx, actor_id, former.private)
                self._keys.replaced(tx, actor_id)

        await self._database.transaction(work)
