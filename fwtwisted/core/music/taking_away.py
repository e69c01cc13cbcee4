"""
Taking works and uploads away, whoever wants it: an owner, or somebody who looks after the music.

Those elsewhere who know them are told first; their files are doomed in the same transaction, and follow after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fwtwisted.core.fediverse.sending.occasions import Occasions
from fwtwisted.db.files import doomed, uploads
from fwtwisted.db.music import works
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring


async def take_works(
    tx: Tx, track_ids: Sequence[int], album_ids: Sequence[int], ring: Ring, occasions: Occasions
) -> None:
    """Remove tracks with their uploads, and albums, whose tracks must be among them."""
    files = await works.uploads_of(tx, track_ids)
    await occasions.uploads_removed(tx, files)
    for album_id in album_ids:
        await occasions.series_removed(tx, album_id)
    await uploads.remove(tx, files)
    await works.remove(tx, track_ids, album_ids)
    await doomed.ask_removal(tx, ring)
    tx.touch("catalog")


async def take_uploads(tx: Tx, uuids: Sequence[UUID], ring: Ring, occasions: Occasions) -> int:
    """Remove uploads, and with the last of an episode's the episode; how many uploads there were."""
    await occasions.uploads_removed(tx, uuids)
    episodes = await works.episodes_of(tx, uuids)
    count = await uploads.remove(tx, uuids)
    if gone := await works.silent(tx, episodes):
        await works.remove(tx, gone, [])
    await doomed.ask_removal(tx, ring)
    tx.touch("catalog")
    return count
