"""What a viewer may browse and search: artists, albums, tracks, tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from fwtwisted.core.orders import Orders
from fwtwisted.core.questions import music_filter, raw_query, words_of
from fwtwisted.core.visibility import Visibility
from fwtwisted.db import catalog, catalog_filters, people
from fwtwisted.db.catalog import Tag
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.model.music import Album, Artist, Attachment, Kind, MusicFilter, Ordered, Shelf, Track
from fwtwisted.model.people import Actor, Viewer
from fwtwisted.model.questions import Question

T = TypeVar("T")

SUGGESTIONS = 3  # of each kind, in one answer of the small search


@frozen
class Listed:
    """
    One page of artists or albums.

    :ivar ids: in order; what they stand for is on the shelf, with all that it refers to.
    :ivar count: how many there are on all pages.
    """

    ids: Sequence[int]
    count: int
    shelf: Shelf


@frozen
class ListedTracks:
    """One page of tracks.  :ivar count: how many there are on all pages."""

    tracks: Sequence[Track]
    shelf: Shelf
    count: int


@frozen
class Suggestions:
    """A few of each kind, for the small search box."""

    artists: Listed
    albums: Listed
    tracks: ListedTracks
    tags: Sequence[Tag]


class Catalog:
    """Everything that can be found without changing anything."""

    def __init__(self, database: Database, visibility: Visibility, orders: Orders) -> None:
        self._database, self._visibility, self._orders = database, visibility, orders

    # Lists: first which, in what order; then what they are made of.

    async def artists(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> Listed:
        """A page of artists, each with its albums on the shelf."""

        async def read(tx: Tx) -> Listed:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.ARTIST, viewer, question)
            ids, count = await self._page(tx, Kind.ARTIST, asked, order, visible, limit, offset)
            return Listed(ids, count, await artist_shelf(tx, ids, visible))

        return await self._database.read(read)

    async def albums(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> Listed:
        """A page of albums."""

        async def read(tx: Tx) -> Listed:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.ALBUM, viewer, question)
            ids, count = await self._page(tx, Kind.ALBUM, asked, order, visible, limit, offset)
            return Listed(ids, count, await album_shelf(tx, ids, visible))

        return await self._database.read(read)

    async def tracks(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> ListedTracks:
        """A page of tracks, each with the uploads that the viewer may play on the shelf."""

        async def read(tx: Tx) -> ListedTracks:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.TRACK, viewer, question)
            ids, count = await self._page(tx, Kind.TRACK, asked, order, visible, limit, offset)
            return ListedTracks(*await _tracks(tx, ids, visible), count)

        return await self._database.read(read)

    async def _page(
        self,
        tx: Tx,
        kind: Kind,
        asked: MusicFilter,
        order: Sequence[Ordered],
        visible: tuple[int, ...],
        limit: int,
        offset: int,
    ) -> tuple[Sequence[int], int]:
        """The ids of one page and the count of all."""
        longest = self._orders.settings.longest
        if asked.library is not None and asked.library not in visible:
            return (), 0
        if asked.favorites_of is None and not any(one.name == "random" for one in order):
            version = (await catalog.versions(tx))["catalog"]
            seen = () if asked.playable is None and asked.scopes is None else visible
            whole = await self._orders.order(
                (kind, asked, tuple(order), seen),
                version,
                lambda: catalog_filters.ids(tx, kind, asked, order, visible, longest + 1),
            )
            if len(whole) <= longest:
                return whole[offset : offset + limit], len(whole)
        ids = await catalog_filters.ids(tx, kind, asked, order, visible, limit, offset)
        return ids, await catalog_filters.count(tx, kind, asked, visible)

    # One object.

    async def artist(self, viewer: Viewer, id: int) -> tuple[Artist, Shelf]:
        """An artist.  :raise NotFound:"""
        shelf = await self._one(viewer, id, artist_shelf)
        return _found(shelf.artists, id), shelf

    async def album(self, viewer: Viewer, id: int) -> tuple[Album, Shelf]:
        """An album.  :raise NotFound:"""
        shelf = await self._one(viewer, id, album_shelf)
        return _found(shelf.albums, id), shelf

    async def track(self, viewer: Viewer, id: int) -> tuple[Track, Shelf]:
        """A track.  :raise NotFound:"""

        async def read(tx: Tx) -> tuple[Sequence[Track], Shelf]:
            return await _tracks(tx, [id], await self._visibility.libraries_in(tx, viewer))

        tracks, shelf = await self._database.read(read)
        if not tracks:
            raise NotFound
        return tracks[0], shelf

    async def _one(
        self, viewer: Viewer, id: int, load: Callable[[Tx, Sequence[int], Sequence[int]], Awaitable[Shelf]]
    ) -> Shelf:
        async def read(tx: Tx) -> Shelf:
            return await load(tx, [id], await self._visibility.libraries_in(tx, viewer))

        return await self._database.read(read)

    async def libraries_of(self, viewer: Viewer, kind: Kind, id: int) -> list[int]:
        """Ids of the libraries with a file of the object that the viewer may play.  :raise NotFound:"""

        async def read(tx: Tx) -> list[int]:
            if not await catalog.exists(tx, kind, id):
                raise NotFound
            visible = await self._visibility.libraries_in(tx, viewer)
            return await catalog.libraries_holding(tx, kind, id, visible)

        return await self._database.read(read)

    # Words.

    async def suggestions(self, text: str) -> Suggestions:
        """
        The best few artists, albums, tracks and tags for the small search box, over everything that is known.

        :raise BadRequest: nothing to search for.
        """
        if not text.strip():
            raise BadRequest("No query was given.")
        raw, words = raw_query(text), words_of(text)
        asked = MusicFilter(words=words, raw=raw, include_channels=True, nothing=raw is None and not words)

        async def read(tx: Tx) -> Suggestions:
            best = {kind: await catalog_filters.shortest(tx, kind, asked, SUGGESTIONS) for kind in Kind}
            tracks, on_tracks = await _tracks(tx, best[Kind.TRACK], ())
            on_albums = await album_shelf(tx, best[Kind.ALBUM], ())
            on_artists = await artist_shelf(tx, best[Kind.ARTIST], ())
            tags, _ = await catalog.tag_list(tx, text.split(), None, None, [("length", False)], SUGGESTIONS, 0)
            return Suggestions(
                Listed(best[Kind.ARTIST], SUGGESTIONS, on_artists),
                Listed(best[Kind.ALBUM], SUGGESTIONS, on_albums),
                ListedTracks(tracks, on_tracks, SUGGESTIONS),
                tags,
            )

        return await self._database.read(read)

    async def tags(
        self,
        words: Sequence[str],
        name: str | None,
        starts: str | None,
        order: Sequence[tuple[str, bool]],
        limit: int,
        offset: int,
    ) -> tuple[list[Tag], int]:
        """A page of tags, and how many there are."""
        return await self._database.read(lambda tx: catalog.tag_list(tx, words, name, starts, order, limit, offset))

    async def tag(self, name: str) -> Tag:
        """The tag of that name.  :raise NotFound:"""
        tag = await self._database.read(lambda tx: catalog.tag_named(tx, name))
        if tag is None:
            raise NotFound
        return tag


def _found(shelf: Mapping[int, T], id: int) -> T:
    try:
        return shelf[id]
    except KeyError:
        raise NotFound from None


# What the values of a page refer to.


async def _tracks(tx: Tx, ids: Sequence[int], visible: Sequence[int]) -> tuple[Sequence[Track], Shelf]:
    found = await catalog.tracks(tx, ids)
    tracks = [found[id] for id in ids if id in found]
    return tracks, await track_shelf(tx, tracks, visible)


async def track_shelf(tx: Tx, tracks: Sequence[Track], visible: Sequence[int]) -> Shelf:
    """All that the tracks refer to, with what may be played of them in the libraries ``visible``."""
    albums = await catalog.albums(tx, {track.album_id for track in tracks if track.album_id is not None})
    wanted = {track.artist_id for track in tracks} | {album.artist_id for album in albums.values()}
    artists = await catalog.artists(tx, wanted)
    ids = [track.id for track in tracks]
    return Shelf(
        artists=artists,
        albums=albums,
        covers=await _covers(tx, tracks, albums.values(), artists.values()),
        actors=await _actors(tx, tracks),
        uploads=await catalog.playables(tx, ids, visible),
        tags=await catalog.tags(tx, Kind.TRACK, ids),
        album_facts=await catalog.album_facts(tx, albums, ()),
    )


async def album_shelf(tx: Tx, ids: Sequence[int], visible: Sequence[int]) -> Shelf:
    """The albums and all that they refer to."""
    albums = await catalog.albums(tx, ids)
    artists = await catalog.artists(tx, {album.artist_id for album in albums.values()})
    return Shelf(
        artists=artists,
        albums=albums,
        covers=await _covers(tx, albums.values(), artists.values()),
        actors=await _actors(tx, albums.values()),
        tags=await catalog.tags(tx, Kind.ALBUM, ids),
        album_facts=await catalog.album_facts(tx, ids, visible),
    )


async def artist_shelf(tx: Tx, ids: Sequence[int], visible: Sequence[int]) -> Shelf:
    """The artists, their albums, and all that they refer to."""
    artists = await catalog.artists(tx, ids)
    albums_of = await catalog.albums_of(tx, ids)
    albums = await catalog.albums(tx, [id for several in albums_of.values() for id in several])
    spoken = {artist.channel_id for artist in artists.values() if artist.channel_id is not None}
    return Shelf(
        artists=artists,
        albums=albums,
        albums_of=albums_of,
        covers=await _covers(tx, artists.values(), albums.values()),
        actors=await _actors(tx, artists.values()),
        channels=await catalog.channels(tx, spoken),
        tags=await catalog.tags(tx, Kind.ARTIST, ids),
        album_facts=await catalog.album_facts(tx, albums, visible),
        track_counts=await catalog.track_counts(tx, ids),
    )


async def _covers(tx: Tx, *groups: Iterable[Artist | Album | Track]) -> Mapping[int, Attachment]:
    return await catalog.attachments(
        tx, {one.cover_id for group in groups for one in group if one.cover_id is not None}
    )


async def _actors(tx: Tx, things: Iterable[Artist | Album | Track]) -> Mapping[int, Actor]:
    ids = {thing.attributed_to_id for thing in things if thing.attributed_to_id is not None}
    return await people.actors(tx, list(ids)) if ids else {}
