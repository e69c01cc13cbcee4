"""What people ask for about accounts, libraries and applications, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.music import Attachment
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Account, Actor, Library, Privacy

LONGEST_USERNAME = 150
LONGEST_EMAIL = 254
LONGEST_PASSWORD = 1_000
LONGEST_NAME = 255
LONGEST_TEXT = 5_000
LONGEST_LIBRARY_NAME = 100


@frozen
class SignUp:
    """
    A wish for an account.

    :ivar password: as typed.
    :ivar upload_quota: megabytes of 10^6 bytes; None: the pod's default.
    """

    username: str
    email: str
    password: str = field(repr=False)
    email_verified: bool = False
    is_staff: bool = False
    is_superuser: bool = False
    permissions: frozenset[str] = frozenset()
    upload_quota: int | None = None


@frozen
class LongText:
    """What somebody writes about themselves or their music.  :ivar content_type: ``text/markdown`` and kin."""

    text: str
    content_type: str


@frozen
class ProfileChange:
    """
    What an owner changes of their profile: new values by name; what is not named stays.

    Names: ``name`` (str), ``privacy_level`` (:class:`Privacy`), ``summary`` (:class:`LongText` or None), ``avatar``
    (UUID of a picture, or None), and the two ``…_support_message_display_date`` (datetime or None).
    """

    values: Mapping[str, str | Privacy | LongText | UUID | datetime | None]


@frozen
class QuotaStatus:
    """
    How much of the upload quota is used; all in megabytes of 10^6 bytes.

    :ivar max: the quota.
    :ivar by_status: what uploads of each import status take.
    """

    max: int
    by_status: Mapping[str, float]

    @property
    def current(self) -> float:
        """What all uploads take together."""
        return sum(self.by_status.values())

    @property
    def remaining(self) -> float:
        """What may still be uploaded."""
        return max(0.0, self.max - self.current)


@frozen
class Me:
    """An account as its owner sees it.  :ivar permissions: with the pod's default ones."""

    account: Account
    permissions: frozenset[str]
    avatar: Attachment | None
    quota: QuotaStatus
    listen_token: str = field(repr=False)


@frozen
class Profile:
    """An account and its picture."""

    account: Account
    avatar: Attachment | None


# --- applications --------------------------------------------------------------------------------


@frozen
class ApplicationWish:
    """What a program says of itself.  :ivar redirect_uris: and ``scopes``: blank-separated."""

    name: str
    redirect_uris: str = ""
    scopes: str = "read"


# --- libraries -----------------------------------------------------------------------------------


@frozen
class LibraryWish:
    """A library that somebody wants."""

    name: str
    description: str | None = None
    privacy_level: Privacy = Privacy.ME


LibraryChange: TypeAlias = Mapping[str, str | Privacy | None]
"""New values of a library: ``name``, ``description``, ``privacy_level``; what is not named stays."""


@frozen
class LibraryQuestion:
    """
    Which libraries are asked for.

    :ivar words: all must be in the name.
    :ivar scope: the words of ``scope=``; None: not asked.
    :ivar privacy_level: None: not asked.
    """

    words: tuple[str, ...] = ()
    scope: tuple[str, ...] | None = None
    privacy_level: Privacy | None = None
    ordering: Ordering = ()


@frozen
class Follow:
    """Somebody's wish to follow a library.  :ivar approved: None: waiting."""

    uuid: UUID
    fid: str
    actor: Actor
    library: Library
    approved: bool | None
    creation_date: datetime
    modification_date: datetime


@frozen
class ApiKey:
    """The key of a Subsonic app, as its owner sees it.  :ivar last_client: what the app called itself."""

    id: int
    name: str
    creation_date: datetime
    last_used: datetime | None
    last_client: str | None
