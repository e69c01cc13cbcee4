"""The tags of artists, albums and tracks."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.files import importing
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind

TAGS = {
    kind: f"""
    WITH wanted AS (SELECT id FROM tag WHERE lower(name) IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)),
         gone AS (DELETE FROM {kind}_tag WHERE {kind}_id = %s AND tag_id NOT IN (SELECT id FROM wanted))
    INSERT INTO {kind}_tag ({kind}_id, tag_id) SELECT %s, id FROM wanted ON CONFLICT DO NOTHING
"""
    for kind in Kind
}


async def set_tags(tx: Tx, kind: Kind, id: int, names: Sequence[str]) -> None:
    """Give an object these tags and no others; those that nobody knew are made."""
    if names:
        await tx.do(importing.ADD_TAGS, list(names))
    await tx.do(TAGS[kind], list(names), id, id)
