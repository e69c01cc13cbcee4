"""
Lists of albums, songs and genres: which, in what order, and how many there are in all.

A list is computed whole, kept while the catalog stays as it is, and pages are cut from it, so that pages neither
repeat nor skip, and the last costs what the first does.  Source: docs/subsonic.md rules 11, 41, 47 to 49.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from random import SystemRandom

from attrs import frozen

from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.questions import words_of
from fwtwisted.db.areas import last_moved
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import lists, notes, search
from fwtwisted.db.subsonic.search import SongQuery
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind

MOST_FOUND = 20_000  # of one kind, by a search
MOST_GENRE_LISTS = 100  # kept
_DRAW = SystemRandom()


@frozen
class Page:
    """Ids of one page.  :ivar total: how many there are on all pages."""

    ids: Sequence[int]
    total: int


class Lists:
    """Answers what is listed, through one listener's eyes."""

    def __init__(self, database: Database, orders: Orders) -> None:
        self._database, self._orders = database, orders
        self._genres: OrderedDict[Hashable, tuple[int, list[tuple[str, int, int]]]] = OrderedDict()

    # --- albums ------------------------------------------------------------------------------------

    async def albums(self, sight: Sight, order: str, limit: int, offset: int) -> Page:
        """Albums in one of the orders of :data:`fwtwisted.db.subsonic.lists.ALBUM_ORDERS`."""
        return _page(await self._albums(sight, order), limit, offset)

    async def random_albums(self, sight: Sight, limit: int) -> Page:
        """Some albums, each at most once."""
        return _drawn(await self._albums(sight, "id"), limit)

    async def albums_of_years(self, sight: Sight, first: int, last: int, limit: int, offset: int) -> Page:
        """Albums of these years, from ``first`` to ``last`` in that direction."""
        found = await self._kept(
            sight,
            ("years", first, last),
            lambda tx: lists.albums_of_years(tx, first, last, sight.libraries, sight.hidden),
        )
        return _page(found, limit, offset)

    async def albums_of_genre(self, sight: Sight, genre: str, limit: int, offset: int) -> Page:
        """Albums of a genre, by title."""
        found = await self._kept(
            sight, ("genre", genre.lower()), lambda tx: lists.albums_of_genre(tx, genre, sight.libraries, sight.hidden)
        )
        return _page(found, limit, offset)

    async def starred(self, sight: Sight, kind: Kind) -> Sequence[int]:
        """What the listener starred, the newest star first; also what may not be heard any more."""
        account_id, actor_id = sight.viewer.account_id, sight.viewer.actor_id
        assert account_id is not None and actor_id is not None
        return await self._noted(sight, ("starred", kind), lambda tx: notes.starred(tx, kind, account_id, actor_id))

    async def starred_albums(self, sight: Sight, limit: int, offset: int) -> Page:
        """Starred albums, the newest star first."""
        return await self._heard(sight, await self.starred(sight, Kind.ALBUM), limit, offset)

    async def rated_albums(self, sight: Sight, limit: int, offset: int) -> Page:
        """Albums that somebody rated, the best on average first."""
        return await self._heard(sight, await self._noted(sight, "rated", notes.rated_albums), limit, offset)

    async def played_albums(self, sight: Sight, limit: int, offset: int, *, by_last: bool) -> Page:
        """Albums that the listener heard: the most often heard first, or the last heard first."""
        actor_id = sight.viewer.actor_id
        assert actor_id is not None

        async def ranked(tx: Tx) -> list[int]:
            played = await notes.played_albums(tx, actor_id)
            played.sort(key=lambda one: (one[2] if by_last else one[1], one[0]), reverse=True)
            return [id for id, _, _ in played]

        ids = await self._noted(sight, ("played", by_last), ranked)
        return await self._heard(sight, ids, limit, offset)

    async def _albums(self, sight: Sight, order: str) -> Sequence[int]:
        return await self._kept(
            sight, ("albums", order), lambda tx: lists.albums(tx, order, sight.libraries, sight.hidden)
        )

    async def _heard(self, sight: Sight, ids: Sequence[int], limit: int, offset: int) -> Page:
        """A page of those albums that may be heard."""
        audible = set(await self._albums(sight, "id"))
        return _page([id for id in ids if id in audible], limit, offset)

    # --- songs -------------------------------------------------------------------------------------

    async def songs(self, sight: Sight, limit: int, offset: int) -> Page:
        """Every song, in the order of ids: what a full synchronisation reads."""
        return _page(await self._songs(sight), limit, offset)

    async def random_songs(
        self, sight: Sight, limit: int, genre: str | None, first: int | None, last: int | None
    ) -> Page:
        """Some songs, each at most once, of a genre and of albums of some years; None: any."""
        if genre is None and first is None and last is None:
            return _drawn(await self._songs(sight), limit)
        return _drawn(await self._songs_of(sight, genre, first, last), limit)

    async def songs_of_genre(self, sight: Sight, genre: str, limit: int, offset: int) -> Page:
        """Songs of a genre, by title."""
        return _page(await self._songs_of(sight, genre, None, None), limit, offset)

    async def _songs(self, sight: Sight) -> Sequence[int]:
        return await self._kept(sight, "songs", lambda tx: lists.songs(tx, "id", sight.libraries, sight.hidden))

    async def _songs_of(self, sight: Sight, genre: str | None, first: int | None, last: int | None) -> Sequence[int]:
        key = ("songs", genre and genre.lower(), first, last)
        return await self._kept(
            sight, key, lambda tx: lists.songs_of(tx, sight.libraries, sight.hidden, genre, first, last)
        )

    # --- genres and words --------------------------------------------------------------------------

    async def genres(self, sight: Sight) -> list[tuple[str, int, int]]:
        """Every genre of what may be heard, by name, with how many songs and albums are of it."""
        key = (sight.libraries, sight.hidden)
        known = self._genres.get(key)
        if known is None or known[0] != sight.catalog:
            found = await self._database.read(lambda tx: lists.genres(tx, *key))
            known = self._genres[key] = (sight.catalog, found)
            while len(self._genres) > MOST_GENRE_LISTS:
                self._genres.popitem(last=False)
        return known[1]

    async def search(self, sight: Sight, kind: Kind, text: str, limit: int, offset: int) -> Page:
        """What the words are found in, the best first; nothing for words that hold nothing."""
        words = words_of(text)
        if not words:
            return Page((), 0)
        found = await self._kept(
            sight,
            ("search", kind, words),
            lambda tx: search.found(tx, kind, words, sight.libraries, sight.hidden, MOST_FOUND),
        )
        return _page(found, limit, offset)

    async def search_songs(
        self, sight: Sight, texts: Mapping[str, str], since: datetime | None, limit: int, offset: int
    ) -> Page:
        """
        Songs by their names, and by when they came; nothing for a question that says nothing.

        :param texts: words by where they are looked for: ``title``, ``artist``, ``album``, or ``any`` of them.
        :param since: only songs that came later; None: any.
        """
        asked = {name: words_of(text) for name, text in texts.items()}
        if any(texts[name].strip() and not words for name, words in asked.items()):
            return Page((), 0)
        anywhere = asked.pop("any", ())
        query = SongQuery(anywhere, **asked, since=since)
        found = await self._kept(
            sight, query, lambda tx: search.songs(tx, query, sight.libraries, sight.hidden, MOST_FOUND)
        )
        return _page(found, limit, offset)

    async def last_changed(self) -> datetime:
        """When music, or the right to hear some of it, changed last."""
        return await self._database.read(last_moved)

    # --- keeping -----------------------------------------------------------------------------------

    async def _kept(self, sight: Sight, what: Hashable, ask: Callable[[Tx], Awaitable[list[int]]]) -> Sequence[int]:
        """An order that holds until the catalog changes."""
        return await self._orders.order(
            ("subsonic", what, sight.libraries, sight.hidden), sight.catalog, lambda: self._ask(ask)
        )

    async def _noted(self, sight: Sight, what: Hashable, ask: Callable[[Tx], Awaitable[list[int]]]) -> Sequence[int]:
        """An order that also holds only until the listener's notes change."""
        key = ("subsonic", what, sight.viewer.account_id, sight.notes)
        return await self._orders.order(key, sight.catalog, lambda: self._ask(ask))

    async def _ask(self, ask: Callable[[Tx], Awaitable[list[int]]]) -> list[int]:
        return await self._database.read(ask)


def _page(ids: Sequence[int], limit: int, offset: int) -> Page:
    return Page(ids[offset : offset + limit], len(ids))


def _drawn(ids: Sequence[int], limit: int) -> Page:
    return Page(_DRAW.sample(ids, min(limit, len(ids))), len(ids))
