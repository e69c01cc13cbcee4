"""
What a caller may hear: everything, or one music folder of it.

Folder 1 is all music of this pod; every library of the caller's own, and every one that they follow, is a folder by
itself; the last one is the tree of files in place, where there are such.  Source: docs/subsonic.md rules 41 and 42.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

from attrs import evolve, frozen

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.subsonic import files
from fwtwisted.core.subsonic.files import FILES, Files
from fwtwisted.core.subsonic.login import Session
from fwtwisted.db.music.catalog import hidden_artists
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import folders
from fwtwisted.db.subsonic.folders import MusicFolder
from fwtwisted.model.heard import Sight

THIS_POD = 1
_FIRST_LIBRARY = 1  # added to a library's key


def folder_of(library_id: int) -> int:
    """The number of the folder that a library is."""
    return library_id + _FIRST_LIBRARY


@frozen
class Folder:
    """A music folder.  :ivar number: what apps know it by.  :ivar libraries: what it holds."""

    number: int
    name: str
    libraries: tuple[int, ...]


class Sights:
    """
    Looks up what callers may hear, and remembers it while it holds.

    :param transcodes: whether the pod turns files into other forms at all.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        pod_name: str,
        files: Files,
        transcodes: Callable[[], Awaitable[Any]],
        remembered: int = 1000,
    ) -> None:
        self._database, self._visibility, self._pod_name, self._files = database, visibility, pod_name, files
        self._transcodes = transcodes
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._remembered = remembered

    async def sight(self, session: Session, folder: int | None = None) -> Sight:
        """
        What the caller may hear.

        :param folder: the number of a music folder; one that is none for the caller holds nothing.
        """
        account = session.viewer.account_id
        key = (account, session.libraries, session.notes)
        libraries, hidden = self._known.get(key) or self._remember(key, await self._database.read(self._look(session)))
        limit = session.max_bitrate if session.max_bitrate and await self._transcodes() else 0
        sight = Sight(session.viewer, libraries, hidden, session.catalog, (session.notes, session.ratings), limit)
        if folder is None:
            return sight
        within = next((one.libraries for one in await self.folders(session) if one.number == folder), ())
        return evolve(sight, libraries=within)

    async def folders(self, session: Session) -> Sequence[Folder]:
        """The caller's music folders."""
        key = ("folders", session.viewer.account_id, session.libraries)
        known: Sequence[Folder] | None = self._known.get(key)
        sight = await self.sight(session)
        if known is None:
            found = await self._database.read(lambda tx: folders.folders(tx, session.viewer.actor_id, sight.libraries))
            known = self._remember(key, _folders(found, self._pod_name))
        if await self._files.root(sight) is None:
            return known
        return [*known, Folder(FILES, files.NAME, (await self._files.within(sight)).libraries)]

    def _look(self, session: Session) -> Any:
        viewer = session.viewer

        async def work(tx: Tx) -> tuple[tuple[int, ...], tuple[int, ...]]:
            hidden = () if viewer.account_id is None else tuple(await hidden_artists(tx, viewer.account_id))
            return await self._visibility.libraries_in(tx, viewer), hidden

        return work

    def _remember(self, key: Hashable, found: Any) -> Any:
        self._known[key] = found
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return found


def _folders(found: Sequence[MusicFolder], pod_name: str) -> Sequence[Folder]:
    here = tuple(one.library_id for one in found if one.is_local)
    own = [one for one in found if one.is_own]
    return [
        Folder(THIS_POD, pod_name, here),
        *(Folder(folder_of(one.library_id), f"{one.name} ({one.owner})", (one.library_id,)) for one in own),
    ]
