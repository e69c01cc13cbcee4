"""
What people look at, looked at again on its own server when that is long ago; pictures that nobody looks at any more.

Whoever asked first has the server asked, before their answer; where it says nothing, what we have is shown, and it is
not asked again for as long.  Source: docs/federation.md §5.1, §5.6.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from attrs import frozen

from fwtwisted.db.fediverse.remote import actors, looks
from fwtwisted.db.files import doomed
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.fediverse import FetchStatus, Outcome
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Viewer

FORGET = "remote.forget_pictures"
LANE = "maintenance"
AT_ONCE = 500

LookUp = Callable[[str, int | None], Awaitable[Outcome]]


@frozen
class RefreshSettings:
    """
    :ivar object_seconds: how old what we know of a thing elsewhere may be.
    :ivar picture_seconds: for how long a picture is kept that nothing shows.
    """

    object_seconds: float = 259_200.0
    picture_seconds: float = 86_400.0


class Refreshing:
    """Looks again."""

    def __init__(self, database: Database, look_up: LookUp, ring: Ring, settings: RefreshSettings) -> None:
        self._database, self._look_up, self._ring = database, look_up, ring
        self._settings = settings

    async def refresh(self, viewer: Viewer, kind: Kind, id: int) -> None:
        """Bring an artist, an album or a track elsewhere up to date, if it is time; visitors have nobody asked."""
        await self._again(viewer, lambda tx, age: looks.look_again(tx, kind, id, age))

    async def refresh_channel(self, viewer: Viewer, id: int) -> bool:
        """The same of a channel, and of what it published last; whether it may say something else now."""
        return await self._again(viewer, lambda tx, age: looks.look_again_at_channel(tx, id, age))

    async def refresh_library(self, viewer: Viewer, id: int) -> bool:
        """The same of a library's label."""
        return await self._again(viewer, lambda tx, age: looks.look_again_at_library(tx, id, age))

    async def _again(self, viewer: Viewer, stale: Callable[[Tx, float], Awaitable[str | None]]) -> bool:
        if viewer.account_id is None:
            return False
        fid = await self._database.transaction(lambda tx: stale(tx, self._settings.object_seconds))
        return fid is not None and (await self._look_up(fid, None)).status is FetchStatus.FINISHED

    async def forget_pictures(self, _: Job) -> None:
        """Forget pictures of other servers that nothing shows any more."""
        while await self._database.transaction(self._forget_some) == AT_ONCE:
            pass

    async def _forget_some(self, tx: Tx) -> int:
        files = await actors.forget_pictures(tx, self._settings.picture_seconds, AT_ONCE)
        stored = [file for file in files if file is not None]
        if stored:
            await doomed.doom(tx, stored)
            await doomed.ask_removal(tx, self._ring)
        return len(files)

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {FORGET: JobKind(LANE, self.forget_pictures)}

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {FORGET: Schedule(FORGET, LANE, next_hour)}
