"""
``getLyrics`` and ``getLyricsBySongId``.

Source: docs/subsonic.md §9.3.
"""

from __future__ import annotations

from fwtwisted.core.subsonic.media.lyrics import SongLyrics
from fwtwisted.web.subsonic.calls import Caller, call
from fwtwisted.web.subsonic.desk import SubsonicDesk, the_name
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.lyrics import lyrics_list
from fwtwisted.wire.subsonic.names import Prefix

NOTHING: Payload = {"lyrics": {"value": ""}}


class LyricsCalls:
    """Calls for the words of songs."""

    def __init__(self, desk: SubsonicDesk, lyrics: SongLyrics) -> None:
        self._desk, self._lyrics = desk, lyrics

    @call("getLyrics")
    async def by_name(self, asked: Asked, caller: Caller) -> Payload:
        artist, title = asked.text("artist") or "", asked.text("title") or ""
        sung = await self._lyrics.called(await self._desk.sight(caller), artist, title)
        if sung is None:
            return NOTHING
        return {"lyrics": {"artist": sung.artist, "title": sung.title, "value": sung.text}}

    @call("getLyricsBySongId")
    async def by_id(self, asked: Asked, caller: Caller) -> Payload:
        name = the_name(asked, Prefix.TRACK)
        sung = await self._lyrics.of(await self._desk.sight(caller), name)
        is_enhanced = asked.truth("enhanced", False)
        return {"lyricsList": lyrics_list(sung.several, sung.artist, sung.title, is_enhanced=is_enhanced)}
