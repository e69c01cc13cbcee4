"""People, channels and servers' actors as moderators see them, wherever they live."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from fwtwisted.core.fediverse.moderation.purging import Purge, Purging
from fwtwisted.db.fediverse import moderation
from fwtwisted.db.people import members, people
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound
from fwtwisted.model.moderation import ActorQuestion, KnownActor, Stats
from fwtwisted.model.people import Viewer


class KnownActors:
    """Shows who there is."""

    def __init__(self, database: Database, purging: Purging) -> None:
        self._database, self._purging = database, purging

    async def listed(self, asked: ActorQuestion, limit: int, offset: int) -> tuple[int, list[KnownActor]]:
        """How many actors match, and one page of them."""

        async def work(tx: Tx) -> tuple[int, list[KnownActor]]:
            count, found = await moderation.actors(tx, asked, limit, offset)
            return count, await _with_accounts(tx, found)

        return await self._database.read(work)

    async def one(self, handle: str) -> KnownActor:
        """The actor ``user@domain``.  :raise NotFound:"""

        async def work(tx: Tx) -> KnownActor:
            return (await _with_accounts(tx, [await _known(tx, handle)]))[0]

        return await self._database.read(work)

    async def stats(self, handle: str) -> Stats:
        """What is here of an actor.  :raise NotFound:"""

        async def work(tx: Tx) -> Stats:
            return await moderation.stats_of_actor(tx, (await _known(tx, handle)).actor.actor.id)

        return await self._database.read(work)

    async def purge(self, moderator: Viewer, ids: Sequence[int]) -> int:
        """Have everything removed that is here of some actors; how many of them there are.  :raise Invalid: none."""

        async def work(tx: Tx) -> int:
            found = await people.actors(tx, list(ids))
            if not found:
                raise Invalid.on(NON_FIELD, "No object matching this request.")
            for actor in found.values():
                await self._purging.ask(tx, Purge(moderator.username, actor_id=actor.id))
            return len(found)

        return await self._database.transaction(work)


async def _known(tx: Queries, handle: str) -> KnownActor:
    username, _, domain = handle.removeprefix("@").partition("@")
    found = await moderation.actor(tx, username, domain)
    if found is None:
        raise NotFound
    return found


async def _with_accounts(tx: Queries, found: list[KnownActor]) -> list[KnownActor]:
    """The same, those who have an account here with it."""
    account_ids = await moderation.account_ids(tx, [one.actor.actor.id for one in found])
    accounts = await members.by_ids(tx, list(account_ids.values()))
    return [evolve(one, account=accounts.get(account_ids.get(one.actor.actor.id, 0))) for one in found]
