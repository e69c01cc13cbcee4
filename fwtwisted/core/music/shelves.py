"""What the values of a page refer to, loaded in a handful of statements however long the page is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from fwtwisted.core.music.kept import Kept
from fwtwisted.db.areas import versions
from fwtwisted.db.music import catalog
from fwtwisted.db.people import people
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Album, AlbumFacts, Artist, Attachment, ChannelOf, Kind, Shelf, Track
from fwtwisted.model.people import Actor

MOST_WORKS = 20_000  # artists, and as many albums, that are kept

Thing: TypeAlias = Artist | Album | Track


class Shelves:
    """Fills shelves; keeps artists, albums and what is counted of them while the catalog does not change."""

    def __init__(self) -> None:
        self._facts = Kept(AlbumFacts())
        self._counts = Kept(0)
        self._known_artists: Kept[Artist | None] = Kept(None, MOST_WORKS)
        self._known_albums: Kept[Album | None] = Kept(None, MOST_WORKS)

    async def tracks(self, tx: Tx, ids: Sequence[int], visible: tuple[int, ...]) -> tuple[Sequence[Track], Shelf]:
        """The tracks, in order, and all that they refer to, with what may be played in the libraries ``visible``."""
        found = await catalog.tracks(tx, ids)
        tracks = [found[id] for id in ids if id in found]
        albums = await self._albums(tx, {track.album_id for track in tracks if track.album_id is not None})
        wanted = {track.artist_id for track in tracks} | {album.artist_id for album in albums.values()}
        artists = await self._artists(tx, wanted)
        albums = _by_known(albums, artists)
        tracks = [
            one for one in tracks if one.artist_id in artists and (one.album_id is None or one.album_id in albums)
        ]
        return tracks, Shelf(
            artists=artists,
            albums=albums,
            covers=await _covers(tx, tracks, albums.values(), artists.values()),
            actors=await _actors(tx, tracks),
            channels=await _channels(tx, artists.values()),
            uploads=await catalog.playables(tx, ids, visible),
            tags=await catalog.tags(tx, Kind.TRACK, ids),
            album_facts=await self._album_facts(tx, albums, ()),
        )

    async def albums(self, tx: Tx, ids: Sequence[int], visible: tuple[int, ...]) -> Shelf:
        """The albums and all that they refer to."""
        found = await self._albums(tx, ids)
        artists = await self._artists(tx, {album.artist_id for album in found.values()})
        albums = _by_known(found, artists)
        return Shelf(
            artists=artists,
            albums=albums,
            covers=await _covers(tx, albums.values(), artists.values()),
            actors=await _actors(tx, albums.values()),
            channels=await _channels(tx, artists.values()),
            tags=await catalog.tags(tx, Kind.ALBUM, ids),
            album_facts=await self._album_facts(tx, ids, visible),
        )

    async def artists(self, tx: Tx, ids: Sequence[int], visible: tuple[int, ...]) -> Shelf:
        """The artists, their albums, and all that they refer to."""
        artists = await self._artists(tx, ids)
        albums_of = await catalog.albums_of(tx, ids)
        albums = await self._albums(tx, [id for several in albums_of.values() for id in several])
        return Shelf(
            artists=artists,
            albums=albums,
            albums_of=albums_of,
            covers=await _covers(tx, artists.values(), albums.values()),
            actors=await _actors(tx, artists.values()),
            channels=await _channels(tx, artists.values()),
            tags=await catalog.tags(tx, Kind.ARTIST, ids),
            album_facts=await self._album_facts(tx, albums, visible),
            track_counts=await self._track_counts(tx, ids),
        )

    async def _artists(self, tx: Tx, ids: Collection[int]) -> dict[int, Artist]:
        """Artists by id; a transaction, which may have changed some, asks for itself."""
        if tx.may_change:
            return await catalog.artists(tx, ids)
        version = (await versions(tx))["catalog"]
        known = await self._known_artists.get(version, (), ids, lambda some: catalog.artists(tx, some))
        return {id: found for id in ids if (found := known[id]) is not None}

    async def _albums(self, tx: Tx, ids: Collection[int]) -> dict[int, Album]:
        """Albums by id, in the same way."""
        if tx.may_change:
            return await catalog.albums(tx, ids)
        version = (await versions(tx))["catalog"]
        known = await self._known_albums.get(version, (), ids, lambda some: catalog.albums(tx, some))
        return {id: found for id in ids if (found := known[id]) is not None}

    async def _album_facts(self, tx: Tx, ids: Collection[int], visible: tuple[int, ...]) -> Mapping[int, AlbumFacts]:
        version = (await versions(tx))["catalog"]
        return await self._facts.get(version, visible, ids, lambda some: catalog.album_facts(tx, some, visible))

    async def _track_counts(self, tx: Tx, ids: Collection[int]) -> Mapping[int, int]:
        version = (await versions(tx))["catalog"]
        return await self._counts.get(version, (), ids, lambda some: catalog.track_counts(tx, some))


def _by_known(albums: Mapping[int, Album], artists: Mapping[int, Artist]) -> dict[int, Album]:
    """Without those that were removed, and their artists with them, between two statements."""
    return {id: album for id, album in albums.items() if album.artist_id in artists}


async def _covers(tx: Tx, *groups: Iterable[Thing]) -> Mapping[int, Attachment]:
    return await catalog.attachments(
        tx, {one.cover_id for group in groups for one in group if one.cover_id is not None}
    )


async def _channels(tx: Tx, artists: Iterable[Artist]) -> Mapping[int, ChannelOf]:
    return await catalog.channels(tx, {one.channel_id for one in artists if one.channel_id is not None})


async def _actors(tx: Tx, things: Iterable[Thing]) -> Mapping[int, Actor]:
    ids = {thing.attributed_to_id for thing in things if thing.attributed_to_id is not None}
    return await people.actors(tx, list(ids)) if ids else {}
