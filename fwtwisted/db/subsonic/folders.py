"""Music folders: the libraries that an app can choose from."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.pool import Queries


@frozen
class MusicFolder:
    """
    A library as an app lists it.

    :ivar is_own: the listener's own, or one that they follow; others are part of the whole only.
    :ivar is_local: of somebody on this pod.
    """

    library_id: int
    name: str
    owner: str
    is_own: bool
    is_local: bool


FOLDERS = """
    SELECT library.id, library.name, owner.preferred_username || CASE WHEN owner.private_key IS NULL
                                                                      THEN '@' || owner.domain ELSE '' END,
           NOT library.is_channel AND (library.actor_id = %s OR EXISTS (
               SELECT FROM follow WHERE follow.actor_id = %s AND follow.target_library_id = library.id
                                    AND follow.approved)),
           owner.private_key IS NOT NULL
      FROM library JOIN actor AS owner ON owner.id = library.actor_id
     WHERE library.id = ANY(%s)
     ORDER BY library.id
"""


async def folders(tx: Queries, actor_id: int | None, libraries: Sequence[int]) -> list[MusicFolder]:
    """The libraries of these ids, as folders for this listener."""
    return await tx.many(MusicFolder, FOLDERS, actor_id, actor_id, list(libraries))
