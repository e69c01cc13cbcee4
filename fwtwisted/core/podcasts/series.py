"""
Series of channels, and the removal of what a channel published.

A series is an album of the channel's artist.  Removing it removes its episodes; their files are doomed in the same
transaction and follow after the commit.  Source: docs/api.md §4.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.taking_away import take_works
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.pictures import taken_picture
from fwtwisted.db.music import works
from fwtwisted.db.music.works import NewSeries
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.music import Album, Shelf
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.model.podcasts import SeriesWish


class Series:
    """Makes series, and removes works."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        shelves: Shelves,
        ring: Ring,
        pod: Pod,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._visibility, self._shelves = database, visibility, shelves
        self._occasions = occasions
        self._ring, self._pod = ring, pod

    async def create(self, viewer: Viewer, wish: SeriesWish) -> tuple[Album, Shelf]:
        """
        A new series of the viewer's channel.

        :raise Invalid: on ``artist``, when it is not the voice of a channel of theirs; on ``title``: it is taken.
        """
        owner_id = viewer.the_actor
        uuid = uuid4()

        async def work(tx: Tx) -> int:
            channel = await channels.of_artist(tx, wish.artist)
            if channel is None or await channels.lock_own(tx, channel.id, owner_id) is None:
                raise Invalid.on("artist", "This is no channel of yours.")
            if await works.title_taken(tx, wish.artist, wish.title):
                raise Invalid.on("title", "There is a series of this title already.")
            cover_id = None if wish.cover is None else await taken_picture(tx, owner_id, wish.cover, "cover")
            fid = self._pod.fid(f"music/albums/{uuid}")
            new = NewSeries(
                uuid, fid, wish.title, wish.artist, wish.released, owner_id, cover_id, wish.description
            )  # fmt: skip
            tx.touch("catalog")
            return await works.add_series(tx, new)

        made = await self._database.transaction(work)

        async def read(tx: Tx) -> Shelf:
            return await self._shelves.albums(tx, [made], await self._visibility.libraries_in(tx, viewer))

        shelf = await self._database.read(read)
        return shelf.albums[made], shelf

    async def remove_album(self, viewer: Viewer, album_id: int) -> None:
        """Remove a series of the viewer's channel with its episodes.  :raise NotFound: also for any other album."""

        async def work(tx: Tx) -> None:
            tracks = await works.lock_own_album(tx, album_id, viewer.the_actor)
            if tracks is None:
                raise NotFound
            await self._remove(tx, tracks, [album_id])

        await self._database.transaction(work)

    async def remove_track(self, viewer: Viewer, track_id: int) -> None:
        """Remove an episode of the viewer's channel with its file.  :raise NotFound: also for any other track."""

        async def work(tx: Tx) -> None:
            if not await works.lock_own_track(tx, track_id, viewer.the_actor):
                raise NotFound
            await self._remove(tx, [track_id], [])

        await self._database.transaction(work)

    async def _remove(self, tx: Tx, track_ids: Sequence[int], album_ids: Sequence[int]) -> None:
        await take_works(tx, track_ids, album_ids, self._ring, self._occasions)
