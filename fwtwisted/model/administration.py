"""What those who run a pod see: members, invitations, requests to be let in."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Account, Actor, Privacy
from fwtwisted.model.uploads import TokenQuery

LONGEST_CODE = 50
"""Characters of an invitation's code."""


@frozen
class AdminActor:
    """An actor with the addresses at which other servers reach it."""

    actor: Actor
    inbox_url: str | None
    outbox_url: str | None
    shared_inbox_url: str | None


@frozen
class Newcomer:
    """
    Somebody at the door.

    :ivar invitation: the code that they hold.
    :ivar answers: to the sign-up form, by label.
    """

    username: str
    email: str
    password: str = field(repr=False)
    invitation: str | None = field(default=None, repr=False)
    answers: Mapping[str, str] = field(factory=dict)


class Admission(enum.Enum):
    """What somebody who signed up must still wait for."""

    IN = enum.auto()
    CONFIRM = enum.auto()  # their address
    APPROVAL = enum.auto()  # by a moderator


class RequestStatus(enum.StrEnum):
    """What was answered to a request to be let in."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


@frozen
class Note:
    """What a moderator wrote."""

    id: int
    uuid: UUID
    creation_date: datetime
    summary: str
    author: AdminActor
    target: NoteTarget


@frozen
class NoteTarget:
    """What a note is about.  :ivar kind: ``report``, ``request``, ``account``.  :ivar name: uuid or ``user@domain``."""

    kind: str
    name: str


@frozen
class UserRequest:
    """
    A request to be let in.

    :ivar assigned_to: who answered; None also when that was done at the machine's own shell.
    :ivar answers: to the sign-up form, by label; None: none were asked.
    """

    id: int
    uuid: UUID
    status: RequestStatus
    creation_date: datetime
    handled_date: datetime | None
    answers: Mapping[str, Any] | None
    submitter: AdminActor
    assigned_to: AdminActor | None
    notes: tuple[Note, ...] = ()


@frozen
class Invitation:
    """
    A right to sign up, once.

    :ivar used: when that was; None: not yet.
    :ivar guest: who used it, while their account stands.
    """

    id: int
    owner: Account
    code: str
    creation_date: datetime
    expiration_date: datetime
    used: datetime | None
    guest: Account | None


@frozen
class MemberQuestion:
    """
    Which accounts; None everywhere: not asked.

    :ivar permissions: by name, whether it is granted.
    :ivar nothing: what was asked for cannot be.
    """

    q: TokenQuery | None = None
    is_active: bool | None = None
    is_staff: bool | None = None
    is_superuser: bool | None = None
    privacy_level: Privacy | None = None
    permissions: Mapping[str, bool] = field(factory=dict)
    nothing: bool = False
    ordering: Ordering = ()


@frozen
class MemberChange:
    """
    What is to change of an account.

    :ivar values: ``name`` and columns of the account: ``is_active``, ``is_staff``, ``is_superuser``, ``upload_quota``.
    :ivar permissions: by name, granted or not; what is not named stays.
    """

    values: Mapping[str, object]
    permissions: Mapping[str, bool]


@frozen
class InvitationQuestion:
    """Which invitations.  :ivar words: each must stand in the code, or in its owner's name or address."""

    words: tuple[str, ...] = ()
    is_open: bool | None = None
    ordering: Ordering = ()


@frozen
class RequestQuestion:
    """Which requests.  :ivar nothing: what was asked for cannot be."""

    q: TokenQuery | None = None
    status: RequestStatus | None = None
    nothing: bool = False
    ordering: Ordering = ()
