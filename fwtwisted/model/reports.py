"""What people find wrong, and what moderators note about it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.administration import AdminActor, Note
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.uploads import TokenQuery

LONGEST_SUMMARY = 50_000


class TargetKind(enum.StrEnum):
    """What can be reported."""

    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"
    PLAYLIST = "playlist"
    LIBRARY = "library"
    CHANNEL = "channel"
    ACCOUNT = "account"


# What a target of each kind is known by in documents.
NAMED_BY: Mapping[str, str] = {
    **dict.fromkeys((TargetKind.ARTIST, TargetKind.ALBUM, TargetKind.TRACK, TargetKind.PLAYLIST), "id"),
    **dict.fromkeys((TargetKind.LIBRARY, TargetKind.CHANNEL), "uuid"),
    TargetKind.ACCOUNT: "full_username",
}


@frozen
class Reference:
    """What somebody points at.  :ivar name: the number, the uuid or ``user@domain``, as :data:`NAMED_BY` says."""

    kind: TargetKind
    name: int | str


@frozen
class ReportWish:
    """
    Something that somebody finds wrong.

    :ivar forward: the target's own server is to be told as well.
    :ivar submitter_email: of a visitor.
    """

    type: str
    target: Reference
    summary: str | None = None
    forward: bool = False
    submitter_email: str | None = None


@frozen
class Target:
    """
    Something that was pointed at, as it is.

    :ivar id: the row's; of an account, its actor's.  :ivar owner_id: of an actor.  :ivar domain: where it is at home.
    :ivar state: what moderators should still know when it is gone; plain JSON values.
    """

    id: int
    reference: Reference
    owner_id: int | None
    domain: str
    state: Mapping[str, Any]


@frozen
class Report:
    """
    A report as moderators see it.

    :ivar target: None: it is gone.  :ivar state: what it was.
    """

    id: int
    uuid: UUID
    fid: str
    type: str
    summary: str | None
    creation_date: datetime
    handled_date: datetime | None
    is_handled: bool
    submitter_email: str | None
    target: Reference | None
    state: Mapping[str, Any]
    target_owner: AdminActor | None
    submitter: AdminActor | None
    assigned_to: AdminActor | None
    notes: tuple[Note, ...] = ()


@frozen
class ReportQuestion:
    """Which reports.  :ivar ordering: names, and whether each falls."""

    q: TokenQuery | None = None
    is_handled: bool | None = None
    type: str | None = None
    submitter_email: str | None = None
    ordering: Ordering = ()


@frozen
class ReportChange:
    """What a moderator changes; None stays as it is."""

    is_handled: bool | None = None
    type: str | None = None
