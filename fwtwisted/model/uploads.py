"""Uploads: one file of one owner, on its way into the catalog or there already."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.ordering import Ordering


class Status(enum.StrEnum):
    """Where an upload stands.  Source: docs/api.md §3.12."""

    DRAFT = "draft"  # waits for its owner
    PENDING = "pending"  # waits for us
    FINISHED = "finished"
    ERRORED = "errored"
    SKIPPED = "skipped"  # its owner had that track already


IN_PLACE = "file://"
SENT = "upload://"

LONGEST_TITLE = 500
LONGEST_COPYRIGHT = 500
LONGEST_DESCRIPTION = 5000


@frozen
class ImportMetadata:
    """
    What the owner says of a file beside its tags; None wherever they say nothing.

    :ivar tags: an empty tuple says that it has none.
    :ivar license: a code of ``model/licenses.py``.
    :ivar cover: an attachment of the owner's.
    :ivar album: a series of the owner's channel.
    """

    title: str | None = None
    description: str | None = None
    mbid: UUID | None = None
    copyright: str | None = None
    position: int | None = None
    tags: tuple[str, ...] | None = None
    license: str | None = None
    cover: UUID | None = None
    album: int | None = None


NOTHING_SAID = ImportMetadata()


@frozen
class Upload:
    """
    An upload as its owner sees it.

    :ivar audio_file: its stored name; None for a file in place, or one that was not kept.
    :ivar source: where it came from: ``file://…``, ``upload://…``.
    :ivar size: bytes.  :ivar duration: whole seconds.  :ivar bitrate: bits a second.
    :ivar metadata: what the tags say beyond the catalog.
    """

    id: int
    uuid: UUID
    library_id: int
    track_id: int | None
    audio_file: str | None
    source: str | None
    size: int | None
    mimetype: str | None
    bitrate: int | None
    duration: int | None
    import_status: str
    import_details: Mapping[str, Any]
    import_metadata: Mapping[str, Any]
    import_reference: str
    metadata: Mapping[str, Any]
    creation_date: datetime
    import_date: datetime | None


@frozen
class UploadWish:
    """
    What comes with a file that somebody sends.

    :ivar library: where it is to go.  :ivar channel: or there; exactly one is named.
    :ivar said: of the file, beside its tags; as the document that it came in.
    :ivar source: ``upload://NAME``, empty when the sender did not say.
    :ivar reference: empty when the sender did not say.
    """

    library: UUID | None
    channel: UUID | None
    status: Status
    said: Mapping[str, Any]
    source: str = ""
    reference: str = ""


@frozen
class UploadChange:
    """What is to change of a draft; None: stays as it is."""

    said: Mapping[str, Any] | None = None
    status: Status | None = None
    reference: str | None = None


@frozen
class TokenQuery:
    """
    A search of the kind *token query*; docs/api.md §1.5.

    :ivar words: each must be found in one of the fields searched.
    :ivar pairs: key and value of ``key:value``.
    :ivar within: the only fields in which words are searched; None: all.
    """

    words: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    within: frozenset[str] | None = None


@frozen
class UploadQuestion:
    """
    What the list of one's own uploads is asked; docs/api.md §4.7.

    :ivar statuses: any of them; empty: all.
    :ivar uuids: of a chosen few; None: no limit.
    :ivar ordering: names and whether each falls; those that nobody knows are ignored.
    """

    library: UUID | None = None
    channel: UUID | None = None
    track: UUID | None = None
    track_artist: UUID | None = None
    album_artist: UUID | None = None
    statuses: tuple[str, ...] = ()
    reference: str | None = None
    mimetype: str | None = None
    scope: tuple[str, ...] | None = None
    playable: bool | None = None
    include_channels: bool = False
    q: TokenQuery | None = None
    uuids: tuple[UUID, ...] | None = None
    ordering: Ordering = ()


class Act(enum.StrEnum):
    """What can be done to many uploads at once."""

    DELETE = "delete"
    RELAUNCH = "relaunch_import"
    PUBLISH = "publish"
