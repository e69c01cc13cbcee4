"""Follows of libraries: who wishes to, who may, and what is known of the libraries that they follow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.music import libraries
from fwtwisted.db.people import people
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.fediverse import FollowStanding, LibraryFollow, OwnFollow, Scan, SeenLibrary
from fwtwisted.model.people import Library

ADD_FOLLOW = """
    INSERT INTO follow (uuid, fid, actor_id, target_library_id, approved) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
 RETURNING id
"""


async def add(tx: Tx, uuid: UUID, fid: str, actor_id: int, library_id: int, approved: bool | None) -> int | None:
    """
    The id of a new follow of a library; None when the actor has one already.

    The transaction must touch the area ``libraries``.
    """
    return await tx.maybe(int, ADD_FOLLOW, uuid, fid, actor_id, library_id, approved)


LOCK_OWN = """
    SELECT id FROM follow WHERE uuid = %s AND actor_id = %s AND target_library_id IS NOT NULL FOR UPDATE
"""
REMOVE = "DELETE FROM follow WHERE id = %s"


async def lock_own(tx: Tx, uuid: UUID, actor_id: int) -> int | None:
    """The key of an actor's follow of a library, held until the transaction ends."""
    return await tx.maybe(int, LOCK_OWN, uuid, actor_id)


async def remove(tx: Tx, follow_id: int) -> None:
    """Take a follow away; the transaction must touch ``libraries``."""
    await tx.do(REMOVE, follow_id)


@frozen
class Received:
    """
    A follow as it is answered by whoever is followed.

    :ivar library: None: it is of a person.  :ivar is_local: who follows lives here.
    """

    id: int
    uuid: UUID
    fid: str
    actor_id: int
    approved: bool | None
    library: UUID | None
    is_local: bool


LOCK_RECEIVED = """
    SELECT follow.id, follow.uuid, follow.fid, follow.actor_id, follow.approved, library.uuid,
           follower.private_key IS NOT NULL
      FROM follow
      JOIN actor AS follower ON follower.id = follow.actor_id
      LEFT JOIN library ON library.id = follow.target_library_id
     WHERE follow.uuid = %s AND (library.actor_id = %s OR follow.target_actor_id = %s)
       FOR UPDATE OF follow
"""


async def lock_received(tx: Tx, uuid: UUID, owner_id: int) -> Received | None:
    """A follow of the owner, or of a library of theirs, held until this transaction ends."""
    return await tx.maybe(Received, LOCK_RECEIVED, uuid, owner_id, owner_id)


ANSWER = "UPDATE follow SET approved = %s, modification_date = now() WHERE id = %s"


async def answer(tx: Tx, follow_id: int, *, approved: bool) -> None:
    """Let somebody follow, or not; the transaction must touch ``libraries``."""
    await tx.do(ANSWER, approved, follow_id)


IS_UNANSWERED = "SELECT modification_date = creation_date FROM follow WHERE id = %s"


async def is_unanswered(tx: Queries, follow_id: int) -> bool:
    """Whether nobody said yet what becomes of it, though it may count already."""
    return await tx.one(bool, IS_UNANSWERED, follow_id)


# --- looking -------------------------------------------------------------------------------------

STANDINGS = """
    SELECT follow.uuid, library.uuid, follow.approved
      FROM follow JOIN library ON library.id = follow.target_library_id
     WHERE follow.actor_id = %s AND NOT library.is_channel
     ORDER BY follow.id DESC
"""


async def standings(tx: Queries, actor_id: int) -> list[FollowStanding]:
    """All libraries that the actor follows or wishes to, the latest first."""
    return await tx.many(FollowStanding, STANDINGS, actor_id)


@frozen
class _Row:
    uuid: UUID
    fid: str
    actor_id: int
    library_id: int
    approved: bool | None
    creation_date: datetime
    modification_date: datetime


_FOLLOW = """
    SELECT follow.uuid, follow.fid, follow.actor_id, follow.target_library_id, follow.approved, follow.creation_date,
           follow.modification_date
      FROM follow JOIN library ON library.id = follow.target_library_id AND NOT library.is_channel
"""
ONE_OF = f"{_FOLLOW} WHERE follow.uuid = %s AND (follow.actor_id = %s OR library.actor_id = %s)"
MINE = "follow.actor_id = %s AND follow.approved IS NOT FALSE AND (%s::boolean IS NULL OR follow.approved = %s)"


