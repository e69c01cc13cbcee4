"""
Libraries: where people keep their uploads.

Anybody may look at the label of a library whose uuid they know; what is in it, ``core/music/visibility.py`` decides.
Source: docs/api.md §4.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.questions import scopes_of
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.files import doomed
from fwtwisted.db.music import libraries
from fwtwisted.db.music.libraries import LibraryFilter, NewLibrary
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.accounts import Follow, LibraryChange, LibraryQuestion, LibraryWish
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.people import Library, Pod, Viewer


class Libraries:
    """Makes, changes, lists and removes libraries."""

    def __init__(
        self, database: Database, visibility: Visibility, ring: Ring, pod: Pod, occasions: Occasions = NOBODY
    ) -> None:
        self._database, self._visibility, self._ring, self._pod = database, visibility, ring, pod
        self._occasions = occasions

    # --- looking ---------------------------------------------------------------------------------

    async def one(self, uuid: UUID) -> Library:
        """The library of this uuid, private ones too: to see the label is not to see the content.  :raise NotFound:"""
        return await self._database.read(lambda tx: _known(tx, uuid))

    async def beginning_with(self, text: str) -> UUID:
        """
        The one library of this pod whose uuid begins so.

        :raise NotFound: there is none.  :raise Invalid: on ``library``: there are several.
        """
        beginning = text.strip().lower()
        found = await self._database.read(lambda tx: libraries.local_beginning(tx, beginning, 2))
        if not beginning or not found:
            raise NotFound(f"There is no library {text} of an account of this pod.")
        if len(found) > 1:
            raise Invalid.on("library", f"More than one library begins with {text}.")
        return found[0]

    async def by_ids(self, ids: Sequence[int]) -> list[Library]:
        """The libraries of these ids, in their order; unknown ids are left out."""
        return await self._database.read(lambda tx: libraries.libraries_by_ids(tx, ids))

    async def listed(
        self, viewer: Viewer, question: LibraryQuestion, limit: int, offset: int
    ) -> tuple[int, list[Library]]:
        """How many libraries the viewer may see that match, and one page of them; channels' own never."""

        async def work(tx: Tx) -> tuple[int, list[Library]]:
            visible = await self._visibility.libraries_in(tx, viewer)
            asked = LibraryFilter(question, visible, await scopes_of(tx, viewer, question.scope))
            return await libraries.libraries_asked(tx, asked, limit, offset)

        return await self._database.read(work)

    async def follows(self, viewer: Viewer, uuid: UUID, limit: int, offset: int) -> tuple[int, list[Follow]]:
        """Who follows the viewer's library or wishes to.  :raise NotFound: also when it is somebody else's."""

        async def work(tx: Queries) -> tuple[int, list[Follow]]:
            library = await _known(tx, uuid)
            if viewer.is_anonymous or library.owner.id != viewer.actor_id:
                raise NotFound()
            return await libraries.follows_of(tx, library, limit, offset)

        return await self._database.read(work)

    # --- changing --------------------------------------------------------------------------------

    async def create(self, viewer: Viewer, wish: LibraryWish) -> Library:
        """Make a library that the viewer owns."""
        new = self._new(viewer, wish)
        return await self._database.transaction(lambda tx: _add(tx, new))

    async def found_or_made(self, viewer: Viewer, wish: LibraryWish) -> tuple[Library, bool]:
        """
        The viewer's library of that name, as it is, or else a new one; whether it is new.

        Of several at once, one makes it and the others find it.  Source: docs/commands.md.
        """
        new = self._new(viewer, wish)

        async def work(tx: Tx) -> tuple[Library, bool]:
            await libraries.lock_owner(tx, new.actor_id)
            known = await libraries.own_named(tx, new.actor_id, wish.name)
            return (await _add(tx, new), True) if known is None else (await _known(tx, known), False)

        return await self._database.transaction(work)

    def _new(self, viewer: Viewer, wish: LibraryWish) -> NewLibrary:
        if viewer.actor_id is None:
            raise NotFound()
        uuid = uuid4()
        fid = self._pod.fid(f"music/libraries/{uuid}")
        return NewLibrary(uuid, fid, viewer.actor_id, wish.name, wish.description, wish.privacy_level)

    async def change(self, viewer: Viewer, uuid: UUID, change: LibraryChange) -> Library:
        """Change a library of the viewer's.  :raise NotFound: also when it is somebody else's."""

        async def work(tx: Tx) -> Library:
            id = await _lock_own(tx, viewer, uuid)
            await libraries.change_library(tx, id, change)
            await self._occasions.library_changed(tx, id)
            tx.touch("libraries")
            return await _known(tx, uuid)

        return await self._database.transaction(work)

    async def remove(self, viewer: Viewer, uuid: UUID) -> None:
        """
        Remove a library of the viewer's with all uploads; their stored files follow after the commit.

        :raise NotFound: also when it is somebody else's.
        """

        async def work(tx: Tx) -> None:
            id = await _lock_own(tx, viewer, uuid)
            await self._occasions.library_removed(tx, id)
            await remove_with_uploads(tx, [id], self._ring)

        await self._database.transaction(work)


async def remove_with_uploads(tx: Tx, library_ids: Sequence[int], ring: Ring) -> None:
    """
    Remove libraries and their uploads; the stored files follow after the commit, as a job.

    A channel goes with the library that it speaks from, and with it its artist and all works of theirs.
    """
    spoken = await channels.of_libraries(tx, library_ids)
    await doomed.doom(tx, await libraries.files_in(tx, library_ids))
    await libraries.remove_libraries(tx, library_ids)
    for channel in spoken:
        await channels.remove_voice(tx, channel)
    await doomed.ask_removal(tx, ring)
    tx.touch("libraries", "catalog")


async def _add(tx: Tx, new: NewLibrary) -> Library:
    await libraries.add_library(tx, new)
    tx.touch("libraries")
    return await _known(tx, new.uuid)


async def _known(tx: Queries, uuid: UUID) -> Library:
    found = await libraries.library(tx, uuid)
    if found is None:
        raise NotFound()
    return found


async def _lock_own(tx: Tx, viewer: Viewer, uuid: UUID) -> int:
    """The id of a library that the viewer owns, held until the transaction ends."""
    found = None if viewer.actor_id is None else await libraries.lock_own_library(tx, uuid, viewer.actor_id)
    if found is None:
        raise NotFound()
    return found
