"""Whether every file that a row names is there, and is what the row says.  Source: docs/storage.md S-95."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import partial

from attrs import define, field

from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.moving import Trouble
from fwtwisted.core.storage.sides import Side
from fwtwisted.db.pool import Database
from fwtwisted.db.storage import places
from fwtwisted.db.storage.places import Held
from fwtwisted.model.errors import NotFound
from fwtwisted.outside.origin import StoreAway

ROWS_AT_ONCE = 500
MISSING, DAMAGED, UNKNOWN = "missing", "damaged", "cannot tell"


@define
class Verified:
    """
    How far it is.

    :ivar total: rows to look at.  :ivar read: bytes.
    """

    total: int = 0
    seen: int = 0
    read: int = 0
    troubles: list[Trouble] = field(factory=list)


class Verifying:
    """
    One run.

    :param sides: where files may lie, the likelier first.
    :param sample: look at so many, drawn by lot; None: at all.
    :param reads: also read and compare every byte.
    :param doubted: names of files of which a wrong copy was seen: these are read in any case.
    :param trouble: told of each file that is not as it should be.
    """

    def __init__(
        self,
        database: Database,
        sides: Sequence[Side],
        crew: Crew,
        trouble: Callable[[Trouble], object],
        *,
        sample: int | None,
        reads: bool,
        doubted: Collection[str] = (),
    ) -> None:
        self._database, self._sides, self._crew, self._tell = database, sides, crew, trouble
        self._sample, self._reads, self._doubted = sample, reads, frozenset(doubted)
        self.verified = Verified()

    async def run(self, stops: Callable[[], bool]) -> Verified:
        """Look at all of them."""
        totals = await self._database.read(places.totals)
        self.verified.total = totals.count if self._sample is None else min(totals.count, self._sample)
        try:
            async for held in self._rows():
                if stops():
                    break
                await self._crew.begin(partial(self._one, held))
            await self._crew.finish()
        except BaseException:
            await self._crew.drop()
            raise
        return self.verified

    async def _rows(self) -> AsyncIterator[Held]:
        if self._sample is not None:
            for held in await self._drawn(self._sample):
                yield held
            return
        after = ""
        while True:
            page = await self._page(after)
            for held in page:
                yield held
            if len(page) < ROWS_AT_ONCE:
                return
            after = page[-1].name

    async def _drawn(self, count: int) -> list[Held]:
        """Some by lot, and those that are in doubt."""
        drawn = await self._database.read(lambda tx: places.sample(tx, count))
        doubted = self._doubted - {held.name for held in drawn}
        also = await self._database.read(lambda tx: places.held(tx, sorted(doubted))) if doubted else {}
        self.verified.total = len(drawn) + len(also)
        return [*drawn, *also.values()]

    async def _page(self, after: str) -> list[Held]:
        return await self._database.read(lambda tx: places.page(tx, after, ROWS_AT_ONCE))

    async def _one(self, held: Held) -> None:
        try:
            why = await self._wrong(held)
        except StoreAway as away:
            why = f"{UNKNOWN}: {away.why}"
        if why is not None and await self._is_named(held.name):  # not one that was deleted meanwhile
            trouble = Trouble(held.name, why)
            self.verified.troubles.append(trouble)
            self._tell(trouble)
        self.verified.seen += 1

    async def _is_named(self, name: str) -> bool:
        return bool(await self._database.read(lambda tx: places.held(tx, [name])))

    async def _wrong(self, held: Held) -> str | None:
        """What is wrong with a file; None: nothing.  It may lie on either side, on both each copy counts."""
        found = False
        for side in self._sides:
            seen = await side.seen(held.name)
            if seen is None:
                continue
            found = True
            if held.size is not None and seen.size != held.size:
                return f"{DAMAGED}: {seen.size} bytes instead of {held.size} ({side.storage})"
            if self._reads or held.name in self._doubted:
                try:
                    digest = await side.digest(held.name)
                except NotFound:
                    continue
                self.verified.read += seen.size
                if held.sha256 is not None and digest != held.sha256:
                    return f"{DAMAGED}: other bytes ({side.storage})"
                if held.sha256 is None and held.name in self._doubted:
                    return f"{UNKNOWN}: a copy was put aside as damaged, and no digest is known"
        return None if found else MISSING
