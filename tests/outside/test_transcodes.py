"""Transcodes that are heard while they are made."""

from __future__ import annotations

import os
from functools import partial
from time import monotonic
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.model.errors import NoRoom, Unavailable
from fwtwisted.outside.blobs import lent_path
from fwtwisted.outside.ffmpeg import FfmpegSettings, TranscodeFailed, Transcoder, Wish
from fwtwisted.outside.transcodes import Transcodes, TranscodeSource, TranscodesSettings
from fwtwisted.wire.http import Span
from tests.outside.consumers import Sink, pausing
from tests.outside.sounds import decoded_seconds, sound
from tests.waiting import GUARD_SECONDS, Stopwatch

MP3 = Wish("mp3", 128_000)


class TranscodesTests(TestCase):
    """Listeners of all tempers."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        """Running transcodes, and a place where finished ones are kept."""
        self.folder = os.path.abspath(self.mktemp())
        self.store = os.path.abspath(self.mktemp())
        os.mkdir(self.store)
        self.kept: list[str] = []
        self.transcodes = self.made()
        self.transcodes.startService()

        self.addCleanup(lambda: Deferred.fromCoroutine(self.nothing_left()))

    async def nothing_left(self) -> None:
        """Whatever happened, the folder is empty afterwards."""
        await self.transcodes.stopService()
        if os.path.isdir(self.folder):
            self.assertEqual([".gate"], os.listdir(self.folder))

    def made(self, program: str = "", **settings: Any) -> Transcodes:
        """Transcodes in our folder."""
        transcoder = Transcoder(reactor, FfmpegSettings(program, width=2), deferToThread)
        return Transcodes(reactor, transcoder, self.folder, deferToThread, TranscodesSettings(**settings))

    async def keep(self, path: str) -> None:
        """Take the finished file away, as core does."""
        place = os.path.join(self.store, str(len(self.kept)))
        os.rename(path, place)
        self.kept.append(place)

    async def listen(self, path: str, wish: Wish = MP3) -> TranscodeSource:
        """One more listener."""
        return await self.transcodes.listen((path, wish), partial(lent_path, path), wish, self.keep)

    def parts(self) -> list[str]:
        """Files being made."""
        return [name for _, _, names in os.walk(self.folder) for name in names if name != ".gate"][1:]

    async def until_landed(self) -> None:
        """Wait for the end of all work."""
        while self.transcodes._works:
            await deferLater(reactor, 0.01)

    async def test_heard_and_kept(self) -> None:
        """What a listener gets is the whole transcode, and the very file that is kept."""
        source = await self.listen(await sound(5))
        self.assertEqual((None, None, None, None), (source.length, source.etag, source.modified, source.descriptor()))
        sink = Sink()
        await source.produce(sink, None)
        await self.until_landed()
        with open(self.kept[0], "rb") as file:
            self.assertEqual(file.read(), sink.body)
        self.assertApproximates(5, await decoded_seconds(self.kept[0]), 0.2)
        self.assertEqual([], self.parts())

    async def test_heard_at_once(self) -> None:
        """The first bytes of a long one come long before its end."""
        path = await sound(300)
        took = []
        for kind in ("mp3", "opus", "ogg"):
            began = monotonic()
            source = await self.listen(path, Wish(kind))
            took.append(monotonic() - began)
            self.assertFalse(source._flight.over)
            source.close()
        self.assertLess(min(took), 1.0)  # a fifth of it on an idle machine

    async def test_one_run_for_all(self) -> None:
        """Who comes later hears it from the beginning too, from the same run."""
        path = await sound(60)
        first, second = await gatherResults([Deferred.fromCoroutine(self.listen(path)) for _ in range(2)])
        sinks = [Sink(), Sink(), Sink()]
        playing = [first.produce(sinks[0], None), second.produce(sinks[1], None)]
        while len(sinks[0].body) < 100_000:
            await deferLater(reactor, 0.01)
        third = await self.listen(path)
        self.assertEqual(1, len(self.parts()))
        await gatherResults([*playing, third.produce(sinks[2], None)])
        await self.until_landed()
        self.assertEqual(1, len(self.kept))
        self.assertEqual(1, len({sink.body for sink in sinks}))
        self.assertEqual(os.path.getsize(self.kept[0]), len(sinks[0].body))

    async def test_other_wishes_are_other_runs(self) -> None:
        """Only the same key is shared."""
        path = await sound(5)
        for wish in (MP3, Wish("opus", 64_000)):
            await (await self.listen(path, wish)).produce(Sink(), None)
        await self.until_landed()
        self.assertEqual(2, len(self.kept))

    async def test_a_slow_listener_holds_nobody(self) -> None:
        """One who has paused for good keeps neither ffmpeg nor the others; and still gets all when he resumes."""
        path = await sound(60)
        slow, quick = Sink(pausing), Sink()
        slow_source, quick_source = await self.listen(path), await self.listen(path)
        waiting = slow_source.produce(slow, None)
        await quick_source.produce(quick, None)
        await self.until_landed()
        self.assertEqual((1, 1), (len(self.kept), len(slow.pieces)))
        while not waiting.called:
            slow.asked.resumeProducing()
            await deferLater(reactor, 0)
        await waiting
        self.assertEqual(quick.body, slow.body)

    async def test_dies_with_its_last_listener(self) -> None:
        """As long as one listens it goes on; when the last leaves, ffmpeg and the part are gone, nothing is kept."""
        path = await sound(300)
        first, second = Sink(), Sink()
        waiting = [(await self.listen(path)).produce(sink, None) for sink in (first, second)]
        first.asked.stopProducing()
        await self.assertFailure(waiting[0], CancelledError)
        self.assertEqual(1, len(self.parts()))
        waiting[1].cancel()
        await self.assertFailure(waiting[1], CancelledError)
        await self.until_landed()
        self.assertEqual(([], []), (self.parts(), self.kept))

    async def test_leaving_before_the_beginning(self) -> None:
        """A listener may leave before the first byte; who comes right then gets a run of his own."""
        path = await sound(5)
        hasty = Deferred.fromCoroutine(self.listen(path))
        hasty.cancel()
        await self.assertFailure(hasty, CancelledError)
        sink = Sink()
        await (await self.listen(path)).produce(sink, None)
        await self.until_landed()
        self.assertEqual([len(sink.body)], [os.path.getsize(path) for path in self.kept])

    async def test_what_cannot_be_made(self) -> None:
        """A file that is no audio fails before there is an answer, for everybody who waits, and may be tried again."""
        path = os.path.join(self.store, "noise.mp3")
        with open(path, "wb") as file:
            file.write(b"not audio" * 1000)
        for _ in range(2):
            waiting = [Deferred.fromCoroutine(self.listen(path)) for _ in range(3)]
            for one in waiting:
                await self.assertFailure(one, TranscodeFailed)
            await self.until_landed()
        self.assertEqual(([], []), (self.parts(), self.kept))

    async def test_killed_in_the_middle(self) -> None:
        """When ffmpeg dies half-way, listeners get a failure, never an end that looks whole."""
        sink = Sink()
        source = await self.listen(await sound(300))
        waiting = source.produce(sink, None)
        transcode = source._flight._transcode
        assert transcode is not None and transcode._process is not None
        transcode._process.signalProcess("KILL")
        await self.assertFailure(waiting, TranscodeFailed)
        await self.until_landed()
        self.assertEqual([], self.kept)

    def instead(self, *lines: str) -> str:
        """A program that does something else than ffmpeg; its last argument is where the result should go."""
        program = os.path.abspath(self.mktemp())
        with open(program, "w") as file:
            file.write("\n".join(["#!/bin/sh", 'for last; do :; done; last="${last#file:}"', *lines, ""]))
        os.chmod(program, 0o755)
        return program

    async def test_hangs(self) -> None:
        """One that writes nothing any more is killed; who listens hears of it, and its place is free again."""
        path = await sound(5)
        for lines in (
            ("exec sleep 20",),
            ('printf beginning > "$last"', "exec sleep 20"),
            ("sleep 20", "exit 0"),  # by a child of its own, which outlives it
            ("sleep 20 &", "exit 1"),
        ):
            self.transcodes = self.made(self.instead(*lines), stalled_seconds=0.3)
            self.transcodes.startService()
            with self.assertRaises(Unavailable):
                source = await self.listen(path)
                await source.produce(Sink(), None)
            await self.until_landed()
            self.assertEqual(([], []), (self.kept, self.parts()))
            await self.nothing_left()

    async def test_writes_nothing(self) -> None:
        """An empty result is none, whatever its maker says."""
        self.transcodes = self.made(self.instead("exit 0"))
        self.transcodes.startService()
        with self.assertRaises(TranscodeFailed):
            await self.listen(await sound(5))
        await self.until_landed()
        self.assertEqual([], self.kept)

    async def test_keeping_fails(self) -> None:
        """When the finished file cannot be kept, listeners do not notice, and the log does."""
        path = await sound(5)

        async def broken(_: str) -> None:
            raise ZeroDivisionError

        source = await self.transcodes.listen("key", partial(lent_path, path), MP3, broken)
        await source.produce(Sink(), None)
        await self.until_landed()
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.assertEqual([], self.parts())

    async def test_no_ranges(self) -> None:
        """It is sent whole or not at all."""
        source = await self.listen(await sound(5))
        self.assertRaises(ValueError, source.produce, Sink(), Span(0, 5))
        source.close()
        source.close()
        self.assertRaises(ValueError, source.produce, Sink(), None)

    async def test_no_room(self) -> None:
        """With the disk at its reserve no transcode begins."""
        self.transcodes = self.made(reserve_bytes=1 << 60)
        self.transcodes.startService()
        await self.assertFailure(Deferred.fromCoroutine(self.listen(await sound(5))), NoRoom)

    async def test_stopping(self) -> None:
        """Stopping ends runs at once; their listeners and newcomers are told to come back."""
        path = await sound(300)
        waiting = (await self.listen(path)).produce(Sink(), None)
        with Stopwatch() as watch:
            await self.transcodes.stopService()
        self.assertLess(watch.seconds, 1)
        await self.assertFailure(waiting, Unavailable)
        await self.assertFailure(Deferred.fromCoroutine(self.listen(path)), Unavailable)

    async def test_the_dead_leave_nothing(self) -> None:
        """Parts of a process that was killed go at the next start; those of a living one stay."""
        living = self.made()
        living.startService()
        source = await living.listen("key", partial(lent_path, await sound(300)), MP3)
        dead = os.path.join(self.folder, "0a1b2c3d-4e5f-4a6b-8c7d-000000000000")
        os.mkdir(dead + ".parts")
        for path in (dead, dead + ".parts/part"):
            with open(path, "wb"):
                pass
        await self.transcodes.stopService()
        self.transcodes.startService()
        await self.until_landed()
        self.assertFalse(os.path.exists(dead) or os.path.exists(dead + ".parts"))
        self.assertEqual(1, len(self.parts()))
        source.close()
        await living.stopService()
