"""Transcoding by the real ffmpeg."""

from __future__ import annotations

import os
from time import monotonic

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.outside.ffmpeg import (
    FORMATS,
    MOST_BITS_PER_SECOND,
    FfmpegSettings,
    Transcode,
    TranscodeFailed,
    Transcoder,
    Wish,
    found_ffmpeg,
    packaged_ffmpeg,
)
from tests.outside.sounds import decoded_seconds, seconds_of, sound
from tests.waiting import GUARD_SECONDS, Stopwatch


class TranscodeTests(TestCase):
    """What comes out."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        """A place for results."""
        self.transcoder = self.made()
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)

    def made(self, **settings: int) -> Transcoder:
        """A transcoder."""
        return Transcoder(reactor, FfmpegSettings(**settings), deferToThread)  # type: ignore[arg-type]

    def target(self, name: str = "target") -> str:
        """Path of a result."""
        return os.path.join(self.folder, name)

    async def failure_of(self, transcode: Transcode) -> TranscodeFailed:
        """How it fails, which it must."""
        try:
            await transcode.done
        except TranscodeFailed as failed:
            return failed
        raise self.failureException("it should have failed")

    async def test_every_format(self) -> None:
        """Each format that is offered can be made, plays as long as the original, and knows that."""
        path = await sound(5)
        for name in FORMATS:
            target = self.target(name)
            await self.transcoder.transcode(path, Wish(name, 128_000), target).done
            self.assertApproximates(5, await decoded_seconds(target), 0.2, name)
            if name != "aac":  # a stream of frames, which only guesses
                self.assertApproximates(5, seconds_of(target), 0.2, name)
        self.assertEqual(sorted(FORMATS), sorted(os.listdir(self.folder)))

    async def test_by_the_packaged_program(self) -> None:
        """The ffmpeg that comes as a Python package makes every format too."""
        program = packaged_ffmpeg()
        self.assertIsNotNone(program)
        transcoder = Transcoder(reactor, FfmpegSettings(program=program or ""), deferToThread)
        for name in FORMATS:
            await transcoder.transcode(await sound(5), Wish(name, 64_000), self.target(name)).done
            self.assertApproximates(5, await decoded_seconds(self.target(name)), 0.2, name)

    async def test_any_bitrate(self) -> None:
        """Every bitrate that can be wished for can be made, of every kind of sound."""
        thin = await sound(1, "wav", "-ar", "8000", "-ac", "1")
        thick = await sound(1, "wav", "-ar", "96000", "-ac", "6")
        for path in (thin, thick):
            for name in ("mp3", "ogg", "opus", "aac"):
                for bitrate in (1, 64_000, None, 10**9):
                    await self.transcoder.transcode(path, Wish(name, bitrate), self.target()).done

    async def test_bitrate_is_kept(self) -> None:
        """The result is about as large as its bitrate says."""
        path = await sound(5)
        await self.transcoder.transcode(path, Wish("mp3", 96_000), self.target()).done
        self.assertApproximates(96_000 * 5 / 8, os.path.getsize(self.target()), 6000)

    async def test_from_the_middle(self) -> None:
        """With a start, the rest is made."""
        path = await sound(5)
        await self.transcoder.transcode(path, Wish("mp3", start_seconds=3.5), self.target()).done
        self.assertApproximates(1.5, await decoded_seconds(self.target()), 0.2)

    async def test_odd_names(self) -> None:
        """No name of a file is taken for an option or an address."""
        path = await sound(1)
        for name in ("-version", "concat:a|b", "http:x", "pipe:0", "a b'\"%d\n", "집"):
            odd = os.path.join(self.folder, name)
            os.symlink(path, odd)
            await self.transcoder.transcode(odd, Wish("mp3"), self.target("out " + name)).done
            self.assertGreater(os.path.getsize(self.target("out " + name)), 1000)

    async def test_not_audio(self) -> None:
        """What is no audio fails, in words that show no path."""
        for body in (b"", b"not audio at all" * 1000, b"\0" * 5000, b"ID3\x03\0\0\0\0\0\0"):
            path = self.target("source.mp3")
            with open(path, "wb") as file:
                file.write(body)
            failed = await self.failure_of(self.transcoder.transcode(path, Wish("mp3"), self.target()))
            self.assertNotIn(self.folder, failed.words)
            self.assertNotIn("/", str(failed))

    async def test_no_such_file(self) -> None:
        """A file that is gone is a failure like any other."""
        transcode = self.transcoder.transcode(self.target("nowhere"), Wish("mp3"), self.target())
        await self.assertFailure(transcode.done, TranscodeFailed)

    async def test_a_playlist_is_no_audio(self) -> None:
        """A playlist dressed as a song does not make us play files of ours."""
        secret = await sound(1)
        path = self.target("song.mp3")
        for text in (
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile '{secret}'\n",
        ):
            with open(path, "w") as file:
                file.write(text)
            await self.assertFailure(self.transcoder.transcode(path, Wish("mp3"), self.target()).done, TranscodeFailed)

    async def test_a_cut_file_plays_as_far_as_it_goes(self) -> None:
        """A file whose end is missing gives what there is."""
        with open(await sound(5), "rb") as whole, open(self.target("cut.flac"), "wb") as cut:
            body = whole.read()
            cut.write(body[: len(body) // 2])
        await self.transcoder.transcode(self.target("cut.flac"), Wish("mp3"), self.target()).done
        self.assertApproximates(2.5, await decoded_seconds(self.target()), 0.5)

    async def test_too_large(self) -> None:
        """A result beyond the limit is no result."""
        path = await sound(5)
        transcode = self.made(largest_bytes=20_000).transcode(path, Wish("mp3"), self.target())
        await self.assertFailure(transcode.done, TranscodeFailed)
        self.assertLess(os.path.getsize(self.target()), 100_000)

    async def test_too_long(self) -> None:
        """A file that takes more computing than it may is given up."""
        transcode = self.made(longest_cpu_seconds=1).transcode(await sound(300), Wish("ogg"), self.target())
        await self.failure_of(transcode)

    async def test_a_full_disk(self) -> None:
        """ffmpeg finds no room: a failure, not a short file."""
        path = await sound(5)
        await self.assertFailure(self.transcoder.transcode(path, Wish("mp3"), "/dev/full").done, TranscodeFailed)

    async def test_stopped(self) -> None:
        """A stopped one is killed at once, and its place is free."""
        path = await sound(300)
        transcoder = self.made(width=1)
        transcode = transcoder.transcode(path, Wish("ogg"), self.target())
        await deferLater(reactor, 0.1)
        with Stopwatch() as watch:
            transcode.stop()
            transcode.stop()
            await self.assertFailure(transcode.done, CancelledError)
        self.assertLess(watch.seconds, 0.5)
        await transcoder.transcode(await sound(1), Wish("mp3"), self.target("next")).done

    async def test_only_so_many_at_once(self) -> None:
        """More than the width wait in order; one that is stopped while waiting never starts."""
        path = await sound(1)
        transcoder = self.made(width=1)
        order: list[str] = []
        waiting: list[Deferred[None]] = []

        async def finish(transcode: Transcode, name: str) -> None:
            await transcode.done
            order.append(name)

        for name in ("first", "second", "third"):
            transcode = transcoder.transcode(path, Wish("mp3"), self.target(name))
            waiting.append(Deferred.fromCoroutine(finish(transcode, name)))
        never = transcoder.transcode(path, Wish("mp3"), self.target("never"))
        never.stop()
        await self.assertFailure(never.done, CancelledError)
        await gatherResults(waiting)
        self.assertEqual(["first", "second", "third"], order)
        self.assertFalse(os.path.exists(self.target("never")))

    async def test_first_bytes_come_at_once(self) -> None:
        """The beginning of a long file is there long before its end."""
        for name in ("mp3", "opus"):
            took = [await self.seconds_to_begin(name, f"{name} {tried}") for tried in range(3)]
            self.assertLess(min(took), 1.0)  # a fifth of it on an idle machine

    async def seconds_to_begin(self, format: str, name: str) -> float:
        """How long the first bytes of a long file take; more it must not have made."""
        target = self.target(name)
        began = monotonic()
        transcode = self.transcoder.transcode(await sound(300), Wish(format), target)
        while not os.path.exists(target) or os.path.getsize(target) < 1000:
            await deferLater(reactor, 0.005)
        took = monotonic() - began
        self.assertFalse(transcode.done.called)
        transcode.stop()
        await self.assertFailure(transcode.done, CancelledError)
        return took


class WishTests(SynchronousTestCase):
    """What can be wished for."""

    def test_bitrates_within_bounds(self) -> None:
        """A wish is fulfilled as far as the format can."""
        for wish, bitrate in (
            (Wish("mp3"), MOST_BITS_PER_SECOND),
            (Wish("mp3", 96_000), 96_000),
            (Wish("mp3", 1), 32_000),
            (Wish("ogg", 10**9), MOST_BITS_PER_SECOND),
            (Wish("flac", 96_000), None),
        ):
            self.assertEqual(bitrate, wish.bitrate, wish)

    def test_no_such_wish(self) -> None:
        """Unknown formats and times before the beginning cannot even be said."""
        self.assertRaises(ValueError, Wish, "exe")
        self.assertRaises(ValueError, Wish, "mp3", None, -1.0)

    def test_ffmpeg_is_found(self) -> None:
        """There is one on this machine, or from its package."""
        program = found_ffmpeg()
        self.assertTrue(program and os.access(program, os.X_OK))
