"""
What people elsewhere think of tracks.

Of whom somebody here follows it is a favourite or a listening like those of our people, shown to whom they show it,
and told to pages that are connected when that is everybody.
What strangers think is counted where it is about something of ours, and else nobody's business here.

Source: docs/federation.md §4.11.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told, in_turn, singly
from fwtwisted.core.listening.history import DEED
from fwtwisted.core.pod.live import EVERYBODY, Happened
from fwtwisted.db.fediverse import received, remote_deeds
from fwtwisted.db.fediverse.remote_deeds import Claim, Found
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
        quick = {
            ("Dislike", ANY): self.dislike,
            ("Listen", ANY): self.listen,
            ("Undo", "Like"): self.undo,
            ("Undo", "Announce"): self.undo,
        }
        joint = {("Like", ANY): self.like, ("Announce", ANY): self.announce}
        return Deeds(
            quick={**quick, **{key: singly(deed) for key, deed in joint.items()}},
            joint={**{key: in_turn(deed) for key, deed in quick.items()}, **joint},
        )

    async def like(self, tx: Tx, some: Sequence[Told]) -> None:
        """They like tracks."""
        followed = [(told, found) for told, found in await self._noted(tx, some, "favorite") if found.is_followed]
        if not followed:
            return
        wished = dict.fromkeys((told.actor.id, found.track_id) for told, found in followed)
        for deed, is_new in await history.make_favorites(tx, list(wished)):
            if is_new:
                self._tell(tx, Kind.FAVORITE, deed)
        await remote_deeds.shown_to(tx, {told.actor.id: _is_public(told.act.doc) for told, _ in followed})

    async def dislike(self, tx: Tx, told: Told) -> None:
        """They like it no longer."""
        track = await self._track(tx, told.act.about)
        if track is not None:
            await remote_deeds.unlike(tx, told.actor.id, track, "favorite")

    async def listen(self, tx: Tx, told: Told) -> None:
        """They heard it."""
        fid, found = told.act.fid, next((found for _, found in await self._found(tx, [told])), None)
        if found is None or not found.is_followed or fid is None or await remote_deeds.is_known(tx, fid):
            return
        moment = told.act.doc.moment("published")
        heard = told.arrived if moment is None else min(moment, told.arrived)
        for deed in await history.add_listenings(tx, [Heard(told.actor.id, found.track_id, heard)]):
            await remote_deeds.remember_listening(tx, fid, told.actor.id, found.track_id, deed.id)
            self._tell(tx, Kind.LISTENING, deed)
        await remote_deeds.shown_to(tx, {told.actor.id: _is_public(told.act.doc)})

    def _tell(self, tx: Tx, kind: Kind, deed: Deed) -> None:
        """Have everybody who listens told, as of deeds done here."""
        tx.after_commit(self._happened, EVERYBODY, DEED, {"kind": kind, "id": deed.id})

    async def announce(self, tx: Tx, some: Sequence[Told]) -> None:
        """They tell their followers of tracks."""
        await self._noted(tx, some, "boost")

    async def _noted(self, tx: Tx, some: Sequence[Told], kind: str) -> list[tuple[Told, Found]]:
        """Write down that they did it; those that concern anybody here, with what about."""
        noted = await self._found(tx, some)
        fids = {(told.actor.id, found.track_id): told.act.fid for told, found in noted}
        await remote_deeds.remember(tx, kind, {pair: fid for pair, fid in fids.items() if fid is not None})
        return noted

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

    async def _found(self, tx: Tx, some: Sequence[Told]) -> list[tuple[Told, Found]]:
        """Those with an id that concern anybody here, and were not taken back, with the tracks that they are about."""
        named = [(told, told.act.about, told.act.fid) for told in some]
        claims = [
            (told, about, Claim(self._known(about), told.actor.id, fid))
            for told, about, fid in named
            if about is not None and fid is not None
        ]
        found = await remote_deeds.find(tx, [claim for _, _, claim in claims])
        return [
            (told, one)
            for (told, about, _), one in zip(claims, found, strict=True)
            if one is not None and (one.is_followed or is_ours(about, self._pod))
        ]

    async def _track(self, tx: Tx, fid: str | None) -> int | None:
        """The track of this id, or whose file, or the note that stands for that, has it."""
        return None if fid is None else await remote_deeds.track_at(tx, self._known(fid))

    def _known(self, fid: str) -> str:
        """By which id a track is known that is named by this one."""
        return post_of(fid) if is_ours(fid, self._pod) else fid


def _is_public(doc: Doc) -> bool:
    """Whether somebody says that everybody may know."""
    return doc.text("audience") == "everyone" or any(PUBLIC in doc.ids(name) for name in ("audience", "to", "cc"))
