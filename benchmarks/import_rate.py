"""
How many tracks a second an import files, beside how fast the same files are merely read.

    python -m benchmarks.import_rate [COUNT …]          (2000 and 20000 unless told otherwise)

Every count is imported in place into an empty database, again (nothing changed), and as copies.  PostgreSQL runs on the
same machine with its usual safety (fsync on).  "Raw" is the time that one process takes to open and read the files,
"tags" to read their tags as well.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from benchmarks.safe import SafePostgres
from fwtwisted.core.folders import Folders, FoldersGround, FoldersSettings, Progress, Wish
from fwtwisted.core.importing.importer import Importer, ImportingSettings
from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.readers import Readers, ReadersSettings
from fwtwisted.outside.reading import examine
from fwtwisted.outside.watching import FolderWatch
from tests.audio import make_many

BASE = "https://pod.example"


def a_library(dsn: str) -> UUID:
    """A library of somebody on the pod."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO domain (name) VALUES ('pod.example')")
        cursor.execute(
            "INSERT INTO actor (fid, domain, preferred_username, private_key)"
            " VALUES ('a', 'pod.example', 'anna', 'PEM') RETURNING id"
        )
        cursor.execute(
            "INSERT INTO library (fid, followers_url, actor_id, name) VALUES ('l', 'f', %s, 'music') RETURNING uuid",
            cursor.fetchone(),
        )
        (uuid,) = cursor.fetchone() or (None,)
    connection.close()
    return UUID(str(uuid))


def unwatched(_: object) -> FolderWatch:
    """Nothing is watched here."""
    raise NotImplementedError


async def preference(_: str) -> Any:
    """No special wishes."""
    return False


async def timed(dsn: str, folder: Path, media: Path, in_place: bool, library: UUID) -> Progress:
    """One import."""
    database = Database(reactor, DatabaseSettings(dsn))
    readers = Readers(reactor, ReadersSettings(children=os.cpu_count() or 1))  # type: ignore[arg-type]
    readers.startService()
    blobs = LocalBlobs(str(media), deferToThread)
    importer = Importer(database, blobs, deferToThread, preference, ImportingSettings(BASE))
    settings = FoldersSettings(BASE, str(folder))
    ground = FoldersGround(reactor, database, blobs, importer, readers.examine, deferToThread, unwatched, settings)
    before = time.process_time()
    progress = await Folders(ground).import_folder(Wish(library, [str(folder)], in_place, recursive=True))
    spent = time.process_time() - before
    await readers.stopService()
    await database.close()
    print(
        f"  {progress.rate:8.0f} files/s   {progress.seconds:6.1f} s   {1000 * spent / progress.seen:5.2f} ms CPU here"
        f" a file   imported {progress.imported}, skipped {progress.skipped}, unchanged {progress.unchanged},"
        f" errored {progress.errored}"
    )
    return progress


def raw(paths: list[Path]) -> None:
    """What merely reading takes."""
    began = time.perf_counter()
    for path in paths:
        path.read_bytes()
    middle = time.perf_counter()
    for path in paths:
        examine(str(path))
    end = time.perf_counter()
    count = len(paths)
    print(f"  {count / (middle - began):8.0f} files/s   raw reads, one process")
    print(f"  {count / (end - middle):8.0f} files/s   tags and digests, one process")


async def measure(server: SafePostgres, count: int, place: Path) -> None:
    """One size of library, every way."""
    print(f"{count} files")
    folder = place / f"music-{count}"
    raw(make_many(folder, count))
    dsn = server.fresh_database()
    library = a_library(dsn)
    for words in ("in place, first time", "in place, again"):
        print(f"  {words}")
        await timed(dsn, folder, place / "media", True, library)
    dsn = server.fresh_database()
    library = a_library(dsn)
    for words in ("copied, first time", "copied, again"):
        print(f"  {words}")
        await timed(dsn, folder, place / "copies", False, library)


async def main(_: object) -> None:
    """All sizes."""
    server = SafePostgres()
    place = Path(tempfile.mkdtemp(prefix="import-rate-", dir=os.environ.get("BENCH_DIR")))
    try:
        for count in map(int, sys.argv[1:] or ("2000", "20000")):
            await measure(server, count, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    task.react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
