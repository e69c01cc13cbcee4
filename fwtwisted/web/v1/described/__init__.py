"""
What the operations of the REST face mean, area by area: the tables of our own OpenAPI description.

A new route needs its entry here; ``tests/rest/test_schema.py`` names those that have none, entries of routes that are
gone, and entries that say something else of who may ask than ``tests/rest/access_table.py``.
"""

from __future__ import annotations

from fwtwisted.web.v1.described import (
    accounts,
    administration,
    channels,
    edits,
    federation,
    instance,
    librarians,
    libraries,
    listening,
    moderating,
    music,
    oauth,
    plugins,
)

AREAS = tuple(
    one.AREA
    for one in (
        music,
        libraries,
        listening,
        channels,
        edits,
        federation,
        accounts,
        oauth,
        administration,
        moderating,
        librarians,
        instance,
        plugins,
    )
)
