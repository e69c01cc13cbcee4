"""How much room stored files take, as their rows tell it: by root, domain, person.  Source: docs/storage.md S-91."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.pool import Queries
from fwtwisted.db.storage.places import FILES


@frozen
class Taken:
    """
    How much somebody or something takes.

    :ivar size: bytes.
    """

    name: str
    count: int
    size: int


BY_ROOT = f"""
    SELECT root, count(*), coalesce(sum(size), 0)::bigint
      FROM (SELECT size, coalesce((SELECT root FROM unnest(%s::text[]) AS root WHERE starts_with(name, root || '/')
                                    ORDER BY length(root) DESC LIMIT 1), split_part(name, '/', 1)) AS root
              FROM ({FILES}) AS file WHERE name IS NOT NULL) AS rooted
     GROUP BY root
     ORDER BY 3 DESC, root
"""


async def by_root(tx: Queries, roots: Sequence[str]) -> list[Taken]:
    """The roots that have files, the largest first; unknown ones by their first folder."""
    return await tx.many(Taken, BY_ROOT, list(roots))


# Audio and what was made of it belong to the owner of the library, pictures to who sent them in.
_OWNED = """
    SELECT library.actor_id, upload.size
      FROM upload JOIN library ON library.id = upload.library_id WHERE upload.audio_file IS NOT NULL
    UNION ALL
    SELECT library.actor_id, upload_version.size
      FROM upload_version
      JOIN upload ON upload.id = upload_version.upload_id JOIN library ON library.id = upload.library_id
    UNION ALL
    SELECT actor_id, size FROM attachment WHERE file IS NOT NULL AND actor_id IS NOT NULL
"""
BY_DOMAIN = f"""
    SELECT actor.domain, count(*), coalesce(sum(owned.size), 0)::bigint
      FROM ({_OWNED}) AS owned JOIN actor ON actor.id = owned.actor_id
     GROUP BY actor.domain
     ORDER BY actor.domain <> %s, 3 DESC, 1
"""


async def by_domain(tx: Queries, ours: str) -> list[Taken]:
    """The domains whose people own files, ours first, then the largest first."""
    return await tx.many(Taken, BY_DOMAIN, ours)


BY_USER = f"""
    SELECT actor.preferred_username, count(*), coalesce(sum(owned.size), 0)::bigint
      FROM ({_OWNED}) AS owned JOIN actor ON actor.id = owned.actor_id
     WHERE actor.domain = %s
     GROUP BY actor.id
     ORDER BY 3 DESC, 1
"""


async def by_user(tx: Queries, ours: str) -> list[Taken]:
    """Our people who own files, the largest first."""
    return await tx.many(Taken, BY_USER, ours)


IN_PLACE = """
    SELECT 'in place', count(*), coalesce(sum(coalesce(in_place_size, size)), 0)::bigint
      FROM upload WHERE audio_file IS NULL AND source LIKE 'file://%%'
"""


async def in_place(tx: Queries) -> Taken:
    """Files that lie where they lie, and are not ours to store."""
    return await tx.one(Taken, IN_PLACE)
