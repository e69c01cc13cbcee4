"""
Many songs in one file: an album, a playlist, everything of an artist as a ZIP archive that is made while it is sent.

Files are opened one after the other and their bytes pass by once; what is kept of each is its name and its digest.

Source: docs/subsonic.md §8.6, ``download``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IProducer
from twisted.logger import Logger
from zope.interface import implementer

from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.core.subsonic.media.streams import Streams
from fwtwisted.core.subsonic.playlists import PlaylistsHeard
from fwtwisted.db.listening.streaming import Hearable
from fwtwisted.model.audio import extension_of
from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.heard import Sight
from fwtwisted.wire.http import ByteSource, Span
from fwtwisted.wire.subsonic.names import Name, Prefix
from fwtwisted.wire.zipping import Entry, Written, descriptor, directory, header

_UNFIT_FOR_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_LONGEST_NAME = 150


@frozen
class Bundle:
    """
    Several songs that are sent as one archive.

    :ivar name: of the archive, without its extension.  :ivar songs: in order, each once.
    """

    name: str
    songs: Sequence[Hearable]


@implementer(IConsumer)
class _Tally:
    """Counts and digests what passes to another consumer."""

    def __init__(self, consumer: IConsumer) -> None:
        self._consumer = consumer
        self.size = self.crc = 0

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """See IConsumer."""
        self._consumer.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """See IConsumer."""
        self._consumer.unregisterProducer()

    def write(self, data: bytes) -> None:
        """See IConsumer."""
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)
        self._consumer.write(data)


class BundleSource:
    """The archive (see :class:`~fwtwisted.wire.http.ByteSource`); nobody knows its length before."""

    _log = Logger()

    def __init__(self, sight: Sight, bundle: Bundle, streams: Streams) -> None:
        self.length: int | None = None
        self.etag: str | None = None
        self.modified: datetime | None = None
        self.cache_status = "MISS"
        self.age: int | None = None
        self._sight, self._bundle, self._streams = sight, bundle, streams

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`."""

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; the span must be None."""
        if span is not None:
            raise ValueError("an archive that is being made is sent whole")
        return Deferred.fromCoroutine(self._produced(consumer))

    async def _produced(self, consumer: IConsumer) -> None:
        at, written = 0, []
        for hearable, name in zip(self._bundle.songs, _names(self._bundle.songs), strict=True):
            source = await self._opened(hearable)
            if source is None:
                continue
            one = await self._add(consumer, source, Entry(name, hearable.creation_date), at)
            at += len(header(one.entry)) + one.size + len(descriptor(one.crc, one.size))
            written.append(one)
        consumer.write(directory(written, at))

    async def _add(self, consumer: IConsumer, source: ByteSource, entry: Entry, at: int) -> Written:
        """One file.  Fails when its bytes end early."""
        tally = _Tally(consumer)
        consumer.write(header(entry))
        await source.produce(tally, None)
        consumer.write(descriptor(tally.crc, tally.size))
        return Written(entry, at, tally.crc, tally.size)

    async def _opened(self, hearable: Hearable) -> ByteSource | None:
        """The file; None when it is not there, which keeps no other from being sent."""
        try:
            source = await (await self._streams.original(self._sight, hearable)).open()
        except (NotFound, Unavailable) as why:
            self._left_out(hearable, why)
            return None
        try:
            await source.ready(None)
        except (NotFound, Unavailable) as why:
            source.close()
            self._left_out(hearable, why)
            return None
        except BaseException:
            source.close()
            raise
        return source

    def _left_out(self, hearable: Hearable, why: Exception) -> None:
        told = {"uuid": str(hearable.uuid), "why": str(why)}
        self._log.warn("upload {uuid} is left out of an archive: {why}", event="bundles.left-out", **told)

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`; files are closed by being sent."""


class Bundles:
    """Puts songs together."""

    def __init__(self, hearing: Hearing, playlists: PlaylistsHeard, streams: Streams) -> None:
        self._hearing, self._playlists, self._streams = hearing, playlists, streams

    async def bundle(self, sight: Sight, name: Name) -> Bundle:
        """The songs behind the id of an album, an artist or a playlist.  :raise NotFound: nothing may be heard."""
        title, tracks = await self._tracks(sight, name)
        found = await self._streams.hearables(sight, list(dict.fromkeys(tracks)))
        if not found:
            raise NotFound
        return Bundle(_cleaned(title), list(found.values()))

    def source(self, sight: Sight, bundle: Bundle) -> BundleSource:
        """The archive."""
        return BundleSource(sight, bundle, self._streams)

    async def _tracks(self, sight: Sight, name: Name) -> tuple[str, Sequence[int]]:
        match name.prefix:
            case Prefix.ALBUM:
                title, _ = await self._hearing.album_folder(sight, name.number)
                return title, await self._hearing.on_album(sight, name.number)
            case Prefix.ARTIST:
                return await self._hearing.by_artist(sight, name.number)
            case Prefix.PLAYLIST:
                playlist, songs = await self._playlists.one(sight, name.number)
                return playlist.listed.playlist.name, songs
        raise NotFound


def _names(songs: Sequence[Hearable]) -> Iterator[str]:
    """What the files are called: by number, so that no two are alike and players keep the order."""
    width = len(str(len(songs)))
    for number, song in enumerate(songs, 1):
        suffix = extension_of(song.mimetype or "") or "mp3"
        folder = _cleaned(f"{song.artist} - {song.album}" if song.album else song.artist)
        yield f"{folder}/{number:0{width}} - {_cleaned(song.title)}.{suffix}"


def _cleaned(name: str) -> str:
    return _UNFIT_FOR_NAMES.sub("_", name).strip(" .")[:_LONGEST_NAME] or "_"
