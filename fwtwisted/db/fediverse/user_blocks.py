"""Actors of other servers that one of our people wants nothing to do with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fwtwisted.db.people.people import actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.moderation import Blocked
from fwtwisted.model.people import Actor

_ROW = f"""
    SELECT user_block.uuid, user_block.creation_date, {actor_columns("target")}
      FROM user_block JOIN actor AS target ON target.id = user_block.target_id
     WHERE user_block.account_id = %s
"""
PAGE = f"{_ROW} ORDER BY user_block.id DESC LIMIT %s OFFSET %s"
COUNT = "SELECT count(*) FROM user_block WHERE account_id = %s"


def _blocked(uuid: UUID, created: Any, *actor: Any) -> Blocked:
    return Blocked(uuid, Actor(*actor), created)


async def page(tx: Queries, account_id: int, limit: int, offset: int) -> tuple[int, list[Blocked]]:
    """How many actors the account blocks, and one page of them, the latest first."""
    return await tx.one(int, COUNT, account_id), await tx.many(_blocked, PAGE, account_id, limit, offset)


ONE = f"{_ROW} AND user_block.uuid = %s"


async def one(tx: Queries, account_id: int, uuid: UUID) -> Blocked | None:
    """One of the account's own."""
    return await tx.maybe(_blocked, ONE, account_id, uuid)


ADD = "INSERT INTO user_block (account_id, target_id) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING uuid"


async def add(tx: Tx, account_id: int, target_id: int) -> UUID | None:
    """Block an actor; None when it is blocked already."""
    return await tx.maybe(lambda uuid: uuid, ADD, account_id, target_id)


REMOVE = "DELETE FROM user_block WHERE account_id = %s AND uuid = %s"


async def remove(tx: Tx, account_id: int, uuid: UUID) -> bool:
    """Block an actor no longer; whether it was."""
    return await tx.do(REMOVE, account_id, uuid) == 1


# By the one, of the other: themselves, their libraries, their channels.
FOLLOWS = """
    SELECT follow.id FROM follow
      LEFT JOIN library ON library.id = follow.target_library_id
      LEFT JOIN channel ON channel.actor_id = follow.target_actor_id
     WHERE follow.actor_id = %s AND %s IN (follow.target_actor_id, library.actor_id, channel.attributed_to_id)
     ORDER BY follow.id FOR UPDATE OF follow
"""


async def follows(tx: Tx, follower_id: int, followed_id: int) -> list[int]:
    """The ids of the one's follows of anything of the other's, held until the transaction ends."""
    return await tx.many(int, FOLLOWS, follower_id, followed_id)


REMOVE_FOLLOWS = "DELETE FROM follow WHERE id = ANY(%s)"


async def remove_follows(tx: Tx, ids: list[int]) -> None:
    """Remove follows; the transaction must touch ``libraries``."""
    await tx.do(REMOVE_FOLLOWS, ids)
