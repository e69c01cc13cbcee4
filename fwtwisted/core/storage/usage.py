"""How much room media take: as the rows tell it, and as the disk and the bucket do.  Source: docs/storage.md S-91."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from fwtwisted.core.storage.sides import Side
from fwtwisted.db.pool import Database
from fwtwisted.db.storage import usage
from fwtwisted.db.storage.usage import Taken
from fwtwisted.wire.names import (
    ATTACHMENTS,
    AVATARS,
    BANNERS,
    REMOTE_TRACKS,
    RENDITIONS,
    TRACKS,
    TRANSCODED,
)

LEGACY_CACHE, LEGACY_IMPORTS = "federation_cache", "imports"
KNOWN_ROOTS = (
    TRACKS,
    REMOTE_TRACKS,
    TRANSCODED,
    LEGACY_IMPORTS,
    LEGACY_CACHE,
    ATTACHMENTS,
    RENDITIONS,
    BANNERS,
    AVATARS,
)


@frozen
class Usage:
    """
    :ivar roots: by the rows.  :ivar domains: ours first.  :ivar users: empty unless asked for.
    :ivar lying: by the listings of the sides, ``storage`` to roots; empty unless asked for.
    """

    roots: Sequence[Taken]
    domains: Sequence[Taken]
    users: Sequence[Taken]
    in_place: Taken
    lying: dict[str, list[Taken]]

    @property
    def total(self) -> Taken:
        """All roots together."""
        return Taken("total", sum(one.count for one in self.roots), sum(one.size for one in self.roots))


def root_of(name: str) -> str:
    """Under which root a name lies: the longest that is known, else its first folder."""
    fitting = [root for root in KNOWN_ROOTS if name.startswith(root + "/")]
    return max(fitting, key=len, default=name.partition("/")[0])


async def usage_of(database: Database, domain: str, *, users: bool) -> Usage:
    """What the rows tell."""
    return Usage(
        await database.read(lambda tx: usage.by_root(tx, KNOWN_ROOTS)),
        await database.read(lambda tx: usage.by_domain(tx, domain)),
        await database.read(lambda tx: usage.by_user(tx, domain)) if users else [],
        await database.read(usage.in_place),
        {},
    )


async def scanned(side: Side, at: Callable[[int], object]) -> list[Taken]:
    """
    What lies on a side, by root, the largest first.

    :param at: told how many files were seen so far.
    :raise StoreAway:
    """
    found: dict[str, Taken] = {}
    count = 0
    async for lying in side.listed(""):
        root = root_of(lying.name)
        known = found.get(root, Taken(root, 0, 0))
        found[root] = evolve(known, count=known.count + 1, size=known.size + lying.size)
        count += 1
        at(count)
    return sorted(found.values(), key=lambda one: (-one.size, one.name))
