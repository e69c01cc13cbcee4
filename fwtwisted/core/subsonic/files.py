"""
The tree of files in place, as one listener walks through it: only folders in which they may hear something.

Source: docs/subsonic.md rules 37 and 46.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from attrs import evolve, frozen

from fwtwisted.core.music.kept import Kept
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import files
from fwtwisted.db.subsonic.files import FileFolder
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.uploads import IN_PLACE

FILES = 999_999_999  # the number of the whole tree among music folders
NAME = "Files"


@frozen
class Content:
    """
    A folder and what is in it.

    :ivar parent: None for the whole tree, and for what lies directly in it.
    :ivar is_root: it is the whole tree.
    :ivar songs: ids of tracks, each with the path of its file below the root.
    :ivar pictures: of this folder and those directly in it, as far as they have any.
    """

    id: int
    name: str
    parent: int | None
    is_root: bool
    folders: Sequence[FileFolder]
    songs: Sequence[tuple[int, str]]
    pictures: Mapping[int, UUID]

    @property
    def picture(self) -> UUID | None:
        """That of the folder itself."""
        return self.pictures.get(self.id)


class Files:
    """
    Walks.

    :param root: the folder below which files lie in place; None: there are none.
    """

    def __init__(self, database: Database, root: str | None) -> None:
        self._database, self._root = database, None if root is None else root.rstrip(os.sep) + os.sep
        self._contents: Kept[Content | None] = Kept(None, 20_000)
        self._roots: Kept[int | None] = Kept(None)
        self._libraries: Kept[tuple[int, ...]] = Kept(())

    async def root(self, sight: Sight) -> int | None:
        """The key of the whole tree; None when the listener can hear nothing in it."""
        root = self._root
        if root is None:
            return None

        async def load(_: Collection[int]) -> Mapping[int, int | None]:
            found = await self._database.read(lambda tx: files.at(tx, root, sight.libraries, sight.hidden))
            return {FILES: None if found is None else found.id}

        return (await self._roots.get(sight.catalog, (sight.libraries, sight.hidden), [FILES], load))[FILES]

    async def content(self, sight: Sight, id: int) -> Content:
        """What is in a folder.  :raise NotFound: there is none, or nothing in it may be heard."""

        async def load(_: Collection[int]) -> Mapping[int, Content | None]:
            return {id: await self._database.read(lambda tx: self._look(tx, sight, id))}

        found = (await self._contents.get(sight.catalog, (sight.libraries, sight.hidden), [id], load))[id]
        if found is None:
            raise NotFound
        return found

    async def within(self, sight: Sight) -> Sight:
        """The same eyes on the libraries alone that hold files in place."""

        async def load(_: Collection[int]) -> Mapping[int, tuple[int, ...]]:
            return {FILES: tuple(await self._database.read(lambda tx: files.libraries(tx, sight.libraries)))}

        known = await self._libraries.get(sight.catalog, sight.libraries, [FILES], load)
        return evolve(sight, libraries=known[FILES] if self._root is not None else ())

    async def _look(self, tx: Tx, sight: Sight, id: int) -> Content | None:
        root, eyes = self._root, (sight.libraries, sight.hidden)
        found = None if root is None else await files.by_id(tx, id, root, *eyes)
        if found is None or root is None:
            return None
        folders = await files.within(tx, id, *eyes)
        songs = [(track, source.removeprefix(IN_PLACE + root)) for track, source in await files.songs(tx, id, *eyes)]
        pictures = await files.pictures(tx, [id, *(one.id for one in folders)], *eyes)
        is_root = found.path == root
        above = None if is_root or os.path.dirname(found.path.rstrip(os.sep)) + os.sep == root else found.parent_id
        return Content(id, NAME if is_root else found.name, above, is_root, folders, songs, pictures)
