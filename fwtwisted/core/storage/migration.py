"""
Moving a pod's media between this disk and a bucket, while the pod runs.

Two walks.  The first is along the rows, by name, over those that do not say yet that their file lies where it should;
the second along what lies at the source, for what no row names: renditions go along, the rest is counted.

What becomes of one file::

    carried, hashed on the way  ──▶  the hash is the row's?  ──▶  the size there is right?  ──▶  the row says so
                                            │ no                         │ no                        │ no row any more
                                            ▼                            ▼                           ▼
                                   an error; the source stays      tried again, then an error     taken back

Whoever is killed loses what was in flight: the rows say what is done, the object's own digest says what was done and
not yet said, and the parts of a large file that the store has are not sent again.  A file that is deleted meanwhile is
removed on both sides by whoever deletes it (:class:`~fwtwisted.outside.stores.LocalFirst`); what we carried over after
that is taken back by us.

Source: docs/storage.md §8, S-70…S-77, S-79.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.moving import READ_BACK, SIZE, MoveWish, Moving, Trouble, Watcher
from fwtwisted.core.storage.sides import Arrived, Carrier, Here, Side, There
from fwtwisted.db.files import doomed
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.storage import places
from fwtwisted.db.storage.places import Held
from fwtwisted.model.errors import Conflict, NoRoom, NotFound
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import IN_STORE, Lying
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.pace import Pace
from fwtwisted.outside.precedence import Precedence
from fwtwisted.outside.s3.client import Refused
from fwtwisted.outside.s3.writing import OtherBytes
from fwtwisted.wire.names import RENDITIONS

ROWS_AT_ONCE = 500
ROOM_ABOVE = 1.05  # of what is to come, so that the disk is not full at the end
UNFINISHED_DAYS = 1
RESTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # before a file is tried again while the store is away
HOPELESS = 5  # files in a row for which the store was away all that time


class NoRoomHere(NoRoom):
    """What is to come does not fit onto the disk."""


@frozen
class MigrationGround:
    """What a migration stands on."""

    clock: Any
    database: Database
    here: Here
    there: There


class Migration:
    """One run."""

    _log = Logger()

    def __init__(self, ground: MigrationGround, wish: MoveWish, watcher: Watcher) -> None:
        self._ground, self.wish, self._watcher = ground, wish, watcher
        self._clock, self._database = ground.clock, ground.database
        self._is_up = wish.to == IN_STORE
        self._source, self._target = self._sides()
        self._precedence = Precedence(ground.clock, ground.here.root, ground.here.threads)
        self._crew = Crew(ground.clock, wish.concurrency, self._yields)
        pace = Pace(ground.clock, wish.rate, self._yields)
        self._carrier = Carrier(ground.here, ground.there, pace, reads_back=wish.verify == READ_BACK)
        self.moving = Moving()
        self._began = 0.0
        self._lost = 0

    def _sides(self) -> tuple[Side, Side]:
        here, there = self._ground.here, self._ground.there
        return (here, there) if self._is_up else (there, here)

    async def run(self) -> Moving:
        """
        Move everything that is wished.

        :raise StoreAway: the store is away and does not come back.  :raise NoRoom: the disk is full.
        """
        self._began = self._clock.seconds()
        await self._prepare()
        client = self._ground.there.parts.bucket.client
        client.when_busy = self._crew.too_much
        self._precedence.start()
        try:
            await self._rows()
            await self._others()
            await self._crew.finish()
        except BaseException:
            await self._crew.drop()
            raise
        finally:
            self._count_time()
            await self._precedence.stop()
            await self._carrier.end()
        return self.moving

    def _yields(self) -> bool:
        """Whether the pod goes first (S-76)."""
        return self._precedence.is_due

    # --- before ----------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        wish, moving = self.wish, self.moving
        totals = await self._database.read(lambda tx: places.totals(tx, prefixes=wish.prefixes, without=self._without))
        moving.total, moving.total_bytes = totals.count, totals.size
        if wish.dry_run:
            return
        await self._carrier.begin()
        if not self._is_up:
            await self._see_room(totals.size)
            return
        bucket = self._ground.there.parts.bucket
        before = bucket.client.now() - timedelta(days=UNFINISHED_DAYS)
        try:
            await bucket.abort_old(before, self._ground.there.parts.store.below)
        except Refused as refused:
            self._log.info("old unfinished uploads stay: {why}", event="migrate.unswept", why=str(refused))

    async def _see_room(self, size: int) -> None:
        """:raise NoRoomHere:"""
        here = self._ground.here
        await here.threads(disk.make_folders, here.root)
        free = await here.threads(disk.free_bytes, here.root)
        if size * ROOM_ABOVE > free:
            raise NoRoomHere(f"{size * ROOM_ABOVE / 1e9:.2f} GB are needed on this disk, {free / 1e9:.2f} GB are free.")

    @property
    def _without(self) -> str | None:
        """Rows that need not be looked at: moved already, unless their sources may still have to go."""
        return None if self.wish.deletes else self.wish.to

    # --- along the rows --------------------------------------------------------------------------

    async def _rows(self) -> None:
        after = ""
        while not self._stops():
            page = await self._page(after)
            for held in page:
                if self._stops():
                    return
                await self._crew.begin(partial(self._looked, held, self._row))
            if len(page) < ROWS_AT_ONCE:
                return
            after = page[-1].name

    async def _page(self, after: str) -> list[Held]:
        return await self._database.read(
            lambda tx: places.page(tx, after, ROWS_AT_ONCE, prefixes=self.wish.prefixes, without=self._without)
        )

    async def _looked(self, held: Held, look: Callable[[Held], Awaitable[None]]) -> None:
        """Look at a file, patiently, and tell how that went."""
        try:
            await self._patiently(lambda: look(held))
        except Conflict:
            self._trouble(held.name, "another file lies there under this name; nothing was overwritten")
        except OtherBytes:
            self._trouble(held.name, "its bytes are not those that the database knows")
        except NotFound:
            self._trouble(held.name, "missing")
        except OSError as why:
            self._trouble(held.name, why.strerror or str(why))
        except EOFError as why:
            self._trouble(held.name, str(why))
        except StoreAway as why:
            self._trouble(held.name, why.why)
            self._lost += 1
            if self._lost >= HOPELESS:
                raise
        else:
            self._lost = 0
        self.moving.seen += 1
        self.moving.seen_bytes += held.size or 0
        self._tell()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it; again, after a rest, while the store is away.  :raise StoreAway: for too long."""
        for rest in RESTS:
            try:
                return await work()
            except StoreAway:
                if self._stops():
                    raise
            await self._rest(rest)
        return await work()

    async def _row(self, held: Held) -> None:
        """A file that a row names."""
        if held.storage == self.wish.to and await self._source.seen(held.name) is None:
            self.moving.already += 1  # and its source is gone
            return
        if self.wish.dry_run:
            await self._imagined(held)
            return
        try:
            arrived = await self._carried(held)
        except (NotFound, FileNotFoundError):
            await self._sourceless(held)
            return
        self._count(arrived)
        await self._settle(held, arrived)

    async def _imagined(self, held: Held) -> None:
        """What would be done."""
        if await self._source.seen(held.name) is None:
            raise NotFound
        if held.storage == self.wish.to:
            self.moving.already += 1
        else:
            self.moving.moved += 1
            self.moving.moved_bytes += held.size or 0

    async def _carried(self, held: Held) -> Arrived:
        """:raise OtherBytes:  :raise Conflict:  :raise NotFound:  :raise StoreAway:"""
        expected = None if self.wish.verify == SIZE else held.sha256
        if self.wish.verify == SIZE and held.size is not None:
            seen = await self._source.seen(held.name)
            if seen is not None and seen.size != held.size:
                raise OtherBytes
        if self._is_up:
            return await self._carrier.up(held.name, expected, held.media_type)
        return await self._carrier.down(held.name, expected)

    def _count(self, arrived: Arrived) -> None:
        if arrived.was_there:
            self.moving.already += 1
        else:
            self.moving.moved += 1
            self.moving.moved_bytes += arrived.size

    async def _sourceless(self, held: Held) -> None:
        """
        There is nothing to carry: it was deleted meanwhile, or it lies there and only the row does not say so.

        :raise NotFound: it is lost.  :raise OtherBytes: what lies there is not it.
        """
        now = (await self._database.read(lambda tx: places.held(tx, [held.name]))).get(held.name)
        if now is None:
            self.moving.gone += 1
            return
        seen = await self._target.seen(held.name)
        if seen is None:
            raise NotFound
        digest = await self._target.digest(held.name)
        if (held.sha256 or digest) != digest or (held.size or seen.size) != seen.size:
            raise OtherBytes
        arrived = Arrived(seen.size, digest, seen.etag, was_there=True)
        self._count(arrived)
        await self._settle(held, arrived)

    async def _settle(self, held: Held, arrived: Arrived) -> None:
        """Say in the row where the file lies; take it back when there is no row any more; then let the source go."""

        async def say(tx: Tx) -> bool:
            told = (self.wish.to, arrived.etag, arrived.size, arrived.sha256)
            return bool(await places.settled(tx, held.name, *told)) or bool(await places.held(tx, [held.name]))

        if not await self._database.transaction(say):
            await self._target.remove(held.name)
            self.moving.gone += 1
            return
        if self.wish.deletes:
            await self._let_go(held, arrived)

    async def _let_go(self, held: Held, arrived: Arrived) -> None:
        """Remove a source, having looked once more that the other is there and the row as it was.  Source: S-75."""
        if await self._source.seen(held.name) is None:
            return
        seen = await self._target.seen(held.name)
        now = (await self._database.read(lambda tx: places.held(tx, [held.name]))).get(held.name)
        if now is None:  # deleted just now, on both sides, by whoever did that
            return
        if seen is None or seen.size != arrived.size or (seen.sha256 or arrived.sha256) != arrived.sha256:
            raise OtherBytes
        if (now.sha256 or arrived.sha256) != arrived.sha256 or now.storage not in (None, self.wish.to):
            return
        await self._source.remove(held.name)
        self.moving.deleted += 1

    # --- along what lies there -------------------------------------------------------------------

    async def _others(self) -> None:
        """What no row names."""
        for prefix in self.wish.prefixes or ("",):
            batch: list[Lying] = []
            async for lying in self._source.listed(prefix):
                if self._stops():
                    return
                batch.append(lying)
                if len(batch) == ROWS_AT_ONCE:
                    await self._unnamed(batch)
                    batch = []
            await self._unnamed(batch)

    async def _unnamed(self, batch: list[Lying]) -> None:
        """Those of the files that no row names: renditions go along, the others when that is wished."""
        names = [lying.name for lying in batch]

        async def known(tx: Tx) -> set[str]:
            return set(await places.held(tx, names)) | await doomed.waiting(tx, names)

        named = await self._database.read(known)
        for lying in batch:
            if lying.name in named:
                continue
            is_rendition = lying.name.startswith(f"{RENDITIONS}/")
            if not is_rendition:
                self.moving.orphans += 1
                self.moving.orphan_bytes += lying.size
            if (is_rendition or self.wish.orphans) and not self._stops():
                self.moving.total += 1
                self.moving.total_bytes += lying.size
                await self._crew.begin(partial(self._looked, Held(lying.name, lying.size), self._rowless))

    async def _rowless(self, held: Held) -> None:
        """A file without a row: what lies on the other side says whether it was moved before."""
        if self.wish.dry_run:
            await self._imagined(held)
            return
        try:
            arrived = await self._carried(held)
        except (NotFound, FileNotFoundError):
            self.moving.gone += 1
            return
        self._count(arrived)
        if self.wish.deletes:
            seen = await self._target.seen(held.name)
            if seen is None or seen.size != arrived.size:
                raise OtherBytes
            await self._source.remove(held.name)
            self.moving.deleted += 1

    # --- telling ---------------------------------------------------------------------------------

    def _stops(self) -> bool:
        if self._watcher.stops():
            self.moving.interrupted = True
        return self.moving.interrupted

    def _trouble(self, name: str, text: str) -> None:
        trouble = Trouble(name, text)
        self.moving.troubles.append(trouble)
        self._watcher.trouble(trouble)

    def _tell(self) -> None:
        self._count_time()
        self._watcher.at(self.moving)

    def _count_time(self) -> None:
        self.moving.seconds = self._clock.seconds() - self._began

    async def _rest(self, seconds: float) -> None:
        over: Deferred[None] = Deferred(lambda _: timer.cancel())
        timer = self._clock.callLater(seconds, over.callback, None)
        await over
