"""
A process that delivers: ``python -m tests.core.fediverse.sending.sending_child DSN``; it says so when it has begun.

It ends when nothing waits any longer, or when it is killed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from twisted.internet import task
from twisted.internet import threads as twisted_threads
from twisted.internet.defer import Deferred

from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.signing import Signing
from fwtwisted.core.fediverse.peers import Peers, PeerSettings
from fwtwisted.core.fediverse.sending.carrying import InHouse
from fwtwisted.core.fediverse.sending.delivering import Delivering, DeliveryGround, DeliverySettings
from fwtwisted.core.fediverse.sending.tempo import Tempo
from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from fwtwisted.model.people import Pod
from fwtwisted.outside.fetching import Fetching, FetchSettings, system_lookup
from fwtwisted.outside.fetching.posting import Posting, PostingSettings
from fwtwisted.outside.giving_way import turns_had
from fwtwisted.outside.presence import Presence
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.targets import Exemptions
from fwtwisted.worker import Hands, WorkerSettings

US = "fwtwisted/1 (+https://pod.example/)"


async def _deliver(reactor: Any, dsn: str) -> None:
    threads: Any = twisted_threads.deferToThread
    database, bell = Database(reactor, DatabaseSettings(dsn, connections=3)), MemoryBell(reactor)
    fetching = Fetching(reactor, threads, FetchSettings(US, Exemptions.of(["127.0.0.1"])), system_lookup(threads))
    signing = Signing(OwnKeys(database, bell, reactor.seconds), threads, lambda: datetime.now(UTC).timestamp())
    peers = Peers(database, reactor, bell.ring, Pod("https://pod.example", "pod.example"), PeerSettings())

    async def welcome(hosts: Any) -> set[str]:
        return set(hosts)

    posting = Posting(reactor, fetching, PostingSettings(US))
    delivering = Delivering(
        DeliveryGround(
            reactor, database, InHouse(reactor, posting, signing), peers, welcome, bell.ring,
            lambda: datetime.now(UTC), lambda: 0.5, Tempo(reactor, Presence(reactor, None, threads), turns_had),
            DeliverySettings(haste=1000, batch=8),
        )
    )  # fmt: skip
    settings = WorkerSettings(look_seconds=0.05, lease_seconds=1.0)
    hands = Hands(reactor, database, delivering.jobs(), bell.listen, settings)
    hands.startService()
    print("begun", flush=True)
    while await database.read(_waiting):
        await task.deferLater(reactor, 0.1, lambda: None)
    await hands.stopService()
    await posting.close()
    await database.close()


async def _waiting(tx: Tx) -> int:
    return await tx.one(int, "SELECT count(*) FROM delivery WHERE state = 'waiting'")


if __name__ == "__main__":
    task.react(lambda reactor, dsn: Deferred.fromCoroutine(_deliver(reactor, dsn)), sys.argv[1:])
