"""
Words of songs: what lies beside the file, then what its tags hold.

Source: docs/subsonic.md §9.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.core.listening.streaming import Streaming
from fwtwisted.core.subsonic.media.streams import Streams
from fwtwisted.db.listening.streaming import Hearable
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import lyrics
from fwtwisted.model.errors import FwError
from fwtwisted.model.heard import Sight
from fwtwisted.model.threads import Threads
from fwtwisted.outside.sidecars import Sidecar, sidecars
from fwtwisted.wire.lyrics import UNKNOWN_LANGUAGE, Kind, Lyrics, best, language, read_lyrics
from fwtwisted.wire.subsonic.names import Name

CANDIDATES = 10  # of the same artist and title that are looked at


@frozen
class Sung:
    """The words of a song.  :ivar several: one of each language and kind."""

    artist: str
    title: str
    several: Sequence[Lyrics]

    @property
    def text(self) -> str:
        """The words alone; empty when there are none."""
        own = [one for one in self.several if one.kind is Kind.MAIN]
        return next((one.text for one in sorted(own, key=lambda one: one.is_synced)), "")


class SongLyrics:
    """Finds the words of songs."""

    def __init__(self, database: Database, streams: Streams, streaming: Streaming, threads: Threads) -> None:
        self._database, self._streams, self._streaming, self._threads = database, streams, streaming, threads

    async def of(self, sight: Sight, name: Name) -> Sung:
        """The words of a song, if there are any.  :raise NotFound: it may not be heard."""
        return await self._of(await self._streams.hearable(sight, name))

    async def called(self, sight: Sight, artist: str, title: str) -> Sung | None:
        """The words of the first song of this name that has any."""
        args = title, artist, sight.libraries, CANDIDATES
        tracks = await self._database.read(lambda tx: lyrics.called(tx, *args)) if title else []
        for hearable in (await self._streams.hearables(sight, tracks)).values():
            sung = await self._of(hearable)
            if sung.text:
                return sung
        return None

    async def _of(self, hearable: Hearable) -> Sung:
        told = await self._database.read(lambda tx: lyrics.told(tx, hearable.id))
        beside = await self._beside(hearable)
        return await self._threads(_read, hearable.artist, hearable.title, beside, told)

    async def _beside(self, hearable: Hearable) -> Sequence[Sidecar]:
        """The files beside a song that lies where it lies; none when it is away."""
        try:
            place = await self._streaming.in_place(hearable)
        except FwError:
            return []
        return [] if place is None else await self._threads(sidecars, *place)


def _read(artist: str, title: str, beside: Sequence[Sidecar], told: lyrics.Told) -> Sung:
    """In a thread: make sense of it all."""
    found = [one for file in beside for one in read_lyrics(file.text, file.lang, file.form)]
    found += read_lyrics(told.synced or "")
    found += read_lyrics(told.lyrics or "", language(told.lang or UNKNOWN_LANGUAGE))
    return Sung(artist, title, best(found))
