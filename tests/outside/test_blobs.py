"""The blob store: what every store promises, and what the one on disk promises beyond."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.errors import Conflict, NoRoom, NotFound
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import BlobStore, Copied, FileSource, LocalBlobs, open_file, path_below
from fwtwisted.outside.pouring import BYTES_A_TURN
from fwtwisted.wire.http import ByteSource, Span
from tests.outside.consumers import Sink, pausing

NAMES_THAT_ARE_NONE = (
    "", "/", "a//b", "/a", "a/", "../a", "a/../b", "./a", "a/.b",
    "a\\b", "a\0b", "a/" + "x" * 256, "\ud800", "a/" * 600 + "b",
)  # fmt: skip


async def read(source: ByteSource, span: Span | None = None) -> bytes:
    """What the source sends."""
    sink = Sink()
    await source.ready(span)
    await source.produce(sink, span)
    assert sink.producer is None
    return sink.body


class BlobsContract:
    """What every blob store promises.  Subclasses say which one, and are test cases."""

    storage = "local"

    # What this asks of the TestCase that it is mixed into.
    mktemp: Any
    assertEqual: Any
    assertIsNone: Any
    assertFalse: Any
    assertTrue: Any
    assertFailure: Any

    def make(self) -> BlobStore:
        """An empty store."""
        raise NotImplementedError

    def local_file(self, body: bytes) -> str:
        """The path of a finished local file."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(body)
        return path

    async def refused(self, work: Any, error: type[Exception]) -> None:
        """The coroutine fails with exactly that."""
        await self.assertFailure(Deferred.fromCoroutine(work), error)

    async def test_what_is_put_can_be_got(self) -> None:
        """Bytes come back as they went in, and the source knows their number."""
        blobs = self.make()
        await blobs.put("tracks/ab/cd/ef/a.mp3", b"\x00\xff" * 5)
        source = await blobs.open("tracks/ab/cd/ef/a.mp3")
        self.assertEqual(10, source.length)
        self.assertEqual(b"\x00\xff" * 5, await read(source))
        self.assertEqual(10, await blobs.size("tracks/ab/cd/ef/a.mp3"))

    async def test_a_part_of_it(self) -> None:
        """A span gives exactly its bytes."""
        blobs = self.make()
        await blobs.put("tracks/a", bytes(range(100)))
        source = await blobs.open("tracks/a")
        self.assertEqual(bytes(range(10, 20)), await read(source, Span(10, 20)))

    async def test_nothing_is_nothing(self) -> None:
        """An empty file is there, and empty."""
        blobs = self.make()
        await blobs.put("tracks/empty", b"")
        self.assertEqual(0, await blobs.size("tracks/empty"))
        self.assertEqual(b"", await read(await blobs.open("tracks/empty")))

    async def test_adopted_is_moved(self) -> None:
        """An adopted file is in the store and no longer where it was."""
        blobs = self.make()
        path = self.local_file(b"sound")
        await blobs.adopt("tracks/s", path)
        self.assertEqual(b"sound", await read(await blobs.open("tracks/s")))
        self.assertFalse(os.path.exists(path))

    async def test_kept_stays_until_removed(self) -> None:
        """A kept file is in both places; to keep it twice is harmless, to remove the first too."""
        blobs = self.make()
        path = self.local_file(b"sound")
        await blobs.keep("tracks/s", path)
        await blobs.keep("tracks/s", path)
        os.unlink(path)
        self.assertEqual(b"sound", await read(await blobs.open("tracks/s")))

    async def test_copied_stays_its_owners(self) -> None:
        """What the owner writes into the original afterwards does not reach the copy."""
        blobs = self.make()
        path = self.local_file(b"sound")
        await blobs.copy("tracks/s", path)
        with open(path, "r+b") as file:
            file.write(b"NOISE")
        self.assertEqual(b"sound", await read(await blobs.open("tracks/s")))

    async def test_never_overwritten(self) -> None:
        """A taken name refuses every way in, and both files stay as they are."""
        blobs = self.make()
        await blobs.put("tracks/s", b"first")
        path = self.local_file(b"second")
        await self.refused(blobs.put("tracks/s", b"second"), Conflict)
        await self.refused(blobs.adopt("tracks/s", path), Conflict)
        await self.refused(blobs.keep("tracks/s", path), Conflict)
        await self.refused(blobs.copy("tracks/s", path), Conflict)
        self.assertEqual(b"first", await read(await blobs.open("tracks/s")))
        self.assertTrue(os.path.exists(path))

    async def test_deleted_is_gone(self) -> None:
        """After a deletion nothing lies there; to delete again is harmless, and the name is free."""
        blobs = self.make()
        await blobs.put("tracks/ab/s", b"x")
        await blobs.delete("tracks/ab/s")
        await blobs.delete("tracks/ab/s")
        self.assertIsNone(await blobs.size("tracks/ab/s"))
        await self.refused(blobs.open("tracks/ab/s"), NotFound)
        await blobs.put("tracks/ab/s", b"y")

    async def test_open_outlives_deletion(self) -> None:
        """A listener who has begun gets the rest."""
        blobs = self.make()
        await blobs.put("tracks/s", b"sound")
        source = await blobs.open("tracks/s")
        await blobs.delete("tracks/s")
        self.assertEqual(b"sound", await read(source))

    async def test_names_that_are_none(self) -> None:
        """No name leads out of the store or to something hidden in it."""
        blobs = self.make()
        for name in NAMES_THAT_ARE_NONE:
            await self.refused(blobs.open(name), NotFound)
            await self.refused(blobs.put(name, b""), NotFound)
            await blobs.delete(name)
            self.assertIsNone(await blobs.size(name))

    async def test_names_by_their_beginning(self) -> None:
        """Names are listed by any beginning, whole folders or not."""
        blobs = self.make()
        for name in ("tracks/ab/1.mp3", "tracks/ab/2.mp3", "tracks/ac/3.mp3", "transcoded/ab/1.ogg", "top"):
            await blobs.put(name, b"")
        for prefix, expected in (
            ("tracks/", ["tracks/ab/1.mp3", "tracks/ab/2.mp3", "tracks/ac/3.mp3"]),
            ("tracks/ab/2", ["tracks/ab/2.mp3"]),
            ("tracks/a", ["tracks/ab/1.mp3", "tracks/ab/2.mp3", "tracks/ac/3.mp3"]),
            ("tra", ["tracks/ab/1.mp3", "tracks/ab/2.mp3", "tracks/ac/3.mp3", "transcoded/ab/1.ogg"]),
            ("nothing/here", []),
            ("../", []),
        ):
            self.assertEqual(expected, sorted([name async for name in blobs.names(prefix)]))
        self.assertEqual(5, len([name async for name in blobs.names()]))

    async def test_many_copies(self) -> None:
        """Many files are copied at once, each told with its size and digest; what cannot be read is left out."""
        blobs = self.make()
        pairs = [(f"tracks/ab/c{n}/ef/{n}", self.local_file(b"x" * n)) for n in range(20)]
        told = await blobs.copy_all([*pairs, ("tracks/none", "/nowhere/x"), ("tracks/folder", "/")])
        self.assertEqual([None, None], told[20:])
        for n, (name, _) in enumerate(pairs):
            self.assertEqual(n, await blobs.size(name))
            self.assertEqual(Copied(n, f"sha256:{hashlib.sha256(b'x' * n).hexdigest()}", self.storage), told[n])
        self.assertEqual(sorted(name for name, _ in pairs), sorted([name async for name in blobs.names()]))

    async def test_many_copies_all_or_none(self) -> None:
        """When one name is taken, what lies there stays, and none of the others is stored."""
        blobs = self.make()
        await blobs.put("tracks/taken", b"old")
        path = self.local_file(b"new")
        await self.refused(blobs.copy_all([("tracks/free", path), ("tracks/taken", path)]), Conflict)
        self.assertIsNone(await blobs.size("tracks/free"))
        self.assertEqual(3, await blobs.size("tracks/taken"))


