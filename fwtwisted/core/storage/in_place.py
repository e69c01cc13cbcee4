"""
Files in place into a bucket: copied, verified, and then the row names the object instead of the file.

The file stays where it is, and is nobody's business afterwards; an import of its folder that is done again makes a new
upload of it.

Source: docs/storage.md S-80, §4 (``inplace_to_s3``).
"""

from __future__ import annotations

import os
from functools import partial

from attrs import frozen

from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.migration import MigrationGround
from fwtwisted.core.storage.moving import READ_BACK, SIZE, MoveWish, Moving, Trouble, Watcher
from fwtwisted.core.storage.sides import Arrived, Carrier
from fwtwisted.db.files import in_place
from fwtwisted.db.files.in_place import Placed
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Conflict, NotFound
from fwtwisted.outside.blobs import IN_STORE
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.pace import Pace
from fwtwisted.outside.precedence import Precedence
from fwtwisted.outside.s3.writing import OtherBytes
from fwtwisted.wire.names import is_name, is_public

ROWS_AT_ONCE = 500


@frozen
class Ways:
    """
    From files to names.

    :ivar source: a folder, absolute.  :ivar target: what its path is replaced with; a private root.
    :ivar copies: send the files; False: they must be in the bucket already.
    """

    source: str
    target: str
    copies: bool = True

    def name_of(self, path: str) -> str:
        """The name for a file.  :raise NotFound: it can have none."""
        name = f"{self.target.strip('/')}/{os.path.relpath(path, self.source)}"
        if not is_name(name) or is_public(name):
            raise NotFound
        return name


class InPlaceMove:
    """One run."""

    def __init__(self, ground: MigrationGround, wish: MoveWish, ways: Ways, watcher: Watcher) -> None:
        self._ground, self.wish, self._ways, self._watcher = ground, wish, ways, watcher
        self._precedence = Precedence(ground.clock, ground.here.root, ground.here.threads)
        self._crew = Crew(ground.clock, wish.concurrency, self._yields)
        pace = Pace(ground.clock, wish.rate, self._yields)
        self._carrier = Carrier(ground.here, ground.there, pace, reads_back=wish.verify == READ_BACK)
        self.moving = Moving()
        self._began = 0.0

    async def run(self) -> Moving:
        """Walk along the rows.  :raise StoreAway:"""
        self._began = self._ground.clock.seconds()
        self._ground.there.parts.bucket.client.when_busy = self._crew.too_much
        below = self._ways.source.rstrip("/") + "/"
        totals = await self._ground.database.read(lambda tx: in_place.totals(tx, below))
        self.moving.total, self.moving.total_bytes = totals.count, totals.size
        self._precedence.start()
        try:
            await self._rows(below)
            await self._crew.finish()
        except BaseException:
            await self._crew.drop()
            raise
        finally:
            self.moving.seconds = self._ground.clock.seconds() - self._began
            await self._precedence.stop()
        return self.moving

    def _yields(self) -> bool:
        """Whether the pod goes first (S-76)."""
        return self._precedence.is_due

    async def _rows(self, below: str) -> None:
        after = 0
        while not self._stops():
            page = await self._page(below, after)
            for placed in page:
                if self._stops():
                    return
                await self._crew.begin(partial(self._looked, placed))
            if len(page) < ROWS_AT_ONCE:
                return
            after = page[-1].id

    async def _page(self, below: str, after: int) -> list[Placed]:
        return await self._ground.database.read(lambda tx: in_place.page(tx, below, after, ROWS_AT_ONCE))

    async def _looked(self, placed: Placed) -> None:
        try:
            await self._one(placed)
        except Conflict:
            self._trouble(placed.path, "another object has its name")
        except OtherBytes:
            self._trouble(placed.path, "its bytes are not those that the database knows")
        except (NotFound, FileNotFoundError):
            self._trouble(placed.path, "missing, or its name cannot be that of an object")
        except OSError as why:
            self._trouble(placed.path, why.strerror or str(why))
        except StoreAway as why:
            self._trouble(placed.path, why.why)
        self.moving.seen += 1
        self.moving.seen_bytes += placed.size or 0
        self.moving.seconds = self._ground.clock.seconds() - self._began
        self._watcher.at(self.moving)

    async def _one(self, placed: Placed) -> None:
        name = self._ways.name_of(placed.path)
        if self.wish.dry_run:
            await self._imagined(placed, name)
            return
        arrived = await self._arrived(placed, name)

        async def say(tx: Tx) -> bool:
            return await in_place.stored(tx, placed, name, IN_STORE, arrived.etag, arrived.size, arrived.sha256)

        if not await self._ground.database.transaction(say):
            self.moving.gone += 1
            return
        self.moving.already += arrived.was_there
        self.moving.moved += not arrived.was_there
        self.moving.moved_bytes += 0 if arrived.was_there else arrived.size

    async def _imagined(self, placed: Placed, name: str) -> None:
        """What would be done.  :raise NotFound: nothing, for there is no file (or no object)."""
        if self._ways.copies and not await self._ground.here.threads(os.path.isfile, placed.path):
            raise NotFound
        if not self._ways.copies and await self._ground.there.seen(name) is None:
            raise NotFound
        self.moving.moved += 1
        self.moving.moved_bytes += placed.size or 0

    async def _arrived(self, placed: Placed, name: str) -> Arrived:
        expected = None if self.wish.verify == SIZE else placed.sha256
        if self._ways.copies:
            return await self._carrier.up(name, expected, placed.media_type, placed.path)
        seen = await self._ground.there.seen(name)
        if seen is None:
            raise NotFound
        digest = await self._ground.there.digest(name)
        if (expected or digest) != digest or (placed.size or seen.size) != seen.size:
            raise OtherBytes
        return Arrived(seen.size, digest, seen.etag, was_there=True)

    def _stops(self) -> bool:
        if self._watcher.stops():
            self.moving.interrupted = True
        return self.moving.interrupted

    def _trouble(self, name: str, text: str) -> None:
        trouble = Trouble(name, text)
        self.moving.troubles.append(trouble)
        self._watcher.trouble(trouble)
