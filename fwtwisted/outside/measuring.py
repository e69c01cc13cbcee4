"""
Listening to files with ffmpeg: what a filter graph of it has to tell about a piece of audio.

The same care as in ``ffmpeg``: the child is nice, sees none of our environment, opens files only, and reads only
containers of audio; what it may say, compute and remember is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.python.procutils import which

from fwtwisted.outside.ffmpeg import DEMUXERS, MOST_MEMORY_AT_ONCE, found_ffmpeg

MOST_TOLD = 8 << 20  # bytes
NICE = 15


@frozen
class Piece:
    """Which part of a file: from where, how long; seconds."""

    start: float
    length: float


class _Child(ProcessProtocol):
    """One run of ffmpeg.  :ivar ended: fires with what it told; None when it failed or told too much."""

    def __init__(self) -> None:
        self.ended: Deferred[bytes | None] = Deferred(self._unwanted)
        self._told: list[bytes] = []
        self._size = 0

    def _unwanted(self, _: object) -> None:
        """Nobody waits any more."""
        self._kill()

    def _kill(self) -> None:
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("KILL")
            self.transport.loseConnection()  # a child of its own may hold its pipes, and would be waited for

    def outReceived(self, data: bytes) -> None:
        """It tells something."""
        self._size += len(data)
        if self._size > MOST_TOLD:
            self._kill()
        else:
            self._told.append(data)

    def processEnded(self, reason: Failure) -> None:
        """It is gone and reaped."""
        went_well = getattr(reason.value, "exitCode", None) == 0 and self._size <= MOST_TOLD
        if not self.ended.called:
            self.ended.callback(b"".join(self._told) if went_well else None)


class Measuring:
    """
    Runs ffmpeg to hear what a file is like, one child for each call.

    :param longest_seconds: of computing; a child that needs more is ended.
    """

    def __init__(self, reactor: IReactorProcess, longest_seconds: int = 120) -> None:
        self._reactor, self._longest_seconds = reactor, longest_seconds
        self._nice = which("nice")

    async def told(self, path: str, graph: str, piece: Piece) -> bytes | None:
        """
        What a filter graph writes on its standard output about a piece of a file.

        :param graph: takes ``[0:a:0]``, ends in ``[out]``.
        :return: None when there is no ffmpeg, or nothing could be heard.
        """
        program = found_ffmpeg()
        if program is None:
            return None
        arguments: Sequence[str] = list(self._command(program, path, graph, piece))
        child = _Child()
        self._reactor.spawnProcess(child, arguments[0], arguments, env={"LC_ALL": "C"})
        try:
            return await child.ended
        except CancelledError:
            child.ended.addErrback(lambda _: None)
            raise

    def _command(self, program: str, path: str, graph: str, piece: Piece) -> Iterator[str]:
        if self._nice:
            yield from (self._nice[0], "-n", str(NICE))
        yield from (program, "-nostdin", "-hide_banner", "-v", "error", "-threads", "1", "-filter_complex_threads", "1")
        yield from ("-timelimit", str(self._longest_seconds), "-max_alloc", MOST_MEMORY_AT_ONCE)
        yield from ("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS)
        if piece.start:
            yield from ("-ss", f"{piece.start:.3f}")
        yield from ("-t", f"{piece.length:.3f}", "-i", f"file:{path}")
        yield from ("-filter_complex", graph, "-map", "[out]", "-f", "null", "-")
