"""
Artists that somebody does not want to meet.

What is hidden is left out of that person's lists by ``core/music/questions.py``; nobody else notices.
Source: docs/api.md §1.5 (``hidden``), §4.17.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.music import catalog, content_filters
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import BadRequest, Invalid, NotFound
from fwtwisted.model.music import HiddenArtist, Kind
from fwtwisted.model.people import Viewer


class Hiding:
    """What people hide from themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(
        self, viewer: Viewer, limit: int, offset: int, *, oldest_first: bool
    ) -> tuple[int, list[HiddenArtist]]:
        """How many artists the viewer hides, and one page of them."""
        account = viewer.the_account
        return await self._database.read(
            lambda tx: content_filters.page(tx, account, limit, offset, oldest_first=oldest_first)
        )

    async def one(self, viewer: Viewer, uuid: UUID) -> HiddenArtist:
        """One of the viewer's own.  :raise NotFound:"""
        return await self._database.read(lambda tx: _known(tx, viewer.the_account, uuid))

    async def hide(self, viewer: Viewer, artist_id: int) -> HiddenArtist:
        """
        Hide an artist from the viewer.

        :raise Invalid: on ``target``: there is no such artist.  :raise BadRequest: it is hidden already.
        """
        account = viewer.the_account

        async def work(tx: Tx) -> HiddenArtist:
            if not await catalog.exists(tx, Kind.ARTIST, artist_id):
                raise Invalid.on("target", f"There is no artist {artist_id}.")
            uuid = await content_filters.add(tx, account, artist_id)
            if uuid is None:
                raise BadRequest("A content filter for this object already exists.")
            return await _known(tx, account, uuid)

        return await self._database.transaction(work)

    async def show_again(self, viewer: Viewer, uuid: UUID) -> None:
        """Let the viewer meet an artist again.  :raise NotFound: nothing of the viewer's has this uuid."""
        account = viewer.the_account
        if not await self._database.transaction(lambda tx: content_filters.remove(tx, account, uuid)):
            raise NotFound


async def _known(tx: Tx, account: int, uuid: UUID) -> HiddenArtist:
    found = await content_filters.one(tx, account, uuid)
    if found is None:
        raise NotFound
    return found
