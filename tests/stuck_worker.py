"""A worker that claims jobs and never finishes one, for a test that kills it: ``python -m tests.stuck_worker DSN``."""

from __future__ import annotations

import sys

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from fwtwisted.db.jobs import Job, JobKind
from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.worker import Hands, WorkerSettings


async def _stuck(reactor: object, dsn: str) -> None:
    never: Deferred[None] = Deferred()

    async def stuck(job: Job) -> None:
        print("claimed", flush=True)
        await never

    database = Database(reactor, DatabaseSettings(dsn, connections=2))
    settings = WorkerSettings(look_seconds=0.02, lease_seconds=1.0, widths={"import": 3})
    hands = Hands(reactor, database, {"work": JobKind("import", stuck)}, lambda *_: lambda: None, settings)  # type: ignore[arg-type]
    hands.startService()
    await never


if __name__ == "__main__":
    react(lambda reactor, dsn: Deferred.fromCoroutine(_stuck(reactor, dsn)), sys.argv[1:])
