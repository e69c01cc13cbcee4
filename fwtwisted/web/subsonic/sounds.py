"""``getSonicSimilarTracks`` and ``findSonicPath``.  Source: docs/subsonic.md §9.8."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.subsonic.sounds import Match, Sounds
from fwtwisted.model.heard import Sight
from fwtwisted.web.subsonic.calls import Caller, call
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused

SIMILAR, STEPS = 10, 25  # when the call does not say how many
EXTENSION = ("sonicSimilarity", (1,))


class SonicCalls:
    """Calls about how music sounds."""

    def __init__(self, desk: SubsonicDesk, sounds: Sounds) -> None:
        self._desk, self._sounds = desk, sounds

    @call("getSonicSimilarTracks")
    async def similar(self, asked: Asked, caller: Caller) -> Payload:
        self._must_be_on()
        sight = await self._desk.sight(caller)
        [song] = await the_songs(self._desk, sight, [asked.needed("id")])
        return await self._matches(sight, await self._sounds.alike(sight, song, asked.count("count", SIMILAR)))

    @call("findSonicPath")
    async def path(self, asked: Asked, caller: Caller) -> Payload:
        self._must_be_on()
        sight = await self._desk.sight(caller)
        ids = [asked.needed("startSongId"), asked.needed("endSongId")]
        start, end = await the_songs(self._desk, sight, ids)
        return await self._matches(sight, await self._sounds.path(sight, start, end, asked.count("count", STEPS)))

    def _must_be_on(self) -> None:
        if not self._sounds.settings.measures:
            raise Refused(Code.GENERIC, "This server does not compare how music sounds.")

    async def _matches(self, sight: Sight, found: Sequence[Match]) -> Payload:
        songs = [match.song for match in found]
        audible = await self._desk.hearing.audible(sight, songs)
        pieces = dict(zip(audible, await self._desk.hearing.songs(sight, audible), strict=True))
        return {
            "sonicMatch": [
                {"entry": pieces[match.song], "similarity": match.similarity} for match in found if match.song in pieces
            ]
        }
