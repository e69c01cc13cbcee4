"""
Whose content a viewer may see, remembered for as long as nothing changed.

The rule itself is one statement (``db/music/libraries.py``).  Every write that it depends on raises the version of the
area ``libraries`` in its own transaction, so that one cheap look at the version tells whether an answer still holds.
"""

from __future__ import annotations

from collections import OrderedDict

from fwtwisted.db.areas import versions
from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.music import Away
from fwtwisted.model.people import Viewer


class Visibility:
    """Answers which libraries' content a viewer may see."""

    def __init__(self, database: Database, remembered: int = 1000) -> None:
        self._database = database
        self._remembered = remembered
        self._away: tuple[int, Away] | None = None
        self._answers: OrderedDict[tuple[int | None, bool], tuple[int, tuple[int, ...]]] = OrderedDict()

    async def libraries(self, viewer: Viewer) -> tuple[int, ...]:
        """The ids of the libraries whose content the viewer may see, ascending."""

        async def work(tx: Tx) -> tuple[int, ...]:
            return await self.libraries_in(tx, viewer)

        return await self._database.read(work)

    async def libraries_in(self, tx: Tx, viewer: Viewer) -> tuple[int, ...]:
        """
        The same, for who has statements of their own to run beside it.

        Only for reading: a transaction that has changed libraries would have its unfinished view remembered.
        """
        asked = (viewer.actor_id, viewer.is_local)
        version = (await versions(tx))["libraries"]
        known = self._answers.get(asked)
        if known is not None and known[0] == version:
            self._answers.move_to_end(asked)
            return known[1]
        # The version was read first: what changes meanwhile is at worst looked up once more.
        found = tuple(await libraries.visible_libraries(tx, *asked))
        self._answers[asked] = (version, found)
        self._answers.move_to_end(asked)
        while len(self._answers) > self._remembered:
            self._answers.popitem(last=False)
        return found

    async def away_in(self, tx: Tx) -> Away:
        """Whose works are listed only for those who may hear them; for reading, as :meth:`libraries_in`."""
        version = (await versions(tx))["libraries"]
        if self._away is None or self._away[0] != version:
            self._away = (version, await libraries.away(tx))
        return self._away[1]
