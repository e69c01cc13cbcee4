"""
Follows of libraries: asking for what is in them, and letting somebody in or not.

::

    POST follows/library   everyone, or instance and at home here ──▶ approved at once ─┐
                           any other ──▶ waits for the owner ── accept ────────────────▶│ content is seen
                           (elsewhere: a Follow goes out)     └─ reject ──▶ refused      │
    DELETE                 taken back, and with it what it opened ◀─────────────────────┘

Whoever asks is told nothing of what is inside; the label of a library is anybody's who knows its uuid.
Source: docs/api.md §4.16, docs/federation.md §4.4.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.db.fediverse import follows, notifications
from fwtwisted.db.fediverse.follows import Received
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.music import libraries
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.fediverse import FollowStanding, LibraryFollow
from fwtwisted.model.people import Actor, Library, Privacy, Viewer
from fwtwisted.wire.activitypub import activities

TARGET = "target"


class Follows:
    """Follows of libraries by people on this pod, and of people and libraries on this pod."""

    def __init__(self, database: Database, inbox: Inbox, occasions: Occasions = NOBODY) -> None:
        self._database, self._inbox, self._occasions = database, inbox, occasions

    # --- looking ---------------------------------------------------------------------------------

    async def mine(
        self, viewer: Viewer, approved: bool | None, oldest_first: bool, limit: int, offset: int
    ) -> tuple[int, list[LibraryFollow]]:
        """How many libraries the viewer follows or wishes to, refused ones left out, and one page of them."""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: follows.mine(tx, actor, approved, oldest_first, limit, offset))

    async def standings(self, viewer: Viewer) -> list[FollowStanding]:
        """Every library that the viewer has asked for, and what came of it."""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: follows.standings(tx, actor))

    async def one(self, viewer: Viewer, uuid: UUID) -> LibraryFollow:
        """A follow by the viewer, or of a library of theirs.  :raise NotFound:"""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: _known(tx, uuid, actor))

    # --- asking ----------------------------------------------------------------------------------

    async def follow(self, viewer: Viewer, library_uuid: UUID) -> LibraryFollow:
        """
        Ask for what is in a library, and get it at once where nobody has to be asked.

        :raise Invalid: on ``target``: there is none, it is the viewer's own, or they have asked before.
        """
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> LibraryFollow:
            library = await _target(tx, library_uuid, actor_id)
            follower = (await people.actors(tx, [actor_id]))[actor_id]
            uuid, approved = uuid4(), _at_once(library, viewer)
            fid = activities.follow_id(follower.fid, uuid)
            follow_id = await follows.add(tx, uuid, fid, actor_id, library.id, approved)
            if follow_id is None:
                raise Invalid.on(TARGET, "You are already following this library.")
            tx.touch("libraries")
            if library.owner.is_local:
                await self._tell_owner(tx, follower, library, follow_id, fid)
            else:
                await self._occasions.followed(tx, follow_id)
            if approved:
                await self._tell_follower(tx, follower, library, follow_id, uuid, fid)
            return await _known(tx, uuid, actor_id)

        return await self._database.transaction(work)

    async def unfollow(self, viewer: Viewer, uuid: UUID) -> None:
        """Follow no longer, or take back the wish to.  :raise NotFound: it is not the viewer's."""
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> None:
            await end_follow(tx, self._occasions, await follows.lock_own(tx, uuid, actor_id), uuid, actor_id)

        await self._database.transaction(work)

    # --- answering -------------------------------------------------------------------------------

    async def accept(self, viewer: Viewer, uuid: UUID) -> None:
        """Let somebody follow the viewer, or a library of theirs; said twice, it is told once.  :raise NotFound:"""

        async def work(tx: Tx) -> None:
            received = await self._answer(tx, viewer, uuid, approved=True)
            if received.approved:
                return
            if not received.is_local:
                await self._occasions.accepted(tx, received.id)
                return
            follower = (await people.actors(tx, [received.actor_id]))[received.actor_id]
            if received.library is not None:
                library = await libraries.library(tx, received.library)
                assert library is not None
                await self._tell_follower(tx, follower, library, received.id, received.uuid, received.fid)
            else:
                await self._tell_of_person(tx, follower, viewer.the_actor, received)

        await self._database.transaction(work)

    async def reject(self, viewer: Viewer, uuid: UUID) -> None:
        """Let somebody not follow the viewer or a library of theirs, or not any longer.  :raise NotFound:"""

        async def work(tx: Tx) -> None:
            received = await self._answer(tx, viewer, uuid, approved=False)
            if not received.is_local and received.approved is not False:
                await self._occasions.rejected(tx, received.id)

        await self._database.transaction(work)

    async def _answer(self, tx: Tx, viewer: Viewer, uuid: UUID, *, approved: bool) -> Received:
        """Write the answer; the follow as it was before."""
        received = await follows.lock_received(tx, uuid, viewer.the_actor)
        if received is None:
            raise NotFound
        await follows.answer(tx, received.id, approved=approved)
        tx.touch("libraries")
        return received

    # --- telling ---------------------------------------------------------------------------------

    async def _tell_owner(self, tx: Tx, follower: Actor, library: Library, follow_id: int, fid: str) -> None:
        wish = activities.follow(fid, follower.fid, library.fid, library.owner.fid)
        new = NewActivity(fid, follower.id, "Follow", wish, library_id=library.id, follow_id=follow_id)
        await self._inbox.deliver(tx, new, [library.owner.id])

    async def _tell_follower(
        self, tx: Tx, follower: Actor, library: Library, follow_id: int, uuid: UUID, fid: str
    ) -> None:
        answer = activities.accept(uuid, activities.follow(fid, follower.fid, library.fid, library.owner.fid))
        # A follower who was turned away later and let in again hears of that, too: the id of an answer is no key.
        new = NewActivity(None, library.owner.id, "Accept", answer, library_id=library.id, follow_id=follow_id)
        await self._inbox.deliver(tx, new, [follower.id])

    async def _tell_of_person(self, tx: Tx, follower: Actor, person_id: int, received: Received) -> None:
        person = (await people.actors(tx, [person_id]))[person_id]
        wish = activities.follow(received.fid, follower.fid, person.fid, person.fid)
        answer = activities.accept(received.uuid, wish)
        new = NewActivity(None, person_id, "Accept", answer, target_actor_id=person_id, follow_id=received.id)
        await self._inbox.deliver(tx, new, [follower.id])


