"""
Something elsewhere is no more.

Who deletes must be who it belongs to, or who speaks for its whole server.  What was deleted is remembered for a while,
whether it was ever here or not, so that a Create that was overtaken does not bring it after all.  Nothing of ours, and
nothing that somebody here has a file of, goes with it.  Source: docs/federation.md §4.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told
from fwtwisted.core.fediverse.remote.removing import remove_actor, remove_libraries, remove_uploads
from fwtwisted.db.fediverse import held, received, remote_deeds
from fwtwisted.db.fediverse.held import Held
from fwtwisted.db.files import importing
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.addresses import host_of, is_ours

MOST_IDS: Final = 100
WORKS: Final = ("track", "album", "artist")


class Removals:
    """Delete."""

    def __init__(self, ring: Ring, pod: Pod) -> None:
        self._ring, self._pod = ring, pod

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(quick={("Delete", ANY): self.delete})

    async def delete(self, tx: Tx, told: Told) -> None:
        """Remove what is theirs to remove."""
        fids = [fid for fid in told.act.abouts(MOST_IDS) if not is_ours(fid, self._pod)]
        if told.actor.fid in fids:
            await remove_actor(tx, told.actor, self._ring)
            return
        found = await held.held(tx, fids)
        known = {one.fid for one in found}
        mine = [one for one in found if one.kind != "actor" and await may_speak_for(tx, told, one)]
        unborn = {fid for fid in fids if fid not in known and same_origin(fid, told.actor.fid)}
        await received.remember_stillborn(tx, told.actor.id, sorted(unborn | {one.fid for one in mine}))
        await remote_deeds.take_back(tx, told.actor.id, fids)
        await self._remove(tx, mine, told.actor.domain)

    async def _remove(self, tx: Tx, things: Sequence[Held], server: str) -> None:
        await remove_uploads(tx, [one.uuid for one in things if one.kind == "upload"], self._ring)
        libraries = [one.id for one in things if one.kind == "library"]
        if libraries:
            await remove_libraries(tx, libraries, self._ring)
            tx.touch("libraries", "catalog")
        if any(one.kind in WORKS for one in things):
            await self._remove_works(tx, things, server)

    async def _remove_works(self, tx: Tx, things: Sequence[Held], server: str) -> None:
        """Remove works with the files that their own server gave us; where other files are left, they stay."""
        track_ids, album_ids, artist_ids = ([one.id for one in things if one.kind == kind] for kind in WORKS)
        tracks, albums = await held.works_of(tx, track_ids, album_ids, artist_ids, server)
        await remove_uploads(tx, await held.uploads_from(tx, tracks, server), self._ring)
        await importing.prune(tx, tracks, albums, artist_ids)
        tx.touch("catalog")


async def may_speak_for(tx: Tx, told: Told, thing: Held) -> bool:
    """Whether the thing is of the actor's server, and theirs or theirs who speaks for that."""
    if not same_origin(thing.fid, told.actor.fid):  # an artist of one server may be named on works of another
        return False
    return told.actor.id in thing.owners or await held.speaks_for(tx, told.actor.id, host_of(thing.fid))
