"""
What people elsewhere think of tracks, if somebody here follows those people; else it is nobody's business here.

Source: docs/federation.md §4.11.
"""

from __future__ import annotations

from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told
from fwtwisted.db.fediverse import held, remote_deeds
from fwtwisted.db.listening import history
from fwtwisted.db.pool import Tx


class Likes:
    """Like, Dislike, Listen, Announce, and Undo of them."""

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(
            quick={
                ("Like", ANY): self.like,
                ("Dislike", ANY): self.dislike,
                ("Listen", ANY): self.listen,
                ("Announce", ANY): self.announce,
                ("Undo", "Like"): self.undo,
                ("Undo", "Announce"): self.undo,
            }
        )

    async def like(self, tx: Tx, told: Told) -> None:
        """They like a track."""
        track = await _track(tx, told)
        if track is not None and told.act.fid is not None:
            await history.add_favorite(tx, told.actor.id, track)
            await remote_deeds.remember(tx, told.act.fid, "favorite", told.actor.id, track)

    async def dislike(self, tx: Tx, told: Told) -> None:
        """They like it no longer."""
        about = told.act.about
        track = None if about is None else await remote_deeds.track_at(tx, about)
        if track is not None:
            await remote_deeds.unlike(tx, told.actor.id, track, "favorite")

    async def listen(self, tx: Tx, told: Told) -> None:
        """They heard it."""
        track, fid = await _track(tx, told), told.act.fid
        if track is None or fid is None or await remote_deeds.is_known(tx, fid):
            return
        moment = told.act.doc.moment("published")
        heard = told.arrived if moment is None else min(moment, told.arrived)
        [deed] = await history.add_listenings(tx, told.actor.id, [(track, heard)])
        await remote_deeds.remember(tx, fid, "listening", told.actor.id, track, deed.id)

    async def announce(self, tx: Tx, told: Told) -> None:
        """They tell their followers of it."""
        track = await _track(tx, told)
        if track is not None and told.act.fid is not None:
            await remote_deeds.remember(tx, told.act.fid, "boost", told.actor.id, track)

    async def undo(self, tx: Tx, told: Told) -> None:
        """They take back that they like it, or told of it."""
        deed = told.act.object
        if deed is None:
            return
        if deed.id is not None:
            await remote_deeds.take_back(tx, told.actor.id, [deed.id])
        about = deed.link("object")
        track = None if about is None else await remote_deeds.track_at(tx, about)
        if track is not None:
            await remote_deeds.unlike(tx, told.actor.id, track, "favorite" if deed.is_a("Like") else "boost")


async def _track(tx: Tx, told: Told) -> int | None:
    """The track that it is about, if what they do is told to anybody here."""
    if told.act.about is None or not await held.is_followed(tx, actor_id=told.actor.id):
        return None
    return await remote_deeds.track_at(tx, told.act.about)
