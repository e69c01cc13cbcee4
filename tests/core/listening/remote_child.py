"""
A process that hears an upload of another server: ``python -m tests.core.listening.remote_child DSN MEDIA UPLOAD``.

It says how many bytes it has heard so far, line by line.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IProducer
from twisted.internet.task import react
from zope.interface import implementer

from fwtwisted.db.pool import Database, DatabaseSettings
from tests.core.listening.remote import room


@implementer(IConsumer)
class Ear:
    """Counts."""

    heard = 0

    def registerProducer(self, producer: IProducer, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...

    def write(self, data: bytes) -> None:
        self.heard += len(data)
        print(self.heard, flush=True)


async def hear(reactor: Any, dsn: str, media: str, upload: str) -> None:
    """All of it."""
    database = Database(reactor, DatabaseSettings(dsn, connections=2))
    audio = room(database, media)
    audio.startService()
    source = await audio.open(int(upload), None)
    await source.produce(Ear(), None)
    await audio.stopService()
    await database.close()


def main(reactor: Any, *arguments: str) -> Deferred[None]:
    return Deferred.fromCoroutine(hear(reactor, *arguments))


if __name__ == "__main__":
    react(main, sys.argv[1:])
