"""The spool: whatever dies when, an acknowledged upload is there once, and nothing else is."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from uuid import UUID, uuid4

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from fwtwisted.model.errors import NoRoom
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.spool import Spool, SpoolFile, SpoolSettings
from fwtwisted.wire.names import TRACKS, stored_name
from tests.outside.spooling_child import body_of
from tests.waiting import GUARD_SECONDS

KILLS = 12
PLENTY = SpoolSettings(reserve_bytes=0)


class SpoolTests(TestCase):
    """One process, nobody dies."""

    def setUp(self) -> None:
        """A spool in a folder of its own."""
        self.folder = os.path.abspath(self.mktemp())
        self.spool = Spool(self.folder, deferToThread, PLENTY)

    async def left(self) -> list[SpoolFile]:
        """What the next start would find."""
        return [file async for file in Spool(self.folder, deferToThread).leftovers()]

    async def test_what_is_written_is_there(self) -> None:
        """The file holds the bytes in their order, and tells upload and name."""
        uuid = uuid4()
        file = await self.spool.open(uuid, "../집으로 가는 길.MP3")
        await deferToThread(file.write, b"so")
        await deferToThread(file.write, b"und")
        await file.finish()
        with open(file.path, "rb") as written:
            self.assertEqual(b"sound", written.read())
        self.assertEqual((uuid, "jibeuro-ganeun-gil.mp3"), (file.uuid, file.filename))
        await file.discard()
        self.assertEqual([disk.GATE], os.listdir(self.folder))

    async def test_a_living_receiver_is_no_leftover(self) -> None:
        """Only when the lock is dropped does the file count as left."""
        file = await self.spool.open(uuid4(), "a.mp3")
        self.assertEqual([], await self.left())
        file.let_go()
        self.assertEqual([file.path], [one.path for one in await self.left()])

    async def test_a_leftover_is_taken_once(self) -> None:
        """While one start decides about a file, another does not see it; afterwards it does, if it stayed."""
        (await self.spool.open(uuid4(), "a.mp3")).let_go()
        async for mine in self.spool.leftovers():
            self.assertEqual([], await self.left())
            self.assertTrue(os.path.exists(mine.path))
        self.assertEqual(1, len(await self.left()))

    async def test_strangers_stay(self) -> None:
        """Files that are not of the spool's making are neither yielded nor removed."""
        os.makedirs(self.folder)
        for name in ("README", f"{uuid4()}", f"{uuid4()}".upper() + "-a", "x" * 36 + "-a"):
            with open(os.path.join(self.folder, name), "wb"):
                pass
        self.assertEqual([], await self.left())
        self.assertEqual(4, len(os.listdir(self.folder)))

    async def test_nothing_after_the_end(self) -> None:
        """Bytes that arrive after the upload was given up are refused, also when they were on their way."""
        file = await self.spool.open(uuid4(), "a.mp3")
        await file.discard()
        await file.discard()
        await self.assertFailure(deferToThread(file.write, b"x"), ValueError)
        await self.assertFailure(Deferred.fromCoroutine(file.finish()), ValueError)

    async def test_room_is_known_before(self) -> None:
        """What would not fit, or eat up the reserve, is refused before its first byte."""
        await self.spool.room(1000)
        await self.assertFailure(Deferred.fromCoroutine(self.spool.room(1 << 60)), NoRoom)
        careful = Spool(self.folder, deferToThread, SpoolSettings(reserve_bytes=1 << 60))
        await self.assertFailure(Deferred.fromCoroutine(careful.room(0)), NoRoom)

    async def test_the_reserve_is_kept_while_writing(self) -> None:
        """A body of unknown length ends at the reserve, and its file is gone."""
        careful = Spool(self.folder, deferToThread, SpoolSettings(reserve_bytes=1 << 60))
        file = await careful.open(uuid4(), "a.mp3")
        await deferToThread(file.write, b"x" * 1000)
        await self.assertFailure(deferToThread(file.write, b"x" * (16 << 20)), NoRoom)
        self.assertEqual([disk.GATE], os.listdir(self.folder))

    async def test_a_full_disk(self) -> None:
        """The system says "full" in the middle of a body: our words, and no part stays."""
        file = await self.spool.open(uuid4(), "a.mp3")
        full = os.open("/dev/full", os.O_WRONLY)
        assert file._fd is not None
        os.dup2(full, file._fd)
        os.close(full)
        await self.assertFailure(deferToThread(file.write, b"x"), NoRoom)
        self.assertEqual([disk.GATE], os.listdir(self.folder))


