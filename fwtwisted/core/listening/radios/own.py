"""Radios that people make, and the trying out of filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from fwtwisted.core.listening.history import profiles_of
from fwtwisted.core.listening.radios.kinds import filtered, unknown
from fwtwisted.core.listening.radios.pools import Pools
from fwtwisted.core.music.questions import scopes_of
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.listening import radio_candidates, radios
from fwtwisted.db.listening.radios import RadioFilter
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.music import Shelf, Track
from fwtwisted.model.people import Viewer
from fwtwisted.model.radios import ByArtists, Filter, Radio, RadioChange, RadioQuestion, RadioWish, flat
from fwtwisted.wire import radio_filters

SAMPLE = 10  # tracks that show what a filter finds


@frozen
class ListedRadios:
    """Radios.  :ivar count: on all pages.  :ivar people: their owners, by actor."""

    radios: Sequence[Radio]
    count: int
    people: Mapping[int, Profile]


@frozen
class RadioTracks:
    """Tracks that a radio may play.  :ivar count: all of them."""

    tracks: Sequence[Track]
    shelf: Shelf
    count: int


@frozen
class Tried:
    """What a filter finds.  :ivar found: None where there are errors."""

    errors: Sequence[str]
    found: RadioTracks | None


class Radios:
    """Lists, makes and changes radios."""

    def __init__(self, database: Database, visibility: Visibility, pools: Pools, shelves: Shelves) -> None:
        self._database, self._visibility, self._pools, self._shelves = database, visibility, pools, shelves

    # --- looking ---------------------------------------------------------------------------------

    async def page(self, viewer: Viewer, question: RadioQuestion, limit: int, offset: int) -> ListedRadios:
        """One page of the viewer's own radios and of public ones."""

        async def read(tx: Tx) -> ListedRadios:
            count, found = await radios.page(tx, await _looked_up(tx, viewer, question), limit, offset)
            return await _told(tx, found, count)

        return await self._database.read(read)

    async def one(self, viewer: Viewer, id: int) -> ListedRadios:
        """A single radio.  :raise NotFound: also when it is somebody else's and not public."""

        async def read(tx: Tx) -> ListedRadios:
            return await _told(tx, [await _seen(tx, viewer, id)])

        return await self._database.read(read)

    async def tracks(self, viewer: Viewer, id: int, limit: int, offset: int) -> RadioTracks:
        """One page of what a radio may play for the viewer, by id.  :raise NotFound:"""

        async def read(tx: Tx) -> RadioTracks:
            radio = await _seen(tx, viewer, id)
            pool = await self._pool(tx, viewer, radio_filters.read(radio.config))
            visible = await self._visibility.libraries_in(tx, viewer)
            tracks, shelf = await self._shelves.tracks(tx, pool[offset : offset + limit], visible)
            return RadioTracks(tracks, shelf, len(pool))

        return await self._database.read(read)

    async def tried(self, viewer: Viewer, several: Sequence[object]) -> list[Tried]:
        """What each of these filters, as JSON, finds by itself: errors, or how many tracks and a few of them."""
        return [await self._tried(viewer, one) for one in several]

    async def _tried(self, viewer: Viewer, one: object) -> Tried:
        try:
            filters = radio_filters.read([one])
        except Invalid as wrong:
            return Tried([str(message) for message in wrong.problems["config"]], None)

        async def read(tx: Tx) -> Tried:
            errors = await unknown(tx, viewer, filters)
            if errors:
                return Tried(errors, None)
            pool = await self._pool(tx, viewer, filters)
            tracks, shelf = await self._shelves.tracks(tx, pool[:SAMPLE], ())
            return Tried([], RadioTracks(tracks, shelf, len(pool)))

        return await self._database.read(read)

    async def _pool(self, tx: Tx, viewer: Viewer, filters: Sequence[Filter]) -> Sequence[int]:
        chosen = await filtered(tx, viewer, filters, self._pools.smart_songs)
        return await self._pools.candidates(tx, viewer, chosen)

    # --- changing --------------------------------------------------------------------------------

    async def create(self, viewer: Viewer, wish: RadioWish) -> ListedRadios:
        """Make a radio.  :raise Invalid: on ``config``: it names what does not exist."""
        account = viewer.the_account

        async def work(tx: Tx) -> ListedRadios:
            config = await _config(tx, viewer, wish.filters)
            id = await radios.add(tx, account, wish.name, wish.description, wish.is_public, config)
            return await _told(tx, [await _seen(tx, viewer, id)])

        return await self._database.transaction(work)

    async def change(self, viewer: Viewer, id: int, change: RadioChange) -> ListedRadios:
        """
        Change the viewer's radio.

        :raise NotFound: also when it is somebody else's.  :raise Invalid: on ``config``: it names what does not exist.
        """

        async def work(tx: Tx) -> ListedRadios:
            await _hold(tx, viewer, id)
            filters = change.get("filters")
            config = await _config(tx, viewer, filters) if isinstance(filters, tuple) else None
            await radios.change(tx, id, change.get("name"), change.get("description"), change.get("is_public"), config)
            return await _told(tx, [await _seen(tx, viewer, id)])

        return await self._database.transaction(work)

    async def remove(self, viewer: Viewer, id: int) -> None:
        """Remove the viewer's radio.  :raise NotFound: also when it is somebody else's."""

        async def work(tx: Tx) -> None:
            await _hold(tx, viewer, id)
            await radios.remove(tx, id)

        await self._database.transaction(work)


async def _hold(tx: Tx, viewer: Viewer, id: int) -> None:
    if viewer.account_id is None or not await radios.lock_own(tx, id, viewer.account_id):
        raise NotFound


async def _seen(tx: Tx, viewer: Viewer, id: int) -> Radio:
    found = await radios.radio(tx, id, viewer.account_id)
    if found is None:
        raise NotFound
    return found


async def _told(tx: Tx, found: Sequence[Radio], count: int = 1) -> ListedRadios:
    return ListedRadios(found, count, await profiles_of(tx, list({radio.actor_id for radio in found})))


async def _config(tx: Tx, viewer: Viewer, filters: tuple[Filter, ...]) -> list[dict[str, object]]:
    """The filters as they are stored, artists with their names."""
    missing = await unknown(tx, viewer, filters)
    if missing:
        raise Invalid.on("config", *missing[:10])
    artists = {id for one in flat(filters) if isinstance(one, ByArtists) for id in one.ids}
    return radio_filters.written(filters, await radio_candidates.artist_names(tx, list(artists)))


async def _looked_up(tx: Tx, viewer: Viewer, question: RadioQuestion) -> RadioFilter:
    scopes = await scopes_of(tx, viewer, question.scope)
    anybody = scopes is None
    return RadioFilter(
        account_id=viewer.account_id,
        words=question.words,
        name=question.name,
        name_contains=question.name_contains,
        name_starts=question.name_starts,
        actors=None if anybody else tuple(scope.owner for scope in scopes or () if scope.owner is not None),
        domains=None if anybody else tuple(scope.domain for scope in scopes or () if scope.domain is not None),
        ordering=question.ordering,
    )
