"""
Where public pictures are found when clients fetch them from the object store: there, unless they are not there yet.

Pictures that were taken before there was a store, or while it was away, lie on this disk until they are moved or sent;
so we show them ourselves.  So we do with renditions that nobody has seen there yet: we make them when they are asked
for (and :mod:`~fwtwisted.core.files.cutting` sees to it that they come to lie there).  Which ones all these are is read
anew every few seconds, as documents are written without waiting for anything; and while the store is away nobody is
sent there at all.

Source: docs/storage.md §3.4.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.files.rounds import Rounds
from fwtwisted.db.files import attachments
from fwtwisted.db.pool import Database
from fwtwisted.db.storage import places
from fwtwisted.model.errors import Unavailable
from fwtwisted.wire.names import originals_of

MOST_UNCUT = 20_000  # beyond that all renditions are ours to show, until they were seen to


class NotShipped(Rounds):
    """
    :param there: the URL of a public file at the store.
    :param is_away: whether the store is left alone for the time being.
    :param quality: of renditions.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        there: Callable[[str], str],
        is_away: Callable[[], bool],
        quality: int,
    ) -> None:
        super().__init__(clock)
        self._database, self._there, self._is_away, self._quality = database, there, is_away, quality
        self._here: frozenset[str] = frozenset()
        self._uncut: frozenset[str] | None = None  # too many to be told apart, or nobody has looked

    def url(self, name: str) -> str | None:
        """The file's URL at the store; None: we have to show it ourselves."""
        if self._is_away() or name in self._here:
            return None
        originals = originals_of(name)
        if originals and (
            self._uncut is None or not self._uncut.isdisjoint(originals) or not self._here.isdisjoint(originals)
        ):
            return None
        return self._there(name)

    async def look(self) -> None:
        """Learn which pictures lie here, and which have not been cut there.  :raise Unavailable:"""
        self._here = frozenset(await self._database.read(places.pictures_here))
        uncut = await self._database.read(lambda tx: attachments.uncut(tx, self._quality, MOST_UNCUT + 1))
        self._uncut = None if len(uncut) > MOST_UNCUT else frozenset(uncut)

    async def _round(self) -> None:
        try:
            await self.look()
        except Unavailable:  # the database; later
            return
        except Exception:  # a failed round never ends the beat
            self._log.failure("looking for pictures of this disk went wrong", event="pictures.unknown")
