"""
Libraries as those see them who follow them or may, and follows of libraries and people, as documents.

Source: docs/api.md §3.10, §3.11, §4.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fwtwisted.model.errors import Invalid
from fwtwisted.model.fediverse import (
    FollowStanding,
    LibraryFollow,
    OwnFollow,
    PersonFollow,
    PersonStanding,
    Scan,
    SeenLibrary,
)
from fwtwisted.wire.addresses import LONGEST_ADDRESS
from fwtwisted.wire.fields import NOT_NULL, REQUIRED, Fields
from fwtwisted.wire.v1 import Document, when, when_or_none
from fwtwisted.wire.v1.libraries import foreign_library
from fwtwisted.wire.v1.people import actor


def seen_library(seen: SeenLibrary) -> Document:
    """A library as somebody sees it who may follow it (§3.10)."""
    return {
        **foreign_library(seen.library),
        "follow": None if seen.follow is None else _own_follow(seen.follow),
        "latest_scan": None if seen.scan is None else scan(seen.scan),
    }


def _own_follow(follow: OwnFollow) -> Document:
    return {
        "creation_date": when(follow.creation_date),
        "uuid": str(follow.uuid),
        "fid": follow.fid,
        "approved": follow.approved,
        "modification_date": when(follow.modification_date),
    }


def scan(scan: Scan) -> Document:
    """How far a walk through a library of another pod is."""
    return {
        "total_files": scan.total_files,
        "processed_files": scan.processed_files,
        "errored_files": scan.errored_files,
        "status": scan.status,
        "creation_date": when(scan.creation_date),
        "modification_date": when_or_none(scan.modification_date),
    }


def library_follow(follow: LibraryFollow) -> Document:
    """Somebody's wish to follow a library (§3.11)."""
    return {
        "creation_date": when(follow.creation_date),
        "actor": actor(follow.actor),
        "uuid": str(follow.uuid),
        "target": seen_library(follow.target),
        "approved": follow.approved,
    }


def standing(standing: FollowStanding) -> Document:
    """The little that a button beside a library's name needs."""
    return {"uuid": str(standing.uuid), "library": str(standing.library), "approved": standing.approved}


def target_in(document: Mapping[str, Any]) -> UUID:
    """The library that somebody wants to follow.  :raise Invalid: on ``target``."""
    fields = Fields(document)
    target = fields.uuid_or_none("target")
    if not fields.has("target"):
        fields.refuse("target", REQUIRED)
    fields.check()
    if target is None:
        raise Invalid.on("target", NOT_NULL)
    return target


# --- people --------------------------------------------------------------------------------------


def person_follow(follow: PersonFollow) -> Document:
    """Somebody's wish to follow somebody (§4.16)."""
    return {
        "creation_date": when(follow.creation_date),
        "actor": actor(follow.actor),
        "uuid": str(follow.uuid),
        "target": actor(follow.target),
        "approved": follow.approved,
    }


def person_standing(standing: PersonStanding) -> Document:
    """The little that a button beside a person's name needs."""
    return {"uuid": str(standing.uuid), "actor": standing.person, "approved": standing.approved}


def person_in(document: Mapping[str, Any]) -> str:
    """Whom somebody wants to follow: a federation id, or ``user@domain``.  :raise Invalid: on ``target``."""
    fields = Fields(document)
    target = fields.text("target", LONGEST_ADDRESS)
    fields.check()
    return target
