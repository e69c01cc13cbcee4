"""What a viewer may browse and search: artists, albums, tracks, tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import SystemRandom
from typing import TypeVar

from attrs import evolve, frozen

from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.questions import MOST_WORDS, music_filter, raw_query, words_of
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.areas import versions
from fwtwisted.db.listening import history
from fwtwisted.db.music import catalog, catalog_filters
from fwtwisted.db.music.catalog import Tag
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.model.music import Album, Artist, Kind, MusicFilter, Ordered, Shelf, Track
from fwtwisted.model.people import Viewer
from fwtwisted.model.questions import Question

T = TypeVar("T")

LONGEST_SEARCH = 1_000  # characters; more can match nothing
DRAW = SystemRandom().sample
RANDOM = "random"  # the order that is none
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
    """
    Everything that can be found without changing anything.

    :param draw: takes so many of the ids at random, for lists that are asked for in no order.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        orders: Orders,
        shelves: Shelves,
        draw: Callable[[Sequence[int], int], Sequence[int]] = DRAW,
    ) -> None:
        self._database, self._visibility, self._orders, self._shelves = database, visibility, orders, shelves
        self._draw = draw

    # Lists: first which, in what order; then what they are made of.

    async def artists(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> Listed:
        """A page of artists, each with its albums on the shelf."""

        async def read(tx: Tx) -> Listed:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.ARTIST, viewer, question)
            ids, count = await self._page(tx, Kind.ARTIST, asked, order, visible, limit, offset)
            return Listed(ids, count, await self._shelves.artists(tx, ids, visible))

        return await self._database.read(read)

    async def albums(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> Listed:
        """A page of albums."""

        async def read(tx: Tx) -> Listed:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.ALBUM, viewer, question)
            ids, count = await self._page(tx, Kind.ALBUM, asked, order, visible, limit, offset)
            return Listed(ids, count, await self._shelves.albums(tx, ids, visible))

        return await self._database.read(read)

    async def tracks(
        self, viewer: Viewer, question: Question, order: Sequence[Ordered], limit: int, offset: int
    ) -> ListedTracks:
        """A page of tracks, each with the uploads that the viewer may play on the shelf."""

        async def read(tx: Tx) -> ListedTracks:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = await music_filter(tx, Kind.TRACK, viewer, question)
            ids, count = await self._page(tx, Kind.TRACK, asked, order, visible, limit, offset)
            return ListedTracks(*await self._shelves.tracks(tx, ids, visible), count)

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
        if asked.library is not None and asked.library not in visible:
            return (), 0
        asked = evolve(asked, away=await self._visibility.away_in(tx))
        shuffled = bool(order) and order[0].name == RANDOM
        steady = () if shuffled else tuple(order)
        if not any(one.name == RANDOM for one in steady):
            whole = await self._whole(tx, kind, asked, steady, visible)
            if len(whole) <= self._orders.settings.longest:
                page = whole[offset : offset + limit]
                return self._draw(whole, len(page)) if shuffled else page, len(whole)
        ids = await catalog_filters.ids(tx, kind, asked, order, visible, limit, offset)
        return ids, await catalog_filters.count(tx, kind, asked, visible)

    async def _whole(
        self, tx: Tx, kind: Kind, asked: MusicFilter, order: tuple[Ordered, ...], visible: tuple[int, ...]
    ) -> Sequence[int]:
        """All ids in their order, which is kept; of an order that is too long to be kept, one id too many."""
        # What is seen counts only where the answer depends on it: else all viewers share one order.
        seen = () if asked.playable is None and asked.scopes is None and not asked.away else visible
        loved = None if asked.favorites_of is None else await history.favorites_mark(tx, asked.favorites_of)
        most = self._orders.settings.longest + 1
        return await self._orders.order(
            (kind, asked, order, seen, loved),
            (await versions(tx))["catalog"],
            lambda: catalog_filters.ids(tx, kind, asked, order, visible, most),
        )

    # One object.

    async def artist(self, viewer: Viewer, id: int) -> tuple[Artist, Shelf]:
        """An artist.  :raise NotFound:"""
        shelf = await self._one(viewer, id, self._shelves.artists)
        return _found(shelf.artists, id), shelf

    async def album(self, viewer: Viewer, id: int) -> tuple[Album, Shelf]:
        """An album.  :raise NotFound:"""
        shelf = await self._one(viewer, id, self._shelves.albums)
        return _found(shelf.albums, id), shelf

    async def track(self, viewer: Viewer, id: int) -> tuple[Track, Shelf]:
        """A track.  :raise NotFound:"""

        async def read(tx: Tx) -> tuple[Sequence[Track], Shelf]:
            return await self._shelves.tracks(tx, [id], await self._visibility.libraries_in(tx, viewer))

        tracks, shelf = await self._database.read(read)
        if not tracks:
            raise NotFound
        return tracks[0], shelf

    async def _one(
        self, viewer: Viewer, id: int, load: Callable[[Tx, Sequence[int], tuple[int, ...]], Awaitable[Shelf]]
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
        text = text[:LONGEST_SEARCH]
        raw, words = raw_query(text), words_of(text)
        asked = MusicFilter(words=words, raw=raw, include_channels=True, nothing=raw is None and not words)

        async def read(tx: Tx) -> Suggestions:
            near = evolve(asked, away=await self._visibility.away_in(tx))
            best = {kind: await self._shortest(tx, kind, near) for kind in Kind}
            tracks, on_tracks = await self._shelves.tracks(tx, best[Kind.TRACK], ())
            on_albums = await self._shelves.albums(tx, best[Kind.ALBUM], ())
            on_artists = await self._shelves.artists(tx, best[Kind.ARTIST], ())
            tags = await catalog.shortest_tags(tx, text.split()[:MOST_WORDS], SUGGESTIONS)
            return Suggestions(
                Listed(best[Kind.ARTIST], SUGGESTIONS, on_artists),
                Listed(best[Kind.ALBUM], SUGGESTIONS, on_albums),
                ListedTracks(tracks, on_tracks, SUGGESTIONS),
                tags,
            )

        return await self._database.read(read)

    async def _shortest(self, tx: Tx, kind: Kind, asked: MusicFilter) -> Sequence[int]:
        """The best few of a kind; kept, because many people begin to type the same."""
        return await self._orders.order(
            ("shortest", kind, asked),
            (await versions(tx))["catalog"],
            lambda: catalog_filters.shortest(tx, kind, asked, SUGGESTIONS),
        )

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
