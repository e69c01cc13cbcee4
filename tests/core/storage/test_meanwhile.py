"""Life goes on while media are moved (docs/storage.md S-70)."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.db.files import doomed
from fwtwisted.outside.spool import Spool
from tests.core.storage.case import MediaCase
from tests.faults import Fault


class MeanwhileTests(MediaCase):
    """Uploads and deletions during a move."""

    async def lively(self, to: str) -> None:
        """Move, delete every third song on the way, add new ones; in the end rows and files are of one mind."""
        lies = "local" if to == "s3" else "s3"
        for number in range(24):
            await self.a_song(f"tracks/aa/bb/cc/{number:02}.mp3", lies=lies)
        files = StoredFiles(self.database, self.blobs, Spool(os.path.join(self.root, ".spool"), deferToThread))
        self.faults.always(Fault(method="PUT" if to == "s3" else "GET", path="tracks/aa", latency=0.1))
        moved = Deferred.fromCoroutine(self.move(to, deletes=True))
        for number in range(0, 24, 3):
            await self.deleted(f"tracks/aa/bb/cc/{number:02}.mp3", files)
            name = f"tracks/zz/bb/cc/new-{number:02}.mp3"
            body = await self.a_song(name, lies="nowhere", storage="s3")
            await self.blobs.put(name, body)
        await moved
        self.assertEqual([], self.troubles)
        self.faults.well()
        while await files.remove_due():
            continue
        known = await self.storages()
        self.assertEqual(24, len(known))
        for name, body in self.bodies.items():
            lying = {self.lies(name), self.lies_here(name)} - {None}
            self.assertEqual({body} if name in known else set(), lying, name)

    async def deleted(self, name: str, files: StoredFiles) -> None:
        """As the house deletes: the row, then the file."""

        async def work(tx: Any) -> None:
            await tx.do("DELETE FROM upload WHERE audio_file = %s", name)
            await doomed.doom(tx, [name])

        await self.database.transaction(work)
        await files.remove_due()

    async def test_up(self) -> None:
        """Into the bucket."""
        await self.lively("s3")

    async def test_down(self) -> None:
        """Onto the disk."""
        await self.lively("local")
