"""Tags before any work wears them.  Source: docs/api.md §4.19."""

from __future__ import annotations

from fwtwisted.core.librarians.looking import id_of
from fwtwisted.db.files import importing
from fwtwisted.db.librarians import reading
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.librarians import HeldTag, Sort


class Tags:
    """Makes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str) -> HeldTag:
        """The tag of this name, in any case of letters; made, if nobody knew it."""

        async def work(tx: Tx) -> HeldTag:
            await tx.do(importing.ADD_TAGS, [name])
            tx.touch("catalog")
            return (await reading.tags(tx, [await id_of(tx, Sort.TAG, name)]))[0]

        return await self._database.transaction(work)