class _Watched(ProcessProtocol):
    """A child whose first words and end can be waited for."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()
        self.said = b""

    def errReceived(self, data: bytes) -> None:
        """Words of trouble."""
        self.said += data

    def processEnded(self, reason: Failure) -> None:
        """It is gone."""
        self.ended.callback(None)


class KilledTests(TestCase):
    """A receiving process is killed at random moments; what the next start makes of it."""

    timeout = GUARD_SECONDS

    async def test_acknowledged_once_and_nothing_else(self) -> None:
        """After any number of kills the store holds exactly the committed uploads, whole; the spool is empty."""
        folder = os.path.abspath(self.mktemp())
        os.mkdir(folder)
        found_left = 0
        for _ in range(KILLS):
            await self.receive_and_die(folder)
            found_left += await self.recover(folder)
            await self.check(folder)
        self.assertGreater(found_left, 0, "no kill met an upload under way")

    async def receive_and_die(self, folder: str) -> None:
        """Start a receiver, let it commit something, and kill it without a word."""
        child = _Watched()
        command = [sys.executable, "-m", "tests.outside.spooling_child", folder]
        process = reactor.spawnProcess(child, command[0], command, env=None, path=str(Path(__file__).parents[2]))
        before = self.rows(folder)
        while self.rows(folder) == before:
            self.assertFalse(child.ended.called, child.said)
            await deferLater(reactor, 0.01)
        await deferLater(reactor, random.uniform(0, 0.1))
        process.signalProcess("KILL")
        await child.ended
        self.assertEqual(b"", child.said)

    async def recover(self, folder: str) -> int:
        """What core does at start, by the table of the spool's essay.  :return: how many were left."""
        spool = Spool(folder + "/spool", deferToThread, PLENTY)
        blobs = LocalBlobs(folder + "/media", deferToThread)
        found = 0
        rows = self.rows(folder)
        async for file in spool.leftovers():
            found += 1
            name = stored_name(TRACKS, file.uuid, file.filename)
            if file.uuid in rows:
                await blobs.keep(name, file.path)
            else:
                await blobs.delete(name)
            await file.discard()
        await blobs.sweep()
        return found

    async def check(self, folder: str) -> None:
        """Store and rows agree, byte for byte."""
        blobs = LocalBlobs(folder + "/media", deferToThread)
        rows = self.rows(folder)
        stored = {name async for name in blobs.names()}
        self.assertEqual({stored_name(TRACKS, uuid, "집으로.mp3") for uuid in rows}, stored)
        for uuid in rows:
            with open(blobs.path(stored_name(TRACKS, uuid, "집으로.mp3")), "rb") as file:
                self.assertEqual(body_of(uuid), file.read())
        self.assertEqual([disk.GATE], os.listdir(folder + "/spool"))

    def rows(self, folder: str) -> set[UUID]:
        """What was committed."""
        if not os.path.exists(folder + "/rows"):
            return set()
        with open(folder + "/rows") as file:
            return {UUID(line.strip()) for line in file}


class ClaimTests(TestCase):
    """The lock that tells the living from the dead."""

    async def test_a_sweeper_between_making_and_locking(self) -> None:
        """Receivers and sweepers at once: nobody ever writes into a file that has been swept away."""
        folder = os.path.abspath(self.mktemp())
        os.mkdir(folder)
        path = folder + "/file"

        def sweep() -> None:
            for _ in range(3000):
                fd = disk.claim_left(path)
                if fd is not None:
                    disk.gone(path)
                    os.close(fd)

        def receive() -> int:
            swept = 0
            for _ in range(1000):
                fd = disk.claim_new(path)
                swept += not os.fstat(fd).st_nlink
                disk.gone(path)
                os.close(fd)
            return swept

        sweeping = deferToThread(sweep)
        self.assertEqual(0, await deferToThread(receive))
        await sweeping
