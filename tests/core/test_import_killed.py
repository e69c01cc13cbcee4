"""``kill -9`` at any moment of an import, and a full disk: afterwards every file is there once, and nothing else."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.db.pool import Tx
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.spool import Spool
from tests import audio
from tests.database import DatabaseCase
from tests.waiting import GUARD_SECONDS

HOME = Path(__file__).parent.parent.parent
FILES = 90
KILLS = 7


class Child(ProcessProtocol):
    """An import that is killed a while after its first word; or lives, when ``seconds`` is None."""

    def __init__(self, seconds: float | None) -> None:
        self.ended: Deferred[str] = Deferred()
        self.heard = ""
        self._seconds = seconds

    def connectionMade(self) -> None:
        """It has begun; it takes a moment before it does anything."""
        self.pid = self.transport.pid  # type: ignore[union-attr]

    def outReceived(self, data: bytes) -> None:
        """How far it is."""
        if not self.heard and self._seconds is not None:
            reactor.callLater(self._seconds, self.kill)
        self.heard += data.decode()

    def errReceived(self, data: bytes) -> None:
        """What went wrong."""
        self.heard += data.decode()

    def kill(self) -> None:
        """End it as a power cut would."""
        if not self.ended.called:
            os.kill(self.pid, 9)

    def processEnded(self, reason: Failure) -> None:
        """It is gone."""
        self.ended.callback(self.heard)


class KilledTests(DatabaseCase):
    """One import after the other, each killed."""

    timeout = GUARD_SECONDS

    async def begin(self) -> None:
        """A library and a folder of music."""
        owner = await self.an_actor("anna")
        await self.a_library(owner, "me")
        self.library = str(await self.value("SELECT uuid FROM library"))
        self.music, self.media = (Path(os.path.abspath(self.mktemp())) for _ in range(2))
        self.paths = audio.make_many(self.music, FILES)

    async def one(self, how: str, seconds: float | None, *more: str) -> str:
        """One import in a process; what it said."""
        child = Child(seconds)
        program = [sys.executable, "-m", "tests.core.importing_child"]
        arguments = [self.dsn, self.library, str(self.music), str(self.media), how, *more]
        reactor.spawnProcess(child, sys.executable, program + arguments, env=os.environ, path=str(HOME))
        return await child.ended

    async def rows(self, sql: str) -> list[Any]:
        """What a statement yields."""
        return await self.run_in(Tx.many, lambda *row: row, sql)

    async def everything_is_there_once(self, how: str) -> None:
        """Kill imports at random moments, let the last one end, and look."""
        await self.begin()
        draw = random.Random(20)
        for _ in range(KILLS):
            await self.one(how, draw.uniform(0.0, 0.12))
            await self.no_row_without_bytes()
        await self.ends_well(how)

    async def ends_well(self, how: str) -> None:
        """An import that nobody disturbs leaves each file once, and of those before it nothing else."""
        said = await self.one(how, None)
        self.assertTrue(said.endswith("over\n"), said)
        self.assertEqual(
            [("finished", FILES)], await self.rows("SELECT import_status, count(*) FROM upload GROUP BY 1")
        )
        self.assertEqual(FILES, await self.value("SELECT count(*) FROM track"))
        await self.no_row_without_bytes()
        await self.do("UPDATE doomed_file SET doomed = now()")
        blobs = LocalBlobs(str(self.media), deferToThread)
        await blobs.sweep()
        while await StoredFiles(self.database, blobs, Spool(str(self.media / ".spool"), deferToThread)).remove_due():
            continue
        named = await self.rows(
            "SELECT audio_file FROM upload WHERE audio_file IS NOT NULL UNION SELECT file FROM attachment"
        )
        stored = [name async for name in blobs.names()]
        self.assertEqual(sorted(name for (name,) in named), sorted(stored))

    async def no_row_without_bytes(self) -> None:
        """Whatever a row names lies in the store, whole."""
        for name, checksum in await self.rows("SELECT audio_file, checksum FROM upload WHERE audio_file IS NOT NULL"):
            found = hashlib.sha256((self.media / name).read_bytes()).hexdigest()
            self.assertEqual(checksum, f"sha256:{found}")
        for (name,) in await self.rows("SELECT file FROM attachment"):
            self.assertTrue((self.media / name).exists())

    async def test_copies(self) -> None:
        """Copies: no file twice, none missing, none left over."""
        await self.everything_is_there_once("copy")

    async def test_in_place(self) -> None:
        """In place: the same."""
        await self.everything_is_there_once("place")

    async def test_disk_full(self) -> None:
        """A store without room ends the import with that word and keeps nothing half; with room it goes on."""
        await self.begin()
        said = await self.one("copy", None, "14600")
        self.assertIn("NoRoom: There is no room left to store this.", said)
        self.assertGreater(FILES, await self.value("SELECT count(*) FROM upload"))
        await self.no_row_without_bytes()
        await self.ends_well("copy")
