"""Shares: songs that people show to outsiders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.together import Share, SharedSong

# A file that may be shown to outsiders: of a library of one's own, or of one that is for everybody here.
# Parameters: the libraries whose files the sharer may hear, the sharer's actor twice.
_SHAREABLE = """
    upload.import_status IN ('finished', 'skipped') AND upload.library_id = ANY(%s)
    AND (library.actor_id = %s OR channel.attributed_to_id = %s OR library.privacy_level IN ('instance', 'everyone'))
"""
_FILES = "upload JOIN library ON library.id = upload.library_id LEFT JOIN channel ON channel.library_id = library.id"
SHAREABLE = f"SELECT DISTINCT upload.track_id FROM {_FILES} WHERE upload.track_id = ANY(%s) AND {_SHAREABLE}"


async def shareable(tx: Queries, songs: Collection[int], libraries: Sequence[int], actor_id: int) -> set[int]:
    """Those of the songs that the actor may show to outsiders."""
    return set(await tx.many(int, SHAREABLE, list(songs), list(libraries), actor_id, actor_id))


_SHARE = """
    SELECT share.id, share.secret, account.username, share.description, share.creation_date, share.expires,
           share.last_visited, share.visit_count,
           ARRAY(SELECT track_id FROM share_track WHERE share_id = share.id ORDER BY place)
      FROM share JOIN account ON account.id = share.account_id
"""
SHARES = f"{_SHARE} WHERE share.account_id = %s ORDER BY share.id DESC LIMIT %s"
COUNT = "SELECT count(*) FROM share WHERE account_id = %s"
ONE = f"{_SHARE} WHERE share.id = %s"
LOCK = "SELECT id FROM account WHERE id = %s FOR UPDATE"
ADD = "INSERT INTO share (account_id, secret, description, expires) VALUES (%s, %s, %s, %s) RETURNING id"
ADD_TRACKS = """
    INSERT INTO share_track (share_id, place, track_id)
    SELECT %s, place - 1, id FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked (id, place)
"""


async def shares(tx: Queries, account_id: int, limit: int) -> list[Share]:
    """The account's shares, the newest first."""
    return await tx.many(Share, SHARES, account_id, limit)


async def count_locked(tx: Tx, account_id: int) -> int:
    """How many shares the account has; it makes no others before this transaction ends."""
    await tx.do(LOCK, account_id)
    return await tx.one(int, COUNT, account_id)


async def add(
    tx: Tx, account_id: int, secret: str, description: str, expires: datetime | None, songs: Sequence[int]
) -> Share:
    """Write a new share."""
    id = await tx.one(int, ADD, account_id, secret, description, expires)
    await tx.do(ADD_TRACKS, id, list(songs))
    return await tx.one(Share, ONE, id)


DESCRIBE = "UPDATE share SET description = coalesce(%s, description) WHERE id = %s AND account_id = %s"
EXPIRE = "UPDATE share SET expires = %s WHERE id = %s AND account_id = %s"
REMOVE = "DELETE FROM share WHERE id = %s AND account_id = %s"


async def describe(tx: Tx, account_id: int, id: int, description: str | None) -> bool:
    """Describe a share of the account anew; None leaves it.  False when there is no such share."""
    return await tx.do(DESCRIBE, description, id, account_id) == 1


async def expire(tx: Tx, account_id: int, id: int, expires: datetime | None) -> None:
    """Have a share of the account end at another time; None: never."""
    await tx.do(EXPIRE, expires, id, account_id)


async def remove(tx: Tx, account_id: int, id: int) -> bool:
    """Remove a share of the account; False when there is no such share."""
    return await tx.do(REMOVE, id, account_id) == 1


# --- for outsiders -------------------------------------------------------------------------------


@frozen
class OpenShare:
    """A share that holds at the moment, and whose it is."""

    id: int
    secret: str = field(repr=False)
    account_id: int
    actor_id: int
    username: str
    description: str


OPEN = """
    SELECT share.id, share.secret, account.id, account.actor_id, account.username, share.description
      FROM share JOIN account ON account.id = share.account_id
     WHERE share.secret = %s AND (share.expires IS NULL OR share.expires > now())
       AND account.is_active AND 'share' <> ALL(account.subsonic_denied_roles)
"""


async def opened(tx: Queries, secret: str) -> OpenShare | None:
    """The share of this secret, unless it has ended or its owner may share nothing any more."""
    return await tx.maybe(OpenShare, OPEN, secret)


_SONGS = f"""
    SELECT share_track.place, track.uuid, best.uuid, coalesce(best.mimetype, 'audio/mpeg'), track.title, artist.name,
           album.title, coalesce(best.duration, 0), coalesce(own.uuid, cover.uuid)
      FROM share_track
      JOIN track ON track.id = share_track.track_id
      JOIN artist ON artist.id = track.artist_id
      LEFT JOIN album ON album.id = track.album_id
      LEFT JOIN attachment AS own ON own.id = track.cover_id
      LEFT JOIN attachment AS cover ON cover.id = album.cover_id
     CROSS JOIN LATERAL (
            SELECT upload.uuid, upload.mimetype, upload.duration FROM {_FILES}
             WHERE upload.track_id = track.id AND {_SHAREABLE}
             ORDER BY upload.audio_file IS NULL, upload.source LIKE 'http%%', upload.id LIMIT 1) AS best
     WHERE share_track.share_id = %s
"""
SONGS = f"{_SONGS} ORDER BY share_track.place"
SONG = f"{_SONGS} AND share_track.place = %s"


async def songs(tx: Queries, share: OpenShare, libraries: Sequence[int]) -> list[SharedSong]:
    """What outsiders hear of a share.  :param libraries: whose files its owner may hear."""
    return await tx.many(SharedSong, SONGS, *_owner(share, libraries), share.id)


async def song(tx: Queries, share: OpenShare, libraries: Sequence[int], place: int) -> SharedSong | None:
    """The song at one place of it."""
    return await tx.maybe(SharedSong, SONG, *_owner(share, libraries), share.id, place)


def _owner(share: OpenShare, libraries: Sequence[int]) -> tuple[Any, ...]:
    return list(libraries), share.actor_id, share.actor_id


VISIT = "UPDATE share SET visit_count = visit_count + 1, last_visited = now() WHERE id = %s"


async def visited(tx: Tx, id: int) -> None:
    """Note that somebody looked at a share."""
    await tx.do(VISIT, id)
