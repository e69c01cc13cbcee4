"""How large the cache becomes, what goes, and what happens when the disk takes nothing: docs/storage.md S-67, §10."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time

from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.folder import Folder, digest_of
from fwtwisted.outside.cache.journal import Facts
from fwtwisted.outside.cache.keeping import Keeper
from fwtwisted.outside.cache.locks import Locks
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.origin import WrongBytes
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.http import Span
from tests.outside.cache.case import NAME, SLICE, SONG, CacheCase, noise, reactor
from tests.outside.consumers import Sink, pausing

MOST = 40 * SLICE


class RoomTests(CacheCase):
    """Room for forty slices."""

    caching = {"max_bytes": MOST}

    async def taken(self) -> int:
        """Bytes on the disk, by the system's word."""
        told = await deferToThread(subprocess.run, ["du", "-sB1", self.folder], capture_output=True, check=True)
        return int(told.stdout.split()[0])

    async def test_the_longest_unused_go(self) -> None:
        """Never larger than it may be, but for what is in flight; what was heard lately stays."""
        bodies = {f"tracks/{number}.mp3": noise(5 * SLICE, number) for number in range(20)}
        favourite = "tracks/0.mp3"
        for name, body in bodies.items():
            self.lay(name, body)
            self.assertEqual(body, (await self.heard(name=name))[1])
            await self.landed()
            self.ahead += 60
            self.assertEqual(bodies[favourite], (await self.heard(name=favourite))[1])
            self.assertLessEqual(await self.taken(), MOST + 2 * SLICE)
            self.ahead += 60
        self.assertEqual(1, sum("tracks/0.mp3" in asked.path for asked in self.faults.asked))
        self.assertEqual("HIT", (await self.heard(name="tracks/19.mp3"))[0])
        self.assertEqual("MISS", (await self.heard(name="tracks/1.mp3"))[0])

    async def test_who_reads_what_goes_reads_on(self) -> None:
        """An entry that is removed under a listener is heard to its end."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        source = await self.source()
        await source.ready(None)
        sink = Sink(lambda sink: pausing(sink) if len(sink.pieces) == 1 else None)
        sending = source.produce(sink, None)
        await self.until(lambda: sink.pieces)
        self.assertEqual(1, await self.cache.clear())
        sink.asked.resumeProducing()
        await sending
        self.assertEqual(SONG, sink.body)
        self.assertEqual("MISS", (await self.heard())[0])

    async def test_too_large(self) -> None:
        """What would take more than half of the room goes by, and nothing of it is kept."""
        body = noise(21 * SLICE, 9)
        self.lay(NAME, body)
        known = Known(len(body), hashlib.sha256(body).hexdigest())
        for _ in range(2):  # proven, then believed
            self.assertEqual(("BYPASS", body), await self.heard(known=known))
        self.assertEqual(0, (await self.cache.standing()).entries)
        self.lay(NAME, body[:-1] + b"?")
        with self.assertRaises(WrongBytes):
            await self.heard(known=known)

    async def test_not_asked_for(self) -> None:
        """What nobody asks for goes in time; when somebody last did outlives the process."""
        self.lay(NAME, SONG)
        self.lay("tracks/b.mp3", SONG)
        await self.heard()
        await self.heard(name="tracks/b.mp3")
        await self.landed()
        self.ahead = 47 * 3600.0
        self.assertEqual("HIT", (await self.heard())[0])
        await self.again()
        self.ahead = 49 * 3600.0
        await deferToThread(self.cache.keeper.look_after)
        self.assertIsNotNone(await self.cache.find(NAME))
        self.assertIsNone(await self.cache.find("tracks/b.mp3"))

    async def test_beyond_its_bounds_at_the_start(self) -> None:
        """A smaller size than before is kept from the first minute."""
        for number in range(7):
            self.lay(f"tracks/{number}.mp3", noise(5 * SLICE, number))
            await self.heard(name=f"tracks/{number}.mp3")
        await self.landed()
        self.caching = {"max_bytes": 20 * SLICE}
        await self.again()
        await deferToThread(self.cache.keeper.look_after)
        self.assertLessEqual((await self.cache.standing()).taken, 20 * SLICE)


class PurgeTests(CacheCase):
    """What is deleted is gone from every cache."""

    async def test_deleted(self) -> None:
        """Here, with the object."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        await self.blobs.delete(NAME)
        self.assertIsNone(await self.cache.find(NAME))
        with self.assertRaises(NotFound):
            await self.heard()

    async def test_deleted_elsewhere(self) -> None:
        """On the other hosts, by the bell."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        here, self.folder = self.cache, f"{self.folder}.there"
        there = await self.opened(self.store_parts())
        bell = MemoryBell(reactor)
        for cache in (here, there):
            self.addCleanup(cache.hear(bell))
        await there.purge(NAME)
        while await here.find(NAME) is not None:  # the test's time-out is the limit
            await self.sleep(0.02)


class DiskTroubleTests(CacheCase):
    """The disk does not do what it should."""

    async def test_full_at_the_start(self) -> None:
        """Not enough room may be used: it goes by, and one line a minute says so."""
        self.caching = {"least_free_bytes": 1 << 60}
        await self.again()
        self.lay(NAME, SONG)
        with capturedLogs() as captured:
            self.assertEqual(SONG, (await self.heard())[1])  # who may hear of it before the disk says no
            for _ in range(2):
                self.assertEqual(("BYPASS", SONG), await self.heard())
        self.assertEqual(1, sum(event.get("event") == "cache.trouble" for event in captured))
        self.assertIn("BYPASS", (await self.heard(Span(5, 10)))[0])
        self.assertNotEqual("", self.cache.trouble)

    async def test_full_in_the_middle(self) -> None:
        """The listener goes on from the store and notices nothing."""
        self.lay(NAME, SONG)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5 * SLICE + 100, before[1]))
        try:
            self.assertEqual(("MISS", SONG), await self.heard())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        await self.landed()
        self.assertEqual(("BYPASS", SONG), await self.heard(name=await self.another()))
        self.assertEqual(SONG, (await self.heard())[1])

    async def another(self) -> str:
        """An object that is not here."""
        self.lay("tracks/b.mp3", SONG)
        return "tracks/b.mp3"

    async def test_no_folder(self) -> None:
        """The folder cannot be made: an error at the start, and everything goes by."""
        await self.parts.close()
        with open(self.a_file(b""), "rb") as stream:
            self.folder = f"{stream.name}/cache"
        self.parts = self.store_parts()
        self.blobs = self.parts.blobs
        with capturedLogs() as captured:
            self.cache = await self.opened(self.parts)
        self.assertEqual(["cache.unusable"], [event.get("event") for event in captured if "event" in event])
        self.lay(NAME, SONG)
        self.assertEqual(("BYPASS", SONG), await self.heard())
        async with self.blobs.lent(NAME) as path:
            self.assertEqual(len(SONG), os.path.getsize(path))


class ManyTests(SynchronousTestCase):
    """Ten thousand entries."""

    def test_start(self) -> None:
        """Looking at them all takes less than a second."""
        root = os.path.abspath(self.mktemp())
        folder, locks = Folder(root), Locks(os.path.join(root, ".locks"))
        folder.begin()
        locks.open()
        for number in range(10_000):
            coming = folder.prepare()
            folder.appear(coming, Facts(f"bucket\n{number}", SLICE, 1, "tag", None, None, time.time()))
            coming.files.close()
        began = time.process_time()
        folder.begin()
        keeper = Keeper(folder, locks, MediaCacheSettings(root, least_free_bytes=0), time.time)
        keeper.look_after()
        self.assertLess(time.process_time() - began, 1.0 if sys.gettrace() is None else 10.0)
        self.assertEqual(10_000, keeper.standing().entries)
        self.assertTrue(folder.has(digest_of("bucket\n77")))
        locks.close()
        folder.end()
