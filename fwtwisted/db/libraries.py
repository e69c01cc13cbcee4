"""Libraries: what they are, and the one place that says whose content somebody may see."""

from __future__ import annotations

from fwtwisted.db.pool import Queries

# A library's content is seen by its owner and, unless its server is away or blocked, by those whom its level and
# its follows let in.  Parameters: the viewer's actor (null: a visitor), whether that actor is at home here.
# Source: docs/api.md §7, "Who may see and play an upload".
VISIBLE_TO = """
    WITH viewer AS (SELECT %s::bigint AS id, %s::boolean AS is_local)
    SELECT library.id
      FROM library
      JOIN actor AS owner ON owner.id = library.actor_id
      JOIN domain ON domain.name = owner.domain
     CROSS JOIN viewer
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE library.actor_id = viewer.id
        OR channel.attributed_to_id = viewer.id
        OR (domain.reachable
            AND NOT EXISTS (SELECT FROM instance_policy AS policy
                             WHERE policy.is_active AND policy.block_all
                               AND (policy.target_domain = owner.domain OR policy.target_actor_id = owner.id))
            AND (library.privacy_level = 'everyone'
                 OR (library.privacy_level = 'instance' AND viewer.is_local AND owner.private_key IS NOT NULL)
                 OR EXISTS (SELECT FROM follow
                             WHERE follow.actor_id = viewer.id AND follow.approved
                               AND (follow.target_library_id = library.id
                                    OR follow.target_actor_id = channel.actor_id))))
     ORDER BY library.id
"""


async def visible_libraries(tx: Queries, actor_id: int | None, is_local: bool) -> list[int]:
    """The ids of the libraries, channels' own among them, whose content the viewer may see; ascending."""
    return await tx.many(int, VISIBLE_TO, actor_id, is_local)


LIBRARIES_VERSION = "SELECT version FROM area WHERE name = 'libraries'"


async def libraries_version(tx: Queries) -> int:
    """A number that changes with whatever :func:`visible_libraries` depends on."""
    return await tx.one(int, LIBRARIES_VERSION)
