"""
What people think of music: stars and ratings.

The star of a song is a favourite, which everybody who may sees, as through every other face; those of albums and
artists are nobody else's business.  Source: docs/subsonic.md rules 35 and 42, §8.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fwtwisted.core.listening.history import Listening
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import opinions
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Viewer

RATINGS = "ratings"


class Opinions:
    """Writes them down; what is named must be there."""

    def __init__(self, database: Database, listening: Listening) -> None:
        self._database, self._listening = database, listening

    async def star(self, viewer: Viewer, things: Mapping[Kind, Sequence[int]]) -> None:
        """Star all of these; harmless when repeated."""
        account_id, actor_id = _who(viewer)

        async def work(tx: Tx) -> None:
            for kind, ids in things.items():
                if kind is Kind.TRACK:
                    await self._listening.favor_in(tx, actor_id, ids)
                else:
                    await opinions.star(tx, account_id, kind, ids)

        await self._database.transaction(work)

    async def unstar(self, viewer: Viewer, things: Mapping[Kind, Sequence[int]]) -> None:
        """Take the stars of all of these away; harmless when there are none."""
        account_id, actor_id = _who(viewer)

        async def work(tx: Tx) -> None:
            for kind, ids in things.items():
                if kind is Kind.TRACK:
                    await self._listening.unfavor_in(tx, actor_id, ids)
                else:
                    await opinions.unstar(tx, account_id, kind, ids)

        await self._database.transaction(work)

    async def rate(self, viewer: Viewer, kind: Kind, id: int, rating: int) -> None:
        """Rate something, 1 to 5; 0 takes the rating back."""
        account_id, _ = _who(viewer)

        async def work(tx: Tx) -> None:
            if rating:
                await opinions.rate(tx, account_id, kind, id, rating)
            else:
                await opinions.unrate(tx, account_id, kind, id)
            tx.touch(RATINGS)

        await self._database.transaction(work)


def _who(viewer: Viewer) -> tuple[int, int]:
    assert viewer.account_id is not None and viewer.actor_id is not None, "Subsonic lets in nobody without an account"
    return viewer.account_id, viewer.actor_id
