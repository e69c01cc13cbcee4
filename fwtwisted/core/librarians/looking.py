"""Lists of all that the pod holds, single things, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.librarians.showing import SHOWN
from fwtwisted.db.librarians import finding
from fwtwisted.db.librarians import stats as numbers
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.model.librarians import Held, HeldQuestion, Key, Sort
from fwtwisted.model.moderation import Stats


class Looking:
    """Shows everything to those who may see everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, sort: Sort, asked: HeldQuestion, limit: int, offset: int) -> tuple[int, Sequence[Held]]:
        """How many things of a sort match, and one page of them."""

        async def work(tx: Tx) -> tuple[int, Sequence[Held]]:
            count, ids = await finding.page(tx, sort, asked, limit, offset)
            return count, await SHOWN[sort](tx, ids)

        return await self._database.read(work)

    async def one(self, sort: Sort, key: Key) -> Held:
        """:raise NotFound:"""

        async def work(tx: Tx) -> Held:
            return await shown(tx, sort, await id_of(tx, sort, key))

        return await self._database.read(work)

    async def stats(self, sort: Sort, key: Key) -> Stats:
        """What people do with it, and how much there is of it.  :raise NotFound:"""

        async def work(tx: Tx) -> Stats:
            return await numbers.stats(tx, sort, await id_of(tx, sort, key))

        return await self._database.read(work)


async def id_of(tx: Queries, sort: Sort, key: Key) -> int:
    """:raise NotFound: nothing of this sort has this key."""
    found = await finding.ids_of(tx, sort, [key])
    if not found:
        raise NotFound
    return found[0]


async def shown(tx: Tx, sort: Sort, id: int) -> Held:
    """:raise NotFound: it is gone."""
    found = await SHOWN[sort](tx, [id])
    if not found:
        raise NotFound
    return found[0]
