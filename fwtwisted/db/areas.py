"""
The versions of areas: what is kept in memory holds for as long as the version of its area.

Every write raises the version of what it changes in its own transaction (``Tx.touch``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fwtwisted.db.often import Often
from fwtwisted.db.pool import Tx

VERSIONS = Often("versions", "SELECT name, version FROM area", ())


async def versions(tx: Tx) -> Mapping[str, int]:
    """
    The version of each area, as of the first time that ``tx`` asked.

    An earlier version is always safe: what is kept under it is forgotten sooner, never later.
    """
    if tx.areas is None:
        tx.areas = dict(await tx.often_many(lambda name, version: (name, version), VERSIONS))
    return tx.areas


LAST_MOVED = "SELECT max(moved) FROM area WHERE name IN ('catalog', 'libraries')"


async def last_moved(tx: Tx) -> datetime:
    """When music, or the right to hear some of it, changed last."""
    return await tx.one(lambda moved: moved, LAST_MOVED)
