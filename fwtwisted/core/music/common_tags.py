"""
Once a week, albums and artists of ours that nobody has tagged are given the tags that all their tracks share.

What somebody has tagged stays as it is.  Source: docs/settings.md, ``ADD_ALBUM_TAGS_FROM_TRACKS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.music.common_tags import share
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.music import Kind

LANE = "maintenance"
THURSDAY, HOUR = 3, 4
EXPIRES = timedelta(hours=2)


@frozen
class CommonTagsSettings:
    """
    Who is tagged.

    :ivar local_prefix: what the federation ids of our own objects begin with.
    :ivar at_once: how many are looked at in one transaction.
    """

    local_prefix: str
    albums: bool = True
    artists: bool = True
    at_once: int = 500

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which kinds are."""
        wanted = ((Kind.ALBUM, self.albums), (Kind.ARTIST, self.artists))
        return tuple(kind for kind, is_wanted in wanted if is_wanted)


class CommonTags:
    """Gives tags."""

    def __init__(self, database: Database, settings: CommonTagsSettings) -> None:
        self._database, self._settings = database, settings

    async def give(self, kind: Kind) -> int:
        """Tag albums, or artists; how many tags were given."""
        given, last = 0, 0
        while True:
            found, count = await self._some(kind, last)
            given += count
            if found is None:
                return given
            last = found

    async def _some(self, kind: Kind, after: int) -> tuple[int | None, int]:
        async def work(tx: Tx) -> tuple[int | None, int]:
            last, count = await share(tx, kind, after, self._settings.local_prefix, self._settings.at_once)
            if count:
                tx.touch("catalog")
            return last, count

        return await self._database.transaction(work)

    async def _run(self, job: Job) -> None:
        kind = Kind(job.kind.rpartition(".")[2])
        if kind in self._settings.kinds:
            await self.give(kind)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {_name(kind): JobKind(LANE, self._run, time_limit=None) for kind in (Kind.ALBUM, Kind.ARTIST)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {_name(kind): Schedule(_name(kind), LANE, next_thursday, EXPIRES) for kind in self._settings.kinds}


def _name(kind: Kind) -> str:
    return f"tags.{kind.value}"


def next_thursday(moment: datetime) -> datetime:
    """The next Thursday, four o'clock."""
    at = moment.astimezone(UTC)
    due = at.replace(hour=HOUR, minute=0, second=0, microsecond=0) + timedelta(days=(THURSDAY - at.weekday()) % 7)
    return due if due > at else due + timedelta(days=7)
