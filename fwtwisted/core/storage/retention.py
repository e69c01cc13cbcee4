"""
How long copies are kept, and how much room they may take: transcodes, and what other pods still have.

By age as the instance settings say, by room as the administrator's settings do; the least recently used go first.  Rows
of other pods' uploads and pictures stay, only their files go.  What people of this pod sent in is never touched: not by
age, not for room.

Source: docs/storage.md §9, S-90.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from attrs import define, frozen
from twisted.logger import Logger

from fwtwisted.db.files import doomed
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.storage import retention
from fwtwisted.db.storage.retention import Going
from fwtwisted.model.preferences import Value

REMOTE, BUDGETS = "storage.remote", "storage.budgets"
LANE = "maintenance"
AUDIO = "remote audio"
AT_ONCE = 200


@frozen
class RetentionSettings:
    """
    What may be taken, in bytes; None: as much as there is.

    :ivar picture_days: how long pictures from elsewhere are kept; 0: for ever.
    """

    transcodes: int | None = None
    remote_audio: int | None = None
    remote_pictures: int | None = None
    picture_days: int = 0


@define
class Pruned:
    """What was forgotten of one kind."""

    kind: str
    count: int = 0
    size: int = 0


Forget = Callable[[Tx, int], Awaitable[list[Going]]]


class Retention:
    """
    Forgets what may be forgotten.

    :param domain: ours.
    """

    _log = Logger()

    def __init__(
        self,
        database: Database,
        domain: str,
        preference: Callable[[str], Awaitable[Value]],
        settings: RetentionSettings,
    ) -> None:
        self._database, self._domain, self._preference, self.settings = database, domain, preference, settings

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {REMOTE: JobKind(LANE, self._aged), BUDGETS: JobKind(LANE, self._in_budget)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Every two hours, and hourly."""
        return {REMOTE: Schedule(REMOTE, LANE, _next_even_hour), BUDGETS: Schedule(BUDGETS, LANE, next_hour)}

    async def _aged(self, _: Job) -> None:
        await self.by_age(dry_run=False)

    async def _in_budget(self, _: Job) -> None:
        await self.by_room(dry_run=False)

    async def by_age(self, *, dry_run: bool) -> list[Pruned]:
        """Forget what is too old; what, and how much.  A dry run undoes it."""
        audio = int(await self._preference("federation__music_cache_duration"))
        days = self.settings.picture_days
        told = []
        if audio >= 1:
            told.append(await self._pruned(AUDIO, _old_audio(self._domain, audio), dry_run))
        if days >= 1:
            told.append(await self._pruned("remote pictures", _old_pictures(days), dry_run))
        return told

    async def transcodes_by_age(self, *, dry_run: bool) -> list[Pruned]:
        """Forget transcodes that nobody hears; as :meth:`by_age`."""
        minutes = int(await self._preference("music__transcoding_cache_duration"))
        if minutes < 1:
            return []
        return [await self._pruned("transcodes", _old_versions(minutes), dry_run)]

    async def by_room(self, *, dry_run: bool) -> list[Pruned]:
        """Forget what does not fit; as :meth:`by_age`."""
        settings, told = self.settings, []
        if settings.transcodes is not None:
            told.append(await self._pruned("transcodes", _versions_over(settings.transcodes), dry_run))
        if settings.remote_audio is not None:
            forget = _audio_over(self._domain, settings.remote_audio)
            told.append(await self._pruned(AUDIO, forget, dry_run))
        if settings.remote_pictures is not None:
            told.append(await self._pruned("remote pictures", _pictures_over(settings.remote_pictures), dry_run))
        return told

    async def _pruned(self, kind: str, forget: Forget, dry_run: bool) -> Pruned:
        """Forget all of a kind, some at once; in a dry run in one transaction that is undone."""
        pruned = Pruned(kind)
        if dry_run:
            await self._imagined(forget, pruned)
            return pruned

        async def some(tx: Tx) -> list[Going]:
            going = await forget(tx, AT_ONCE)
            await doomed.doom(tx, [one.name for one in going])
            if going and kind == AUDIO:
                tx.touch("catalog")  # documents tell where the file of a song is
            return going

        while going := await self._database.transaction(some):
            _count(pruned, going)
        if pruned.count:
            self._log.info(
                "{count} files of {kind} were forgotten", event="storage.pruned", count=pruned.count, kind=kind
            )
        return pruned

    async def _imagined(self, forget: Forget, pruned: Pruned) -> None:
        async def all_of_it(tx: Tx) -> None:
            while going := await forget(tx, AT_ONCE):
                _count(pruned, going)
            raise _Undo

        try:
            await self._database.transaction(all_of_it)
        except _Undo:
            return


class _Undo(Exception):
    """Nothing of this transaction was meant."""


def _count(pruned: Pruned, going: list[Going]) -> None:
    pruned.count += len(going)
    pruned.size += sum(one.size or 0 for one in going)


def _old_audio(ours: str, minutes: int) -> Forget:
    return lambda tx, limit: retention.forget_old_audio(tx, ours, minutes, limit)


def _old_pictures(days: int) -> Forget:
    return lambda tx, limit: retention.forget_old_pictures(tx, days, limit)


def _old_versions(minutes: int) -> Forget:
    return lambda tx, limit: retention.forget_old_versions(tx, minutes, limit)


def _versions_over(size: int) -> Forget:
    return lambda tx, limit: retention.forget_versions_over(tx, size, limit)


def _audio_over(ours: str, size: int) -> Forget:
    return lambda tx, limit: retention.forget_audio_over(tx, ours, size, limit)


def _pictures_over(size: int) -> Forget:
    return lambda tx, limit: retention.forget_pictures_over(tx, size, limit)


def _next_even_hour(moment: datetime) -> datetime:
    """The next full hour of an even number."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(hours=2 - hour.hour % 2)
