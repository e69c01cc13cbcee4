"""
Audio of other servers: heard while it comes, kept for the next.

::

    open(upload) ──▶ a flight of this process? ── yes ──▶ its growing file
          │ no
          ├─ it failed a moment ago ───────────────────▶ NotHeard, unasked
          ├─ here by now ──────────────────────────────▶ the stored file
          ├─ the lease is ours ──▶ asked, written, heard meanwhile ──▶ examined ──▶ stored, its row told
          └─ somebody else's ──▶ on this machine: their growing file;  elsewhere: wait until it is stored

One download at a time for an upload, over all processes: a row of ``remote_download`` is the lease (no transaction is
open while bytes flow, S-61).  Its holder tells that it lives; one that is silent for :data:`SILENCE_SECONDS`, or whose
lock on this machine is free, is followed by the next who asks.

When the last listener leaves, the download goes on for :data:`GRACE_SECONDS` (players hang up to ask for another
range), and beyond that when half of it is here already; else it stops, and nothing is kept.

Who may hear what is decided before anybody comes here; what one of them brought is then everybody's who may.

Source: docs/federation.md §5.5; docs/storage.md §6.5, S-61, S-94.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from attrs import field, frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.core.listening.bringing import AWAY, LATE, SOON, Asked, Bringing, NotHeard, Ways
from fwtwisted.core.listening.flight import Flight
from fwtwisted.db.files import doomed
from fwtwisted.db.jobs import Job, JobKind, ask
from fwtwisted.db.listening import remote_audio
from fwtwisted.db.listening.remote_audio import Arrived, Download, Elsewhere
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.audio import extension_of
from fwtwisted.model.errors import FwError, NoRoom, NotFound, Unavailable
from fwtwisted.outside import disk
from fwtwisted.outside.arriving import Arrival, ArrivingSource, Pipe
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.homes import Home, is_left
from fwtwisted.outside.reading import Examined
from fwtwisted.outside.shared import Cache
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import REMOTE_TRACKS, stored_name

BRING, LANE = "remote_audio.bring", "fetch"
BEAT_SECONDS, SILENCE_SECONDS = 2.0, 10.0
GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.03  # between looks at the file of another process
ASK_SECONDS = 0.5  # between questions to the database how that one is doing
DRAIN_SECONDS = 0.02
KEEPING_SECONDS = 3600.0  # how long a file may lie in the store before its row must be there
RESERVE_BYTES = 1_000_000_000  # free room on the disk that is never used up

# What can be decoded as it comes; of the others the index may be at the end.
STREAMABLE = frozenset(("audio/mpeg", "audio/mp3", "audio/ogg", "audio/opus", "audio/flac", "audio/x-flac",
                        "audio/wav", "audio/x-wav", "application/ogg", "video/ogg"))  # fmt: skip


@frozen
class RemoteAudioGround:
    """
    :ivar folder: for files on their way, best on the disk of the blob store.
    :ivar examine: looks at a finished file.
    :ivar rejects_media: whether moderators want no media of a domain, or of an actor there.
    :ivar federates: whether other pods are asked for anything.
    :ivar host: this machine, as other processes on it know it.
    :ivar grace_seconds: that a download goes on which nobody hears any more.
    """

    reactor: Any
    database: Database
    blobs: BlobStore
    cache: Cache
    ways: Ways
    folder: str
    examine: Callable[[str], Awaitable[Examined]]
    rejects_media: Callable[[str, str | None], Awaitable[bool]] | None = None
    federates: Callable[[], Awaitable[Any]] | None = None
    host: str = field(factory=socket.gethostname)
    grace_seconds: float = GRACE_SECONDS


class RemoteAudio(Service):
    """Opens, brings and forgets audio of other servers."""

    _log = Logger()

    def __init__(self, ground: RemoteAudioGround) -> None:
        self._ground, self._threads = ground, ground.ways.threads
        self._database, self._blobs, self._cache = ground.database, ground.blobs, ground.cache
        self._home = Home(os.path.abspath(ground.folder))
        self._host = ground.host
        self._flights: dict[int, Flight] = {}
        self._works: set[Deferred[None]] = set()
        self._is_stopping = False

    def startService(self) -> None:
        """Remove what a process before us left behind."""
        super().startService()
        self._work(self._sweep())

    async def stopService(self) -> None:
        """Stop all downloads; done when nothing of them is left."""
        super().stopService()
        self._is_stopping = True
        for flight in self._flights.values():
            flight.stop()
        await DeferredList(list(self._works))
        await self._threads(self._home.leave)

    # --- hearing -----------------------------------------------------------------------------------

    async def open(self, upload_id: int, by: int | None, modified: datetime | None = None) -> ByteSource:
        """
        The bytes, at the latest when the first of them is here.

        :param by: the actor of ours who listens; None: nobody with a key, the pod asks for itself.
        :raise Unavailable: it cannot be had now.  :raise NotFound: there is no such upload any more.
        """
        flight = await self._joined(upload_id, by)
        await flight.begun()
        arrival = flight.arrival
        if arrival is None or arrival.fd is None:
            return await self._blobs.open(await flight.landed())
        beyond = None if flight.bringing is None else flight.bringing.beyond
        return ArrivingSource(arrival, self._threads, modified, beyond)

    @asynccontextmanager
    async def lent(self, upload_id: int, by: int | None, *, as_it_comes: bool) -> AsyncIterator[str]:
        """
        The path of the file for ffmpeg, which stays there inside the block.

        :param as_it_comes: the reader only reads on, so that it may have a pipe that fills while the file comes.
        :raise Unavailable: it cannot be had; also at the end of the block, when not all came.
        """
        flight = await self._joined(upload_id, by)
        flight.keepers += 1
        try:
            await flight.begun()
            arrival = flight.arrival
            if as_it_comes and arrival is not None and arrival.fd is not None and not arrival.over:
                async with self._piped(ArrivingSource(arrival, self._threads)) as path:
                    yield path
            else:
                name = await flight.landed()
                async with self._blobs.lent(name) as path:
                    yield path
        finally:
            flight.keepers -= 1
            self._look_after(flight)

    @asynccontextmanager
    async def _piped(self, source: ArrivingSource) -> AsyncIterator[str]:
        path = os.path.join(self._home.folder, f"{uuid4()}.pipe")
        try:
            await self._threads(os.mkfifo, path, 0o600)
            pipe = Pipe(self._ground.reactor, path)
        except BaseException:
            source.close()
            raise
        feeding = Deferred.fromCoroutine(self._fed(source, pipe))
        told: list[Failure] = []
        feeding.addErrback(told.append)
        try:
            yield path
        finally:
            feeding.cancel()
            if pipe.connected:
                pipe.connectionLost(Failure(CancelledError()))
            await self._threads(disk.gone, path)
        if told and not told[0].check(CancelledError):
            raise NotHeard("it broke off while it was converted") from told[0].value

    async def _fed(self, source: ArrivingSource, pipe: Pipe) -> None:
        """Hand everything to the pipe, and close it when the reader has taken the last of it."""
        try:
            await source.produce(pipe, None)
        except EOFError:
            pipe.loseConnection()
            raise
        while pipe.is_full:
            await deferLater(self._ground.reactor, DRAIN_SECONDS, int)
        pipe.loseConnection()

    # --- keeping -----------------------------------------------------------------------------------

    async def bring(self, upload_id: int, by: int | None = None, *, forced: bool = False) -> None:
        """
        Have a copy here when this answers.

        :param forced: bring it again if there is one already.
        :raise Unavailable: it cannot be had now.  :raise NotFound: there is no such upload.
        """
        flight = await self._joined(upload_id, by, forced=forced)
        flight.keepers += 1
        try:
            await flight.landed()
        finally:
            flight.keepers -= 1

    async def ask_for(self, upload_id: int) -> None:
        """Have a copy brought soon, by one of the hands."""

        async def work(tx: Tx) -> None:
            await ask(tx, BRING, LANE, {"upload": upload_id}, key=str(upload_id))

        await self._database.transaction(work)

    async def forget(self, upload_id: int) -> None:
        """Keep no copy any longer; the upload stays."""

        async def work(tx: Tx) -> None:
            name = await remote_audio.forget(tx, upload_id)
            if name is not None:
                tx.touch("catalog")
                await doomed.doom(tx, [name])

        await self._database.transaction(work)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {BRING: JobKind(LANE, self._bring, attempts=3, time_limit=None)}

    async def _bring(self, job: Job) -> None:
        with suppress(NotFound):
            await self.bring(int(job.args["upload"]))

    # --- flights -----------------------------------------------------------------------------------

    async def _joined(self, upload_id: int, by: int | None, *, forced: bool = False) -> Flight:
        """The flight that brings it, begun if there is none.  :raise NotHeard: it failed a moment ago."""
        flight = self._flights.get(upload_id)
        if flight is None:
            if not forced:
                await self._must_not_have_failed(upload_id, by)
            flight = self._flights.get(upload_id)
        if flight is None:
            if self._is_stopping:
                raise Unavailable
            flight = self._flights[upload_id] = Flight(upload_id, by, forced=forced)
            self._work(self._fly(flight))
        return flight

    def _work(self, work: Any) -> None:
        """Remember work until it is done, so that stopping can wait for it."""
        begun: Deferred[None] = Deferred.fromCoroutine(work)
        self._works.add(begun)

        def done(result: object) -> None:
            self._works.discard(begun)
            if isinstance(result, Failure):
                self._log.failure("bringing audio went wrong", result, event="remote-audio.broken")

        begun.addBoth(done)

    async def _fly(self, flight: Flight) -> None:
        """One flight, from the question to the kept copy."""
        failure: Failure | None = None
        try:
            await self._flown(flight)
        except NotHeard as why:
            failure = Failure()
            await self._remember(flight, why)
        except NotFound:
            failure = Failure()
        except (FwError, CancelledError):
            failure = Failure(Unavailable(AWAY, retry_after=SOON))
        except BaseException:
            failure = Failure(Unavailable(AWAY, retry_after=SOON))
            raise
        finally:
            if self._flights.get(flight.upload_id) is flight:
                del self._flights[flight.upload_id]
            if flight.arrival is not None:
                flight.arrival.end(failure)
                flight.arrival.close()
            flight.end(failure)

    async def _flown(self, flight: Flight) -> None:
        dead: UUID | None = None
        while not self._is_stopping:
            asked = await self._database.read(lambda tx: remote_audio.elsewhere(tx, flight.upload_id))
            if asked is None:
                raise NotFound
            if asked.audio_file is not None and not flight.forced:
                flight.stored = asked.audio_file
                return
            await self._threads(self._home.enter)
            holder = uuid4()
            if await self._taken(flight.upload_id, holder, dead):
                await self._brought(flight, asked, holder)
                return
            dead = await self._followed(flight)
        raise Unavailable(AWAY)

    async def _taken(self, upload_id: int, holder: UUID, dead: UUID | None) -> bool:
        """Be the one who brings it."""
        place = self._host, self._home.lock
        return await self._database.transaction(
            lambda tx: remote_audio.take(tx, upload_id, holder, *place, SILENCE_SECONDS, dead)
        )

    # --- bringing ----------------------------------------------------------------------------------

    async def _brought(self, flight: Flight, asked: Elsewhere, holder: UUID) -> None:
        """Bring it; the lease is ours, and given back whatever comes."""
        part = os.path.join(self._home.folder, str(holder))
        beating = LoopingCall(self._beat, flight, holder)
        beating.clock = self._ground.reactor
        beating.start(BEAT_SECONDS, now=False)
        try:
            await self._must_be_wanted(asked)
            bringing = flight.bringing = Bringing(
                self._ground.ways, asked, asked.follower if flight.by is None else flight.by
            )
            if self._is_stopping:
                bringing.stop()
            answer = await bringing.ask()
            try:
                await self._received(flight, asked, holder, answer, part)
            finally:
                answer.opened.body.close()
            await self._kept(flight, asked, answer, part)
        finally:
            beating.stop()
            await self._threads(disk.gone, part)
            await self._database.transaction(lambda tx: remote_audio.leave(tx, asked.id, holder))

    async def _must_be_wanted(self, asked: Elsewhere) -> None:
        """:raise NotHeard: this pod wants nothing from there."""
        rejects, federates = self._ground.rejects_media, self._ground.federates
        if rejects is not None and await rejects(asked.domain, asked.owner):
            raise NotHeard("moderators want no media from there", SOON)
        if not asked.is_feed and federates is not None and not await federates():
            raise NotHeard("this pod does not federate", SOON)

    async def _received(self, flight: Flight, asked: Elsewhere, holder: UUID, answer: Asked, part: str) -> None:
        """All bytes, with the listeners following."""
        fd = await self._threads(self._opened, part, answer.length or 0)
        arrival = Arrival(fd, answer.length)
        arrival.left = lambda: self._look_after(flight)
        assert flight.bringing is not None
        flight.begin(arrival)
        await self._database.transaction(
            lambda tx: remote_audio.begun(tx, asked.id, holder, part, answer.length, answer.media_type)
        )
        await flight.bringing.pour(answer, arrival, fd)
        arrival.end()

    def _opened(self, part: str, length: int) -> int:
        """In a thread: a new part.  :raise NoRoom: there should be more room for it."""
        self._home.enter()
        if disk.free_bytes(self._home.folder) - length < RESERVE_BYTES:
            raise NoRoom
        with disk.room_told():
            return os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, disk.FILE_MODE)

    async def _beat(self, flight: Flight, holder: UUID) -> None:
        """Tell that we are at it."""
        try:
            told = await self._database.transaction(lambda tx: remote_audio.beat(tx, flight.upload_id, holder))
        except Unavailable:
            return
        flight.is_wanted = bool(told)
        self._look_after(flight)

    def _look_after(self, flight: Flight) -> None:
        """When nobody listens, see a little later whether it stays so."""
        if flight.is_idle and not flight.is_over and flight.patience is None:
            flight.patience = self._ground.reactor.callLater(self._ground.grace_seconds, self._give_up, flight)

    def _give_up(self, flight: Flight) -> None:
        flight.patience = None
        if flight.is_idle and not flight.is_over:
            flight.stop()

    async def _kept(self, flight: Flight, asked: Elsewhere, answer: Asked, part: str) -> None:
        """Examine what came, store it, and tell its row."""
        seen = await self._ground.examine(part)
        if seen.audio is None:
            raise NotHeard(f"what came is no audio: {seen.trouble}", LATE)
        if answer.length is None and seen.audio.truncated:
            raise NotHeard("it ended too early")
        extension = seen.audio.extension or extension_of(seen.audio.media_type)
        title = " - ".join(one for one in (asked.title, asked.album, asked.artist) if one)
        name = stored_name(REMOTE_TRACKS, uuid4(), f"{title.replace('/', ' ')}.{extension}")
        await self._database.transaction(lambda tx: doomed.doom(tx, [name], KEEPING_SECONDS))
        storage = await self._blobs.adopt(name, part, seen.audio.media_type)
        if await self._database.transaction(lambda tx: _written(tx, asked, name, storage, seen)):
            flight.stored = name

    # --- following another process -------------------------------------------------------------------

    async def _followed(self, flight: Flight) -> UUID | None:
        """Somebody else brings it: follow.  :return: the holder, when that is dead; None: look again."""
        found = await self._found(flight.upload_id)
        if found is None:
            await self._must_not_have_failed(flight.upload_id, flight.by)
            return None
        if found.is_silent or (found.host == self._host and await self._threads(is_left, found.home)):
            return found.holder
        if found.host == self._host and found.path is not None and flight.arrival is None:
            fd = await self._threads(_open_here, found.path)
            if fd is not None:
                await self._follow(flight, found, Arrival(fd, found.length))
                return None
        if found.path is None:
            await deferLater(self._ground.reactor, LOOK_SECONDS, int)
        elif await self._database.transaction(lambda tx: remote_audio.want(tx, flight.upload_id, found.holder)):
            await deferLater(self._ground.reactor, ASK_SECONDS, int)
        return None

    async def _found(self, upload_id: int) -> Download | None:
        return await self._database.read(lambda tx: remote_audio.found(tx, upload_id, SILENCE_SECONDS))

    async def _follow(self, flight: Flight, found: Download, arrival: Arrival) -> None:
        """Watch the file of another process grow.  :raise Unavailable: that one gave up."""
        looking = LoopingCall(_look, arrival)
        looking.clock = self._ground.reactor
        looking.start(LOOK_SECONDS)
        flight.begin(arrival)
        try:
            while not self._is_stopping and not await self._is_left(flight, found):
                await deferLater(self._ground.reactor, ASK_SECONDS, int)
        finally:
            looking.stop()
        _look(arrival)
        asked = await self._database.read(lambda tx: remote_audio.elsewhere(tx, flight.upload_id))
        if asked is None or asked.audio_file is None:
            raise Unavailable(AWAY)
        flight.stored = asked.audio_file

    async def _is_left(self, flight: Flight, found: Download) -> bool:
        """Whether the other process is done, or dead."""
        wants = flight.keepers or (flight.arrival is not None and flight.arrival.listeners)
        if wants and not await self._database.transaction(
            lambda tx: remote_audio.want(tx, flight.upload_id, found.holder)
        ):
            return True
        now = await self._found(flight.upload_id)
        return now is None or now.holder != found.holder or now.is_silent or await self._threads(is_left, now.home)

    # --- failures that are remembered ------------------------------------------------------------------

    async def _remember(self, flight: Flight, why: NotHeard) -> None:
        """Ask nobody for it again too soon."""
        told = {"upload": flight.upload_id, "why": why.why}
        self._log.warn("the audio of upload {upload} cannot be had: {why}", event="remote-audio.failed", **told)
        until = b"%d" % (self._ground.reactor.seconds() + why.retry_after)
        key = _failed_key(flight.upload_id, flight.by) if why.personal else _failed_key(flight.upload_id)
        await self._cache.put(key, until, why.retry_after)

    async def _must_not_have_failed(self, upload_id: int, by: int | None) -> None:
        """:raise NotHeard: it could not be had a moment ago."""
        for key in (_failed_key(upload_id), _failed_key(upload_id, by)):
            until = await self._cache.get(key)
            if until is not None:
                raise NotHeard("it failed a moment ago", max(1, int(until) - int(self._ground.reactor.seconds())))

    async def _sweep(self) -> None:
        """Remove the homes of the dead."""
        swept = await self._threads(self._home.sweep)
        if swept:
            self._log.info("{count} unfinished downloads removed", event="remote-audio.swept", count=swept)


def _failed_key(upload_id: int, *by: int | None) -> str:
    return ":".join(("remote-audio", str(upload_id), *(str(one or "pod") for one in by)))


def _look(arrival: Arrival) -> None:
    """See how far another process has come."""
    if arrival.fd is not None:
        arrival.advance(os.fstat(arrival.fd).st_size)
        if arrival.size == arrival.length:
            arrival.end()


def _open_here(path: str) -> int | None:
    """In a thread: a file of another process, if it can be read here."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


async def _written(tx: Tx, asked: Elsewhere, name: str, storage: str, seen: Examined) -> bool:
    """Tell the row of the copy; what is not named in the end goes."""
    audio = seen.audio
    assert audio is not None
    sound = {"channels": audio.channels, "sample_rate": audio.sample_rate, "bit_depth": audio.bit_depth}
    told = orjson.dumps({key: value for key, value in sound.items() if value}).decode()
    duration = None if not audio.duration_seconds else round(audio.duration_seconds)
    now = Arrived(seen.size, seen.checksum, audio.media_type, audio.bitrate_bps or None, duration, told)
    if not await remote_audio.arrive(tx, asked, name, storage, now):
        await doomed.doom(tx, [name])
        return False
    await doomed.spare(tx, [name])
    tx.touch("catalog")
    if asked.audio_file is not None:
        await doomed.doom(tx, [asked.audio_file, *await remote_audio.drop_versions(tx, asked.id)])
    return True
