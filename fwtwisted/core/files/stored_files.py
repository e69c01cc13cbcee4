"""
Keeping the store and the database of one mind: files whose rows are gone go, files whose rows never came go too.

Source: docs/storage.md S-5, S-46; ``outside/spool.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from twisted.logger import Logger

from fwtwisted.db.files import doomed, uploads
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Unavailable
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.spool import Spool, SpoolFile
from fwtwisted.wire.names import TRACKS, renditions_prefix, stored_name

REMOVE, LANE = doomed.REMOVE, doomed.LANE
AT_ONCE = 200
AGAIN_SECONDS = 3600.0  # until the next attempt at a file that could not be removed
BEAT = timedelta(minutes=10)


class StoredFiles:
    """Removes what nobody names."""

    _log = Logger()

    def __init__(self, database: Database, blobs: BlobStore, spool: Spool) -> None:
        self._database, self._blobs, self._spool = database, blobs, spool

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {REMOVE: JobKind(LANE, self._remove, time_limit=None)}

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {REMOVE: Schedule(REMOVE, LANE, _next_after)}

    async def _remove(self, _: Job) -> None:
        while await self.remove_due():
            continue

    async def remove_due(self) -> int:
        """
        Remove stored files whose time has come and that no row names; how many were due, 0 when none is left.

        One that cannot be removed keeps no other from going; it is tried again later.
        """

        async def work(tx: Tx) -> int:
            names = await doomed.due(tx, AT_ONCE)
            others = await doomed.named(tx, names)
            stuck = [name for name in names if name not in others and not await self._removed(name)]
            if names:
                await doomed.gone(tx, [name for name in names if name not in stuck])
                await doomed.doom(tx, stuck, AGAIN_SECONDS)
            return len(names)

        return await self._database.transaction(work)

    async def _removed(self, name: str) -> bool:
        try:
            await self._delete(name)
        except (OSError, Unavailable) as why:
            self._log.warn("{name} cannot be removed: {why}", event="files.stuck", name=name, why=str(why))
            return False
        return True

    async def _delete(self, name: str) -> None:
        """Remove a stored file, and what was cut from it."""
        await self._blobs.delete(name)
        prefix = renditions_prefix(name)
        if prefix is not None:
            async for rendition in self._blobs.names(prefix):
                await self._blobs.delete(rendition)

    async def recover(self) -> int:
        """
        Settle what receivers left behind that are gone; for the start of the house.

        :return: how many uploads were under way when their receiver died.
        """
        count = 0
        async for left in self._spool.leftovers():
            await self._settle(left)
            count += 1
        if count:
            self._log.info("cleared {count} uploads that were under way", event="spool.recovered", count=count)
        return count

    async def _settle(self, left: SpoolFile) -> None:
        """Decide about one of them, as the table of ``outside/spool.py`` says."""
        name = stored_name(TRACKS, left.uuid, left.filename)

        async def is_known(tx: Tx) -> bool:
            await doomed.hold(tx, name)  # the dead receiver's commit may still be under way
            return left.uuid in await uploads.outcomes(tx, [left.uuid])

        is_here = await self._database.transaction(is_known)
        try:
            if is_here and await self._blobs.size(name) is None:
                await self._blobs.keep(name, left.path)
            if not is_here and not await self._database.read(lambda tx: doomed.named(tx, [name])):
                await self._blobs.delete(name)
        except Unavailable as why:  # an object store; without a row the doom of the name removes it later
            self._log.warn("an upload cannot be cleared: {why}", event="spool.stuck", why=str(why))
            if is_here:
                return
        await left.discard()


def _next_after(moment: datetime) -> datetime:
    """Every ten minutes."""
    return moment + BEAT
