"""Playlists as Subsonic apps list them: all at once, each with what it comes to for one listener."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.listening.playlists import COLUMNS, JOINED, SEEN_BY, Seer, made
from fwtwisted.db.pool import Queries
from fwtwisted.model.playlists import Playlist

MOST = 10_000  # playlists in one answer


@frozen
class Listed:
    """A playlist and who made it.  :ivar owner: with the domain, where that is another pod's."""

    playlist: Playlist
    owner: str


@frozen
class Extent:
    """
    What a playlist comes to for one listener.

    :ivar songs: how many they may hear.  :ivar seconds: how long those are.  :ivar picture: of the first that has one.
    """

    songs: int = 0
    seconds: int = 0
    picture: UUID | None = None


_OWNER = """
    coalesce(account.username,
             owner.preferred_username || CASE WHEN owner.private_key IS NULL THEN '@' || owner.domain ELSE '' END)
"""
LISTED = f"""
    SELECT {_OWNER}, {COLUMNS} FROM {JOINED} LEFT JOIN account ON account.actor_id = owner.id
     WHERE {SEEN_BY} AND (%s::text IS NULL OR lower(account.username) = lower(%s))
     ORDER BY playlist.actor_id IS DISTINCT FROM %s, playlist.folded_name, playlist.id LIMIT {MOST}
"""
ONE = f"""
    SELECT {_OWNER}, {COLUMNS} FROM {JOINED} LEFT JOIN account ON account.actor_id = owner.id
     WHERE playlist.id = %s AND {SEEN_BY}
"""


async def listed(tx: Queries, seer: Seer, owner: str | None) -> list[Listed]:
    """The playlists that may be seen: own ones first, then by name.  :param owner: whose; None: everybody's."""
    return await tx.many(_listed, LISTED, *seer.args, owner, owner, seer.actor_id)


async def one(tx: Queries, id: int, seer: Seer) -> Listed | None:
    """The playlist of this id, if it may be seen."""
    return await tx.maybe(_listed, ONE, id, *seer.args)


def _listed(owner: str, *columns: Any) -> Listed:
    return Listed(made(*columns), owner)


_HEARD = """
      JOIN track ON track.id = held.track_id
      LEFT JOIN album ON album.id = track.album_id
      LEFT JOIN attachment AS cover ON cover.id = coalesce(track.cover_id, album.cover_id)
     CROSS JOIN LATERAL (
            SELECT duration FROM upload
             WHERE upload.track_id = track.id AND upload.library_id = ANY(%s)
               AND upload.import_status IN ('finished', 'skipped')
             ORDER BY source LIKE 'http%%' AND audio_file IS NULL, source LIKE 'http%%', id LIMIT 1) AS best
     WHERE track.artist_id <> ALL(%s) AND coalesce(album.artist_id, track.artist_id) <> ALL(%s)
"""
_EXTENT = """
    count(*), coalesce(sum(best.duration), 0)::integer,
    (array_agg(cover.uuid ORDER BY held.place) FILTER (WHERE cover.uuid IS NOT NULL))[1]
"""
EXTENTS = f"""
    SELECT held.playlist_id, {_EXTENT} FROM playlist_track AS held {_HEARD}
       AND held.playlist_id = ANY(%s)
     GROUP BY held.playlist_id
"""


async def extents(
    tx: Queries, ids: Collection[int], libraries: Sequence[int], hidden: Sequence[int]
) -> dict[int, Extent]:
    """What each playlist comes to for somebody who hears these libraries and hid these artists."""
    if not ids or not libraries:
        return {}
    args = (list(libraries), list(hidden), list(hidden), list(ids))
    return dict(await tx.many(lambda id, *columns: (id, Extent(*columns)), EXTENTS, *args))
