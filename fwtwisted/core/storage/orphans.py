"""
Files that no row names: found by listing a side, and removed when that is wished and nothing speaks against it.

Four guards: what is younger than a day may be waiting for its row; under roots that nobody knows lies somebody else's;
a database without uploads is likely the wrong one; and so is one that knows less than half of what lies there.  What is
about to be deleted is asked for once more, in the moment before.

Source: docs/storage.md S-92.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import define, field

from fwtwisted.core.storage.sides import Here, Side, There
from fwtwisted.core.storage.usage import KNOWN_ROOTS, root_of
from fwtwisted.db.files import doomed
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.storage import places
from fwtwisted.model.errors import FwError
from fwtwisted.outside.blobs import Lying
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.client import Refused
from fwtwisted.wire.names import RENDITIONS, originals_of
from fwtwisted.wire.s3.documents import MOST_KEYS

YOUNG = timedelta(days=1)
ASKED_AT_ONCE = 500

Remove: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]


class TooMany(FwError):
    """So much would go that something else must be wrong."""


@define
class Orphans:
    """
    What was found.

    :ivar listed: all files.  :ivar young: too young to judge.  :ivar foreign: under roots that nobody knows, by root.
    :ivar last: the last name that was looked at.  :ivar before: of each that was found, the name looked at before it.
    :ivar deletes: what is found is to go, too.  :ivar handled: how many of those are dealt with.
    """

    listed: int = 0
    young: int = 0
    found: list[Lying] = field(factory=list)
    before: list[str] = field(factory=list)
    deletes: bool = False
    handled: int = 0
    foreign: dict[str, int] = field(factory=dict)
    deleted: int = 0
    deleted_bytes: int = 0
    last: str = ""
    interrupted: bool = False

    @property
    def goes_on_after(self) -> str:
        """Behind which name the next run begins, if this one ends here, so that nothing is left out."""
        if self.deletes and self.handled < len(self.found):
            return self.before[self.handled]
        return self.last

    @property
    def size(self) -> int:
        """Bytes of those that were found."""
        return sum(one.size for one in self.found)


class OrphanHunt:
    """
    One run over one side.

    :param remove: removes files by their names.
    """

    def __init__(self, database: Database, side: Side, remove: Remove, now: datetime) -> None:
        self._database, self._side, self._remove = database, side, remove
        self._before = now - YOUNG
        self.orphans = Orphans()

    async def find(self, prefix: str, start_after: str, stops: Callable[[], bool]) -> Orphans:
        """
        List the side, page by page.

        A run that is stopped, or that the store breaks off, has judged what it has listed: ``orphans.last`` says how
        far it came, and the next goes on behind that.  :raise StoreAway:
        """
        self.orphans.last = start_after
        batch: list[Lying] = []
        try:
            async for lying in self._side.listed(prefix, start_after):
                batch.append(lying)
                if stops():
                    self.orphans.interrupted = True
                    break
                if len(batch) == ASKED_AT_ONCE:
                    await self._judge(batch)
                    batch = []
        except StoreAway:
            self.orphans.interrupted = True
            await self._judge(batch)
            raise
        await self._judge(batch)
        return self.orphans

    async def _judge(self, batch: Sequence[Lying]) -> None:
        named = await self._named([lying.name for lying in batch])
        for lying in batch:
            before, self.orphans.last = self.orphans.last, lying.name
            self.orphans.listed += 1
            root = root_of(lying.name)
            if lying.name in named:
                continue
            if root not in KNOWN_ROOTS:
                self.orphans.foreign[root] = self.orphans.foreign.get(root, 0) + 1
            elif lying.modified is None or lying.modified > self._before:
                self.orphans.young += 1
            else:
                self.orphans.found.append(lying)
                self.orphans.before.append(before)

    async def _named(self, names: Sequence[str]) -> set[str]:
        """Those that must stay: a row names them, or the picture that they were cut from, or they are to go anyway."""
        originals = {name: originals_of(name) for name in names if name.startswith(f"{RENDITIONS}/")}
        asked = [*names, *(one for some in originals.values() for one in some)]

        async def work(tx: Tx) -> set[str]:
            return set(await places.held(tx, asked)) | await doomed.waiting(tx, names)

        named = await self._database.read(work)
        return named | {name for name, some in originals.items() if named.intersection(some)}

    async def see_sense(self, *, forced: bool) -> None:
        """:raise TooMany: something else than the orphans must be wrong."""
        if not await self._database.read(places.has_uploads):
            raise TooMany("The database knows no upload at all; nothing is deleted.  Is it the right one?")
        count, listed = len(self.orphans.found), self.orphans.listed
        if count * 2 > listed and not forced:
            raise TooMany(f"{count:,} of {listed:,} files would go, which is more than half; --force if that is right.")

    async def delete(self, stops: Callable[[], bool]) -> Orphans:
        """Remove what was found.  :raise StoreAway:"""
        found = self.orphans.found
        for start in range(0, len(found), MOST_KEYS):
            if stops():
                self.orphans.interrupted = True
                break
            batch = found[start : start + MOST_KEYS]
            named = await self._named([lying.name for lying in batch])
            going = [lying for lying in batch if lying.name not in named]
            await self._removed(going)
            self.orphans.handled += len(batch)
        return self.orphans

    async def _removed(self, going: Sequence[Lying]) -> None:
        await self._remove([lying.name for lying in going])
        self.orphans.deleted += len(going)
        self.orphans.deleted_bytes += sum(lying.size for lying in going)


def remover(side: Here | There) -> Remove:
    """What removes many files from a side: in batches, and one by one where a store takes no batches."""

    async def one_by_one(names: Sequence[str]) -> None:
        for name in names:
            await side.remove(name)

    if isinstance(side, Here):
        return one_by_one
    parts = side.parts

    async def at_once(names: Sequence[str]) -> None:
        keys = {parts.store.key(name): name for name in names}
        try:
            left = await parts.bucket.delete_many(list(keys)) if keys else {}
        except Refused:
            await one_by_one(names)
        else:
            await one_by_one([keys[key] for key in left if key in keys])

    return at_once
