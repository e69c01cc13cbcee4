"""
Bring a database up to date, as a program: ``python -m tests.migrated DSN``.

``tests/servers.py`` runs it once for the template that every fresh database is cloned from.
"""

from __future__ import annotations

import sys

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from fwtwisted.db.migrations import migrate
from fwtwisted.db.pool import Database, DatabaseSettings


async def _migrated(reactor: object, dsn: str) -> None:
    database = Database(reactor, DatabaseSettings(dsn, connections=1))
    try:
        await migrate(database)
    finally:
        await database.close()


if __name__ == "__main__":
    react(lambda reactor, dsn: Deferred.fromCoroutine(_migrated(reactor, dsn)), sys.argv[1:])
