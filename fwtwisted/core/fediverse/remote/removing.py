"""
Taking away what its owner, or its server, took back.

Tracks that nothing plays any more go with their last upload, and with the last track its album and its artists; what
people here kept in their lists stays.  Source: docs/federation.md §4.9, §5.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fwtwisted.core.music.libraries import remove_with_uploads
from fwtwisted.db.fediverse.remote import actors, libraries
from fwtwisted.db.files import doomed, importing, uploads
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Actor


async def remove_uploads(tx: Tx, uuids: Sequence[UUID], ring: Ring) -> int:
    """Remove uploads with what lived from them alone; how many there were."""
    if not uuids:
        return 0
    tracks = await uploads.tracks_of(tx, uuids)
    count = await uploads.remove(tx, uuids)
    await prune(tx, tracks)
    await doomed.ask_removal(tx, ring)
    tx.touch("catalog")
    return count


async def remove_libraries(tx: Tx, ids: Sequence[int], ring: Ring) -> None:
    """Remove libraries, channels' own with their channel, and what lived from their uploads alone."""
    if not ids:
        return
    tracks = await libraries.tracks_in(tx, ids)
    named = await importing.named_by(tx, tracks)
    await remove_with_uploads(tx, ids, ring)
    artist_ids, album_ids = named
    await importing.prune(tx, tracks, album_ids, artist_ids)


async def remove_actor(tx: Tx, actor: Actor, ring: Ring) -> None:
    """Remove all that somebody elsewhere has and did; a tombstone keeps their id."""
    await remove_libraries(tx, await libraries.of_actor(tx, actor.id), ring)
    await actors.bury(tx, actor.id)
    tx.touch("libraries", "catalog")


async def prune(tx: Tx, track_ids: Sequence[int]) -> None:
    """Of these tracks, and what they are on, remove what nothing plays and nobody kept."""
    artist_ids, album_ids = await importing.named_by(tx, track_ids)
    await importing.prune(tx, track_ids, album_ids, artist_ids)
