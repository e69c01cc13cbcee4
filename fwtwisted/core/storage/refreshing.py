"""
Bringing media of other servers here on request: what is missing, or all of it anew.

A few at a time; those of one server wait for each other at the door.  Servers that moderators have shut out are not
asked: they count as failed.

Source: docs/storage.md S-93.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.listening.remote_audio import RemoteAudio
from fwtwisted.core.storage.crew import Crew
from fwtwisted.db.storage.retention import Remote
from fwtwisted.model.errors import FwError

AT_ONCE = 8


@define
class Refreshed:
    """
    What came of it.

    :ivar failed: what could not be had, and what is told of it.
    """

    fetched: int = 0
    failed: list[tuple[UUID, str]] = field(factory=list)

    @property
    def done(self) -> int:
        """How many were tried."""
        return self.fetched + len(self.failed)


class Refreshing:
    """
    :param is_stopped: asked before each file whether to go on.
    :ivar refreshed: so far.
    """

    def __init__(self, clock: IReactorTime, audio: RemoteAudio, is_stopped: Callable[[], bool]) -> None:
        self._crew, self._audio, self._is_stopped = Crew(clock, AT_ONCE), audio, is_stopped
        self.refreshed = Refreshed()

    async def run(self, wanted: Sequence[Remote]) -> Refreshed:
        """Bring them; in the middle of it, those that are under way are brought to their end."""
        for one in wanted:
            if self._is_stopped():
                break
            await self._crew.begin(partial(self._bring, one))
        await self._crew.finish()
        return self.refreshed

    async def _bring(self, one: Remote) -> None:
        try:
            await self._audio.bring(one.id, forced=True)
        except FwError as why:
            self.refreshed.failed.append((one.uuid, str(why)))
        else:
            self.refreshed.fetched += 1
