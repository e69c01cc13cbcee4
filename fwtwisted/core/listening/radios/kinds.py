"""
What a kind of radio means for a listener.

Each kind is a coroutine in a table; it looks up what the radio is about and answers with a :class:`Choice`, or says in
words why there is none.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from attrs import evolve, frozen

from fwtwisted.core.listening.playlists import seer
from fwtwisted.db.listening import history, playlists, radio_candidates, radios
from fwtwisted.db.listening.radio_candidates import Condition
from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Viewer
from fwtwisted.model.radios import RECENT_DAYS, ByArtists, ByPlaylists, Filter, Group, RadioType, SessionWish, flat
from fwtwisted.wire import radio_filters
from fwtwisted.wire.fields import whole_number

NO_RECOMMENDER = "This radio needs a recommendation service, and this pod has none."


class Manner(enum.Enum):
    """How the next track is drawn: see ``drawing.py``."""

    RANDOM = enum.auto()
    BEST_FIRST = enum.auto()
    LEAST_HEARD = enum.auto()


@frozen
class Likeness:
    """The music that others are to be similar to."""

    kind: Kind
    id: int


@frozen
class Choice:
    """
    What a radio may play.

    :ivar among: a set, or what its tracks are like.
    :ivar mark: changes when the set does though the catalog does not.
    """

    among: Condition | Likeness
    manner: Manner = Manner.RANDOM
    mark: Hashable = None


SmartSongs: TypeAlias = Callable[[Tx, Viewer, Collection[int]], Awaitable[radio_candidates.Songs]]
"""Of these playlists, those that a viewer sees and that rules fill: what is in them."""


@frozen
class Listener:
    """
    For whom something is chosen.

    :ivar visible: the libraries that they see.  :ivar now: UTC.  :ivar songs: of playlists with rules, for them.
    """

    viewer: Viewer
    visible: tuple[int, ...]
    now: datetime
    songs: SmartSongs


Kinds: TypeAlias = Mapping[RadioType, Callable[[Tx, Listener, SessionWish], Awaitable[Choice]]]


def refused(text: str) -> Invalid:
    """Why there is no such radio."""
    return Invalid.on(NON_FIELD, text)


async def choice(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    """What the wished radio may play.  :raise Invalid: what it is about does not exist for this listener."""
    return await KINDS[wish.radio_type](tx, listener, wish)


async def filtered(tx: Tx, viewer: Viewer, filters: Sequence[Filter], songs: SmartSongs) -> Choice:
    """What the filters leave over; playlists that the viewer may not see hold nothing for them."""
    named = [id for one in flat(filters) if isinstance(one, ByPlaylists) for id in one.ids]
    seen = await playlists.visible(tx, named, seer(viewer))
    allowed = tuple(_only(one, seen) for one in filters)
    filled = await songs(tx, viewer, seen)
    return Choice(radio_candidates.matching(allowed, filled), mark=tuple(sorted(seen.items())))


def _only(one: Filter, seen: Mapping[int, int]) -> Filter:
    if isinstance(one, ByPlaylists):
        return evolve(one, ids=tuple(id for id in one.ids if id in seen))
    if isinstance(one, Group):
        return evolve(one, filters=tuple(_only(inner, seen) for inner in one.filters))
    return one


async def unknown(tx: Tx, viewer: Viewer, filters: Sequence[Filter]) -> list[str]:
    """What the filters name that does not exist for the viewer, in words."""
    leaves = flat(filters)
    artists = {id for one in leaves if isinstance(one, ByArtists) for id in one.ids}
    named = {id for one in leaves if isinstance(one, ByPlaylists) for id in one.ids}
    known = await radio_candidates.artist_names(tx, list(artists))
    seen = await playlists.visible(tx, named, seer(viewer))
    return [
        *(f"There is no artist {id}." for id in sorted(artists - known.keys())),
        *(f"There is no playlist {id}." for id in sorted(named - seen.keys())),
    ]


# --- the kinds -----------------------------------------------------------------------------------


def _actor(listener: Listener) -> int:
    if listener.viewer.actor_id is None or listener.viewer.account_id is None:
        raise refused("This radio is for people with an account.")
    return listener.viewer.actor_id


def _number(wish: SessionWish) -> int:
    found = whole_number(wish.related)
    if found is None:
        raise refused("related_object_id must be a number.")
    return found


async def _random(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    return Choice(radio_candidates.music())


def _own_music(listener: Listener) -> Condition:
    owned = radio_candidates.owned_by(_actor(listener), listener.visible)
    return radio_candidates.both(radio_candidates.music(), owned)


async def _random_library(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    return Choice(_own_music(listener))


async def _favorites(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    actor = _actor(listener)
    return Choice(radio_candidates.loved_by(actor), mark=await history.favorites_mark(tx, actor))


async def _less_listened(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    _actor(listener)
    return Choice(radio_candidates.music(), Manner.LEAST_HEARD)


async def _less_listened_library(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    return Choice(_own_music(listener), Manner.LEAST_HEARD)


async def _recently_added(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    hour = listener.now.replace(minute=0, second=0, microsecond=0)
    return Choice(radio_candidates.added_since(hour - timedelta(days=RECENT_DAYS)))


async def _custom(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    if wish.custom_radio is None:
        raise refused("There is no such radio.")
    found = await radios.radio(tx, wish.custom_radio, listener.viewer.account_id)
    if found is None:
        raise Invalid.on("custom_radio", f'Invalid pk "{wish.custom_radio}" - object does not exist.')
    return await filtered(tx, listener.viewer, radio_filters.read(found.config), listener.songs)


async def _custom_multiple(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    if not wish.filters:
        raise refused("This radio needs a filter in config.")
    missing = await unknown(tx, listener.viewer, wish.filters)
    if missing:
        raise refused(missing[0])
    return await filtered(tx, listener.viewer, wish.filters, listener.songs)


async def _artist(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    id = _number(wish)
    if not await catalog.exists(tx, Kind.ARTIST, id):
        raise refused("There is no such artist.")
    return Choice(radio_candidates.by_artists((id,)))


async def _similar(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    id = _number(wish)
    if not await catalog.exists(tx, Kind.TRACK, id):
        raise refused("There is no such track.")
    return Choice(Likeness(Kind.TRACK, id), Manner.BEST_FIRST)


async def _tag(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    if not wish.related or not await radio_candidates.tag_exists(tx, wish.related):
        raise refused("There is no such tag.")
    return Choice(radio_candidates.tagged((wish.related.lower(),)))


async def _actor_content(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    username, _, domain = (wish.related or "").removeprefix("@").partition("@")
    actor = await catalog.actor_id(tx, username, domain)
    if actor is None:
        raise refused("There is nobody of that name.")
    return Choice(radio_candidates.owned_by(actor, listener.visible))


async def _library(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    try:
        uuid = UUID(wish.related or "")
    except ValueError as why:
        raise refused("related_object_id must be the uuid of a library.") from why
    found = await catalog.library_id(tx, uuid)
    if found is None or found not in listener.visible:
        raise refused("There is no such library.")
    return Choice(radio_candidates.in_library(found))


async def _troi(tx: Tx, listener: Listener, wish: SessionWish) -> Choice:
    raise refused(NO_RECOMMENDER)


KINDS: Kinds = {
    RadioType.RANDOM: _random,
    RadioType.RANDOM_LIBRARY: _random_library,
    RadioType.FAVORITES: _favorites,
    RadioType.LESS_LISTENED: _less_listened,
    RadioType.LESS_LISTENED_LIBRARY: _less_listened_library,
    RadioType.RECENTLY_ADDED: _recently_added,
    RadioType.CUSTOM: _custom,
    RadioType.CUSTOM_MULTIPLE: _custom_multiple,
    RadioType.ARTIST: _artist,
    RadioType.SIMILAR: _similar,
    RadioType.TAG: _tag,
    RadioType.ACTOR_CONTENT: _actor_content,
    RadioType.LIBRARY: _library,
    RadioType.TROI: _troi,
}
