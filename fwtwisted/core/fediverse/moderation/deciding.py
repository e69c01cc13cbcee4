"""
Moderators decide about servers and actors: one policy each, made, changed and taken back.

A policy holds from the moment that its transaction is committed.  When one begins to block, or to refuse media, what is
here already is removed by a job (``purging``); every decision is logged with the name of who made it.
Source: docs/federation.md §6; docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.logger import Logger

from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.moderation.purging import Purge, Purging
from fwtwisted.db.fediverse import policies
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.model.policies import Policy, PolicyChange, PolicyQuestion, PolicyTarget, Switch, covering
from fwtwisted.wire.targets import authority

TARGET = "target"


# ``remote.returning``: a server's name, or an actor's key.
Wanted = Callable[[Tx, "str | None", "int | None"], Awaitable[None]]


class Deciding:
    """
    Keeps policies.

    :param wanted: has what our people follow read again, when media are refused no longer.
    """

    _log = Logger()

    def __init__(self, database: Database, known: Policies, purging: Purging, wanted: Wanted, pod: Pod) -> None:
        self._database, self._known, self._purging, self._pod = database, known, purging, pod
        self._wanted = wanted

    async def listed(self, asked: PolicyQuestion, limit: int, offset: int) -> tuple[int, list[Policy]]:
        """How many policies match, and one page of them."""
        return await self._database.read(lambda tx: policies.page(tx, asked, limit, offset))

    async def one(self, id: int) -> Policy:
        """:raise NotFound:"""
        return _found(await self._database.read(lambda tx: policies.by_id(tx, id)))

    async def about(self, target: PolicyTarget) -> Policy | None:
        """The policy about a server or an actor."""

        async def work(tx: Tx) -> Policy | None:
            domain, actor_id = await self._whom(tx, target)
            id = await policies.id_of(tx, domain, actor_id)
            return None if id is None else await policies.by_id(tx, id)

        return await self._database.read(work)

    async def decide(self, moderator: Viewer, target: PolicyTarget, said: PolicyChange) -> Policy:
        """
        A new policy; a server need not be known.

        :raise Invalid: on ``target``: it is ours, unknown, or there is a policy about it.
        """

        async def work(tx: Tx) -> Policy:
            domain, actor_id = await self._whom(tx, target)
            if domain is not None:
                await people.add_domain(tx, domain)
            id = await policies.add(tx, moderator.the_actor, domain, actor_id, said)
            if id is None:
                raise Invalid.on(TARGET, "There is a policy about this already.")
            made = _found(await policies.by_id(tx, id))
            await self._took_effect(tx, moderator, None, made, actor_id)
            return made

        return await self._database.transaction(work)

    async def change(self, moderator: Viewer, id: int, said: PolicyChange) -> Policy:
        """Another word about the same target.  :raise NotFound:"""

        async def work(tx: Tx) -> Policy:
            before = _found(await policies.locked(tx, id))
            await policies.change(tx, id, said)
            now = _found(await policies.by_id(tx, id))
            _, actor_id = await self._whom(tx, now.target)
            await self._took_effect(tx, moderator, before, now, actor_id)
            return now

        return await self._database.transaction(work)

    async def undo(self, moderator: Viewer, id: int) -> None:
        """Take a policy back; what our people follow is read again, if it refused media.  :raise NotFound:"""

        async def work(tx: Tx) -> None:
            before = _found(await policies.locked(tx, id))
            await policies.remove(tx, id)
            self._known.changed(tx)
            await self._ended(tx, before, None)
            self._log.info(
                "{by} takes back what was decided about {target}",
                event="moderation.policy",
                by=moderator.username,
                target=before.target.name,
            )

        await self._database.transaction(work)

    async def _took_effect(
        self, tx: Tx, moderator: Viewer, before: Policy | None, now: Policy, actor_id: int | None
    ) -> None:
        """All look again; what must not be here any longer goes."""
        self._known.changed(tx)
        self._log.info(
            "{by} decides about {target}: {switches}",
            event="moderation.policy",
            by=moderator.username,
            target=now.target.name,
            switches=", ".join(sorted(now.switches)) if now.is_active else "nothing for now",
        )
        begins = {
            switch for switch in Switch if now.in_force(switch) and not (before is not None and before.in_force(switch))
        }
        if begins & {Switch.BLOCK_ALL, Switch.REJECT_MEDIA}:
            media_only = Switch.BLOCK_ALL not in begins
            server = None if now.target.is_actor else now.target.name
            await self._purging.ask(tx, Purge(moderator.username, server, actor_id, media_only))
        if before is not None:
            await self._ended(tx, before, now)

    async def _ended(self, tx: Tx, before: Policy, now: Policy | None) -> None:
        """What our people follow there is read again, if media were refused and are no longer."""
        refusing = (Switch.BLOCK_ALL, Switch.REJECT_MEDIA)
        refuses = now is not None and any(now.in_force(switch) for switch in refusing)
        if before.in_force(Switch.REJECT_MEDIA) and not refuses:
            server, actor_id = await self._whom(tx, before.target)
            await self._wanted(tx, server, actor_id)

    async def _whom(self, tx: Tx, target: PolicyTarget) -> tuple[str | None, int | None]:
        """The server's name, or the actor's id.  :raise Invalid:"""
        if target.is_actor:
            return None, await self._actor(tx, target.name)
        name = target.name.strip().lower()
        if authority(f"https://{name}") != name:
            raise Invalid.on(TARGET, f"{target.name[:100]} is not the name of a server.")
        if name in covering(self._pod.domain):
            raise Invalid.on(TARGET, "This server cannot be shut out of itself.")
        return name, None

    async def _actor(self, tx: Tx, handle: str) -> int:
        username, _, domain = handle.removeprefix("@").partition("@")
        actor = await people.actor_named(tx, username, domain)
        if actor is None:
            raise Invalid.on(TARGET, f"{handle[:100]} is not known here.")
        if actor.is_local:
            raise Invalid.on(TARGET, "Who lives on this server is shut out by closing their account.")
        return actor.id


def _found(policy: Policy | None) -> Policy:
    if policy is None:
        raise NotFound
    return policy
