"""
Follows of people: hearing of what somebody here or elsewhere does.

::

    POST follows/user   shows all to everybody, or to this pod and is at home here ──▶ approved at once
                        any other ──▶ waits for them (elsewhere: a Follow goes out)
    DELETE              taken back, and with it what it opened (elsewhere: an Undo goes out)

Whoever is followed answers in the same way as the owner of a library (``follows``).  Channels are subscribed to.
Source: docs/api.md §4.16, docs/federation.md §4.1, §4.4.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from fwtwisted.core.fediverse.follows import end_follow
from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.db.fediverse import domains, person_follows, receivers
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.fediverse import PersonFollow, PersonStanding
from fwtwisted.model.people import Actor, Privacy, Viewer
from fwtwisted.wire.activitypub import activities

TARGET: Final = "target"


class PersonFollows:
    """Whom our people follow, and who follows them."""

    def __init__(self, database: Database, inbox: Inbox, occasions: Occasions = NOBODY) -> None:
        self._database, self._inbox, self._occasions = database, inbox, occasions

    # --- looking ---------------------------------------------------------------------------------

    async def mine(
        self, viewer: Viewer, approved: bool | None, oldest_first: bool, limit: int, offset: int
    ) -> tuple[int, list[PersonFollow]]:
        """How many people the viewer follows or wishes to, refused ones left out, and one page of them."""
        asked = (person_follows.MINE, viewer.the_actor, approved, oldest_first, limit, offset)
        return await self._database.read(lambda tx: person_follows.many(tx, *asked))

    async def received(
        self, viewer: Viewer, approved: bool | None, oldest_first: bool, limit: int, offset: int
    ) -> tuple[int, list[PersonFollow]]:
        """How many follow the viewer or wish to, and one page of them."""
        asked = (person_follows.OF_ME, viewer.the_actor, approved, oldest_first, limit, offset)
        return await self._database.read(lambda tx: person_follows.many(tx, *asked))

    async def standings(self, viewer: Viewer) -> list[PersonStanding]:
        """Everybody whom the viewer has asked to follow, and what came of it."""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: person_follows.standings(tx, actor))

    async def one(self, viewer: Viewer, uuid: UUID) -> PersonFollow:
        """A follow by the viewer, or of them.  :raise NotFound:"""
        actor = viewer.the_actor
        return await self._database.read(lambda tx: _known(tx, uuid, actor))

    # --- asking ----------------------------------------------------------------------------------

    async def follow(self, viewer: Viewer, target: str) -> PersonFollow:
        """
        Ask to hear of what somebody does, and do so at once where nobody has to be asked.

        :param target: a federation id, or ``user@domain``, of somebody whom this pod knows.
        :raise Invalid: on ``target``: there is nobody, it is the viewer, or they have asked before.
        """
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> PersonFollow:
            wanted = await _target(tx, target, actor_id)
            follower = (await people.actors(tx, [actor_id]))[actor_id]
            uuid, approved = uuid4(), await _at_once(tx, wanted, viewer)
            fid = activities.follow_id(follower.fid, uuid)
            follow_id = await person_follows.add(tx, uuid, fid, actor_id, wanted.id, approved)
            if follow_id is None:
                raise Invalid.on(TARGET, "You are already following this person.")
            tx.touch("libraries")
            if not wanted.is_local:
                await self._occasions.followed(tx, follow_id)
            elif approved is not False:
                wish = activities.follow(fid, follower.fid, wanted.fid, wanted.fid)
                new = NewActivity(fid, actor_id, "Follow", wish, target_actor_id=wanted.id, follow_id=follow_id)
                await self._inbox.deliver(tx, new, [wanted.id])
            return await _known(tx, uuid, actor_id)

        return await self._database.transaction(work)

    async def unfollow(self, viewer: Viewer, uuid: UUID) -> None:
        """Follow no longer, or take back the wish to.  :raise NotFound: it is not the viewer's."""
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> None:
            await end_follow(tx, self._occasions, await person_follows.lock_own(tx, uuid, actor_id), uuid, actor_id)

        await self._database.transaction(work)


async def _target(tx: Queries, target: str, actor_id: int) -> Actor:
    """Somebody whom the actor may ask."""
    username, at, domain = target.removeprefix("@").rpartition("@")
    is_address = "://" in target
    if is_address or not (at and username and domain):
        found = await person_follows.person_at(tx, target)
    else:
        found = await person_follows.person_named(tx, username, domain)
    if found is None or await domains.is_blocked(tx, found.domain, found.id):
        raise Invalid.on(TARGET, "There is no such person here.  Have them looked up first.")
    if found.id == actor_id:
        raise Invalid.on(TARGET, "You cannot follow yourself.")
    return found


async def _at_once(tx: Queries, wanted: Actor, viewer: Viewer) -> bool | None:
    """True where nobody has to be asked; False: they want nothing of the viewer; None: they decide, or their server."""
    level = await person_follows.level(tx, wanted.id) if wanted.is_local else None
    if level is None:
        return None
    if await receivers.blocks(tx, wanted.id, viewer.the_actor):
        return False
    return True if level is Privacy.EVERYONE or (level is Privacy.INSTANCE and viewer.is_local) else None


async def _known(tx: Queries, uuid: UUID, actor_id: int) -> PersonFollow:
    found = await person_follows.one_of(tx, uuid, actor_id)
    if found is None:
        raise NotFound
    return found
