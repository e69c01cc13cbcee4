"""Which picture stands for a thing, for those who may know of the thing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class Picture:
    """
    A picture.

    :ivar file: its stored name; None: it lies elsewhere, at :ivar url:.
    """

    uuid: UUID
    file: str | None
    url: str | None


_COLUMNS = "picture.uuid, picture.file, picture.url"
_HEARD = "upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')"

OF_ALBUMS = f"""
    SELECT album.id, {_COLUMNS}
      FROM album JOIN attachment AS picture ON picture.id = album.cover_id
     WHERE album.id = ANY(%s) AND album.artist_id <> ALL(%s)
       AND EXISTS (SELECT FROM track JOIN upload ON upload.track_id = track.id
                    WHERE track.album_id = album.id AND {_HEARD})
"""


async def of_albums(
    tx: Queries, ids: Collection[int], libraries: Sequence[int], hidden: Sequence[int]
) -> dict[int, Picture]:
    """The pictures of those of the albums of which something may be heard."""
    return dict(await tx.many(_keyed, OF_ALBUMS, list(ids), list(hidden), list(libraries)))


# A track's own picture, else its album's, else its artist's, where that is the voice of a podcast.
OF_TRACKS = f"""
    SELECT track.id, {_COLUMNS}
      FROM track
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
      JOIN attachment AS picture ON picture.id = coalesce(
               track.cover_id, album.cover_id,
               CASE artist.content_category WHEN 'podcast' THEN artist.cover_id END)
     WHERE track.id = ANY(%s)
       AND track.artist_id <> ALL(%s) AND coalesce(album.artist_id, track.artist_id) <> ALL(%s)
       AND EXISTS (SELECT FROM upload WHERE upload.track_id = track.id AND {_HEARD})
"""


async def of_tracks(
    tx: Queries, ids: Collection[int], libraries: Sequence[int], hidden: Sequence[int]
) -> dict[int, Picture]:
    """The pictures of those of the tracks that may be heard."""
    return dict(await tx.many(_keyed, OF_TRACKS, list(ids), list(hidden), list(hidden), list(libraries)))


OF_ARTISTS = f"""
    SELECT artist.id, {_COLUMNS}
      FROM artist JOIN attachment AS picture ON picture.id = artist.cover_id WHERE artist.id = ANY(%s)
"""


async def of_artists(tx: Queries, ids: Collection[int]) -> dict[int, Picture]:
    """The pictures of artists, whoever may know of them."""
    return dict(await tx.many(_keyed, OF_ARTISTS, list(ids)))


OF_CHANNEL = f"""
    SELECT {_COLUMNS}
      FROM channel
      JOIN artist ON artist.id = channel.artist_id
      JOIN attachment AS picture ON picture.id = artist.cover_id
     WHERE channel.uuid = %s AND channel.library_id = ANY(%s) AND artist.id <> ALL(%s)
"""


async def of_channel(tx: Queries, uuid: UUID, libraries: Sequence[int], hidden: Sequence[int]) -> Picture | None:
    """The picture of a channel whose episodes may be heard."""
    return await tx.maybe(Picture, OF_CHANNEL, uuid, list(libraries), list(hidden))


ONE = f"SELECT {_COLUMNS} FROM attachment AS picture WHERE uuid = %s"


async def one(tx: Queries, uuid: UUID) -> Picture | None:
    """A picture by its own uuid, which nobody knows who was not shown it."""
    return await tx.maybe(Picture, ONE, uuid)


_AVATAR = f"""
    SELECT {_COLUMNS}
      FROM account
      JOIN actor ON actor.id = account.actor_id
      JOIN attachment AS picture ON picture.id = actor.icon_id
     WHERE account.is_active AND
"""
AVATAR = f"{_AVATAR} account.id = %s"
AVATAR_NAMED = f"{_AVATAR} lower(account.username) = lower(%s)"


async def avatar(tx: Queries, account_id: int) -> Picture | None:
    """The picture of a person with an account here."""
    return await tx.maybe(Picture, AVATAR, account_id)


async def avatar_named(tx: Queries, username: str) -> Picture | None:
    """The same by name, in any case."""
    return await tx.maybe(Picture, AVATAR_NAMED, username)


def _keyed(id: int, uuid: UUID, file: str | None, url: str | None) -> tuple[int, Picture]:
    return id, Picture(uuid, file, url)
