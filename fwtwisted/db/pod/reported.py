"""What can be reported: found by what people know it by, and what moderators should still know when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.listening.playlists import SEEN_BY, Seer
from fwtwisted.db.pool import Queries
from fwtwisted.model.reports import Reference, TargetKind


def _tags(kind: str) -> str:
    return (
        f"ARRAY(SELECT tag.name FROM {kind}_tag JOIN tag ON tag.id = {kind}_tag.tag_id"
        f" WHERE {kind}_tag.{kind}_id = {kind}.id ORDER BY lower(tag.name)) AS tags"
    )


@frozen
class Row:
    """
    Something that can be reported.

    :ivar home: the federation id, or the domain, that tells where it is at home.
    :ivar state: columns by name.
    """

    id: int
    name: int | str
    owner_id: int | None
    home: str
    state: Mapping[str, Any]


# Each yields id, name, owner, home, and the columns of the state, whose names stand behind.
ARTIST = f"""
    SELECT id, id, attributed_to_id, fid,
           id, name, mbid, fid, creation_date, uuid, {_tags("artist")}, content_category, description
      FROM artist WHERE id = %s
"""
ALBUM = f"""
    SELECT id, id, attributed_to_id, fid,
           id, title, mbid, fid, creation_date, uuid, artist_id, release_date, {_tags("album")}, description
      FROM album WHERE id = %s
"""
TRACK = f"""
    SELECT id, id, attributed_to_id, fid,
           id, title, mbid, fid, creation_date, uuid, artist_id, album_id, disc_number, position, license, copyright,
           {_tags("track")}, description
      FROM track WHERE id = %s
"""
PLAYLIST = f"""
    SELECT playlist.id, playlist.id, playlist.actor_id, owner.fid,
           playlist.id, playlist.name, playlist.creation_date, playlist.privacy_level
      FROM playlist JOIN actor AS owner ON owner.id = playlist.actor_id
     WHERE playlist.id = %s AND {SEEN_BY}
"""
LIBRARY = """
    SELECT library.id, library.uuid::text, library.actor_id, owner.fid,
           library.id, library.uuid, library.fid, library.name, library.description, library.creation_date,
           library.privacy_level
      FROM library JOIN actor AS owner ON owner.id = library.actor_id
     WHERE library.uuid = %s AND NOT library.is_channel
"""
CHANNEL = f"""
    SELECT channel.id, channel.uuid::text, channel.attributed_to_id, actor.fid,
           channel.uuid, artist.name, channel.rss_url, channel.metadata,
           actor.preferred_username || '@' || actor.domain, artist.description, actor.domain, channel.creation_date,
           {_tags("artist")}, artist.content_category
      FROM channel JOIN artist ON artist.id = channel.artist_id JOIN actor ON actor.id = channel.actor_id
     WHERE channel.uuid = %s
"""
ACCOUNT = """
    SELECT id, preferred_username || '@' || domain, id, fid,
           fid, name, preferred_username, preferred_username || '@' || domain, summary, domain, type, creation_date
      FROM actor WHERE lower(preferred_username) = lower(%s) AND domain = lower(%s)
"""
_ARTIST = ("id", "name", "mbid", "fid", "creation_date", "uuid", "tags", "content_category", "description")
_ALBUM = (
    "id", "title", "mbid", "fid", "creation_date", "uuid", "artist", "release_date", "tags", "description",
)  # fmt: skip
_TRACK = (
    "id", "title", "mbid", "fid", "creation_date", "uuid", "artist", "album", "disc_number", "position", "license",
    "copyright", "tags", "description",
)  # fmt: skip
_PLAYLIST = ("id", "name", "creation_date", "privacy_level")
_LIBRARY = ("id", "uuid", "fid", "name", "description", "creation_date", "privacy_level")
_CHANNEL = (
    "uuid", "name", "rss_url", "metadata", "full_username", "description", "domain", "creation_date", "tags",
    "content_category",
)  # fmt: skip
_ACCOUNT = ("fid", "name", "preferred_username", "full_username", "summary", "domain", "type", "creation_date")

FOUND: Mapping[TargetKind, tuple[str, tuple[str, ...]]] = {
    TargetKind.ARTIST: (ARTIST, _ARTIST),
    TargetKind.ALBUM: (ALBUM, _ALBUM),
    TargetKind.TRACK: (TRACK, _TRACK),
    TargetKind.PLAYLIST: (PLAYLIST, _PLAYLIST),
    TargetKind.LIBRARY: (LIBRARY, _LIBRARY),
    TargetKind.CHANNEL: (CHANNEL, _CHANNEL),
    TargetKind.ACCOUNT: (ACCOUNT, _ACCOUNT),
}


async def found(tx: Queries, reference: Reference, seer: Seer) -> Row | None:
    """What a reference points at, for who looks; None: nothing that they may know of."""
    sql, names = FOUND[reference.kind]
    values = _values(reference, seer)
    if values is None:
        return None

    def made(id: int, name: int | str, owner: int | None, home: str, *columns: Any) -> Row:
        return Row(id, name, owner, home, dict(zip(names, columns, strict=True)))

    return await tx.maybe(made, sql, *values)


def _values(reference: Reference, seer: Seer) -> tuple[object, ...] | None:
    """What the statement of its kind asks for; None: there can be no such thing."""
    name = reference.name
    match reference.kind:
        case TargetKind.PLAYLIST:
            return name, *seer.args
        case TargetKind.LIBRARY | TargetKind.CHANNEL:
            return (UUID(str(name)),)
        case TargetKind.ACCOUNT:
            username, at, domain = str(name).removeprefix("@").rpartition("@")
            return (username, domain) if at else None
    return (name,)