class LocalBlobsTests(BlobsContract, TestCase):
    """The contract, on disk; and what belongs to disks."""

    def make(self) -> LocalBlobs:
        """A store in a folder of its own."""
        self.root = os.path.abspath(self.mktemp())
        return LocalBlobs(self.root, deferToThread)

    def test_path_stays_within(self) -> None:
        """The path of a name lies under the root."""
        blobs = self.make()
        self.assertEqual(os.path.join(self.root, "tracks/a b"), blobs.path("tracks/a b"))
        for name in NAMES_THAT_ARE_NONE:
            self.assertRaises(NotFound, blobs.path, name)

    async def test_readable_by_the_front(self) -> None:
        """Every way in ends in mode 0644, whatever the umask and the source had."""
        blobs = self.make()
        path = self.local_file(b"x")
        os.chmod(path, 0o600)
        self.addCleanup(os.umask, os.umask(0o077))
        await blobs.put("tracks/put", b"x")
        await blobs.copy("tracks/copied", path)
        await blobs.adopt("tracks/adopted", path)
        for name in ("tracks/put", "tracks/copied", "tracks/adopted"):
            self.assertEqual(0o644, stat.S_IMODE(os.stat(blobs.path(name)).st_mode), name)

    async def test_no_litter(self) -> None:
        """Deleting takes empty folders along, failures leave no part, and the sweep finds dead parts only."""
        blobs = self.make()
        await blobs.put("tracks/ab/cd/ef/a", b"x")
        await self.refused(blobs.put("tracks/ab/cd/ef/a", b"y"), Conflict)
        await self.refused(blobs.copy("tracks/b", self.root + "/nowhere"), FileNotFoundError)
        await blobs.delete("tracks/ab/cd/ef/a")
        self.assertEqual([".parts"], os.listdir(self.root))
        self.assertEqual([disk.GATE], os.listdir(self.root + "/.parts"))
        with open(self.root + "/.parts/dead", "wb"):
            pass
        self.assertEqual(1, await blobs.sweep())
        self.assertEqual([disk.GATE], os.listdir(self.root + "/.parts"))

    async def test_across_file_systems(self) -> None:
        """A file on another disk is adopted by copying."""
        path = f"/dev/shm/fwtwisted-test-{uuid4()}"
        with open(path, "wb") as file:
            file.write(b"far")
        blobs = self.make()
        self.assertNotEqual(os.stat(path).st_dev, os.stat(os.path.dirname(self.root)).st_dev)
        await blobs.adopt("tracks/far", path)
        self.assertEqual(b"far", await read(await blobs.open("tracks/far")))
        self.assertFalse(os.path.exists(path))

    async def test_only_plain_files(self) -> None:
        """Folders, pipes and devices are not there."""
        blobs = self.make()
        await blobs.put("tracks/ab/a", b"x")
        os.mkfifo(os.path.join(self.root, "tracks/pipe"))
        for name in ("tracks/ab", "tracks/pipe", "tracks/ab/a/b"):
            await self.refused(blobs.open(name), NotFound)
            self.assertIsNone(await blobs.size(name))
        await self.refused(open_file(deferToThread, "/dev/null"), NotFound)

    async def test_in_place_files_stay_below_their_root(self) -> None:
        """A link that leads out of the music folder leads nowhere."""
        root = os.path.abspath(self.mktemp())
        os.makedirs(root + "/artist")
        with open(root + "/artist/song", "wb"):
            pass
        os.symlink("/etc/passwd", root + "/out")
        os.symlink(root + "/artist", root + "/in")
        found = await path_below(deferToThread, root, root + "/in/song")
        self.assertEqual(os.path.realpath(root) + "/artist/song", found)
        for path in (root + "/out", root + "/../x", root, "/etc/passwd", root + "-other/song"):
            await self.refused(path_below(deferToThread, root, path), NotFound)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(st.characters(codec=None), max_size=40))
    @example("../../etc/passwd")
    def test_any_text_as_a_name(self, name: str) -> None:
        """Any text is a name under the root, or none."""
        blobs = LocalBlobs("/nowhere/at all", deferToThread)
        try:
            path = blobs.path(name)
        except NotFound:
            return
        self.assertTrue(os.path.normpath(path).startswith("/nowhere/at all/"))
        os.fsencode(path)


