"""Playlists: lists of tracks that people make, and what they ask for about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from fwtwisted.model.errors import BadRequest, Invalid, NotFound
from fwtwisted.model.music import Attachment
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Privacy

T = TypeVar("T")

LONGEST_NAME = 100
COVERS = 5  # pictures that a playlist's document shows
ORDERINGS = ("id", "name", "creation_date", "modification_date")


@frozen
class Playlist:
    """
    A list of tracks that somebody made.

    :ivar revision: a number of the whole pod's that changes with the tracks.  :ivar comment: may be empty.
    :ivar rules: by which it fills itself, as docs/api.md §4.12 writes them; None: people fill it.
    """

    id: int
    actor_id: int
    name: str
    privacy_level: Privacy
    creation_date: datetime
    modification_date: datetime
    revision: int
    comment: str = ""
    rules: Mapping[str, Any] | None = None


@frozen
class PlaylistFacts:
    """
    What is counted of a playlist, for one viewer.

    :ivar playable_count: tracks that the viewer may play.
    :ivar duration: seconds of those.
    :ivar covers: of the first different albums, at most :data:`COVERS`.
    """

    tracks_count: int = 0
    playable_count: int = 0
    duration: int = 0
    covers: tuple[Attachment, ...] = ()


@frozen
class PlaylistTrack:
    """A track in a playlist.  :ivar index: from 0, without gaps."""

    index: int
    track_id: int
    creation_date: datetime


@frozen
class PlaylistWish:
    """
    A playlist that somebody wants.

    :ivar privacy_level: None: the owner's own level.  :ivar rules: by which it fills itself; None: it is empty.
    """

    name: str
    privacy_level: Privacy | None = None
    rules: Mapping[str, Any] | None = None


PlaylistChange: TypeAlias = "Mapping[str, str | Privacy | Mapping[str, Any] | None]"
"""
New values of a playlist: ``name``, ``privacy_level``, ``comment``, ``rules`` (None: people fill it); what is not named
stays.
"""


@frozen
class PlaylistQuestion:
    """
    Which playlists are asked for, not yet looked up.

    :ivar words: each must be in the name or the owner's name.
    :ivar filled: whether it has tracks; None: not asked.
    :ivar track: and ``album``, ``artist``: only with music of these.
    :ivar scope: its words; None: not asked.
    """

    words: tuple[str, ...] = ()
    name: str | None = None
    name_contains: str | None = None
    filled: bool | None = None
    track: int | None = None
    album: int | None = None
    artist: int | None = None
    scope: tuple[str, ...] | None = None
    ordering: Ordering = ()


class NoSuchPlace(NotFound):
    """The playlist has no track at that index."""


class Duplicates(Invalid):
    """Tracks that the playlist holds already.  :ivar titles: theirs.  :ivar playlist_name: its."""

    def __init__(self, titles: Sequence[str], playlist_name: str) -> None:
        super().__init__({"playlist": ["The playlist holds some of these tracks already."]})
        self.titles, self.playlist_name = titles, playlist_name


def moved(items: Sequence[T], start: int, end: int) -> list[T]:
    """
    The items with the one at ``start`` put where it then stands at ``end``.

    :raise NoSuchPlace: there is nothing at ``start``.  :raise BadRequest: ``end`` is beyond the last place.
    """
    if not 0 <= start < len(items):
        raise NoSuchPlace
    if not 0 <= end < len(items):
        raise BadRequest("The new index is beyond the end of the playlist.")
    kept = list(items)
    kept.insert(end, kept.pop(start))
    return kept


def without(items: Sequence[T], indexes: Sequence[int]) -> list[T]:
    """The items but for those at the indexes.  :raise NoSuchPlace: there is nothing at one of them."""
    gone = set(indexes)
    if not gone.issubset(range(len(items))):
        raise NoSuchPlace
    return [item for index, item in enumerate(items) if index not in gone]
