"""Servers that we know, as far as people are told of them."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Queries

# Of a server, or of an actor who lives there: nothing is shown.  Parameters: the actor's id (null: any), the name.
BLOCKED = """
    SELECT EXISTS (SELECT FROM instance_policy
                    WHERE is_active AND block_all
                      AND (target_actor_id = %s OR target_domain = ANY(servers_above(%s))))
"""


async def is_blocked(tx: Queries, name: str, actor_id: int | None = None) -> bool:
    """Whether moderators shut out the server, or the actor."""
    return await tx.one(bool, BLOCKED, actor_id, name)


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
