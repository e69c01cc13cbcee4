"""Other servers as moderators see them: the allow list, what they say of themselves, what is here of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.logger import Logger

from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.moderation.purging import Purge, Purging
from fwtwisted.db.fediverse import moderation
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound
from fwtwisted.model.moderation import KnownServer, ServerAct, ServerQuestion, Stats
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.wire.targets import authority

NAME = "name"

Ask = Callable[[str], Awaitable[object]]
"""Reads the nodeinfo of a server, and keeps it; true if there was some."""


class Servers:
    """
    Keeps other servers.

    :param met: has the nodeinfo of a server read soon.  :param read: reads it now.
    """

    _log = Logger()

    def __init__(self, database: Database, policies: Policies, purging: Purging, met: Ask, read: Ask, pod: Pod) -> None:
        self._database, self._policies, self._purging = database, policies, purging
        self._met, self._read, self._pod = met, read, pod

    async def listed(self, asked: ServerQuestion, limit: int, offset: int) -> tuple[int, list[KnownServer]]:
        """How many servers match, and one page of them."""
        return await self._database.read(lambda tx: moderation.servers(tx, self._pod.domain, asked, limit, offset))

    async def one(self, name: str) -> KnownServer:
        """:raise NotFound:"""
        return await self._database.read(lambda tx: self._known(tx, name))

    async def add(self, moderator: Viewer, name: str, allowed: bool | None) -> KnownServer:
        """
        Make a server known, before it or we say a word.

        :raise Invalid: on ``name``: it is none, or known already.
        """
        name = name.strip().lower()
        if authority(f"https://{name}") != name or name == self._pod.domain:
            raise Invalid.on(NAME, "This is not the name of another server.")

        async def work(tx: Tx) -> KnownServer:
            if not await moderation.add_server(tx, name, allowed):
                raise Invalid.on(NAME, "This server is known already.")
            self._policies.changed(tx)
            return await self._known(tx, name)

        made = await self._database.transaction(work)
        self._log_allowed(moderator, [name], allowed)
        await self._met(name)
        return made

    async def change(self, moderator: Viewer, name: str, allowed: bool | None) -> KnownServer:
        """Put a server on the allow list, or take it off.  :raise NotFound:"""

        async def work(tx: Tx) -> KnownServer:
            await self._known(tx, name)
            await moderation.allow(tx, [name.lower()], allowed)
            self._policies.changed(tx)
            return await self._known(tx, name)

        changed = await self._database.transaction(work)
        self._log_allowed(moderator, [changed.name], allowed)
        return changed

    async def act(self, moderator: Viewer, act: ServerAct, asked: ServerQuestion) -> int:
        """Do the same with many servers; with how many.  :raise Invalid: with none at all."""

        async def work(tx: Tx) -> Sequence[str]:
            names = await moderation.names(tx, self._pod.domain, asked)
            if not names:
                raise Invalid.on(NON_FIELD, "No object matching this request.")
            if act is ServerAct.PURGE:
                for name in names:
                    await self._purging.ask(tx, Purge(moderator.username, name))
            else:
                await moderation.allow(tx, names, act is ServerAct.ALLOW)
                self._policies.changed(tx)
            return names

        names = await self._database.transaction(work)
        if act is not ServerAct.PURGE:
            self._log_allowed(moderator, names, act is ServerAct.ALLOW)
        return len(names)

    async def stats(self, name: str) -> Stats:
        """What is here of a server.  :raise NotFound:"""

        async def work(tx: Tx) -> Stats:
            return await moderation.stats_of_server(tx, (await self._known(tx, name)).name)

        return await self._database.read(work)

    async def asked_again(self, name: str) -> tuple[KnownServer, bool]:
        """A server, after it was asked what it is; and whether it said.  :raise NotFound:"""
        known = await self.one(name)
        answered = bool(await self._read(known.name))
        return await self.one(known.name), answered

    async def _known(self, tx: Tx, name: str) -> KnownServer:
        found = await moderation.server(tx, self._pod.domain, name.lower())
        if found is None:
            raise NotFound
        return found

    def _log_allowed(self, moderator: Viewer, names: Sequence[str], allowed: bool | None) -> None:
        self._log.info(
            "{by} sets the allow list's word on {names} to {allowed}",
            event="moderation.allowed",
            by=moderator.username,
            names=", ".join(names),
            allowed=allowed,
        )
