"""A test case with servers elsewhere, and those who know of them."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread

from fwtwisted.core.fediverse.remote.actors import RemoteActors
from fwtwisted.core.fediverse.remote.episodes import RemoteEpisodes
from fwtwisted.core.fediverse.remote.objects import RemoteObjects
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import ShutOut
from fwtwisted.model.people import Pod
from tests.database import HOME
from tests.foreign import World
from tests.music import BASE, MusicCase

E = TypeVar("E", bound=Exception)
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

        self.objects = RemoteObjects(self.database, deferToThread, self.world.ask, self.actors, self._permit, POD)
        self.pod = POD
        self.episodes = RemoteEpisodes(self.database, self.world.ask, self.objects.vouching, self._now)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    async def fails(self, why: type[E], work: Coroutine[Deferred[Any], Any, object]) -> E:
        """The failure of some work, which must be this."""
        failing = self.assertFailure(Deferred.fromCoroutine(work), why)
        return cast(E, await failing)

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""

        async def work(tx: Tx) -> list[tuple[Any, ...]]:
            return await tx.many(lambda *columns: columns, sql, *args)

        return await self.database.transaction(work)

    async def _permit(self, fid: str, domain: str) -> None:
        if fid in self.shut_out or domain in self.shut_out:
            raise ShutOut

    async def _note(self, host: str) -> None:
        self.met.append(host)
