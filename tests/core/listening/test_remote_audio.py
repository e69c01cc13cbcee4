"""Audio of other servers between processes: who brings it, who follows, and what becomes of it when one dies."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from fwtwisted.core.listening.remote_audio import SILENCE_SECONDS, RemoteAudio
from fwtwisted.model.errors import Unavailable
from fwtwisted.outside.origin import CutShort
from fwtwisted.outside.shared import MemoryCache
from fwtwisted.wire.http import ByteSource
from tests.audio import make
from tests.core.listening.remote import room
from tests.hostile import FarEnd, Line, ok
from tests.music import MusicCase
from tests.waiting import Stopwatch

reactor: Any = the_reactor
HOME = Path(__file__).parent.parent.parent.parent
KIND = "audio/mpeg"


class Child(ProcessProtocol):
    """A process that hears something."""

    def __init__(self) -> None:
        self.said = ""
        self.ended: Deferred[None] = Deferred()

    def outReceived(self, data: bytes) -> None:
        self.said += data.decode()

    def errReceived(self, data: bytes) -> None:
        self.said += data.decode()

    def processEnded(self, reason: Failure) -> None:
        self.ended.callback(None)


class RemoteAudioCase(MusicCase):
    """An upload at a far end, and as many rooms as are wanted."""

    async def begin(self) -> None:
        self.media = os.path.abspath(self.mktemp())
        self.cache = MemoryCache(reactor)
        self.far = await FarEnd.on(self)
        self.body = make(Path(self.media).parent, "mp3", title="Far Light").read_bytes()
        owner = await self.an_actor("far", "far.example")
        library = await self.a_library(owner, "everyone")
        track = await self.a_track("Far Light", await self.an_artist("Ada"))
        uuid = await self.an_upload(library, track, source=self.far.url("/song"))
        self.upload = await self.value("SELECT id FROM upload WHERE uuid = %s", uuid)

    def room(self, **more: Any) -> RemoteAudio:
        """What a process has."""
        made = room(self.database, self.media, self.cache, **more)
        made.startService()
        self.addCleanup(made.stopService)
        return made

    def slow(self, pieces: int = 8, every: float = 0.1) -> None:
        """Have the far end send it slowly."""
        step = -(-len(self.body) // pieces)
        head = ok(self.body, KIND)[: -len(self.body)]

        def deed(line: Line) -> None:
            line.write(head)
            drip(line, self.body)

        def drip(line: Line, rest: bytes) -> None:
            line.write(rest[:step])
            if rest[step:] and not line.is_gone:
                line._ticking = reactor.callLater(every, drip, line, rest[step:])
            elif not line.is_gone:
                line.end()

        self.far.does("/song", deed)

    async def heard(self, source: ByteSource) -> bytes:
        """All of it."""
        transport = StringTransport()
        await source.ready(None)
        await source.produce(transport, None)
        return transport.value()

    async def hear(self, audio: RemoteAudio) -> bytes:
        return await self.heard(await audio.open(self.upload, None))

    async def until(self, holds: Callable[[], Any]) -> None:
        while not await holds():  # the test's time-out is the limit
            await deferLater(reactor, 0.02, int)

    async def is_kept(self) -> bool:
        return bool(await self.value("SELECT audio_file IS NOT NULL FROM upload"))

    async def is_over(self) -> bool:
        return not await self.value("SELECT count(*) FROM remote_download")

    def parts(self) -> Sequence[Path]:
        """Files on their way."""
        return [path for path in Path(self.media).glob(".arriving/*.parts/*") if path.is_file()]


class TogetherTests(RemoteAudioCase):
    """Several processes of one pod."""

    async def test_one_download_for_two_processes(self) -> None:
        """The second hears the file of the first while that is brought; the far end is asked once."""
        await self.begin()
        self.slow()
        first, second = self.room(), self.room()
        one = Deferred.fromCoroutine(self.hear(first))
        await self.until(lambda: self.run_in(_has_path))
        source = await second.open(self.upload, None)
        await source.ready(None)
        self.assertFalse(one.called, "it is not all here yet")
        self.assertEqual([self.body] * 2, await gatherResults([one, Deferred.fromCoroutine(self.heard(source))]))
        await self.until(self.is_kept)
        self.assertEqual(1, len(self.far.heads))
        self.assertEqual(self.body, await self.hear(second))

    async def test_another_machine_waits(self) -> None:
        """Where the file cannot be seen it is waited for."""
        await self.begin()
        self.slow()
        first, second = self.room(), self.room(host="another")
        one = Deferred.fromCoroutine(self.hear(first))
        await self.until(lambda: self.run_in(_has_path))
        self.assertEqual(self.body, await self.hear(second))
        self.assertEqual(self.body, await one)
        self.assertEqual(1, len(self.far.heads))

    async def test_a_failure_is_everybodys(self) -> None:
        """What the first could not have the second does not ask for."""
        await self.begin()
        self.far.says("/song", ok(b"no", status="500 Oops"))
        for audio in (self.room(), self.room()):
            with self.assertRaises(Unavailable):
                await self.hear(audio)
        self.assertEqual(1, len(self.far.heads))

    async def test_killed(self) -> None:
        """A process that is killed in the middle is followed at once; nothing of it stays."""
        await self.begin()
        self.slow(pieces=20)
        child = Child()
        program = [sys.executable, "-m", "tests.core.listening.remote_child", self.dsn, self.media, str(self.upload)]
        process = reactor.spawnProcess(child, sys.executable, program, env=os.environ, path=str(HOME))

        async def hears() -> bool:
            return child.said.count("\n") >= 2

        await self.until(hears)
        os.kill(process.pid, signal.SIGKILL)
        await child.ended
        self.assertEqual(1, len(self.parts()), child.said)
        self.far.says("/song", ok(self.body, KIND))
        audio = self.room()
        with Stopwatch() as watch:
            self.assertEqual(self.body, await self.hear(audio))
        self.assertLess(watch.seconds, 2.0)
        await self.until(self.is_kept)
        await self.until(self.is_over)
        self.assertEqual([], self.parts())

    async def test_silent(self) -> None:
        """A holder elsewhere who has said nothing for long is followed; one who lives is not."""
        await self.begin()
        self.far.says("/song", ok(self.body, KIND))
        await self.do(
            "INSERT INTO remote_download (upload_id, holder, host, home, beat) "
            "VALUES (%s, gen_random_uuid(), 'elsewhere', '/x', now() - interval '9 seconds')", self.upload,
        )  # fmt: skip
        silent_since = await self.value("SELECT beat FROM remote_download")
        with Stopwatch() as watch:
            self.assertEqual(self.body, await self.hear(self.room()))
        self.assertLess(watch.seconds, 4)
        self.assertGreaterEqual(await self.value("SELECT now()"), silent_since + timedelta(seconds=SILENCE_SECONDS))


class LeavingTests(RemoteAudioCase):
    """Listeners that leave, and ends of other kinds."""

    async def test_nobody_listens_any_more(self) -> None:
        """A download that has hardly begun stops, after some grace; nothing of it is kept."""
        await self.begin()
        self.slow(pieces=100)
        audio = self.room(grace_seconds=0.3)
        source = await audio.open(self.upload, None)
        await source.ready(None)
        source.close()
        await self.far.left()
        await self.until(self.is_over)
        self.assertEqual([], self.parts())
        self.assertFalse(await self.is_kept())
        self.far.says("/song", ok(self.body, KIND))
        await self.until(lambda: self.is_heard(audio))

    async def is_heard(self, audio: RemoteAudio) -> bool:
        try:
            return await self.hear(audio) == self.body
        except Unavailable:
            return False

    async def test_who_comes_back_in_time(self) -> None:
        """A player that hangs up to ask for another range finds what has come meanwhile."""
        await self.begin()
        self.slow()
        audio = self.room(grace_seconds=30.0)
        source = await audio.open(self.upload, None)
        await source.ready(None)
        source.close()
        await deferLater(reactor, 0.2, int)
        self.assertEqual(self.body, await self.hear(audio))
        self.assertEqual(1, len(self.far.heads))

    async def test_stopped(self) -> None:
        """A process that stops cuts its listeners, and leaves nothing."""
        await self.begin()
        self.slow(pieces=100)
        audio = self.room()
        hearing = Deferred.fromCoroutine(self.hear(audio))
        await self.until(lambda: self.run_in(_has_path))
        await audio.stopService()
        await self.assertFailure(hearing, CutShort)
        self.assertTrue(await self.is_over())
        self.assertEqual([], self.parts())

    async def test_stopped_while_another_machine_brings_it(self) -> None:
        """Who only waits for that one goes without waiting for its end."""
        await self.begin()
        self.slow(pieces=100, every=10.0)
        audio, waiting = self.room(), self.room(host="another")
        bringing = Deferred.fromCoroutine(self.hear(audio))
        await self.until(lambda: self.run_in(_has_path))
        hearing = Deferred.fromCoroutine(self.hear(waiting))
        await self.until(lambda: self.value("SELECT wanted IS NOT NULL FROM remote_download"))
        await waiting.stopService()
        await self.assertFailure(hearing, Unavailable)
        self.assertFalse(await self.is_over())
        await audio.stopService()
        await self.assertFailure(bringing, CutShort)

    async def test_endless(self) -> None:
        """What does not say how long it is, and is longer than it may be, is cut and not kept."""
        await self.begin()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"
        self.far.does("/song", lambda line: line.drip(head, b"\xff\xfb" * 10_000))
        with self.assertRaises(CutShort):
            await self.hear(self.room(largest=1 << 20))
        await self.until(self.is_over)
        self.assertEqual([], self.parts())

    async def test_without_a_length(self) -> None:
        """A file whose length nobody told is kept when it is sound."""
        await self.begin()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\n"
        self.far.says("/song", head + self.body)
        audio = self.room()
        source = await audio.open(self.upload, None)
        self.assertIsNone(source.length)
        self.assertEqual(self.body, await self.heard(source))
        await self.until(self.is_kept)

    async def test_brought_again(self) -> None:
        """On request another copy takes the place of the first; other forms of that go, too."""
        await self.begin()
        self.far.says("/song", ok(self.body, KIND))
        audio = self.room()
        await audio.bring(self.upload)
        before = await self.value("SELECT audio_file FROM upload")
        await self.do(
            "INSERT INTO upload_version (upload_id, mimetype, bitrate, audio_file, size) VALUES (%s, 'a/b', 1, 'v', 1)",
            self.upload,
        )  # fmt: skip
        await audio.bring(self.upload)
        self.assertEqual(1, len(self.far.heads))
        await audio.bring(self.upload, forced=True)
        self.assertNotEqual(before, await self.value("SELECT audio_file FROM upload"))
        self.assertEqual(2, len(self.far.heads))
        doomed = await self.value("SELECT array_agg(name ORDER BY name) FROM doomed_file")
        self.assertEqual(sorted([before, "v"]), doomed)
        await audio.forget(self.upload)
        self.assertFalse(await self.is_kept())


async def _has_path(tx: Any) -> bool:
    found = await tx.maybe(bool, "SELECT path IS NOT NULL FROM remote_download")
    return bool(found)
