"""Changes to artists, albums and tracks that people suggest, and what they may change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.music import Kind
from fwtwisted.model.uploads import TokenQuery

UPDATE = "update"  # the only type of change there is
LONGEST_SUMMARY = 5_000

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ARTIST: ("name", "tags", "description", "cover"),
    Kind.ALBUM: ("title", "release_date", "tags", "description", "cover"),
    Kind.TRACK: ("title", "position", "license", "copyright", "tags", "description", "cover"),
}


@frozen
class Mutation:
    """
    A change that somebody suggests.

    :ivar kind: and ``target_id``: what is to change; ``target_name`` is what that is called now.
    :ivar is_approved: None: nobody has decided.
    :ivar is_applied: None: not yet.
    :ivar payload: new values by field, as documents tell them; docs/api.md §4.14.
    :ivar previous_state: the same fields as they were before; None until it is applied.
    """

    id: int
    uuid: UUID
    fid: str
    type: str
    kind: Kind
    target_id: int
    target_name: str
    created_by_id: int | None
    approved_by_id: int | None
    is_approved: bool | None
    is_applied: bool | None
    summary: str | None
    payload: Mapping[str, Any]
    previous_state: Mapping[str, Any] | None
    creation_date: datetime
    applied_date: datetime | None


@frozen
class EditWish:
    """What somebody suggests.  :ivar is_approved: it is to be applied at once."""

    payload: Mapping[str, Any]
    summary: str | None = None
    is_approved: bool = False


@frozen
class Told:
    """A yes, a no or a neither that was asked for.  :ivar value: None: neither."""

    value: bool | None


@frozen
class EditQuestion:
    """
    What a list of suggestions is asked; docs/api.md §4.14.

    :ivar target: one object's alone.
    :ivar is_approved: None: all.  :ivar is_applied: what is not applied yet is a no.
    """

    target: tuple[Kind, int] | None = None
    is_approved: Told | None = None
    is_applied: bool | None = None
    type: str | None = None
    q: TokenQuery | None = None
    oldest_first: bool = False
