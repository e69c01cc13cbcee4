"""
A player beside the server: mpv as a child process, told what to do over its socket.

The socket has no name: one end of a pair is born into the child, and closing ours, also by dying, ends it.  mpv reads
no settings of its own, opens only the files that it is told to, takes nothing but containers of audio for what they
are, and shows nothing.

::

    play ─▶ child ─▶ command ⇄ reply
                     event: a file has ended

Source: mpv's manual, "JSON IPC" and ``--input-ipc-client``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorFDSet, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol, Protocol, connectionDone
from twisted.internet.unix import Server
from twisted.python.failure import Failure
from twisted.python.procutils import which

from fwtwisted.model.errors import Unavailable
from fwtwisted.outside.ffmpeg import DEMUXERS

PATIENCE_SECONDS = 5.0  # with a child that does not answer
LONGEST_LINE = 1 << 20  # bytes
_SOCKET = 3  # its descriptor in the child
_SOUND_IS_THERE = ("PATH", "HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "ALSA_CARD")


class PlayerReactor(IReactorProcess, IReactorTime, IReactorFDSet):
    """What the player needs of a reactor."""


class PlayerAway(Unavailable):
    """mpv is not there, or does not answer."""

    text = "The player of this server does not answer."


def found_mpv() -> str | None:
    """Path of mpv on this machine; None without."""
    found = which("mpv")
    return found[0] if found else None


class _Child(ProcessProtocol):
    """One run of mpv.  :ivar ended: fires when it is gone and reaped."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()

    def processEnded(self, reason: Failure) -> None:
        """It is gone."""
        self.ended.callback(None)


class _Wire(Protocol):
    """The socket: one line of JSON each way at a time."""

    def __init__(self, happened: Callable[[dict[str, Any]], None], lost: Callable[[], None]) -> None:
        self._happened, self._lost = happened, lost
        self._heard = b""
        self._asked: dict[int, Deferred[Any]] = {}
        self._number = 0

    def ask(self, words: Sequence[object]) -> Deferred[Any]:
        """Send a command; fires with what it returns."""
        self._number += 1
        reply: Deferred[Any] = Deferred()
        self._asked[self._number] = reply
        assert self.transport is not None
        self.transport.write(orjson.dumps({"command": list(words), "request_id": self._number}) + b"\n")
        return reply

    def dataReceived(self, data: bytes) -> None:
        """Replies and events."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        if len(self._heard) > LONGEST_LINE:
            self._heard = b""
        for line in lines:
            with suppress(orjson.JSONDecodeError):
                self._said(orjson.loads(line))

    def _said(self, said: Any) -> None:
        if not isinstance(said, dict):
            return
        if "event" in said:
            self._happened(said)
            return
        reply = self._asked.pop(said.get("request_id", -1), None)
        if reply is None or reply.called:
            return
        if said.get("error") == "success":
            reply.callback(said.get("data"))
        else:
            reply.errback(PlayerAway())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """mpv is gone."""
        asked, self._asked = self._asked, {}
        for reply in asked.values():
            if not reply.called:
                reply.errback(PlayerAway())
        self._lost()


class Mpv:
    """
    One mpv, started when it is first needed.

    :param program: path of mpv.  :param output: where sound goes (mpv's ``--ao``); empty: mpv's own choice.
    :ivar ended: called with the number of a file that has ended by itself, or could not be played.
    """

    def __init__(self, reactor: PlayerReactor, program: str, output: str = "") -> None:
        self._reactor, self._program, self._output = reactor, program, output
        self.ended: Callable[[int], None] = _nothing
        self._child: _Child | None = None
        self._process: IProcessTransport | None = None
        self._wire: _Wire | None = None

    @property
    def is_there(self) -> bool:
        """Whether it runs and listens."""
        return self._wire is not None

    async def play(self, path: str, start_seconds: float = 0.0) -> int:
        """
        Play a file instead of what plays; its number.

        :raise PlayerAway:
        """
        await self._begin()
        await self.tell("set_property", "start", f"{start_seconds:.3f}")
        told = await self.tell("loadfile", path, "replace")
        await self.tell("set_property", "pause", False)
        return int(told["playlist_entry_id"]) if isinstance(told, dict) else 0

    async def tell(self, *words: object) -> Any:
        """Give it a command; what it returns.  :raise PlayerAway: also when it takes too long."""
        wire = self._wire
        if wire is None:
            raise PlayerAway
        reply = wire.ask(words)
        reply.addTimeout(PATIENCE_SECONDS, self._reactor, lambda failure, _: _raise(failure))
        return await reply

    async def ask(self, name: str) -> Any:
        """The value of a property; None while it has none."""
        try:
            return await self.tell("get_property", name)
        except PlayerAway:
            return None

    async def stop(self) -> None:
        """End it, and leave nothing behind."""
        child, process = self._child, self._process
        if process is not None:
            with suppress(ProcessExitedAlready):
                process.signalProcess("KILL")
        if child is not None:
            await child.ended
        self._child = self._process = self._wire = None

    # --- beginning -------------------------------------------------------------------------------

    async def _begin(self) -> None:
        """Start it, unless it runs."""
        if self._wire is not None:
            return
        await self.stop()
        ours, theirs = socket.socketpair()
        child, wire = _Child(), _Wire(self._happened, self._lost)
        environment = {name: os.environ[name] for name in _SOUND_IS_THERE if name in os.environ}
        with theirs:
            fds: dict[int, int | str] = {0: "w", 1: "r", 2: "r", _SOCKET: theirs.fileno()}
            self._process = self._reactor.spawnProcess(child, self._program, self._command(), environment, childFDs=fds)
        ours.setblocking(False)
        wire.makeConnection(Server(ours, wire, "", None, 0, self._reactor))
        self._child, self._wire = child, wire

    def _command(self) -> list[str]:
        command = [
            self._program, "--idle=yes", "--no-config", "--no-terminal", "--no-video", "--ytdl=no", "--osc=no",
            "--load-scripts=no", "--audio-display=no", "--autoload-files=no", "--access-references=no",
            "--demuxer=lavf", "--demuxer-lavf-o-append=protocol_whitelist=file",
            f"--demuxer-lavf-o-append=format_whitelist={DEMUXERS}", f"--input-ipc-client=fd://{_SOCKET}",
        ]  # fmt: skip
        return [*command, f"--ao={self._output}"] if self._output else command

    def _happened(self, said: dict[str, Any]) -> None:
        """A file that ended because another was played, or that was stopped, is nobody's news."""
        if said["event"] == "end-file" and said.get("reason") in ("eof", "error"):
            self.ended(int(said.get("playlist_entry_id", 0)))

    def _lost(self) -> None:
        self._wire = None


def _nothing(_: int) -> None:
    """Nobody wants to know."""


def _raise(failure: Any) -> Any:
    raise PlayerAway from failure.value
