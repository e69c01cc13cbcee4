"""
Copies of what other servers have that no row names: what a killed download left, removed every two hours.

Only what lies below ``federation_cache/tracks/`` and is older than a day, as :mod:`~fwtwisted.core.storage.orphans`
judges it; the same guards stand before it, so that a wrong database removes nothing.

Source: docs/storage.md §9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from twisted.logger import Logger

from fwtwisted.core.storage.orphans import OrphanHunt, TooMany, remover
from fwtwisted.core.storage.sides import Here, There
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.outside.origin import StoreAway
from fwtwisted.wire.names import REMOTE_TRACKS

STRAYS = "storage.strays"
LANE = "maintenance"
BELIEVED = 100  # so many may go even when they are most of what lies there


class Strays:
    """
    The chore.

    :param sides: where such files may lie.  :param now: aware UTC.
    """

    _log = Logger()

    def __init__(
        self,
        database: Database,
        sides: Sequence[Here | There],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._sides, self._now = database, sides, now

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {STRAYS: JobKind(LANE, self._chore)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Every two hours."""
        return {STRAYS: Schedule(STRAYS, LANE, _next_odd_hour)}

    async def _chore(self, _: Job) -> None:
        await self.remove()

    async def remove(self) -> int:
        """Remove what is there; how many files.  A store that is away is looked at two hours later."""
        count = 0
        for side in self._sides:
            try:
                count += await self._removed(side)
            except StoreAway as away:
                self._log.info("stray copies stay in the media store: {why}", event="storage.unstrayed", why=away.why)
        if count:
            self._log.info("{count} stray copies were removed", event="storage.strays", count=count)
        return count

    async def _removed(self, side: Here | There) -> int:
        hunt = OrphanHunt(self._database, side, remover(side), self._now())
        found = (await hunt.find(f"{REMOTE_TRACKS}/", "", _never)).found
        if not found:
            return 0
        try:
            await hunt.see_sense(forced=len(found) <= BELIEVED)
        except TooMany as why:
            self._log.warn(
                "files below federation_cache are left alone: {why}  See 'storage orphans'.",
                event="storage.strays-left",
                why=str(why),
            )
            return 0
        return (await hunt.delete(_never)).deleted


def _never() -> bool:
    return False


def _next_odd_hour(moment: datetime) -> datetime:
    """The next full hour of an odd number: between two rounds of forgetting what is old."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(hours=1 + hour.hour % 2)
