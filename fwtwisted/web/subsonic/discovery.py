"""
What goes with what: words about artists and albums, similar music, what is heard most.

Source: docs/subsonic.md §8.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.subsonic.discovery import About, Discovery
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.web.subsonic.calls import Caller, call
from fwtwisted.web.subsonic.desk import SubsonicDesk, of_kind, the_name
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.names import MUSIC_KINDS, Prefix

SIMILAR_ARTISTS, SONGS = 20, 50  # when the call does not say how many

# Which rendition of a picture stands for which of Last.fm's sizes.
_SIZES: Mapping[str, str] = {
    "smallImageUrl": "medium_square_crop",
    "mediumImageUrl": "large_square_crop",
    "largeImageUrl": "original",
}


class Exploring:
    """Calls that lead from music to more of it."""

    def __init__(self, desk: SubsonicDesk, discovery: Discovery) -> None:
        self._desk, self._discovery = desk, discovery

    # --- words ---------------------------------------------------------------------------------------

    @call("getArtistInfo")
    async def artist_info(self, asked: Asked, caller: Caller) -> Payload:
        return {"artistInfo": await self._artist_info(asked, caller)}

    @call("getArtistInfo2")
    async def artist_info_2(self, asked: Asked, caller: Caller) -> Payload:
        return {"artistInfo2": await self._artist_info(asked, caller)}

    async def _artist_info(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        kind, id = _thing(asked, Prefix.ARTIST)
        artist_id = await self._discovery.artist_of(sight, kind, id)
        count = asked.count("count", SIMILAR_ARTISTS)
        others = await self._discovery.similar_artists(sight, artist_id, count) if count else ()
        told = self._told("biography", await self._discovery.about_artist(artist_id))
        return {**told, "similarArtist": await self._desk.hearing.artists(sight, others)}

    @call("getAlbumInfo")
    async def album_info(self, asked: Asked, caller: Caller) -> Payload:
        return {"albumInfo": await self._album_info(asked, caller)}

    @call("getAlbumInfo2")
    async def album_info_2(self, asked: Asked, caller: Caller) -> Payload:
        return {"albumInfo": await self._album_info(asked, caller)}

    async def _album_info(self, asked: Asked, caller: Caller) -> Payload:
        kind, id = _thing(asked, Prefix.ALBUM)
        if kind is Kind.ARTIST:
            raise NotFound
        album_id = await self._discovery.album_of(await self._desk.sight(caller), kind, id)
        return {} if album_id is None else self._told("notes", await self._discovery.about_album(album_id))

    def _told(self, text: str, about: About) -> Payload:
        """What is known, without what is not."""
        told = {text: about.text} if about.text else {}
        if about.told.mbid is not None:
            told["musicBrainzId"] = str(about.told.mbid)
        if about.told.picture is not None:
            picture = about.told.picture
            told |= {name: self._desk.paper.image_url(picture, crop) for name, crop in _SIZES.items()}
        return told

    # --- songs ---------------------------------------------------------------------------------------

    @call("getSimilarSongs")
    async def similar_songs(self, asked: Asked, caller: Caller) -> Payload:
        return {"similarSongs": {"song": await self._similar(asked, caller, Prefix.TRACK)}}

    @call("getSimilarSongs2")
    async def similar_songs_2(self, asked: Asked, caller: Caller) -> Payload:
        return {"similarSongs2": {"song": await self._similar(asked, caller, Prefix.ARTIST)}}

    async def _similar(self, asked: Asked, caller: Caller, bare: Prefix) -> list[Piece]:
        sight = await self._desk.sight(caller)
        kind, id = _thing(asked, bare)
        await self._discovery.artist_of(sight, kind, id)  # nobody learns of what they may not hear
        ids = await self._discovery.similar_songs(sight, kind, id, asked.count("count", SONGS))
        return await self._desk.hearing.songs(sight, ids)

    @call("getTopSongs")
    async def top_songs(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        artist_id = await self._artist(asked, sight)
        count = asked.count("count", asked.count("size", SONGS))
        ids = [] if artist_id is None else await self._discovery.top_songs(sight, artist_id, count)
        return {"topSongs": {"song": await self._desk.hearing.songs(sight, ids)}}

    async def _artist(self, asked: Asked, sight: Sight) -> int | None:
        """Whom the call means: by id, which counts first, or by name."""
        if asked.text("id") is not None:
            return of_kind(asked, Prefix.ARTIST).number
        return await self._discovery.artist_named(sight, asked.needed("artist"))


def _thing(asked: Asked, bare: Prefix) -> tuple[Kind, int]:
    """What the id means.  :raise NotFound: it is none of music."""
    name = the_name(asked, bare)
    kind = MUSIC_KINDS.get(name.prefix)
    if kind is None:
        raise NotFound
    return kind, name.number
