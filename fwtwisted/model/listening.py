"""What people do with music: favourites and listenings."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

Play: TypeAlias = "tuple[int, datetime | None]"
"""A track that somebody listened to, and when; None: now."""
Heart: TypeAlias = "tuple[int, int]"
"""Somebody, an actor, and a track that is to be their favourite."""


class Kind(enum.StrEnum):
    """What was done with a track."""

    FAVORITE = "favorite"
    LISTENING = "listening"


@frozen
class Heard:
    """Somebody, an actor, listened to a track.  :ivar moment: None: now."""

    actor_id: int
    track_id: int
    moment: datetime | None = None


@frozen
class Deed:
    """
    Somebody listened to a track, or made it a favourite.

    :ivar is_awaited: it was just done, and a plugin or somebody elsewhere wants to be told.
    """

    id: int
    actor_id: int
    track_id: int
    creation_date: datetime
    is_awaited: bool = field(default=False, eq=False)


@frozen
class Standing:
    """A favourite, as far as a heart beside a title needs it."""

    id: int
    track: int


@frozen
class DeedFilter:
    """
    Which deeds are asked for.

    :ivar actors: and ``domains``: together whose; None: anybody's.
    :ivar hidden: artists to leave out, or with ``only_hidden`` the only ones to show.
    :ivar words: each must appear in the track's, the artist's or the album's name.
    """

    username: str | None = None
    domain: str | None = None
    actors: tuple[int, ...] | None = None
    domains: tuple[str, ...] | None = None
    hidden: tuple[int, ...] = ()
    only_hidden: bool = False
    words: tuple[str, ...] = ()
    oldest_first: bool = False
