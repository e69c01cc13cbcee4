"""Actors and servers as people are shown them, those that moderators have shut out left out.  docs/api.md §4.16."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.listening.history import profiles_of
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.fediverse import domains, follows
from fwtwisted.db.music import catalog, libraries
from fwtwisted.db.music.libraries import LibraryFilter
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import LibraryQuestion
from fwtwisted.model.errors import NotFound
from fwtwisted.model.fediverse import Persona, SeenLibrary
from fwtwisted.model.music import Scope
from fwtwisted.model.people import Actor, Pod, Viewer
from fwtwisted.model.preferences import ReadPreference

ALLOW_LIST = "moderation__allow_list_enabled"


class Actors:
    """Who there is."""

    def __init__(self, database: Database, visibility: Visibility, preference: ReadPreference, pod: Pod) -> None:
        self._database, self._visibility, self._preference, self._pod = database, visibility, preference, pod

    async def persona(self, username: str, domain: str) -> Persona:
        """The actor ``username@domain``, with all that its page shows.  :raise NotFound:"""

        async def work(tx: Tx) -> Persona:
            actor, is_channel = await _shown(tx, username, domain)
            profile = (await profiles_of(tx, [actor.id])).get(actor.id) if actor.is_local else None
            icon, id = None, actor.icon_id
            if id is not None:
                icon = profile.avatar if profile is not None else (await catalog.attachments(tx, [id])).get(id)
            return Persona(actor=actor, is_channel=is_channel, profile=profile, icon=icon)

        return await self._database.read(work)

    async def libraries(
        self, viewer: Viewer, username: str, domain: str, limit: int, offset: int
    ) -> tuple[int, list[SeenLibrary]]:
        """How many libraries of the actor the viewer may look into, and one page of them.  :raise NotFound:"""

        async def work(tx: Tx) -> tuple[int, list[SeenLibrary]]:
            actor, _ = await _shown(tx, username, domain)
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = LibraryFilter(LibraryQuestion(), visible, (Scope(owner=actor.id),))
            count, found = await libraries.libraries_asked(tx, asked, limit, offset)
            return count, await follows.seen_by(tx, found, viewer.actor_id)

        return await self._database.read(work)

    async def domains(self, words: Sequence[str], limit: int, offset: int) -> tuple[int, list[str]]:
        """How many other servers are known, and one page of their names."""
        allowed = bool(await self._preference(ALLOW_LIST))
        own = self._pod.domain
        return await self._database.read(lambda tx: domains.shown(tx, own, allowed, words, limit, offset))

    async def domain(self, name: str) -> str:
        """The name of a known server.  :raise NotFound:"""
        allowed = bool(await self._preference(ALLOW_LIST))
        own, name = self._pod.domain, name.lower()
        if not await self._database.read(lambda tx: domains.is_shown(tx, own, allowed, name)):
            raise NotFound
        return name


async def _shown(tx: Tx, username: str, domain: str) -> tuple[Actor, bool]:
    found = await domains.shown_actor(tx, username, domain)
    if found is None:
        raise NotFound
    return found
