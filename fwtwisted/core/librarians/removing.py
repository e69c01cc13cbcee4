"""
What librarians remove, and change: of our own, those elsewhere who know it are told.

With a work go the works below it and their uploads; with a library or a channel its uploads.  Files follow after the
commit.  Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from twisted.logger import Logger

from fwtwisted.core.fediverse.remote.removing import remove_libraries
from fwtwisted.core.fediverse.sending.occasions import Occasions
from fwtwisted.core.librarians.looking import id_of, shown
from fwtwisted.core.music.libraries import remove_with_uploads
from fwtwisted.core.music.taking_away import take_uploads, take_works
from fwtwisted.db.librarians import finding, holding
from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import LibraryChange
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.librarians import Held, Key, Sort
from fwtwisted.model.people import Viewer

NOT_OURS: Final = "This library is at home elsewhere: only its own server changes it."


class Removing:
    """Removes whatever it is, whosever it is."""

    _log = Logger()

    def __init__(self, database: Database, ring: Ring, occasions: Occasions) -> None:
        self._database, self._ring, self._occasions = database, ring, occasions
        self._ways: Mapping[Sort, Callable[[Tx, Sequence[int]], Awaitable[None]]] = {
            Sort.ARTIST: self._artists,
            Sort.ALBUM: self._albums,
            Sort.TRACK: self._tracks,
            Sort.LIBRARY: self._libraries,
            Sort.UPLOAD: self._uploads,
            Sort.TAG: self._tags,
            Sort.CHANNEL: self._channels,
        }

    async def remove(self, librarian: Viewer, sort: Sort, key: Key) -> None:
        """:raise NotFound:"""

        async def work(tx: Tx) -> list[int]:
            id = await id_of(tx, sort, key)
            await self._ways[sort](tx, [id])
            return [id]

        self._told(librarian, sort, await self._database.transaction(work))

    async def remove_many(self, librarian: Viewer, sort: Sort, keys: Sequence[Key]) -> int:
        """Remove those that these keys name; how many there were.  :raise Invalid: none."""

        async def work(tx: Tx) -> list[int]:
            ids = await finding.ids_of(tx, sort, keys)
            if not ids:
                raise Invalid.on(NON_FIELD, "No object matching this request.")
            await self._ways[sort](tx, ids)
            return ids

        ids = await self._database.transaction(work)
        self._told(librarian, sort, ids)
        return len(ids)

    async def change_library(self, librarian: Viewer, key: Key, change: LibraryChange) -> Held:
        """
        Change the name, the text or the level of a library of this pod.

        :raise NotFound:  :raise Invalid: it is at home elsewhere.
        """

        async def work(tx: Tx) -> Held:
            id = await id_of(tx, Sort.LIBRARY, key)
            if not await holding.is_ours(tx, id):
                raise Invalid.on(NON_FIELD, NOT_OURS)
            await libraries.change_library(tx, id, change)
            await self._occasions.library_changed(tx, id)
            tx.touch("libraries")
            return await shown(tx, Sort.LIBRARY, id)

        changed = await self._database.transaction(work)
        self._log.info("{by} changes library {key}", event="librarians.changed", by=librarian.username, key=str(key))
        return changed

    # --- ways of the sorts -----------------------------------------------------------------------

    async def _artists(self, tx: Tx, ids: Sequence[int]) -> None:
        await self._channels(tx, await holding.channels_of(tx, ids))
        albums, tracks = await holding.works_of(tx, ids)
        await self._works(tx, tracks, albums)
        await holding.remove_artists(tx, ids)

    async def _albums(self, tx: Tx, ids: Sequence[int]) -> None:
        await self._works(tx, await holding.tracks_on(tx, ids), ids)

    async def _tracks(self, tx: Tx, ids: Sequence[int]) -> None:
        await self._works(tx, ids, [])

    async def _works(self, tx: Tx, tracks: Sequence[int], albums: Sequence[int]) -> None:
        await take_works(tx, tracks, albums, self._ring, self._occasions)

    async def _uploads(self, tx: Tx, ids: Sequence[int]) -> None:
        await take_uploads(tx, await holding.uuids_of_uploads(tx, ids), self._ring, self._occasions)

    async def _libraries(self, tx: Tx, ids: Sequence[int]) -> None:
        ours = [id for id in ids if await holding.is_ours(tx, id)]
        for id in ours:
            await self._occasions.library_removed(tx, id)
        await remove_with_uploads(tx, ours, self._ring)
        await remove_libraries(tx, [id for id in ids if id not in ours], self._ring)

    async def _channels(self, tx: Tx, ids: Sequence[int]) -> None:
        for voice in await holding.voices_of(tx, ids):
            if voice.is_local:
                await self._occasions.actor_removed(tx, voice.actor_id)
                await remove_with_uploads(tx, [voice.library_id], self._ring)
            else:
                await remove_libraries(tx, [voice.library_id], self._ring)

    async def _tags(self, tx: Tx, ids: Sequence[int]) -> None:
        await holding.remove_tags(tx, ids)
        tx.touch("catalog")

    def _told(self, librarian: Viewer, sort: Sort, ids: Sequence[int]) -> None:
        self._log.info(
            "{by} removes {count} of sort {sort}: {ids}",
            event="librarians.removed", by=librarian.username, count=len(ids), sort=str(sort), ids=ids[:20],
        )  # fmt: skip
