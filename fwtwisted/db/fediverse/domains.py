"""Servers that we know, as far as people are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fwtwisted.db.often import Often
from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Actor

# Of a server, or of an actor who lives there: nothing is shown.  Parameters: the actor's id (null: any), the name.
_BLOCKED = """
    EXISTS (SELECT FROM instance_policy
             WHERE is_active AND block_all AND (target_actor_id = {} OR target_domain = ANY(servers_above({}))))
"""
BLOCKED = f"SELECT {_BLOCKED.format('%s', '%s')}"


async def is_blocked(tx: Queries, name: str, actor_id: int | None = None) -> bool:
    """Whether moderators shut out the server, or the actor."""
    return await tx.one(bool, BLOCKED, actor_id, name)


SHOWN_ACTOR = Often(
    "shown_actor",
    f"""
    SELECT {actor_columns()}, EXISTS (SELECT FROM channel WHERE channel.actor_id = actor.id)
      FROM actor
     WHERE lower(preferred_username) = lower(%s) AND domain = %s AND type <> 'Tombstone'
       AND NOT {_BLOCKED.format("actor.id", "actor.domain")}
    """,
    ("text", "text"),
)


async def shown_actor(tx: Tx, username: str, domain: str) -> tuple[Actor, bool] | None:
    """The actor ``username@domain``, unless it is gone or shut out, and whether a channel speaks through it."""
    return await tx.often(_actor_and_more, SHOWN_ACTOR, username, domain.lower())


def _actor_and_more(*columns: Any) -> tuple[Actor, bool]:
    return Actor(*columns[:ACTOR_WIDTH]), columns[ACTOR_WIDTH]


# Parameters: our own name, whether only servers on the allow list count.
_SHOWN = """
    FROM domain
   WHERE name <> %s AND (allowed OR NOT %s) AND NOT blocked
"""


async def shown(
    tx: Queries, own: str, only_allowed: bool, words: Sequence[str], limit: int, offset: int
) -> tuple[int, list[str]]:
    """How many other servers may be told of, and the names of one page of them."""
    where = _SHOWN + "".join(" AND position(lower(%s) IN name) > 0" for _ in words)
    values = (own, only_allowed, *words)
    count = await tx.one(int, f"SELECT count(*) {where}", *values)
    return count, await tx.many(str, f"SELECT name {where} ORDER BY name LIMIT %s OFFSET %s", *values, limit, offset)


async def is_shown(tx: Queries, own: str, only_allowed: bool, name: str) -> bool:
    """Whether people may be told of a server."""
    return await tx.one(bool, f"SELECT EXISTS (SELECT {_SHOWN} AND name = %s)", own, only_allowed, name)
