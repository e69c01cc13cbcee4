"""
What an app gets to hear of a song: the file, another form of it that is kept, or one that begins now.

::

    stream(sight, id, wish)
      └─ the file of the song's document ── none: NotFound
           └─ decided(file, wish) ── None ─▶ the file
                                  └─ Wish ─▶ core/listening/streaming: a kept version, or a live transcode

Source: docs/subsonic.md §8.6, rules 51 to 56.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from attrs import evolve, field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from fwtwisted.core.listening.streaming import Stream, Streaming, asks_as
from fwtwisted.core.music.kept import Kept
from fwtwisted.db.listening.streaming import Hearable
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import media
from fwtwisted.model.audio import extension_of
from fwtwisted.model.errors import NotFound, Throttled
from fwtwisted.model.heard import Sight
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.ffmpeg import FORMATS, MOST_BITS_PER_SECOND, Wish
from fwtwisted.outside.inmemory import MemorySource
from fwtwisted.outside.measured import MeasuredSource
from fwtwisted.outside.transcodes import TIRED_SECONDS, TranscodeSource
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.subsonic.names import Name, Prefix

RAW = "raw"
FALLBACK = "mp3"  # for a format that we cannot make
BOUNDS = (32, 320)  # kbit/s of what is made because of a limit alone
HEADER_BYTES = 1024  # that an estimate allows for what stands before the sound
LOOK_SECONDS = 0.1


@frozen
class StreamSettings:
    """
    What is made for apps that ask for less.

    :ivar default_format: made when only a bitrate is asked for; empty: the file as it is.
    :ivar each: how many transcodes may be made for one account at the same time.
    :ivar patience_seconds: how long to wait for a place.
    """

    default_format: str = FALLBACK
    each: int = 8
    patience_seconds: float = 2.0


@frozen
class StreamWish:
    """
    What an app asks for.

    :ivar format: in lower case; None: as it is.
    :ivar most_kbits: 0: no limit.  :ivar capped_kbits: what the account may have at most; 0: no limit.
    :ivar offset_seconds: where to begin.
    :ivar estimate: the length is to be told beforehand.
    """

    format: str | None = None
    most_kbits: int = 0
    capped_kbits: int = 0
    offset_seconds: float = 0.0
    estimate: bool = False


AS_IT_IS = StreamWish(RAW)


@frozen
class Sending:
    """
    What is to be sent.

    :ivar seconds: how long what is sent plays.
    :ivar size: bytes that were promised for something whose length nobody knows; None: nothing was.
    """

    stream: Stream
    seconds: int
    size: int | None = field(default=None)


def decided(hearable: Hearable, wish: StreamWish, default_format: str) -> Wish | None:
    """
    What ffmpeg is to make; None for the file as it is.

    :param default_format: as in :class:`StreamSettings`.
    Source: docs/subsonic.md rules 51 and 54.
    """
    own = (hearable.bitrate or 0) // 1000
    asked = None if wish.format == RAW else wish.format
    limits = [one for one in (0 if wish.format == RAW else wish.most_kbits, wish.capped_kbits) if one > 0]
    limit = min(limits, default=0)
    fits = not limit or own <= limit
    if fits and (asked is None or _is_in(hearable, asked)) and not (wish.offset_seconds and wish.format != RAW):
        return None
    if asked is None and not fits and not default_format:
        return None
    name = _that_can_be_made(asked or default_format, is_limited=bool(limit))
    kbits = min(limit or BOUNDS[1], own or BOUNDS[1])
    if limit:
        kbits = max(BOUNDS[0], kbits)
    bits = min(kbits * 1000, MOST_BITS_PER_SECOND)
    return Wish(name, bits, 0.0 if wish.format == RAW else wish.offset_seconds)


def made_for_a_limit(default_format: str) -> str | None:
    """
    The media type of what is sent in place of a file above the account's limit; None: the file all the same.

    :param default_format: as in :class:`StreamSettings`.
    """
    return FORMATS[_that_can_be_made(default_format, is_limited=True)].media_type if default_format else None


def _that_can_be_made(format: str, *, is_limited: bool) -> str:
    """The format, or what stands for it when we cannot make it, or not within a limit."""
    made = FORMATS.get(format)
    return FALLBACK if made is None or (is_limited and made.bounds is None) else format


def _is_in(hearable: Hearable, format: str) -> bool:
    made = FORMATS.get(format)
    media_type = hearable.mimetype or ""
    return extension_of(media_type) == format or (made is not None and made.serves(media_type))


def estimated(wish: Wish, seconds: float) -> int | None:
    """How many bytes a transcode will have, about; None where nobody can say.  :param seconds: that it plays."""
    return None if wish.bitrate is None else int(wish.bitrate * (seconds + 0.5) / 8) + HEADER_BYTES


class Streams:
    """Opens what apps play."""

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        streaming: Streaming,
        threads: Threads,
        preference: ReadPreference,
        settings: StreamSettings,
    ) -> None:
        self._clock, self._database, self._streaming = clock, database, streaming
        self._threads, self._preference, self._settings = threads, preference, settings
        self._hearables: Kept[Hearable | None] = Kept(None, 30_000)
        self._growing: dict[int, list[TranscodeSource]] = {}

    # --- finding -----------------------------------------------------------------------------------

    async def hearable(self, sight: Sight, name: Name) -> Hearable:
        """The file behind the id of a song or an episode.  :raise NotFound: there is none, or it may not be heard."""
        if name.prefix is Prefix.EPISODE:
            uuid = name.uuid
            args = uuid, sight.libraries, sight.hidden
            found = await self._database.read(lambda tx: media.hearable_upload(tx, *args))
        elif name.prefix is Prefix.TRACK:
            found = (await self.hearables(sight, [name.number])).get(name.number)
        else:
            found = None
        if found is None:
            raise NotFound
        return found

    async def hearables(self, sight: Sight, tracks: Sequence[int]) -> Mapping[int, Hearable]:
        """The files of those tracks that may be heard."""

        async def load(missing: Collection[int]) -> Mapping[int, Hearable]:
            args = missing, sight.libraries, sight.hidden
            return await self._database.read(lambda tx: media.hearables(tx, *args))

        known = await self._hearables.get(sight.catalog, (sight.libraries, sight.hidden), tracks, load)
        return {id: one for id in tracks if (one := known[id]) is not None}

    # --- opening -----------------------------------------------------------------------------------

    async def stream(self, sight: Sight, name: Name, wish: StreamWish) -> Sending:
        """
        What the listener gets of a song.

        :raise NotFound: nothing that they may hear.
        """
        hearable = await self.hearable(sight, name)
        made = decided(hearable, wish, self._settings.default_format)
        if made is None or not await self._preference("music__transcoding_enabled"):
            return Sending(await self.original(sight, hearable), hearable.duration or 0)
        return await self.made(sight, hearable, made, estimate=wish.estimate)

    async def original(self, sight: Sight, hearable: Hearable) -> Stream:
        """The file as it is."""
        return await self._streaming.original(hearable, asks_as(sight.viewer))

    async def made(self, sight: Sight, hearable: Hearable, wish: Wish, *, estimate: bool = False) -> Sending:
        """Another form of a file, or a part of it.  :raise Throttled: when it is opened, and there is no place."""
        duration = hearable.duration or 0
        seconds = max(0.0, duration - wish.start_seconds)
        by = asks_as(sight.viewer)
        stream = await self._streaming.transcoded(hearable, wish, self._settings.patience_seconds, by)
        if not stream.is_live:
            return Sending(stream, duration)
        size = estimated(wish, seconds) if estimate and duration else None
        if duration and not seconds:
            return Sending(evolve(stream, open=_nothing), 0, 0 if estimate else None)

        async def opened() -> ByteSource:
            source = await self._in_turn(sight.viewer.account_id or 0, stream.open)
            return source if size is None else MeasuredSource(source, size, lambda: self._threads(int))

        return Sending(evolve(stream, open=opened), round(seconds), size)

    async def _in_turn(self, account_id: int, begin: Callable[[], Awaitable[ByteSource]]) -> ByteSource:
        """Begin a transcode when the account has not too many.  :raise Throttled: it stays so."""
        waited = 0.0
        while self._count(account_id) >= self._settings.each:
            if waited >= self._settings.patience_seconds:
                raise Throttled(TIRED_SECONDS)
            await deferLater(self._clock, LOOK_SECONDS)
            waited += LOOK_SECONDS
        source = await begin()
        if isinstance(source, TranscodeSource):
            self._growing.setdefault(account_id, []).append(source)
        return source

    def _count(self, account_id: int) -> int:
        """How many transcodes are being made for the account."""
        growing = [source for source in self._growing.pop(account_id, ()) if source.is_growing]
        if growing:
            self._growing[account_id] = growing
        return len(growing)

    async def heard(self, stream: Stream) -> None:
        """Note that a file is being sent; no play and no download is counted (rule 55)."""
        await self._streaming.served(stream, "", from_the_start=False)


async def _nothing() -> ByteSource:
    return MemorySource(b"", is_live=True)