class FileSourceTests(TestCase):
    """A file on its way to a consumer."""

    def body_and_file(self, size: int) -> tuple[bytes, str]:
        """Random bytes, and the path of a file that holds them."""
        body, path = os.urandom(size), os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(body)
        return body, path

    async def source(self, size: int) -> tuple[bytes, FileSource]:
        """Random bytes, and a source of them."""
        body, path = self.body_and_file(size)
        return body, await open_file(deferToThread, path)

    async def test_nobody_waits_for_it_any_more(self) -> None:
        """A file that is opened after its asker has left is closed again."""
        _, path = self.body_and_file(5)
        opening: Deferred[Any] = Deferred()
        fds: list[int] = []

        def threads(work: Any, *args: Any) -> Deferred[Any]:
            fds.append(work(*args)[0])
            return opening

        asking = Deferred.fromCoroutine(open_file(threads, path))
        asking.cancel()
        await self.assertFailure(asking, CancelledError)
        opening.callback((fds[0], os.stat(path)))
        self.assertRaises(OSError, os.fstat, fds[0])

    async def test_waits_while_paused(self) -> None:
        """One piece a resume, none while paused, each of bounded size; then the file is closed."""
        body, source = await self.source(disk.READ_STEP * 2 + 5)
        sink = Sink(pausing)
        done = source.produce(sink, None)
        for so_far in (1, 2, 3):
            while len(sink.pieces) < so_far:
                await deferToThread(int)  # a piece that was not in memory comes by a thread
            self.assertEqual(so_far, len(sink.pieces))
            sink.asked.resumeProducing()
        await done
        self.assertEqual(body, sink.body)
        self.assertIsNone(source.descriptor())
        self.assertLessEqual(max(map(len, sink.pieces)), disk.READ_STEP)

    async def test_lets_others_have_their_turn(self) -> None:
        """Even a consumer that takes everything at once does not hold the reactor for a whole file."""
        body, source = await self.source(BYTES_A_TURN * 3)
        sink = Sink()
        done = source.produce(sink, None)
        self.assertLess(len(sink.body), len(body))
        await done
        self.assertEqual(body, sink.body)

    async def test_stopped(self) -> None:
        """A consumer that goes away ends it: at a pause, in the middle of a piece, before the first."""
        for wrote in (pausing, lambda sink: sink.asked.stopProducing()):
            _, source = await self.source(disk.READ_STEP * 3)
            sink = Sink(wrote)
            done = source.produce(sink, None)
            sink.asked.stopProducing()
            await self.assertFailure(done, CancelledError)
            self.assertLessEqual(len(sink.pieces), 1)
            self.assertIsNone(source.descriptor())

    async def test_cancelled(self) -> None:
        """Whoever waits may leave: the consumer is free again, the file closed."""
        _, source = await self.source(disk.READ_STEP * 3)
        sink = Sink(pausing)
        done = source.produce(sink, None)
        done.cancel()
        await self.assertFailure(done, CancelledError)
        self.assertIsNone(sink.producer)
        self.assertIsNone(source.descriptor())

    async def test_cancelled_in_the_middle_of_a_piece(self) -> None:
        """A cancellation out of ``write`` itself is told once."""
        _, source = await self.source(disk.READ_STEP * 3)
        waiting: list[Deferred[None]] = []

        def wrote(sink: Sink) -> None:
            if waiting:
                waiting[0].cancel()
            else:
                sink.asked.pauseProducing()

        sink = Sink(wrote)
        waiting.append(source.produce(sink, None))
        sink.asked.resumeProducing()
        await self.assertFailure(waiting[0], CancelledError)
        self.assertIsNone(source.descriptor())

    async def test_cut_meanwhile(self) -> None:
        """A file that becomes shorter is an early end, never a short answer that looks whole."""
        _, path = self.body_and_file(disk.READ_STEP * 2)
        source = await open_file(deferToThread, path)
        sink = Sink(pausing)
        done = source.produce(sink, None)
        os.truncate(path, 10)
        sink.asked.resumeProducing()
        await self.assertFailure(done, EOFError)

    async def test_facts(self) -> None:
        """Size, tag and time are those of the file."""
        _, path = self.body_and_file(255)
        os.utime(path, ns=(0, 16 * 10**9))
        source = await open_file(deferToThread, path)
        self.addCleanup(source.close)
        self.assertEqual((255, f'"ff-{16 * 10**9:x}"'), (source.length, source.etag))
        assert source.modified is not None
        self.assertEqual(16, source.modified.timestamp())


class RoomTests(SynchronousTestCase):
    """The system's full disk is our full disk."""

    def test_full(self) -> None:
        """A write that finds no room says so in our words."""
        fd = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, fd)
        self.assertRaises(NoRoom, disk.write_all, fd, b"x")
