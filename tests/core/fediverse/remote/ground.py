"""A test case with servers elsewhere, and those who know of them."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.task import Clock

from fwtwisted.core.fediverse.remote.actors import RemoteActors
from fwtwisted.model.errors import ShutOut
from fwtwisted.model.people import Pod
from tests.foreign import World
from tests.music import BASE, HOME, MusicCase

POD = Pod(BASE, HOME)


class RemoteCase(MusicCase):
    """``self.world`` is elsewhere; ``self.shut_out`` are ids of actors that moderators want nothing of."""

    def setUp(self) -> None:
        super().setUp()
        self.world = World()
        self.clock = Clock()
        self.clock.advance(datetime.now(UTC).timestamp())
        self.shut_out: set[str] = set()
        self.met: list[str] = []
        self.actors = RemoteActors(
            self.database, self.clock, self.world.ask, self._permit, self._note, lambda *_: None, POD
        )

    async def _permit(self, fid: str, domain: str) -> None:
        if fid in self.shut_out or domain in self.shut_out:
            raise ShutOut

    async def _note(self, host: str) -> None:
        self.met.append(host)
