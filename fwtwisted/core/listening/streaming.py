"""
Which bytes a listener gets: the file itself, a kept version of it, or a transcode that begins now.

::

    open(viewer, track, wish)
      └─ the best file that the viewer may play ── none: NotFound
           ├─ no transcode wanted ──────────────────────────────▶ the file, stored or in place
           │             └─ on another server ─────────────────▶ as it comes, and kept (remote_audio)
           └─ wanted ─ a version within a fifth of the bitrate? ─▶ the version
                     └─ no: one ffmpeg for all who ask ─────────▶ a growing source; the end is kept as a version

Rights are looked at first and every time (docs/storage.md S-20).  Source: docs/api.md §4.9, docs/storage.md §6.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID, uuid4

from attrs import evolve, frozen
from twisted.logger import Logger

from fwtwisted.core.listening.bringing import AWAY
from fwtwisted.core.listening.remote_audio import STREAMABLE, RemoteAudio
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.files import doomed
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.listening import streaming
from fwtwisted.db.listening.streaming import Hearable, Version
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.audio import EXTENSION, extension_of
from fwtwisted.model.errors import Misconfigured, NotFound, Unavailable
from fwtwisted.model.people import Viewer
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import (
    IN_STORE,
    BlobStore,
    Distant,
    Known,
    OutOfPlace,
    lent_path,
    open_below,
    path_below,
)
from fwtwisted.outside.ffmpeg import FORMATS, MOST_BITS_PER_SECOND, Wish
from fwtwisted.outside.shared import Cache
from fwtwisted.outside.transcodes import Lent, Transcodes
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import TRANSCODED, stored_name

PRUNE = "transcodes.prune"
LANE = "maintenance"
PRUNED_AT_ONCE = 200
OCTETS = "application/octet-stream"
KEEPING_SECONDS = 3600.0  # how long a version may lie in the store before its row must be there
NOTED_SECONDS = 60.0  # the time of the last listen is written at most so often


@frozen
class StreamingSettings:
    """
    :ivar music_root: below which files in place must lie; None: none are served.
    :ivar count_seconds: the same listener counts once for a file in this time, or in its duration if that is longer.
    """

    music_root: str | None = None
    count_seconds: float = 21_600.0


@frozen
class ListenWish:
    """
    What a listener asks for.

    :ivar upload: a certain file of the track.
    :ivar to: a format to transcode to; None: as it is.
    :ivar max_bitrate: bits a second; None: no limit.
    """

    upload: UUID | None = None
    to: str | None = None
    max_bitrate: int | None = None


@frozen
class Stream:
    """
    What is to be sent.

    :ivar stored: the stored name, or :ivar in_place: finds out the resolved path, for a front that sends files itself;
        None for what does not lie on this disk.
    :ivar distant: tells URLs of what lies in an object store.
    :ivar is_live: it is made when it is opened.
    :ivar open: opens the bytes; whoever calls it sends or closes them.
    :ivar filename: under which a browser would save them.
    :ivar upload_id: and ``version_id``: for :meth:`Streaming.served`.
    """

    upload_id: int
    version_id: int | None
    duration: int
    media_type: str
    filename: str
    open: Callable[[], Awaitable[ByteSource]]
    stored: str | None = None
    in_place: Callable[[], Awaitable[str]] | None = None
    distant: Distant | None = None
    is_live: bool = False


class FileMissing(Unavailable):
    """The row is there, its file is not."""

    text = "The audio file is missing."


class Streaming:
    """Opens what people listen to."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        blobs: BlobStore,
        transcodes: Transcodes,
        cache: Cache,
        threads: Threads,
        preference: ReadPreference,
        settings: StreamingSettings,
        remote: RemoteAudio,
    ) -> None:
        self._remote = remote
        self._database, self._visibility, self._blobs = database, visibility, blobs
        self._transcodes, self._cache, self._threads = transcodes, cache, threads
        self._preference, self._settings = preference, settings

    async def stream(self, viewer: Viewer, track: UUID, wish: ListenWish) -> Stream:
        """
        What the viewer gets to hear of the track.

        :raise NotFound: nothing that this viewer may play.
        :raise Unavailable: the file is missing, or cannot be transcoded now.
        """

        async def read(tx: Tx) -> Hearable | None:
            return await streaming.best(tx, track, wish.upload, await self._visibility.libraries_in(tx, viewer))

        hearable = await self._database.read(read)
        if hearable is None:
            raise NotFound
        made = await self._transcode_wanted(hearable, wish)
        if made is None:
            return await self.original(hearable, asks_as(viewer))
        return await self.transcoded(hearable, made, by=asks_as(viewer))

    async def served(self, stream: Stream, listener: str, *, from_the_start: bool) -> None:
        """
        Note that a stream is being sent: when it was last heard, and one download more.

        :param listener: the account, or the client's address; counts once in a while.
        :param from_the_start: a range that begins later is no new download.
        """
        counts = from_the_start and await self._cache.add(
            f"heard:{stream.upload_id}:{listener}", b"", max(stream.duration, self._settings.count_seconds)
        )
        noted = await self._cache.add(f"noted:{stream.upload_id}:{stream.version_id}", b"", NOTED_SECONDS)
        if counts or noted:
            await self._database.transaction(
                lambda tx: streaming.heard(tx, stream.upload_id, stream.version_id, counts=counts)
            )

    # The file as it is.

    async def original(self, hearable: Hearable, by: int | None = None) -> Stream:
        """
        The file.  What is on another server may turn out not to be had when it is opened.

        :param by: the actor of ours that asks another server for it; None: the pod itself.
        """
        media_type = hearable.mimetype or OCTETS
        if hearable.is_elsewhere:
            is_sound = media_type.startswith(("audio/", "video/")) or media_type in EXTENSION
            return self._elsewhere(hearable, media_type if is_sound else OCTETS, by)
        stored = hearable.audio_file
        if stored is None:
            return self._here(hearable, media_type)
        known = self._known(hearable)
        place = await self._blobs.place(stored, known)
        known = evolve(known, is_far=not place.is_here)
        return Stream(
            hearable.id,
            None,
            hearable.duration or 0,
            media_type,
            _filename(hearable, extension_of(media_type)),
            lambda: self._open(hearable, known, stored),
            stored if place.is_here else None,
            distant=place.distant,
        )

    def _here(self, hearable: Hearable, media_type: str) -> Stream:
        """What lies in place."""
        root, path = self._told_place(hearable)
        return Stream(
            hearable.id,
            None,
            hearable.duration or 0,
            media_type,
            _filename(hearable, extension_of(media_type)),
            lambda: self._open_in_place(hearable, root, path),
            in_place=lambda: self._in_place(hearable),
        )

    def _elsewhere(self, hearable: Hearable, media_type: str, by: int | None) -> Stream:
        """What comes from another server when it is opened."""
        return Stream(
            hearable.id,
            None,
            hearable.duration or 0,
            media_type,
            _filename(hearable, extension_of(media_type)),
            lambda: self._remote.open(hearable.id, by, hearable.creation_date),
            is_live=True,
        )

    async def in_place(self, hearable: Hearable) -> tuple[str, str] | None:
        """
        Where a file in place really is, and the root below which it must be; None for one that is stored.

        :raise Unavailable: it is on another server.
        """
        if hearable.audio_file is not None or self._settings.music_root is None:
            return None
        return await self._in_place(hearable), self._settings.music_root

    def _told_place(self, hearable: Hearable) -> tuple[str, str]:
        """The folder of files in place, and where in it this one is said to be."""
        source = hearable.source or ""
        if not source.startswith("file://"):
            raise Unavailable(AWAY, retry_after=30)
        root = self._settings.music_root
        if root is None:
            self._log.error(
                "upload {uuid} lies in place, but MUSIC_DIRECTORY_PATH and MUSIC_DIRECTORY_SERVE_PATH are not set",
                event="streaming.unset",
                uuid=str(hearable.uuid),
            )
            raise Misconfigured
        return root, source.removeprefix("file://")

    async def _in_place(self, hearable: Hearable) -> str:
        """Where it really is.  :raise OutOfPlace: not where files in place are."""
        root, path = self._told_place(hearable)
        try:
            return await path_below(self._threads, root, path)
        except OutOfPlace:
            self._outside(hearable)
            raise

    async def _open_in_place(self, hearable: Hearable, root: str, path: str) -> ByteSource:
        try:
            return await open_below(self._threads, root, path)
        except OutOfPlace:
            self._outside(hearable)
            raise
        except NotFound as missing:
            raise self._missing(hearable) from missing

    def _outside(self, hearable: Hearable) -> None:
        told = {"event": "streaming.outside", "uuid": str(hearable.uuid)}
        self._log.warn("upload {uuid} does not lie below MUSIC_DIRECTORY_PATH", **told)

    async def _open(self, hearable: Hearable, known: Known, stored: str) -> ByteSource:
        try:
            source: ByteSource = await self._blobs.open(stored, known)
        except NotFound as missing:
            raise self._missing(hearable) from missing
        if hearable.checksum is not None:
            source.etag = f'"{hearable.checksum.removeprefix("sha256:")[:32]}"'
            source.modified = hearable.creation_date
        return source

    # Another form of it.

    async def _transcode_wanted(self, hearable: Hearable, wish: ListenWish) -> Wish | None:
        """What ffmpeg is to make, or None for the file as it is."""
        own = hearable.bitrate or 0
        limit = wish.max_bitrate
        asked = wish.to if wish.to in FORMATS else None
        other = asked is not None and not FORMATS[asked].serves(hearable.mimetype or "")
        too_much = limit is not None and own > limit
        if not (other or too_much) or not await self._preference("music__transcoding_enabled"):
            return None
        name = asked or extension_of(hearable.mimetype or "")
        if name not in FORMATS or (too_much and FORMATS[name].bounds is None):
            name = "mp3"
        return Wish(name, min(limit or MOST_BITS_PER_SECOND, own or MOST_BITS_PER_SECOND))

    async def transcoded(
        self, hearable: Hearable, wish: Wish, patience: float | None = None, by: int | None = None
    ) -> Stream:
        """
        Another form of the file, kept or live.

        :param patience: seconds to wait for one of the places; None: for ever.
        :param by: as for :meth:`original`.
        """
        media_type, bitrate = wish.made_as.media_type, wish.bitrate or 0
        kept = None
        if wish.is_whole:
            kept = await self._database.read(lambda tx: streaming.version(tx, hearable.id, media_type, bitrate))
        if kept is not None and await self._has(kept):
            return await self._version(hearable, kept, wish, patience, by)
        if kept is not None:
            await self._forget(kept)
        return Stream(
            hearable.id,
            None,
            hearable.duration or 0,
            media_type,
            _filename(hearable, wish.format),
            lambda: self._begin(hearable, wish, patience, by),
            is_live=True,
        )

    async def _has(self, version: Version) -> bool:
        """Whether it is there: the store is not asked (it will be, for the bytes), this disk is."""
        return version.storage == IN_STORE or await self._blobs.size(version.audio_file) is not None

    async def _forget(self, version: Version) -> None:
        await self._database.transaction(lambda tx: streaming.forget_version(tx, version.id))

    async def _version(
        self, hearable: Hearable, version: Version, wish: Wish, patience: float | None, by: int | None
    ) -> Stream:
        """A kept one; should the store turn out to have lost it, it is made anew."""
        place = await self._blobs.place(version.audio_file)

        async def opened() -> ByteSource:
            sha256 = _sha256(version.checksum)
            try:  # without the digest the store is asked at once, so that one that was lost can be made anew
                source = await self._blobs.open(version.audio_file, Known(version.size, is_far=not place.is_here))
            except NotFound:
                await self._forget(version)
                return await self._begin(hearable, wish, patience, by)
            if sha256 is not None:
                source.etag = f'"{sha256[:32]}"'
            return source

        return Stream(
            hearable.id,
            version.id,
            hearable.duration or 0,
            version.mimetype,
            _filename(hearable, wish.format),
            opened,
            version.audio_file if place.is_here else None,
            distant=place.distant,
        )

    async def _begin(self, hearable: Hearable, wish: Wish, patience: float | None, by: int | None) -> ByteSource:
        file = await self._lent(hearable, wish, by)
        media_type, bitrate = wish.made_as.media_type, wish.bitrate or 0

        async def kept(part: str) -> None:
            await self._keep(hearable, media_type, bitrate, wish.format, part)

        key = (hearable.id, media_type, bitrate, wish.start_seconds, wish.length_seconds)
        return await self._transcodes.listen(key, file, wish, kept if wish.is_whole else None, patience)

    async def _lent(self, hearable: Hearable, wish: Wish, by: int | None) -> Lent:
        """What lends ffmpeg the file."""
        if hearable.is_elsewhere:
            reads_on = hearable.mimetype in STREAMABLE and not wish.start_seconds
            return partial(self._remote.lent, hearable.id, by, as_it_comes=reads_on)
        name = hearable.audio_file
        if name is None:
            return partial(lent_path, await self._in_place(hearable))
        if await self._blobs.size(name) is None:
            raise self._missing(hearable)
        return partial(self._blobs.lent, name)

    def _known(self, hearable: Hearable) -> Known:
        """What the row tells of the file."""
        return Known(hearable.size, _sha256(hearable.checksum), lambda: self._missing(hearable))

    def _missing(self, hearable: Hearable) -> Unavailable:
        self._log.error("the file of upload {uuid} is missing", event="streaming.missing", uuid=str(hearable.uuid))
        return FileMissing(retry_after=30)

    async def _keep(self, hearable: Hearable, media_type: str, bitrate: int, extension: str, part: str) -> None:
        """Store a finished transcode and write its row; what has no row in the end is removed."""
        source = _filename(hearable, "") if hearable.is_elsewhere else hearable.audio_file or hearable.source or "audio"
        base = os.path.splitext(os.path.basename(source))[0]
        name = stored_name(TRANSCODED, uuid4(), f"{base}.{extension}")
        size, checksum = await self._threads(_measured, part)
        await self._database.transaction(lambda tx: doomed.doom(tx, [name], KEEPING_SECONDS))
        storage = await self._blobs.adopt(name, part, media_type)

        async def write(tx: Tx) -> None:
            if await streaming.add_version(tx, hearable.id, media_type, bitrate, name, size, storage, checksum):
                await doomed.spare(tx, [name])
            else:
                await doomed.doom(tx, [name])

        await self._database.transaction(write)

    # Chores.

    async def prune(self, _: Job) -> None:
        """Remove versions that nobody heard for as long as the setting says."""
        minutes = int(await self._preference("music__transcoding_cache_duration"))
        if minutes < 1:
            return

        async def some(tx: Tx) -> int:
            names = await streaming.remove_old_versions(tx, minutes, PRUNED_AT_ONCE)
            await doomed.doom(tx, names)
            return len(names)

        while await self._database.transaction(some) == PRUNED_AT_ONCE:
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {PRUNE: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Hourly, as docs/operations.md §5 has it."""
        return {PRUNE: Schedule(PRUNE, LANE, next_hour)}


def _measured(path: str) -> tuple[int, str]:
    """In a thread: the size of a file of ours, and its ``sha256:HEX``."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), f"sha256:{digest.hexdigest()}"


def _sha256(checksum: str | None) -> str | None:
    """The digest in a row's ``sha256:HEX``; None where there is no such."""
    return checksum.removeprefix("sha256:") if checksum is not None and checksum.startswith("sha256:") else None


def asks_as(viewer: Viewer) -> int | None:
    """The actor that asks other servers for what a viewer hears; None: the viewer has no key of ours."""
    return viewer.actor_id if viewer.is_local else None


def _filename(hearable: Hearable, extension: str) -> str:
    parts = [hearable.artist, hearable.album, hearable.title]
    name = " - ".join(part for part in parts if part)
    return f"{name}.{extension}" if extension else name
