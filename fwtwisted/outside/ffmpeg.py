"""
Audio from one format into another: ffmpeg as a child process, never more of them than stated.

A child reads a local file and writes a local file.  It is nice to the rest of the machine (``nice 10``), sees none of
our environment, opens nothing but files, and reads only audio containers: to ffmpeg a playlist that somebody uploaded
as ``song.mp3`` is a list of files of ours to play, so the demuxers are named.  It writes as it goes, so that whoever
follows the growing file (:mod:`fwtwisted.outside.transcodes`) hears the beginning at once.

Why a file and not a pipe: a listener who pauses would hold the child, and with it one of the few places, for hours.  So
the child runs at its own speed, the disk is the buffer, and headers that tell the length are right in the end.

Source: docs/storage.md §6.6; docs/operations.md §13.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from glob import glob

from attrs import field, frozen
from attrs.validators import ge, in_, instance_of, optional
from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.procutils import which

from fwtwisted.model.errors import Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk

MOST_BITS_PER_SECOND = 320_000
_MOST_WORDS_KEPT = 2000
MOST_MEMORY_AT_ONCE = str(512 << 20)  # bytes that a child may ask for in one go, whatever a file's header says

DEMUXERS = "aac,aiff,ape,asf,caf,flac,matroska,mov,mp3,mpc,mpc8,ogg,oma,tta,w64,wav,wv"

# Sample rates and channels at which every bitrate between a format's bounds can be had.
_PLAIN_STEREO = ("-af", "aformat=sample_rates=44100|48000:channel_layouts=stereo")
_AS_IT_GROWS = ("-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000")


class TranscodeFailed(Unavailable):
    """
    ffmpeg could not make what was asked for.

    :ivar words: what it said, with no path in it; for the log.
    """

    text = "This audio cannot be converted at the moment."

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


@frozen
class Format:
    """
    A format that we can make.

    :ivar media_type: as served.
    :ivar arguments: for ffmpeg, codec and container.
    :ivar bounds: lowest and highest bitrate, bits a second; None for a format that has none.
    :ivar rewrapped: whether the growing file needs another wrapping, with its length, before it is kept.
    :ivar timed: whether a part keeps the times that it has in the whole.
    :ivar also: further media types of files that serve who asks for this format.
    """

    media_type: str
    arguments: Sequence[str]
    bounds: tuple[int, int] | None = None
    rewrapped: bool = False
    timed: bool = False
    also: tuple[str, ...] = ()

    def serves(self, media_type: str) -> bool:
        """Whether a file of this type needs no making for who asks for the format."""
        return media_type == self.media_type or media_type in self.also


_AIFF = Format("audio/x-aiff", ("-c:a", "pcm_s16be", "-f", "aiff"))

FORMATS: Mapping[str, Format] = {
    "mp3": Format(
        "audio/mpeg",
        (*_PLAIN_STEREO, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "3", "-f", "mp3"),
        (32_000, MOST_BITS_PER_SECOND),
    ),
    "ogg": Format("audio/ogg", (*_PLAIN_STEREO, "-c:a", "libvorbis", "-f", "ogg"), (48_000, MOST_BITS_PER_SECOND)),
    "opus": Format("audio/opus", (*_PLAIN_STEREO, "-c:a", "libopus", "-f", "ogg"), (8_000, MOST_BITS_PER_SECOND)),
    "flac": Format("audio/flac", ("-c:a", "flac", "-f", "flac")),
    "aac": Format(
        "audio/aac",  # frames without a container: under the name of one, players look for what is not there
        (*_PLAIN_STEREO, "-c:a", "aac", "-f", "adts"),
        (16_000, MOST_BITS_PER_SECOND),
        also=("audio/x-m4a", "audio/mp4"),
    ),
    "m4a": Format(
        "audio/x-m4a",
        (*_PLAIN_STEREO, "-c:a", "aac", *_AS_IT_GROWS, "-f", "mp4"),
        (16_000, MOST_BITS_PER_SECOND),
        rewrapped=True,
    ),
    "aif": _AIFF,
    "aiff": _AIFF,
}
SEGMENT = "ts"  # pieces of HTTP Live Streaming; nobody wants a whole song so
SEGMENT_RATE = 48_000  # samples a second in a segment
_SEGMENT = Format(
    "video/mp2t",
    ("-vn", "-ar", str(SEGMENT_RATE), "-ac", "2", "-c:a", "aac", "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"),
    (16_000, MOST_BITS_PER_SECOND),
    timed=True,
)
_MADE: Mapping[str, Format] = {**FORMATS, SEGMENT: _SEGMENT}


@frozen
class Wish:
    """
    What somebody wants to hear.

    :ivar format: one of :data:`FORMATS`, or :data:`SEGMENT`.
    :ivar bitrate_bps: bits a second at most; None for the most.  A format without bitrates does not mind.
    :ivar start_seconds: where in the audio to begin.
    :ivar length_seconds: how much of it; None: all that is left.
    """

    format: str = field(validator=in_(_MADE))
    bitrate_bps: int | None = field(default=None, validator=optional(instance_of(int)))
    start_seconds: float = field(default=0.0, validator=ge(0.0))
    length_seconds: float | None = field(default=None, validator=optional(ge(0.0)))

    @property
    def is_whole(self) -> bool:
        """Nothing of the audio is left out."""
        return not self.start_seconds and self.length_seconds is None

    @property
    def made_as(self) -> Format:
        """The format."""
        return _MADE[self.format]

    @property
    def bitrate(self) -> int | None:
        """Bits a second that the result will have, within what the format can do; None where that means nothing."""
        bounds = self.made_as.bounds
        if bounds is None:
            return None
        return max(bounds[0], min(self.bitrate_bps or MOST_BITS_PER_SECOND, bounds[1]))


@frozen
class FfmpegSettings:
    """
    How transcoding runs.

    :ivar program: path of ffmpeg; empty means: look for it.
    :ivar width: how many children at once; more wait in order.
    :ivar nice: how far they step back behind the rest of the machine, 0 to 19.
    :ivar largest_bytes: an output that would be larger is a failure (small files can hold years of silence).
    :ivar longest_cpu_seconds: of computing in one child; one that needs more is killed, and has failed.
    """

    program: str = ""
    width: int = field(factory=lambda: os.cpu_count() or 1)
    nice: int = 10
    largest_bytes: int = 2_000_000_000
    longest_cpu_seconds: int = 1800


def found_ffmpeg() -> str | None:
    """Path of the ffmpeg of this machine, else of the one that came as a Python package; None without either."""
    on_path = which("ffmpeg")
    return on_path[0] if on_path else packaged_ffmpeg()


def packaged_ffmpeg() -> str | None:
    """
    Path of the ffmpeg in the package ``imageio-ffmpeg``; None when it is not installed, or came without one.

    Only its file is wanted: the package's own code would start it to see whether it runs, and wait.
    """
    found = importlib.util.find_spec("imageio_ffmpeg")
    folders = found.submodule_search_locations if found else None
    programs = (path for folder in folders or () for path in sorted(glob(os.path.join(folder, "binaries", "ffmpeg*"))))
    return next((path for path in programs if os.access(path, os.X_OK)), None)


class _Child(ProcessProtocol):
    """One run of ffmpeg.  :ivar ended: fires with its last words and its exit status."""

    def __init__(self) -> None:
        self.ended: Deferred[tuple[str, int | None]] = Deferred()
        self._words = b""

    def errReceived(self, data: bytes) -> None:
        """It complains; the beginning tells most."""
        self._words = (self._words + data)[:_MOST_WORDS_KEPT]

    def processEnded(self, reason: Failure) -> None:
        """It is gone and reaped."""
        words = self._words.decode("utf-8", "replace").strip()
        self.ended.callback((words, getattr(reason.value, "exitCode", None)))


class Transcode:
    """
    One transcode, waiting or under way.

    :ivar done: fires when the target is complete; fails with :class:`TranscodeFailed`, or CancelledError when it was
        stopped.  Either way the child is gone by then.  Cancelling it only ends the waiting; see :meth:`stop`.
    """

    def __init__(self) -> None:
        self.done: Deferred[None] = Deferred()
        self._stopped = False
        self._waits_for: Deferred[DeferredSemaphore] | None = None
        self._process: IProcessTransport | None = None

    @property
    def is_waiting(self) -> bool:
        """Others have all places."""
        return self._waits_for is not None

    def stop(self) -> None:
        """Nobody wants it any more."""
        self._stopped = True
        if self._waits_for is not None:
            self._waits_for.cancel()
        if self._process is not None:
            with suppress(ProcessExitedAlready):
                self._process.signalProcess("KILL")
            self._process.loseConnection()  # a child of its own may hold its pipes, and would be waited for


class Transcoder:
    """
    Runs ffmpeg, a few at a time.

    :raise ValueError: when there is no ffmpeg.
    """

    _log = Logger()

    def __init__(self, reactor: IReactorProcess, settings: FfmpegSettings, threads: Threads) -> None:
        program = settings.program or found_ffmpeg()
        if program is None:
            raise ValueError("there is no ffmpeg: install it, or the package imageio-ffmpeg, or set its path")
        self._reactor = reactor
        self._settings = settings
        self._threads = threads
        self._program = program
        self._nice = which("nice")
        self._slots = DeferredSemaphore(settings.width)

    def transcode(self, path: str, wish: Wish, target: str) -> Transcode:
        """
        Make ``target`` from the audio in ``path`` as soon as there is a place.

        :param path: of a local file; nobody but ffmpeg believes its name or its content.
        :param target: of a file that may be there already; it grows while it is made, and is left as it is on failure.
        """
        transcode = Transcode()
        work = Deferred.fromCoroutine(self._in_turn(transcode, path, wish, target))
        work.addCallbacks(transcode.done.callback, transcode.done.errback)
        return transcode

    async def _in_turn(self, transcode: Transcode, path: str, wish: Wish, target: str) -> None:
        """Wait for a place, and use it."""
        transcode._waits_for = self._slots.acquire()
        await transcode._waits_for
        transcode._waits_for = None
        try:
            await self._run(transcode, list(self._making(path, wish, target)), path, target)
            size = await self._threads(os.path.getsize, target)
            if not 0 < size < self._settings.largest_bytes:
                raise self._failed("the result is too large" if size else "the result is empty")
            if wish.made_as.rewrapped:
                await self._rewrap(transcode, target)
        finally:
            self._slots.release()

    async def _rewrap(self, transcode: Transcode, target: str) -> None:
        """Replace a complete file that was made for following by one that knows its length."""
        whole = f"{target}.whole"
        try:
            await self._run(transcode, list(self._rewrapping(target, whole)), target, whole)
            await self._threads(os.replace, whole, target)
        finally:
            await self._threads(disk.gone, whole)

    async def _run(self, transcode: Transcode, arguments: Sequence[str], *paths: str) -> None:
        """
        One child from start to end.

        :raise TranscodeFailed: it did not like it.
        :raise CancelledError: the transcode was stopped.
        """
        if transcode._stopped:
            raise CancelledError
        child = _Child()
        transcode._process = self._reactor.spawnProcess(child, arguments[0], arguments, env={"LC_ALL": "C"})
        words, status = await child.ended
        transcode._process = None
        if transcode._stopped:
            raise CancelledError
        if status != 0:
            for path in paths:
                words = words.replace(path, "the file")
            raise self._failed(words or f"exit status {status}")

    def _failed(self, words: str) -> TranscodeFailed:
        """The failure, told to the log."""
        self._log.warn("ffmpeg failed: {words}", event="ffmpeg.failed", words=words)
        return TranscodeFailed(words)

    def _beginning(self) -> Iterator[str]:
        """What every command line begins with."""
        if self._nice and self._settings.nice:
            yield from (self._nice[0], "-n", str(self._settings.nice))
        yield from (self._program, "-nostdin", "-hide_banner", "-v", "error", "-y")
        yield from ("-timelimit", str(self._settings.longest_cpu_seconds), "-max_alloc", MOST_MEMORY_AT_ONCE)
        yield from ("-protocol_whitelist", "file,pipe")

    def _making(self, path: str, wish: Wish, target: str) -> Iterator[str]:
        """The command line of a transcode."""
        yield from self._beginning()
        yield from ("-format_whitelist", DEMUXERS)
        if wish.start_seconds:
            yield from ("-ss", f"{wish.start_seconds:.3f}")
        if wish.length_seconds is not None:
            yield from ("-t", f"{wish.length_seconds:.3f}")
        yield from ("-i", f"file:{path}", "-map", "0:a:0", "-abort_on", "empty_output")
        if wish.made_as.timed:
            yield from ("-output_ts_offset", f"{wish.start_seconds:.3f}")
        if wish.bitrate is not None:
            yield from ("-b:a", str(wish.bitrate))
        yield from wish.made_as.arguments
        yield from ("-flush_packets", "1", "-fs", str(self._settings.largest_bytes), f"file:{target}")

    def _rewrapping(self, path: str, target: str) -> Iterator[str]:
        """The command line that wraps finished AAC anew, its index first."""
        yield from self._beginning()
        yield from ("-i", f"file:{path}", "-c", "copy", "-movflags", "faststart", "-f", "mp4", f"file:{target}")
