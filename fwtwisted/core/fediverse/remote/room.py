"""Everything that brings here what is elsewhere, built together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from fwtwisted.core.fediverse.asking import Asking
from fwtwisted.core.fediverse.remote.actors import Permit, RemoteActors
from fwtwisted.core.fediverse.remote.changes import RemoteChanges
from fwtwisted.core.fediverse.remote.episodes import RemoteEpisodes
from fwtwisted.core.fediverse.remote.lookup import RemoteLookup
from fwtwisted.core.fediverse.remote.objects import RemoteObjects, Taken
from fwtwisted.core.fediverse.remote.outboxes import Outboxes, OutboxesSettings
from fwtwisted.core.fediverse.remote.refreshing import Refreshing, RefreshSettings
from fwtwisted.core.fediverse.remote.returning import Returning
from fwtwisted.core.fediverse.remote.scanning import Scanning
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Library, Pod
from fwtwisted.model.podcasts import Channel
from fwtwisted.model.threads import Threads

Document = Mapping[str, Any]


@frozen
class RemoteSettings:
    """What the parts can be told."""

    outboxes: OutboxesSettings = field(factory=OutboxesSettings)
    refreshing: RefreshSettings = field(factory=RefreshSettings)


@frozen
class RemoteGround:
    """What it stands on.  :ivar permit: ``Policies.permit_actor``."""

    database: Database
    threads: Threads
    asking: Asking
    actors: RemoteActors
    permit: Permit
    ring: Ring
    now: Callable[[], datetime]
    pod: Pod
    settings: RemoteSettings


class Remote:
    """What is elsewhere, for those who are told of it and those who look for it."""

    def __init__(self, ground: RemoteGround) -> None:
        database, ask, pod = ground.database, ground.asking.document, ground.pod
        self.actors = ground.actors
        self.objects = RemoteObjects(database, ground.threads, ask, self.actors, ground.permit, pod)
        self.episodes = RemoteEpisodes(database, ask, self.objects.vouching, ground.now)
        self.changes = RemoteChanges(database, self.objects.vouching, pod)
        self.outboxes = Outboxes(database, ask, self.episodes, ground.ring, ground.settings.outboxes)
        self.lookup = RemoteLookup(
            database, ask, ground.asking.document_or_page, ground.asking.json, self.actors, self.objects,
            self.episodes, self.changes, self.outboxes, pod,
        )  # fmt: skip
        self.scanning = Scanning(database, ask, self.objects, ground.ring, ground.now)
        self.returning = Returning(self.scanning, self.outboxes)
        self.refreshing = Refreshing(database, self.lookup.outcome, ground.ring, ground.settings.refreshing)

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {**self.outboxes.jobs(), **self.scanning.jobs(), **self.refreshing.jobs()}

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {**self.outboxes.schedules(), **self.scanning.schedules(), **self.refreshing.schedules()}

    # --- for those who are told ------------------------------------------------------------------

    async def take_library(self, document: Document, url: str) -> Library:
        """See :meth:`RemoteObjects.take_library`."""
        return await self.objects.take_library(document, url)

    async def take_upload(self, document: Document, *, sender: Actor, library: Library) -> int:
        """See :meth:`RemoteObjects.take_upload`."""
        return await self.objects.take_upload(document, sender=sender, library=library)

    async def take_many(self, documents: Sequence[Document], *, sender: Actor, library: Library) -> Taken:
        """See :meth:`RemoteObjects.take_many`."""
        return await self.objects.take_many(documents, sender=sender, library=library)

    async def take_episode(self, document: Document, *, channel: Channel) -> int:
        """See :meth:`RemoteEpisodes.take`."""
        return await self.episodes.take(document, channel=channel)

    async def update(self, kind: str, document: Document, sender: Actor) -> None:
        """See :meth:`RemoteChanges.reword`.  :param kind: artist, album or track."""
        await self.changes.reword(Kind(kind), document, sender)