async def one_of(tx: Queries, uuid: UUID, actor_id: int) -> LibraryFollow | None:
    """A follow by the actor, or of a library of theirs."""
    rows = await tx.many(_Row, ONE_OF, uuid, actor_id, actor_id)
    return next(iter(await _whole(tx, rows, actor_id)), None)


async def mine(
    tx: Queries, actor_id: int, approved: bool | None, oldest_first: bool, limit: int, offset: int
) -> tuple[int, list[LibraryFollow]]:
    """
    How many follows the actor has but for refused ones, and one page of them.

    :param approved: only those that are, or not yet; None: both.
    """
    asked = (actor_id, approved, approved)
    way = "ASC" if oldest_first else "DESC"
    count = await tx.one(
        int,
        "SELECT count(*) FROM follow JOIN library ON library.id = follow.target_library_id AND NOT library.is_channel"
        f" WHERE {MINE}",
        *asked,
    )
    page = f"{_FOLLOW} WHERE {MINE} ORDER BY follow.creation_date {way}, follow.id {way} LIMIT %s OFFSET %s"
    rows = await tx.many(_Row, page, *asked, limit, offset)
    return count, await _whole(tx, rows, actor_id)


async def _whole(tx: Queries, rows: Sequence[_Row], viewer_id: int) -> list[LibraryFollow]:
    """The follows with all that their documents show."""
    if not rows:
        return []
    found = await libraries.libraries_by_ids(tx, [row.library_id for row in rows])
    targets = {seen.library.id: seen for seen in await seen_by(tx, found, viewer_id)}
    actors = await people.actors(tx, list({row.actor_id for row in rows}))
    return [
        LibraryFollow(row.uuid, actors[row.actor_id], row.approved, row.creation_date, targets[row.library_id])
        for row in rows
        if row.library_id in targets
    ]


# --- libraries as others see them ----------------------------------------------------------------

OWN_FOLLOWS = """
    SELECT target_library_id, uuid, fid, approved, creation_date, modification_date
      FROM follow WHERE actor_id = %s AND target_library_id = ANY(%s)
"""
LATEST_SCANS = """
    SELECT DISTINCT ON (library_id)
           library_id, status, total_files, processed_files, errored_files, creation_date, modification_date
      FROM library_scan WHERE library_id = ANY(%s)
     ORDER BY library_id, id DESC
"""


async def seen_by(tx: Queries, found: Sequence[Library], viewer_id: int | None) -> list[SeenLibrary]:
    """The libraries, each with the viewer's own follow and the latest scan."""
    ids = [library.id for library in found]
    follows = await _own_follows(tx, ids, viewer_id) if ids else {}
    distant = [library.id for library in found if not library.owner.is_local]
    scans = await _latest_scans(tx, distant) if distant else {}
    return [SeenLibrary(library, follows.get(library.id), scans.get(library.id)) for library in found]


async def _own_follows(tx: Queries, ids: Collection[int], viewer_id: int | None) -> dict[int, OwnFollow]:
    def made(id: int, *columns: Any) -> tuple[int, OwnFollow]:
        return id, OwnFollow(*columns)

    return {} if viewer_id is None else dict(await tx.many(made, OWN_FOLLOWS, viewer_id, list(ids)))


async def _latest_scans(tx: Queries, ids: Collection[int]) -> dict[int, Scan]:
    def made(id: int, *columns: Any) -> tuple[int, Scan]:
        return id, Scan(*columns)

    return dict(await tx.many(made, LATEST_SCANS, list(ids)))


FOLLOWS_OR_OWNS = """
    SELECT EXISTS (SELECT FROM follow WHERE actor_id = %s AND target_library_id = %s)
        OR EXISTS (SELECT FROM library WHERE id = %s AND actor_id = %s)
"""


async def follows_or_owns(tx: Queries, actor_id: int, library_id: int) -> bool:
    """Whether the library is the actor's, or they follow it or wish to."""
    return await tx.one(bool, FOLLOWS_OR_OWNS, actor_id, library_id, library_id, actor_id)
