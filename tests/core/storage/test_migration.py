"""Moving media between a disk and a bucket (docs/storage.md §8)."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from fwtwisted.core.storage.migration import NoRoomHere
from fwtwisted.core.storage.moving import Moving
from fwtwisted.outside.disk import GATE
from fwtwisted.outside.s3.settings import MIB
from tests.core.storage.case import MediaCase, sha256
from tests.faults import Fault
from tests.waiting import until


class MoveTests(MediaCase):
    """Both ways, while all goes well."""

    async def some(self, lies: str) -> None:
        """Songs of several sizes, a version, a picture with a rendition, a banner."""
        for number, size in enumerate((0, 10, 10_000, 7 * MIB)):
            await self.a_song(f"tracks/ab/cd/0{number}/song {number}.mp3", size, lies=lies)
        await self.do(
            "INSERT INTO upload_version (upload_id, mimetype, bitrate, audio_file, size, storage)"
            " SELECT min(id), 'audio/ogg', 1, 'transcoded/ab/cd/ef/a.ogg', 9, %s FROM upload",
            lies,
        )
        self.put_somewhere("transcoded/ab/cd/ef/a.ogg", b"transcode", lies)
        picture = self.put_somewhere("attachments/ab/cd/ef/cover.jpg", b"picture", lies)
        await self.do(
            "INSERT INTO attachment (file, size, sha256, storage) VALUES (%s, 7, decode(%s, 'hex'), %s)",
            "attachments/ab/cd/ef/cover.jpg", sha256(picture), lies,
        )  # fmt: skip
        self.put_somewhere("__sized__/attachments/ab/cd/ef/cover-crop-c0-5__0-5-200x200-95.jpg", b"small", lies)
        await self.do("INSERT INTO preference VALUES ('instance__banner', '\"dynamic_preferences/b.png\"')")
        self.put_somewhere("dynamic_preferences/b.png", b"banner", lies)

    async def test_up(self) -> None:
        """Everything lies in the bucket afterwards, byte by byte, labelled, and the rows say so; sources stay."""
        await self.some("local")
        moving = await self.move()
        self.assertEqual([], self.troubles)
        self.assertEqual((8, 0, 8, 8), (moving.moved, moving.already, moving.seen, moving.total))
        self.assertEqual(sum(map(len, self.bodies.values())), moving.moved_bytes)
        for name, body in self.bodies.items():
            self.assertEqual(body, self.lies(name), name)
            self.assertEqual(body, self.lies_here(name), name)
        self.assertEqual({"s3"}, set((await self.storages()).values()))
        seen = await self.there.seen("tracks/ab/cd/02/song 2.mp3")
        assert seen is not None
        self.assertEqual("audio/mpeg", seen.media_type)
        self.assertEqual(sha256(self.bodies["tracks/ab/cd/02/song 2.mp3"]), seen.sha256)
        again = await self.move()
        self.assertEqual((0, 1), (again.moved, again.already))  # of what has no row the store is asked

    async def test_down(self) -> None:
        """The mirror image; the checksum that a row lacked is in it afterwards."""
        await self.some("s3")
        moving = await self.move("local", deletes=True)
        self.assertEqual(([], 8, 8), (self.troubles, moving.moved, moving.deleted))
        for name, body in self.bodies.items():
            self.assertEqual(body, self.lies_here(name), name)
            self.assertIsNone(self.lies(name))
        told = await self.value("SELECT checksum FROM upload_version")
        self.assertEqual(f"sha256:{sha256(b'transcode')}", told)
        self.assertEqual({"local"}, set((await self.storages()).values()))
        self.assertEqual([], [path for path in os.listdir(os.path.join(self.root, ".moving")) if path != GATE])

    async def test_sources_go_when_verified(self) -> None:
        """Without being told to nothing is deleted; told to later, what was moved earlier goes as well."""
        await self.some("local")
        await self.move()
        puts = self.faults.count("PUT") + self.faults.count("POST", "upload")
        moving = await self.move(deletes=True)
        self.assertEqual(([], 0, 8), (self.troubles, moving.moved, moving.deleted))
        self.assertEqual(puts, self.faults.count("PUT") + self.faults.count("POST", "upload"))
        self.assertEqual([], [name for name in self.bodies if self.lies_here(name) is not None])
        self.assertFalse(os.path.exists(os.path.join(self.root, "tracks")))
        self.assertTrue(os.path.isdir(self.root))

    async def test_only_some(self) -> None:
        """A prefix names what is moved; orphans are counted, and moved when that is wished."""
        await self.some("local")
        self.put_somewhere("tracks/ff/ff/ff/lost.mp3", b"lost", "local")
        moving = await self.move(prefixes=("attachments/", "tracks/ff/"))
        self.assertEqual((1, 1, 4), (moving.moved, moving.orphans, moving.orphan_bytes))
        self.assertIsNone(self.lies("tracks/ff/ff/ff/lost.mp3"))
        moving = await self.move(prefixes=("tracks/ff/",), orphans=True)
        self.assertEqual(b"lost", self.lies("tracks/ff/ff/ff/lost.mp3"))

    async def test_dry(self) -> None:
        """A dry run tells the same totals and touches nothing."""
        await self.some("local")
        moving = await self.move(dry_run=True, deletes=True)
        self.assertEqual((8, 8), (moving.moved, moving.seen))
        self.assertEqual([], self.server.keys(self.bucket_name))
        self.assertEqual(0, self.faults.count("PUT"))
        self.assertEqual({"local"}, set((await self.storages()).values()))

    async def test_room(self) -> None:
        """What does not fit onto the disk is not begun."""
        await self.a_song("tracks/a/b/c/huge.mp3", lies="s3")
        await self.do("UPDATE upload SET size = 1::bigint << 60")
        with self.assertRaises(NoRoomHere):
            await self.move("local")


class WrongTests(MediaCase):
    """What is not as it should be."""

    async def test_wrong_file(self) -> None:
        """A file that is not what its row says is an error; the others go on, and it stays."""
        await self.a_song("tracks/a/b/c/1.mp3")
        await self.a_song("tracks/a/b/c/2.mp3")
        self.write("tracks/a/b/c/1.mp3", b"rotten")
        moving = await self.move(deletes=True)
        self.assertEqual(["tracks/a/b/c/1.mp3"], [one.name for one in self.troubles])
        self.assertEqual((1, b"rotten"), (moving.moved, self.lies_here("tracks/a/b/c/1.mp3")))
        self.assertIsNone(self.lies("tracks/a/b/c/1.mp3"))

    async def test_wrong_object(self) -> None:
        """Bytes that change on the way down are never kept."""
        await self.a_song("tracks/a/b/c/1.mp3", lies="s3")
        self.faults.always(Fault(method="GET", path="1.mp3", flip_at=0.5))
        await self.move("local", deletes=True)
        self.assertEqual(1, len(self.troubles))
        self.assertIsNone(self.lies_here("tracks/a/b/c/1.mp3"))
        self.assertIsNotNone(self.lies("tracks/a/b/c/1.mp3"))

    async def test_never_over_another(self) -> None:
        """What lies there under the same name is not overwritten, either way."""
        await self.a_song("tracks/a/b/c/1.mp3")
        self.lay("tracks/a/b/c/1.mp3", b"somebody else's")
        await self.move(deletes=True)
        self.assertEqual(1, len(self.troubles))
        self.assertEqual(b"somebody else's", self.lies("tracks/a/b/c/1.mp3"))
        await self.a_song("tracks/a/b/c/2.mp3", lies="s3")
        self.write("tracks/a/b/c/2.mp3", b"mine")
        await self.move("local", deletes=True, prefixes=("tracks/a/b/c/2",))
        self.assertEqual(1, len(self.troubles))
        self.assertEqual(b"mine", self.lies_here("tracks/a/b/c/2.mp3"))
        self.assertIsNotNone(self.lies("tracks/a/b/c/2.mp3"))

    async def test_missing(self) -> None:
        """A file that lies nowhere is told; one that lies there already needs only its row."""
        await self.a_song("tracks/a/b/c/1.mp3", lies="nowhere", storage="local")
        body = await self.a_song("tracks/a/b/c/2.mp3", lies="nowhere", storage="local")
        self.lay("tracks/a/b/c/2.mp3", body)
        moving = await self.move()
        self.assertEqual(["missing"], [one.text for one in self.troubles])
        self.assertEqual((0, 1), (moving.moved, moving.already))
        self.assertEqual("s3", (await self.storages())["tracks/a/b/c/2.mp3"])

    async def test_deleted_meanwhile(self) -> None:
        """What is deleted while it is under way is taken back."""
        await self.a_song("tracks/a/b/c/1.mp3")
        self.faults.always(Fault(method="PUT", latency=1.0))
        moved = Deferred.fromCoroutine(self.move())
        await until(lambda: self.faults.count("PUT"), "the file on its way")
        await self.do("DELETE FROM upload")
        moving = await moved
        self.assertEqual((1, []), (moving.gone, self.troubles))
        self.assertIsNone(self.lies("tracks/a/b/c/1.mp3"))


class TroubleTests(MediaCase):
    """The store has bad days."""

    async def test_faults(self) -> None:
        """Refusals, cut answers, lost answers: everything arrives, each in the end put once."""
        for number in range(12):
            await self.a_song(f"tracks/a/b/c/{number}.mp3", 300_000)
        self.faults.next(Fault(method="PUT", status=503, code="SlowDown"), times=3)
        self.faults.next(Fault(method="PUT", reset=True, after_store=True), times=3)
        self.faults.next(Fault(method="PUT", reset=True), times=2)
        self.faults.next(Fault(method="HEAD", status=500), times=3)
        moving = await self.move()
        self.assertEqual(([], 12), (self.troubles, moving.moved + moving.already))
        self.assertEqual(self.bodies, {name: self.lies(name) for name in self.bodies})
        self.faults.next(Fault(method="GET", cut_at=0.3), times=4)
        self.faults.next(Fault(method="GET", status=503, code="SlowDown"), times=4)
        for name in self.bodies:
            os.unlink(os.path.join(self.root, name))
        await self.move("local")
        self.assertEqual([], self.troubles)
        self.assertEqual(self.bodies, {name: self.lies_here(name) for name in self.bodies})

    async def test_stopped(self) -> None:
        """Told to stop it begins nothing new; cancelled it leaves nothing half; the next run goes on."""
        for number in range(20):
            await self.a_song(f"tracks/a/b/c/{number:02}.mp3")
        count = 0

        def at(_: Moving) -> None:
            nonlocal count
            count += 1

        moving = await self.move(at=at, stops=lambda: count >= 5)
        self.assertTrue(moving.interrupted)
        self.assertLess(moving.moved, 12)
        self.faults.always(Fault(method="PUT", latency=0.3))
        before = self.faults.count("PUT")
        running = Deferred.fromCoroutine(self.move())
        await until(lambda: self.faults.count("PUT") > before, "something on its way")
        running.cancel()
        with self.assertRaises(CancelledError):
            await running
        self.faults.well()
        await self.move()
        self.assertEqual(self.bodies, {name: self.lies(name) for name in self.bodies})
        self.assertEqual({"s3"}, set((await self.storages()).values()))

    async def test_large_goes_on(self) -> None:
        """Parts that the store has are not sent again."""
        await self.a_song("tracks/a/b/c/large.flac", 22 * MIB)
        self.faults.always(Fault(method="PUT", path="partNumber=4", hang=True))
        running = Deferred.fromCoroutine(self.move())
        while not self.faults.count("PUT", "partNumber=4"):
            await self.sleep(0.05)
        await self.sleep(1.0)
        running.cancel()
        with self.assertRaises(CancelledError):
            await running
        self.faults.well()
        before = self.faults.count("PUT", "partNumber")
        await self.move()
        self.assertEqual([], self.troubles)
        self.assertLessEqual(self.faults.count("PUT", "partNumber") - before, 3)
        self.assertEqual(self.bodies["tracks/a/b/c/large.flac"], self.lies("tracks/a/b/c/large.flac"))

    async def test_rate(self) -> None:
        """The rate is kept by all together, both ways, within a tenth."""
        rate = 2_000_000
        for number in range(8):
            await self.a_song(f"tracks/a/b/c/{number}.mp3", 1_000_000)
        for to in ("s3", "local"):
            if to == "local":
                for name in self.bodies:
                    os.unlink(os.path.join(self.root, name))
            moving = await self.move(to, rate=rate)
            self.assertEqual([], self.troubles)
            self.assertLess(moving.rate, rate * 1.1)
            self.assertGreater(moving.rate, rate * 0.85)

    async def test_crew_halves(self) -> None:
        """A store that says SlowDown is asked by fewer at once."""
        for number in range(16):
            await self.a_song(f"tracks/a/b/c/{number}.mp3")
        busy = 0

        def seen(*_: Any) -> None:
            nonlocal busy
            busy += 1

        self.faults.next(Fault(method="PUT", status=503, code="SlowDown"), times=1)
        await self.move(concurrency=8, at=seen)
        self.assertEqual([], self.troubles)
        self.assertEqual(16, busy)
