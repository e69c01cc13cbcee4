"""
An import in a process of its own, to be killed.

    python -m tests.core.importing_child DSN LIBRARY MUSIC MEDIA place|copy [MOST]

MOST is the size beyond which no file may grow, as if the disk were full.
"""

from __future__ import annotations

import resource
import sys
from typing import Any
from uuid import UUID

from twisted.internet import reactor, task
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.core.folders import Folders, FoldersGround, FoldersSettings, Progress, Reports, Wish
from fwtwisted.core.importing.importer import Importer, ImportingSettings
from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.readers import Readers
from fwtwisted.outside.watching import FolderWatch

BASE = "https://pod.example"
SMALL = 7


async def preference(_: str) -> Any:
    """No special wishes."""
    return False


def told(progress: Progress) -> None:
    """Tell the parent how far it is."""
    print("over" if progress.is_over else progress.imported, flush=True)


async def main(dsn: str, library: str, music: str, media: str, how: str, most: str = "") -> None:
    """Import once."""
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    threads: Any = deferToThread
    database = Database(reactor, DatabaseSettings(dsn))
    blobs = LocalBlobs(media, threads)
    readers = Readers(reactor)  # type: ignore[arg-type]
    readers.startService()
    importer = Importer(database, blobs, threads, preference, ImportingSettings(BASE))
    ground = FoldersGround(
        reactor, database, blobs, importer, readers.examine, threads,
        lambda changed: FolderWatch(reactor, threads, changed),  # type: ignore[arg-type]
        FoldersSettings(BASE, music, batch_files=SMALL),
    )  # fmt: skip
    wish = Wish(UUID(library), [music], in_place=how == "place", recursive=True)
    await Folders(ground).import_folder(wish, Reports(told))
    await readers.stopService()
    await database.close()


if __name__ == "__main__":
    task.react(lambda _: Deferred.fromCoroutine(main(*sys.argv[1:])))
