"""Tags that all tracks of an album or of an artist share, for those that have no tags of their own."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind

# Parameters: after which id, what federation ids of our own begin with, how many at most.
_SHARE = """
    WITH bare AS MATERIALIZED (
             SELECT id FROM {kind}
              WHERE id > %s AND starts_with(fid, %s)
                AND NOT EXISTS (SELECT FROM {kind}_tag WHERE {kind}_tag.{kind}_id = {kind}.id)
              ORDER BY id LIMIT %s),
         sized AS (
             SELECT track.{kind}_id AS id, count(*) AS tracks
               FROM bare JOIN track ON track.{kind}_id = bare.id GROUP BY track.{kind}_id),
         shared AS (
             SELECT track.{kind}_id AS id, track_tag.tag_id, count(*) AS tagged
               FROM bare JOIN track ON track.{kind}_id = bare.id JOIN track_tag ON track_tag.track_id = track.id
              GROUP BY track.{kind}_id, track_tag.tag_id),
         added AS (
             INSERT INTO {kind}_tag ({kind}_id, tag_id)
             SELECT shared.id, shared.tag_id FROM shared JOIN sized ON sized.id = shared.id
              WHERE shared.tagged = sized.tracks ORDER BY 1, 2
                 ON CONFLICT DO NOTHING RETURNING {kind}_id)
    SELECT (SELECT max(id) FROM bare), (SELECT count(*) FROM added)
"""
SHARE: Mapping[Kind, str] = {kind: _SHARE.format(kind=kind.value) for kind in (Kind.ALBUM, Kind.ARTIST)}


async def share(tx: Tx, kind: Kind, after: int, local_prefix: str, limit: int) -> tuple[int | None, int]:
    """
    Tag the next few albums or artists of ours that have no tags with those which all their tracks have.

    :param after: the id of the last one that was looked at.
    :return: that of the last one now, None when there was none left; and how many tags were given.
    """
    return await tx.one(lambda last, count: (last, count), SHARE[kind], after, local_prefix, limit)
