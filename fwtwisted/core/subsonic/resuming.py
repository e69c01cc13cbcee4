"""
Where people stopped, so that they can go on with another app.

Each has one queue, whichever way it was saved; the last who writes wins.  Source: docs/subsonic.md §8.11.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import resuming
from fwtwisted.model.resuming import Bookmark, PlayQueue


class Resuming:
    """Keeps queues and bookmarks; songs that are named must be there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(self, account_id: int) -> PlayQueue:
        """What the account was playing; songs that it may not hear any more are still in it."""
        return await self._database.read(lambda tx: resuming.queue(tx, account_id))

    async def save_queue(
        self, account_id: int, songs: Sequence[int], current: int | None, position: int, client: str
    ) -> None:
        """
        Keep a queue.

        :param current: the place of the song that plays.  :param position: milliseconds.
        :param client: what the app calls itself.
        """
        await self._database.transaction(
            lambda tx: resuming.save_queue(tx, account_id, songs, current, position, client)
        )

    async def bookmarks(self, account_id: int) -> Sequence[Bookmark]:
        """The account's bookmarks, the latest first."""
        return await self._database.read(lambda tx: resuming.bookmarks(tx, account_id))

    async def set_bookmark(self, account_id: int, song: int, position: int, comment: str) -> None:
        """Put a bookmark into a song; one that is there moves.  :param position: milliseconds."""
        await self._database.transaction(lambda tx: resuming.set_bookmark(tx, account_id, song, position, comment))

    async def remove_bookmark(self, account_id: int, song: int) -> None:
        """Take the bookmark out of a song; harmless when there is none."""
        await self._database.transaction(lambda tx: resuming.remove_bookmark(tx, account_id, song))
