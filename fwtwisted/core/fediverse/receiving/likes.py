"""
What people elsewhere think of tracks.

Of whom somebody here follows it is a favourite or a listening like those of our people, shown to whom they show it,
and told to pages that are connected when that is everybody.
What strangers think is counted where it is about something of ours, and else nobody's business here.

Source: docs/federation.md §4.11.
"""

from __future__ import annotations

from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told
from fwtwisted.core.listening.history import DEED
from fwtwisted.core.pod.live import EVERYBODY, Happened
from fwtwisted.db.fediverse import received, remote_deeds
from fwtwisted.db.listening import history
from fwtwisted.db.pool import Tx
from fwtwisted.model.listening import Deed, Heard, Kind
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.contexts import PUBLIC
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.activitypub.writing.posts import post_of
from fwtwisted.wire.addresses import is_ours


class Likes:
    """Like, Dislike, Listen, Announce, and Undo of them."""

    def __init__(self, happened: Happened, pod: Pod) -> None:
        self._happened, self._pod = happened, pod

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
        found = await self._noted(tx, told, "favorite")
        if found is not None and found.is_followed:
            for deed, is_new in await history.make_favorites(tx, [(told.actor.id, found.track_id)]):
                if is_new:
                    self._tell(tx, Kind.FAVORITE, deed)
            await remote_deeds.shown_to(tx, told.actor.id, everybody=_is_public(told.act.doc))

    async def dislike(self, tx: Tx, told: Told) -> None:
        """They like it no longer."""
        track = await self._track(tx, told.act.about)
        if track is not None:
            await remote_deeds.unlike(tx, told.actor.id, track, "favorite")

    async def listen(self, tx: Tx, told: Told) -> None:
        """They heard it."""
        found, fid = await self._found(tx, told), told.act.fid
        if found is None or not found.is_followed or fid is None or await remote_deeds.is_known(tx, fid):
            return
        moment = told.act.doc.moment("published")
        heard = told.arrived if moment is None else min(moment, told.arrived)
        for deed in await history.add_listenings(tx, [Heard(told.actor.id, found.track_id, heard)]):
            await remote_deeds.remember(tx, fid, "listening", told.actor.id, found.track_id, deed.id)
            self._tell(tx, Kind.LISTENING, deed)
        await remote_deeds.shown_to(tx, told.actor.id, everybody=_is_public(told.act.doc))

    def _tell(self, tx: Tx, kind: Kind, deed: Deed) -> None:
        """Have everybody who listens told, as of deeds done here."""
        tx.after_commit(self._happened, EVERYBODY, DEED, {"kind": kind, "id": deed.id})

    async def announce(self, tx: Tx, told: Told) -> None:
        """They tell their followers of it."""
        await self._noted(tx, told, "boost")

    async def _noted(self, tx: Tx, told: Told, kind: str) -> remote_deeds.Found | None:
        """Write down that they did it; what about, if it concerns anybody here."""
        found = await self._found(tx, told)
        if found is not None and told.act.fid is not None:
            await remote_deeds.remember(tx, told.act.fid, kind, told.actor.id, found.track_id)
            return found
        return None

    async def undo(self, tx: Tx, told: Told) -> None:
        """They take back that they like it, or told of it; what comes after that is not taken either."""
        deed = told.act.object
        if deed is None:
            return
        if deed.id is not None:
            await remote_deeds.take_back(tx, told.actor.id, [deed.id])
            if same_origin(deed.id, told.actor.fid):
                await received.remember_stillborn(tx, told.actor.id, [deed.id])
        track = await self._track(tx, deed.link("object"))
        if track is not None:
            await remote_deeds.unlike(tx, told.actor.id, track, "favorite" if deed.is_a("Like") else "boost")

    async def _found(self, tx: Tx, told: Told) -> remote_deeds.Found | None:
        """The track that it is about, if what they do concerns anybody here, and they have not taken it back."""
        about = told.act.about
        if about is None:
            return None
        found = await remote_deeds.find(tx, self._known(about), told.actor.id, told.act.fid)
        return found if found is not None and (found.is_followed or is_ours(about, self._pod)) else None

    async def _track(self, tx: Tx, fid: str | None) -> int | None:
        """The track of this id, or whose file, or the note that stands for that, has it."""
        return None if fid is None else await remote_deeds.track_at(tx, self._known(fid))

    def _known(self, fid: str) -> str:
        """By which id a track is known that is named by this one."""
        return post_of(fid) if is_ours(fid, self._pod) else fid


def _is_public(doc: Doc) -> bool:
    """Whether somebody says that everybody may know."""
    return doc.text("audience") == "everyone" or any(PUBLIC in doc.ids(name) for name in ("audience", "to", "cc"))
