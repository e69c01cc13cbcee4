"""
What happens here, told to those elsewhere who follow it: one method per event, called in the transaction of the event.

What comes or changes is told by a job, which finds it as it is then (``telling``); so whoever imports or edits waits
for one small statement, and for none but that where nobody elsewhere follows.  What goes is put down at once, before it
is removed: afterwards nobody would know any more who followed it.

Source: docs/federation.md §4.2, §4.4 to §4.11.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from functools import partial
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

import orjson

from fwtwisted.core.fediverse.keys import rotation
from fwtwisted.core.fediverse.sending.occasions import Occasions
from fwtwisted.core.fediverse.sending.outbox import LANE, Outbox, Outgoing, same_for_all
from fwtwisted.core.fediverse.sending.recipients import (
    PODS_WITH_FOLLOWERS,
    Recipients,
    actors,
    followers_of,
    in_person,
    library_followers,
)
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import announced
from fwtwisted.db.fediverse.announced import Told, ToldFollow
from fwtwisted.db.fediverse.deliveries import Letter
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.listening import Deed
from fwtwisted.model.music import Kind
from fwtwisted.wire.activitypub import activities
from fwtwisted.wire.activitypub.activities import LARGEST_LIST
from fwtwisted.wire.activitypub.contexts import PUBLIC
from fwtwisted.wire.activitypub.writing.posts import note_id
from fwtwisted.wire.v1 import Document

TELL: Final = "federation.tell"
CREATED, UPDATED, EDITED, SHELF, PERSONA, FAVORED, LISTENED, REPORTED = (
    "created", "updated", "edited", "library", "actor", "favored", "listened", "reported",
)  # fmt: skip
FUNKWHALES: Final = frozenset((PeerClass.G1, PeerClass.G2))
OTHERS: Final = frozenset(PeerClass) - FUNKWHALES


class Announcing(Occasions):
    """Says what happened.  :ivar tells_deeds: what people like and listen to, too."""

    def __init__(self, outbox: Outbox, ring: Ring, *, tells_deeds: bool = True) -> None:
        self._outbox, self._ring, self.tells_deeds = outbox, ring, tells_deeds

    # --- what comes or changes -------------------------------------------------------------------

    async def uploads_ready(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """Imports are finished, of libraries or of channels; those that failed are left out by themselves."""
        if uuids:
            self._asked(tx, await announced.ask_for_uploads(tx, TELL, LANE, CREATED, _tag(), uuids))

    async def episodes_updated(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """What a channel published has changed."""
        if uuids:
            self._asked(tx, await announced.ask_for_uploads(tx, TELL, LANE, UPDATED, _tag(), uuids))

    async def library_changed(self, tx: Tx, library_id: int) -> None:
        """A library has another name, text or privacy."""
        self._asked(tx, await announced.ask_for_library(tx, TELL, LANE, SHELF, _tag(), library_id))

    async def edited(self, tx: Tx, kind: Kind, id: int) -> None:
        """A track, an album or an artist of ours has changed."""
        self._asked(tx, await announced.ask_if_heard(tx, TELL, LANE, f"{EDITED}:{kind.value}", _tag(), [id]))

    async def actor_changed(self, tx: Tx, actor_id: int) -> None:
        """A profile or a channel shows something else of itself."""
        self._asked(tx, await announced.ask_if_heard(tx, TELL, LANE, PERSONA, _tag(), [actor_id]))

    async def favored(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Tracks became somebody's favourites, or are none any more."""
        if track_ids and self.tells_deeds:
            done = [(actor_id, track_id) for track_id in track_ids]
            self._asked(tx, await announced.ask_for_deeds(tx, TELL, LANE, FAVORED, _tag(), done))

    async def listened(self, tx: Tx, deeds: Sequence[Deed]) -> None:
        """People listened."""
        if deeds and self.tells_deeds:
            done = [(deed.actor_id, deed.id) for deed in deeds]
            self._asked(tx, await announced.ask_for_deeds(tx, TELL, LANE, LISTENED, _tag(), done))

    async def reported(self, tx: Tx, report_id: int) -> None:
        """Somebody found something wrong that lives elsewhere, and wants its server to know."""
        if await announced.report(tx, report_id) is not None:
            await jobs.ask(tx, TELL, LANE, {"event": REPORTED, "tag": _tag(), "ids": [report_id]})
            self._asked(tx, True)

    def _asked(self, tx: Tx, is_asked: bool) -> None:
        if is_asked:
            jobs.ring_for(tx, self._ring, LANE)

    # --- what goes -------------------------------------------------------------------------------

    async def uploads_removed(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """Uploads are about to be removed."""
        found = await announced.uploads_named(tx, uuids) if uuids else []
        for _, some in groupby(found, key=lambda one: one.library_id):
            gone = list(some)
            to = _hearers(gone[0])
            readers = await self._outbox.readers(tx, to)
            if not readers:
                continue
            await self._outbox.forget(tx, [fid for one in gone for fid in (one.fid, note_id(one.fid))])
            await self._rotate(tx, gone[0].speaker_id)
            for start in range(0, len(gone), LARGEST_LIST):
                if readers & FUNKWHALES:
                    await self._outbox.send(tx, _listed(gone[start : start + LARGEST_LIST]), to)
            for one in gone if readers & OTHERS else ():
                await self._outbox.send(tx, _buried(one), to)

    async def library_removed(self, tx: Tx, library_id: int) -> None:
        """A library is about to be removed; the channel that speaks from it is another matter."""
        told = await announced.library(tx, library_id)
        to = library_followers(library_id)
        if told is None or not await self._outbox.readers(tx, to):
            return
        id = f"{told.fid}/activity/{_tag()}"
        document = activities.delete(id, told.owner, "Library", told.fid, [told.followers])
        await self._outbox.forget(tx, [told.fid])
        await self._rotate(tx, told.owner_id)
        await self._outbox.send(tx, Outgoing("Delete", id, told.owner_id, told.fid, same_for_all(document)), to)

    async def account_removed(self, tx: Tx, actor_id: int) -> None:
        """An account is about to be removed, and with it the channels that it owns."""
        for voice in await announced.voices_of(tx, actor_id):
            await self.actor_removed(tx, voice)
        await self.actor_removed(tx, actor_id)

    async def actor_removed(self, tx: Tx, actor_id: int) -> None:
        """A person or a channel is about to be no more: those who follow them, and whom they follow, know them."""
        told = await announced.actor(tx, actor_id)
        to = followers_of(actor_id) | PODS_WITH_FOLLOWERS | actors(*await announced.followed_by(tx, actor_id))
        if told is None or not await self._outbox.readers(tx, to):
            return
        id = f"{told.fid}#delete/{_tag()}"
        typed = activities.delete(id, told.fid, told.type, told.fid, [PUBLIC])
        bare = activities.farewell(id, told.fid, [PUBLIC])
        await self._outbox.forget(tx, [told.fid])
        await self._rotate(tx, actor_id)
        written = partial(_by_program, typed, bare)
        await self._outbox.send(tx, Outgoing("Delete", id, actor_id, told.fid, written), to)

    async def series_removed(self, tx: Tx, album_id: int) -> None:
        """A series of a channel is about to be removed."""
        found = await announced.series(tx, album_id)
        told = None if found is None else await announced.actor(tx, found[1])
        if found is None or told is None or not await self._outbox.readers(tx, PODS_WITH_FOLLOWERS):
            return
        fid, speaker_id = found
        id = f"{fid}/activity/{_tag()}"
        document = activities.delete(id, told.fid, "Album", fid, [PUBLIC])
        await self._outbox.forget(tx, [fid])
        await self._rotate(tx, speaker_id)
        outgoing = Outgoing("Delete", id, speaker_id, fid, same_for_all(document))
        await self._outbox.send(tx, outgoing, followers_of(speaker_id) | PODS_WITH_FOLLOWERS)

    async def _rotate(self, tx: Tx, actor_id: int) -> None:
        """Have the key that signs a Delete replaced in two days."""
        args = {"actor": actor_id}
        await jobs.ask(tx, rotation.ROTATE, rotation.LANE, args, key=str(actor_id), due_in=rotation.REST_SECONDS)

    # --- follows ---------------------------------------------------------------------------------

    async def followed(self, tx: Tx, follow_id: int) -> None:
        """Somebody here wishes to follow something elsewhere."""
        told = await announced.follow(tx, follow_id)
        if told is not None and told.follower_is_local and not told.owner_is_local:
            await self._say(tx, told.follower_id, told, _wish(told), told.fid, actors(told.owner_id))

    async def unfollowed(self, tx: Tx, follow_id: int) -> None:
        """Somebody here is about to follow something elsewhere no longer."""
        told = await announced.follow(tx, follow_id)
        if told is not None and told.follower_is_local and not told.owner_is_local:
            document = activities.undo(_wish(told))
            await self._say(tx, told.follower_id, told, document, document["id"], actors(told.owner_id))

    async def accepted(self, tx: Tx, *follow_ids: int) -> None:
        """Somebody elsewhere, or several, may follow something of ours."""
        answers = [
            _letter(told, activities.accept(uuid4(), _wish(told)))
            for told in await announced.follows(tx, follow_ids)
            if told.owner_is_local and not told.follower_is_local
        ]
        await self._outbox.send_each(tx, answers)

    async def rejected(self, tx: Tx, follow_id: int) -> None:
        """Somebody elsewhere may not follow something of ours, or not any longer; the follow is still there."""
        told = await announced.follow(tx, follow_id)
        if told is not None and told.owner_is_local and not told.follower_is_local:
            document = activities.reject(uuid4(), _wish(told))
            await self._say(tx, told.owner_id, told, document, document["id"], in_person(told.follower_id))

    async def _say(
        self, tx: Tx, speaker_id: int, told: ToldFollow, document: Document, id: str, to: Recipients
    ) -> None:
        outgoing = Outgoing(document["type"], id, speaker_id, _about(told), same_for_all(document))
        await self._outbox.send(tx, outgoing, to)


def _tag() -> str:
    """Eight digits that make an id one of its own."""
    return secrets.token_hex(4)


def _about(told: ToldFollow) -> str:
    """What keeps everything about one follower and what they follow in order, whatever the ids of the follows."""
    return f"{told.follower} {told.target}"


def _wish(told: ToldFollow) -> Document:
    """The Follow, as it was said."""
    return activities.follow(told.fid, told.follower, told.target, told.owner)


def _letter(told: ToldFollow, document: Document) -> Letter:
    """What the owner tells the follower."""
    body = orjson.dumps(document).decode()
    return Letter(document["type"], document["id"], told.owner_id, _about(told), body, told.follower_id)


def _hearers(told: Told) -> Recipients:
    return followers_of(told.speaker_id) if told.is_channel else library_followers(told.library_id)


def _by_program(of_funkwhale: Document, of_others: Document, peer: PeerClass) -> Document:
    return of_funkwhale if peer in FUNKWHALES else of_others


def _only(readers: frozenset[PeerClass], written: Document, peer: PeerClass) -> Document | None:
    return written if peer in readers else None


def _listed(gone: Sequence[Told]) -> Outgoing:
    """That uploads are gone, as Funkwhale reads it."""
    first = gone[0]
    id = f"{first.fid}/activity/{_tag()}"
    document = activities.delete(id, first.speaker, "Audio", [one.fid for one in gone], [first.followers])
    return Outgoing("Delete", id, first.speaker_id, first.fid, partial(_only, FUNKWHALES, document))


def _buried(told: Told) -> Outgoing:
    """That an upload is gone, as all others read it."""
    id = f"{told.fid}/activity/{_tag()}"
    audio = activities.bury(id, told.speaker, told.fid, [told.followers])
    note = activities.bury(id, told.speaker, note_id(told.fid), [told.followers]) if told.is_channel else audio

    def written(peer: PeerClass) -> Document | None:
        if peer in FUNKWHALES:
            return None
        return note if peer is PeerClass.NOTE else audio

    return Outgoing("Delete", id, told.speaker_id, told.fid, written)
