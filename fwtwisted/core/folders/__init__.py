"""
Importing whole folders: read where they lie, or copied.

::

    walk ─▶ known already? ─▶ readers ─▶ (copies) ─▶ settle
    a batch at a time; the readers look at the next one while this one is settled

**In place**, an upload remembers size and time of its file, and a second run opens nothing that has kept both.  A file
that changed is read again; one that lies elsewhere with the same bytes is the same upload; one that is gone is
forgotten, unless the whole folder is empty: then most likely a disk is away.

**Copies** are known by their bytes.  A copy lies in the store before its row is written, under a name that is doomed
until then (``db/files/doomed.py``): whoever is killed at any moment leaves nothing that stays, and a second run goes on
where the first one ended.

Source: docs/settings.md, ``MUSIC_DIRECTORY_PATH``; docs/storage.md §2.3.
"""

from __future__ import annotations

import os

from attrs import evolve

from fwtwisted.core.folders.copying import CopyRun
from fwtwisted.core.folders.in_place import InPlaceRun
from fwtwisted.core.folders.values import FoldersGround, FoldersSettings, Progress, Reports, Wish
from fwtwisted.core.folders.watching import Watching
from fwtwisted.core.importing.walking import is_below
from fwtwisted.db.files import uploads
from fwtwisted.model.errors import Invalid, NotFound

__all__ = ("Folders", "FoldersGround", "FoldersSettings", "Progress", "Reports", "Wish")

NOWHERE = (
    "Files can be imported in place only below the folder that MUSIC_DIRECTORY_PATH names, and that is not set. "
    "Set it, or leave out --in-place to have the files copied."
)


class Folders:
    """Imports folders."""

    def __init__(self, ground: FoldersGround) -> None:
        self._ground = ground

    async def import_folder(self, wish: Wish, reports: Reports | None = None) -> Progress:
        """
        Import folders and files into a library.

        :raise NotFound: there is no such library of somebody on this pod.
        :raise Invalid: on ``paths``, when one is not there or may not be used in place.
        :raise NoRoom: the store is full; what was settled before stays.
        :raise Unavailable: the database stays away.
        """
        ground = self._ground
        library = await ground.database.read(lambda tx: uploads.local_library(tx, wish.library))
        if library is None:
            raise NotFound(f"There is no library {wish.library} of an account of this pod.")
        wish = await ground.threads(self._checked, wish)
        run = InPlaceRun if wish.in_place else CopyRun
        return await run(ground, library, wish, reports or Reports()).all()

    async def watch(self, wish: Wish, reports: Reports | None = None) -> None:
        """
        The same, and then whatever changes, until cancelled.  Raises as :meth:`import_folder`.

        :raise OSError: the system does not watch folders.
        """
        await Watching(self._ground, self.import_folder, wish, reports or Reports()).all()

    def _checked(self, wish: Wish) -> Wish:
        """In a thread: the same with its paths absolute, as they are to be remembered."""
        return evolve(
            wish,
            paths=[self._place(path, in_place=wish.in_place) for path in wish.paths],
            deep=[self._place(path, in_place=wish.in_place) for path in wish.deep],
        )

    def _place(self, path: str, *, in_place: bool) -> str:
        place = os.path.abspath(path)
        if not os.path.exists(place):
            raise Invalid.on("paths", f"{path}: there is no such file or folder.")
        return self._below_music(path, place) if in_place else place

    def _below_music(self, path: str, place: str) -> str:
        """The place as MUSIC_DIRECTORY_PATH spells it, wherever links lead."""
        music = self._ground.settings.music
        if music is None:
            raise Invalid.on("paths", NOWHERE)
        root, real = os.path.realpath(music), os.path.realpath(place)
        if not is_below(real, root):
            told = f"{path}: this does not lie below {music}, the folder that MUSIC_DIRECTORY_PATH names."
            raise Invalid.on("paths", told)
        return os.path.normpath(os.path.join(music, os.path.relpath(real, root)))
