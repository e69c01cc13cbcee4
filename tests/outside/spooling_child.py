"""
A process that receives uploads until somebody kills it.

``python -m tests.outside.spooling_child FOLDER`` spools, stores and "commits" (a line appended to ``FOLDER/rows``,
which stands for the database) one upload after the other, in several threads, as fast as it can.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from threading import Thread
from uuid import UUID, uuid4

from twisted.internet.defer import Deferred, maybeDeferred

from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.spool import Spool, SpoolSettings
from fwtwisted.wire.names import TRACKS, stored_name

RECEIVERS = 4


def body_of(uuid: UUID) -> bytes:
    """The bytes of an upload, which anybody can compute anew."""
    return sha256(uuid.bytes).digest() * (1 + uuid.bytes[0] * 40)


async def receive(spool: Spool, blobs: LocalBlobs, rows: int) -> None:
    """One upload, by the steps of the spool's essay."""
    uuid = uuid4()
    file = await spool.open(uuid, "집으로.mp3")
    body = body_of(uuid)
    for start in range(0, len(body), 50_000):
        file.write(body[start : start + 50_000])
    await file.finish()
    await blobs.keep(stored_name(TRACKS, uuid, file.filename), file.path)
    os.write(rows, f"{uuid}\n".encode())
    await file.discard()


def receive_for_ever(folder: str) -> None:
    """One receiver's life; what would be threads' work happens at once."""
    spool = Spool(folder + "/spool", maybeDeferred, SpoolSettings(reserve_bytes=0))
    blobs = LocalBlobs(folder + "/media", maybeDeferred)
    rows = os.open(folder + "/rows", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    while True:
        failures: list[object] = []
        Deferred.fromCoroutine(receive(spool, blobs, rows)).addErrback(failures.append)
        if failures:
            os.write(2, str(failures).encode())
            os._exit(3)


if __name__ == "__main__":
    for _ in range(RECEIVERS):
        Thread(target=receive_for_ever, args=(sys.argv[1],)).start()
