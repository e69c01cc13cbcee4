"""
Paying what is owed to the object store: files that were taken in while it was away are sent when it is back.

A file is sent once a row names it (or when it is a rendition, which has none); a file that is still waiting for its row
waits; one that nobody will ever name is removed.  After it was sent, the row is asked again, for it may have been
deleted meanwhile, and whoever deleted it found nothing in the store yet.

Source: docs/storage.md S-5, S-46.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.files.rounds import Rounds
from fwtwisted.db.files import doomed
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.storage import places
from fwtwisted.model.errors import Conflict, Unavailable
from fwtwisted.outside.blobs import IN_STORE
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.stores import LocalFirst
from fwtwisted.wire.names import RENDITIONS


class Shipping(Rounds):
    """Each process pays the debts of its disk; a note is paid by one of them."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, database: Database, blobs: LocalFirst) -> None:
        super().__init__(clock)
        self._database, self._blobs = database, blobs

    async def pay(self) -> int:
        """Send what is owed; how many files that were.  :raise StoreAway:"""
        count = 0
        async for name in self._blobs.owed():
            if not self.running:
                break
            if await self._is_due(name):
                count += await self._paid(name)
        return count

    async def _round(self) -> None:
        try:
            if self._blobs.store.is_away:
                await self._blobs.store.revive()
            count = await self.pay()
        except StoreAway:
            return
        except Unavailable:  # the database; later
            return
        except Exception:  # a failed round never ends the beat
            self._log.failure("sending files to the media store went wrong", event="shipping.failed")
            return
        if count:
            self._log.info("{count} files were sent to the media store", event="shipping.sent", count=count)

    async def _is_due(self, name: str) -> bool:
        """Whether the file is to be sent now; one that nobody will name is not, and its debt is dropped."""

        async def look(tx: Tx) -> tuple[bool, bool]:
            return name in await doomed.named(tx, [name]), await doomed.is_doomed(tx, name)

        named, waits = await self._database.read(look)
        if named or name.startswith(f"{RENDITIONS}/"):
            return True
        if not waits:
            await self._blobs.paid(name)
        return False

    async def _paid(self, name: str) -> bool:
        try:
            sent = await self._blobs.ship(name)
        except Conflict:
            self._log.error("{name} cannot be sent: another object has its name", event="shipping.clash", name=name)
            return False
        if sent and not name.startswith(f"{RENDITIONS}/"):
            await self._database.transaction(lambda tx: places.moved(tx, name, IN_STORE))
            if not await self._database.read(lambda tx: doomed.named(tx, [name])):
                await self._blobs.store.delete(name)
        await self._blobs.paid(name)
        return sent
