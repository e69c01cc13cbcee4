"""What crosses between people and pods: follows, what reaches an inbox, look-ups, what is known of other servers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.accounts import Profile
from fwtwisted.model.music import Attachment
from fwtwisted.model.people import Actor, Library

# --- libraries as others see them ----------------------------------------------------------------


@frozen
class OwnFollow:
    """The viewer's follow of a library.  :ivar approved: None: waiting."""

    uuid: UUID
    fid: str
    approved: bool | None
    creation_date: datetime
    modification_date: datetime


@frozen
class Scan:
    """A walk through a library of another pod.  :ivar status: pending, scanning, errored or finished."""

    status: str
    total_files: int
    processed_files: int
    errored_files: int
    creation_date: datetime
    modification_date: datetime | None


@frozen
class SeenLibrary:
    """
    A library as somebody sees it who follows it or may.

    :ivar follow: the viewer's own.  :ivar scan: the latest.
    """

    library: Library
    follow: OwnFollow | None = None
    scan: Scan | None = None


@frozen
class LibraryFollow:
    """Somebody's wish to follow a library."""

    uuid: UUID
    actor: Actor
    approved: bool | None
    creation_date: datetime
    target: SeenLibrary


@frozen
class FollowStanding:
    """As much of one's own follow of a library as a button beside its name needs."""

    uuid: UUID
    library: UUID
    approved: bool | None


# --- people as others follow them -----------------------------------------------------------------


@frozen
class PersonFollow:
    """Somebody's wish to follow somebody.  :ivar approved: None: waiting."""

    uuid: UUID
    actor: Actor
    approved: bool | None
    creation_date: datetime
    target: Actor


@frozen
class PersonStanding:
    """As much of one's own follow of a person as a button needs.  :ivar person: federation id."""

    uuid: UUID
    person: str
    approved: bool | None


# --- the inbox -----------------------------------------------------------------------------------


@frozen
class Activity:
    """
    Something that somebody did, as its recipients are told.

    :ivar payload: the activity itself.
    :ivar library: that it is about, uuid and name.  :ivar follow: uuid, and whether it is approved by now.
    :ivar target: the full name of the actor that it is about.  :ivar is_of_channel: that actor is a channel.
    """

    uuid: UUID
    fid: str | None
    actor: Actor
    type: str
    payload: Mapping[str, Any]
    creation_date: datetime
    library: tuple[UUID, str] | None
    follow: tuple[UUID, bool | None] | None
    target: str | None
    is_of_channel: bool = False


@frozen
class InboxItem:
    """An activity that reached somebody.  :ivar type: ``to`` or ``cc``."""

    id: int
    type: str
    is_read: bool
    activity: Activity


@frozen
class InboxQuestion:
    """
    Which items of the viewer's own inbox.

    :ivar before: ids up to this one.  :ivar ids: only these.  :ivar actor: id of who did it.
    """

    is_read: bool | None = None
    before: int | None = None
    type: str | None = None
    actor: int | None = None
    ids: tuple[int, ...] | None = None


# --- look-ups ------------------------------------------------------------------------------------


class Thing(enum.StrEnum):
    """What an address can lead to."""

    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"
    LIBRARY = "library"
    UPLOAD = "upload"
    CHANNEL = "channel"
    ACCOUNT = "account"


@frozen
class Found:
    """
    What a look-up led to.

    :ivar id: the row's; of an account, its actor's.
    :ivar name: what clients know it by: the number of artists, albums and tracks, ``user@domain`` of accounts, else
        the uuid.
    """

    kind: Thing
    id: int
    name: int | str


class FetchStatus(enum.StrEnum):
    """How far a look-up is."""

    PENDING = "pending"
    FINISHED = "finished"
    ERRORED = "errored"
    SKIPPED = "skipped"


@frozen
class Outcome:
    """
    How a look-up ended.

    :ivar detail: why it failed: ``error_code`` and more, docs/api.md §4.16.
    :ivar found: only when it is finished.
    """

    status: FetchStatus
    detail: Mapping[str, Any] = field(factory=dict)
    found: Found | None = None

    @classmethod
    def failed(cls, code: str, message: str, **more: object) -> Outcome:
        """It came to nothing.  :param code: a word of the contract."""
        return cls(FetchStatus.ERRORED, {"error_code": code, "message": message, **more})


@frozen
class Fetch:
    """Somebody's wish to have something looked up.  :ivar fetch_date: when it ended."""

    id: int
    url: str
    actor: Actor
    status: FetchStatus
    detail: Mapping[str, Any]
    creation_date: datetime
    fetch_date: datetime | None
    found: Found | None


# --- actors and servers --------------------------------------------------------------------------


@frozen
class Persona:
    """
    An actor with all that its page shows.

    :ivar profile: of the account behind it; None for channels and for actors of other pods.
    """

    actor: Actor
    is_channel: bool
    profile: Profile | None
    icon: Attachment | None
