"""What people on a pod do together: what they say, the stations that they hear, what they share with outsiders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import field, frozen


@frozen
class ChatMessage:
    """Something that somebody said."""

    username: str
    moment: datetime
    message: str


@frozen
class Station:
    """An internet radio station.  :ivar home_page_url: empty: none."""

    id: int
    name: str
    stream_url: str
    home_page_url: str


@frozen
class Share:
    """
    Songs that somebody shows to people without an account.

    :ivar secret: whoever knows it may look and listen.
    :ivar expires: None: never.
    :ivar tracks: in order; what is gone is not among them.
    """

    id: int
    secret: str = field(repr=False)
    username: str
    description: str
    creation_date: datetime
    expires: datetime | None
    last_visited: datetime | None
    visit_count: int
    tracks: Sequence[int]


@frozen
class Person:
    """
    An account as Subsonic's calls about users know it.

    :ivar permissions: its own.  :ivar denied_roles: as Subsonic names them, without ``Role``.
    :ivar max_bitrate: kbit/s; 0: no limit.  :ivar pictured: when its picture was taken in; None: it has none.
    :ivar libraries: its own and those that it follows.
    :ivar scrobbles: a plugin tells other services what it hears.
    """

    id: int
    username: str
    email: str
    is_superuser: bool
    permissions: frozenset[str]
    denied_roles: frozenset[str]
    max_bitrate: int
    pictured: datetime | None
    libraries: Sequence[int]
    scrobbles: bool


@frozen
class SharedSong:
    """
    A song as a share shows it to outsiders.

    :ivar place: in the share, from 0.  :ivar file: uuid of the upload that they hear.
    :ivar duration: seconds; 0: unknown.
    """

    place: int
    track: UUID
    file: UUID
    mimetype: str
    title: str
    artist: str
    album: str | None
    duration: int
    picture: UUID | None


@frozen
class SharePage:
    """What somebody shows to outsiders.  :ivar songs: those that can be heard at the moment, in order."""

    secret: str = field(repr=False)
    username: str
    description: str
    songs: Sequence[SharedSong]
