"""
What goes with what: similar songs and artists, what people hear most, what is known of somebody.

Everything comes from the pod itself: tags, favourites, plays, and what people have written; no foreign service is
asked.  Source: docs/subsonic.md §8.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.core.listening.radios.pools import MOST_SIMILAR, Pools
from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import discovery
from fwtwisted.db.subsonic.discovery import Told
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.model.threads import Threads
from fwtwisted.wire.markup import rendered

LONGEST_TEXT = 20_000  # characters of what somebody wrote


@frozen
class About:
    """
    What is known of an artist or an album.

    :ivar told: its facts.  :ivar text: what is written about it, as harmless HTML; empty: nothing.
    """

    told: Told
    text: str


class Discovery:
    """Answers what goes with what, through one listener's eyes."""

    def __init__(self, database: Database, threads: Threads, hearing: Hearing, pools: Pools) -> None:
        self._database, self._threads, self._hearing, self._pools = database, threads, hearing, pools

    async def artist_of(self, sight: Sight, kind: Kind, id: int) -> int:
        """Who made a song or an album; an artist stands for themselves.  :raise NotFound: it may not be heard."""
        if kind is Kind.ALBUM:
            return (await self._hearing.album_folder(sight, id))[1]
        if kind is Kind.TRACK:
            await self._must_be_audible(sight, id)
            return await self._database.read(lambda tx: discovery.maker(tx, id))
        if id in sight.hidden or id not in (await self._hearing.roll(sight)).written:
            raise NotFound
        return id

    async def album_of(self, sight: Sight, kind: Kind, id: int) -> int | None:
        """The album itself, or that of a song; None for a song on none.  :raise NotFound: it may not be heard."""
        if kind is Kind.TRACK:
            await self._must_be_audible(sight, id)
            return await self._database.read(lambda tx: discovery.album_of(tx, id))
        await self._hearing.album_folder(sight, id)
        return id

    async def _must_be_audible(self, sight: Sight, song: int) -> None:
        if not await self._hearing.audible(sight, [song]):
            raise NotFound

    async def about_artist(self, id: int) -> About:
        """What is known of an artist who may be seen."""
        return await self._about(await self._database.read(lambda tx: discovery.artist(tx, id)))

    async def about_album(self, id: int) -> About:
        """What is known of an album that may be seen."""
        return await self._about(await self._database.read(lambda tx: discovery.album(tx, id)))

    async def _about(self, told: Told) -> About:
        if not told.text:
            return About(told, "")
        return About(told, await self._threads(rendered, told.text[:LONGEST_TEXT], told.text_type))

    async def similar_songs(self, sight: Sight, kind: Kind, id: int, count: int) -> Sequence[int]:
        """Songs most like a song, an album or an artist, the best first; the song itself is not among them."""
        found = await self._pools.similar(sight.viewer, kind, id, MOST_SIMILAR)
        return [song for song in found if kind is not Kind.TRACK or song != id][:count]

    async def similar_artists(self, sight: Sight, artist_id: int, count: int) -> Sequence[int]:
        """Artists of the songs that are most like somebody's, without themselves."""
        songs = await self._pools.similar(sight.viewer, Kind.ARTIST, artist_id, MOST_SIMILAR)
        makers = await self._database.read(lambda tx: discovery.makers(tx, songs)) if songs else []
        return [id for id in dict.fromkeys(makers) if id != artist_id][:count]

    async def artist_named(self, sight: Sight, name: str) -> int | None:
        """The artist of this name, in any case; None when nobody whom the listener knows is called so."""
        wanted = name.strip().casefold()
        roll = await self._hearing.roll(sight)
        return next((one.id for one in roll.artists if one.name.casefold() == wanted), None)

    async def top_songs(self, sight: Sight, artist_id: int, count: int) -> Sequence[int]:
        """Songs of an artist, those that people here hear most first."""
        return await self._database.read(
            lambda tx: discovery.top_songs(tx, artist_id, sight.libraries, sight.hidden, count)
        )
