"""What pages tell of channels, people and libraries, and whether there is something to hear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries
from fwtwisted.model.music import Attachment

_PICTURE = "picture.id, picture.uuid, picture.url, picture.file, picture.size, picture.mimetype, picture.creation_date"
_PICTURE_WIDTH = 7


@frozen
class Voice:
    """
    A channel.

    :ivar name: what it is called; its handle is ``username@domain``.
    :ivar rss_url: an external feed's.
    """

    picture: Attachment | None
    uuid: UUID
    fid: str
    username: str
    domain: str
    name: str
    rss_url: str | None
    library_id: int


_CHANNEL = f"""
    SELECT {_PICTURE},
           channel.uuid, actor.fid, actor.preferred_username, actor.domain, artist.name, channel.rss_url,
           channel.library_id
      FROM channel
      JOIN actor ON actor.id = channel.actor_id
      JOIN artist ON artist.id = channel.artist_id
      LEFT JOIN attachment AS picture ON picture.id = artist.cover_id
"""
CHANNEL = f"{_CHANNEL} WHERE channel.uuid = %s"
CHANNEL_NAMED = f"{_CHANNEL} WHERE lower(actor.preferred_username) = lower(%s) AND actor.domain = %s"


def _voice(*columns: Any) -> Voice:
    return Voice(_picture(*columns[:_PICTURE_WIDTH]), *columns[_PICTURE_WIDTH:])


def _picture(*columns: Any) -> Attachment | None:
    return Attachment(*columns) if columns[0] is not None else None


async def channel(tx: Queries, uuid: UUID) -> Voice | None:
    """The channel of this uuid."""
    return await tx.maybe(_voice, CHANNEL, uuid)


async def channel_named(tx: Queries, username: str, domain: str) -> Voice | None:
    """The channel whose actor is ``username@domain``; case does not matter."""
    return await tx.maybe(_voice, CHANNEL_NAMED, username, domain.lower())


@frozen
class Person:
    """Somebody with an account here."""

    picture: Attachment | None
    fid: str
    username: str
    name: str | None


PERSON = f"""
    SELECT {_PICTURE}, actor.fid, actor.preferred_username, actor.name
      FROM account
      JOIN actor ON actor.id = account.actor_id
      LEFT JOIN attachment AS picture ON picture.id = actor.icon_id
     WHERE lower(actor.preferred_username) = lower(%s) AND actor.domain = %s AND account.is_active
"""


def _person(*columns: Any) -> Person:
    return Person(_picture(*columns[:_PICTURE_WIDTH]), *columns[_PICTURE_WIDTH:])


async def person(tx: Queries, username: str, domain: str) -> Person | None:
    """The account whose actor is ``username@domain``; case does not matter."""
    return await tx.maybe(_person, PERSON, username, domain.lower())


@frozen
class Label:
    """A library."""

    id: int
    uuid: UUID
    fid: str
    name: str
    description: str | None


LABEL = "SELECT id, uuid, fid, name, description FROM library WHERE uuid = %s AND NOT is_channel"


async def label(tx: Queries, uuid: UUID) -> Label | None:
    """The library of this uuid, unless it is a channel's own."""
    return await tx.maybe(Label, LABEL, uuid)


IS_HEARD = "SELECT EXISTS (SELECT FROM upload WHERE library_id = %s AND import_status IN ('finished', 'skipped'))"
IS_ARTIST_HEARD = """
    SELECT EXISTS (SELECT FROM track
                     JOIN upload ON upload.track_id = track.id
                    WHERE track.artist_id = %s AND upload.library_id = ANY(%s)
                      AND upload.import_status IN ('finished', 'skipped'))
"""


async def is_library_heard(tx: Queries, library_id: int) -> bool:
    """Whether the library holds something to hear."""
    return await tx.one(bool, IS_HEARD, library_id)


async def is_artist_heard(tx: Queries, artist_id: int, visible: Sequence[int]) -> bool:
    """Whether the visible libraries hold something of the artist."""
    return await tx.one(bool, IS_ARTIST_HEARD, artist_id, list(visible))