async def end_follow(tx: Tx, occasions: Occasions, follow_id: int | None, uuid: UUID, actor_id: int) -> None:
    """
    Follow no longer, also people.

    :param follow_id: the actor's own, held.  :raise NotFound: there is none.
    """
    if follow_id is None:
        raise NotFound
    await notifications.forget_wish(tx, uuid, actor_id)
    await occasions.unfollowed(tx, follow_id)
    await follows.remove(tx, follow_id)
    tx.touch("libraries")


def _at_once(library: Library, viewer: Viewer) -> bool | None:
    """True where nobody has to be asked; None: the owner has, or their server."""
    if not library.owner.is_local:
        return None
    is_open = library.privacy_level is Privacy.EVERYONE
    return True if is_open or (library.privacy_level is Privacy.INSTANCE and viewer.is_local) else None


async def _target(tx: Queries, uuid: UUID, actor_id: int) -> Library:
    """A library that the actor may ask for."""
    library = await libraries.library(tx, uuid)
    if library is None:
        raise Invalid.on(TARGET, "There is no such library.")
    if library.owner.id == actor_id:
        raise Invalid.on(TARGET, "You cannot follow your own library.")
    return library


async def _known(tx: Queries, uuid: UUID, actor_id: int) -> LibraryFollow:
    found = await follows.one_of(tx, uuid, actor_id)
    if found is None:
        raise NotFound
    return found
