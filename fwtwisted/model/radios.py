"""Radios: music that goes on without end, chosen by a kind of radio or by filters that people put together."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from attrs import frozen

from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.ordering import Ordering

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 5_000
ORDERINGS = ("id", "name", "creation_date")
RECENT_DAYS = 30  # how old what was "recently added" may be


class RadioType(enum.StrEnum):
    """The kinds of radio: docs/api.md §4.13."""

    RANDOM = "random"
    RANDOM_LIBRARY = "random_library"
    FAVORITES = "favorites"
    LESS_LISTENED = "less-listened"
    LESS_LISTENED_LIBRARY = "less-listened_library"
    RECENTLY_ADDED = "recently-added"
    CUSTOM = "custom"
    CUSTOM_MULTIPLE = "custom_multiple"
    ARTIST = "artist"
    SIMILAR = "similar"
    TAG = "tag"
    ACTOR_CONTENT = "actor-content"
    LIBRARY = "library"
    TROI = "troi"


# --- filters -------------------------------------------------------------------------------------


class Join(enum.StrEnum):
    """How a filter goes together with those before it."""

    AND = "and"
    OR = "or"


@frozen
class ByArtists:
    """Tracks of any of these artists."""

    ids: tuple[int, ...]
    join: Join = Join.AND
    negated: bool = False


@frozen
class ByTags:
    """Tracks with any of these tags, on themselves, their album or their artist."""

    names: tuple[str, ...]
    join: Join = Join.AND
    negated: bool = False


@frozen
class ByPlaylists:
    """Tracks in any of these playlists."""

    ids: tuple[int, ...]
    join: Join = Join.AND
    negated: bool = False


@frozen
class Group:
    """What its filters, joined from the first to the last, leave over."""

    filters: tuple[Filter, ...]
    join: Join = Join.AND
    negated: bool = False


Filter: TypeAlias = ByArtists | ByTags | ByPlaylists | Group


def flat(filters: Sequence[Filter]) -> list[ByArtists | ByTags | ByPlaylists]:
    """The filters that name something, out of all groups."""
    found: list[ByArtists | ByTags | ByPlaylists] = []
    for one in filters:
        found += flat(one.filters) if isinstance(one, Group) else [one]
    return found


# --- radios and sessions -------------------------------------------------------------------------


@frozen
class Radio:
    """A radio that somebody made.  :ivar config: its filters as JSON."""

    id: int
    account_id: int
    actor_id: int
    name: str
    description: str
    is_public: bool
    config: list[dict[str, Any]]
    creation_date: datetime


@frozen
class RadioWish:
    """A radio that somebody wants."""

    name: str
    description: str
    is_public: bool
    filters: tuple[Filter, ...]


RadioChange: TypeAlias = Mapping[str, object]
"""New values of a radio: ``name``, ``description``, ``is_public``, ``filters``; what is not named stays."""


@frozen
class RadioQuestion:
    """
    Which radios are asked for, not yet looked up.

    :ivar words: each must be in the name or the description.
    :ivar scope: its words; None: not asked.
    """

    words: tuple[str, ...] = ()
    name: str | None = None
    name_contains: str | None = None
    name_starts: str | None = None
    scope: tuple[str, ...] | None = None
    ordering: Ordering = ()


@frozen
class SessionWish:
    """
    What somebody wants to listen to.

    :ivar related: what the kind of radio is about: a number, a name, a uuid.
    :ivar config: of ``custom_multiple``: one filter, or several.
    """

    radio_type: RadioType
    related: str | None = None
    custom_radio: int | None = None
    filters: tuple[Filter, ...] = ()
    config: Any = None


@frozen
class RadioSession:
    """Somebody listening to a radio.  :ivar account_id: None: a visitor with a cookie."""

    id: int
    account_id: int | None
    cookie: bytes | None
    radio_type: RadioType
    related: str | None
    custom_radio: int | None
    config: Any
    creation_date: datetime


@frozen
class SessionTrack:
    """A track that a session was given.  :ivar position: from 1."""

    id: int
    position: int
    track_id: int


class NoMoreTracks(NotFound):
    """Everything that the radio could play was played in this session."""

    text = "Radio doesn't have more candidates"


class NoSuchSession(NotFound):
    """Nobody listens there."""


class NotYourSession(Forbidden):
    """Somebody else listens there."""
