"""
Removing what is here of a server or of an actor: on a moderator's word, or because a policy began to hold.

Done by a job in short transactions, each of which leaves everything in order; whoever dies in between begins again and
finds less.  *Media only* takes what can be heard and seen; people, texts and follows stay.  Of somebody who lives here
all goes but themselves, and those elsewhere who follow what goes are told.

Another chore takes the uploads of private libraries that none of our people has followed for a week.
Source: docs/federation.md §5.7 and §6.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.keys.resolving import BELL as REMOTE_KEYS
from fwtwisted.core.fediverse.remote.removing import remove_libraries, remove_uploads
from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import purging
from fwtwisted.db.fediverse.purging import Doomed
from fwtwisted.db.files import doomed as doomed_files
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod

PURGE, ABANDONED = "moderation.purge", "moderation.abandoned"
LANE = "maintenance"
ABANDONED_SECONDS = 7 * 86_400.0


@frozen
class PurgeSettings:
    """
    How much one transaction takes.

    :ivar uploads: and ``libraries``, ``works``, ``pictures``, ``actors``: at most so many of them.
    """

    uploads: int = 200
    libraries: int = 20
    works: int = 500
    pictures: int = 200
    actors: int = 200


@frozen
class Purge:
    """
    What is to be removed.

    :ivar server: everything of it and of what lies below it.  :ivar actor_id: or of this actor.
    :ivar media_only: only what can be heard and seen.  :ivar by: which moderator wants it.
    """

    by: str
    server: str | None = None
    actor_id: int | None = None
    media_only: bool = False

    @property
    def key(self) -> str:
        """What makes two wishes the same."""
        whom = self.server if self.server is not None else f"actor {self.actor_id}"
        return f"{whom} media" if self.media_only else whom

    def as_args(self) -> dict[str, object]:
        """For the queue."""
        return {"by": self.by, "server": self.server, "actor": self.actor_id, "media_only": self.media_only}

    @classmethod
    def of(cls, args: Mapping[str, object]) -> Purge:
        """From the queue."""
        server, actor = args.get("server"), args.get("actor")
        return cls(
            str(args["by"]),
            None if server is None else str(server),
            actor if isinstance(actor, int) else None,
            bool(args.get("media_only")),
        )


class Purging:
    """Removes."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        ring: Ring,
        pod: Pod,
        settings: PurgeSettings | None = None,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._ring, self._pod, self._occasions = database, ring, pod, occasions
        self._settings = settings or PurgeSettings()

    async def ask(self, tx: Tx, purge: Purge) -> None:
        """Have it done once the transaction is committed."""
        await jobs.ask(tx, PURGE, LANE, purge.as_args(), key=purge.key)
        jobs.ring_for(tx, self._ring, LANE)
        self._log.info("{by} has {what} removed", event="moderation.purge", by=purge.by, what=purge.key)

    async def purge(self, purge: Purge) -> None:
        """Do it; twice is once."""
        whom = await self._whom(purge)
        await self._until_none(lambda tx: self._uploads(tx, whom))
        await self._until_none(lambda tx: self._pictures(tx, whom, keep_rows=purge.media_only))
        if purge.media_only:
            await self._database.transaction(lambda tx: purging.forget_walks(tx, whom))
        else:
            await self._until_none(lambda tx: self._libraries(tx, whom))
            for kind in purging.KINDS:
                await self._until_none(partial(self._works, kind, whom))
            await self._people(whom)
        self._log.info("{what} is removed", event="moderation.purged", by=purge.by, what=purge.key)

    async def _whom(self, purge: Purge) -> Doomed:
        if purge.server is None:
            return Doomed(actor_id=purge.actor_id)
        name = purge.server
        below = await self._database.read(lambda tx: purging.below(tx, name, self._pod.domain))
        return Doomed(tuple(dict.fromkeys((name, *below))))

    async def _until_none(self, step: Callable[[Tx], Awaitable[int]]) -> None:
        """Repeat a step, each time in a transaction of its own, until it found nothing."""
        while await self._database.transaction(step):
            pass

    async def _uploads(self, tx: Tx, whom: Doomed) -> int:
        found = await purging.uploads(tx, whom, self._settings.uploads)
        if whom.actor_id is not None:
            await self._occasions.uploads_removed(tx, found)
        return await remove_uploads(tx, found, self._ring)

    async def _libraries(self, tx: Tx, whom: Doomed) -> int:
        found = await purging.libraries(tx, whom, self._settings.libraries)
        if whom.actor_id is not None:  # who may live here
            for id in found:
                await self._occasions.library_removed(tx, id)
            for channel in await channels.of_libraries(tx, found):
                await self._occasions.actor_removed(tx, channel.actor_id)
        await remove_libraries(tx, found, self._ring)
        return len(found)

    async def _works(self, kind: str, whom: Doomed, tx: Tx) -> int:
        count = await purging.remove_works(tx, kind, whom, self._settings.works)
        if count:
            tx.touch("catalog")
        return count

    async def _pictures(self, tx: Tx, whom: Doomed, *, keep_rows: bool) -> int:
        files = await purging.pictures(tx, whom, self._settings.pictures, keep_rows=keep_rows)
        stored = [file for file in files if file is not None]
        if stored:
            await doomed_files.doom(tx, stored)
            await doomed_files.ask_removal(tx, self._ring)
        if files:
            tx.touch("catalog")
        return len(files)

    async def _people(self, whom: Doomed) -> None:
        reached = 0

        async def step(tx: Tx) -> int:
            nonlocal reached
            found = await purging.actors(tx, whom, reached, self._settings.actors)
            if found:
                await purging.forget_deeds(tx, found)
                await purging.remove_actors(tx, found)
                tx.touch("libraries", "catalog")
                tx.after_commit(self._ring, REMOTE_KEYS, b"")
                reached = found[-1]
            return len(found)

        await self._until_none(step)
        await self._database.transaction(lambda tx: purging.give_up_deliveries(tx, whom.servers))

    # --- what nobody follows any more ------------------------------------------------------------

    async def clear_abandoned(self) -> None:
        """Remove uploads of private libraries that none of our people has followed for a week."""
        await self._database.transaction(purging.note_abandoned)

        async def step(tx: Tx) -> int:
            found = await purging.abandoned_uploads(tx, ABANDONED_SECONDS, self._settings.uploads)
            return await remove_uploads(tx, found, self._ring)

        await self._until_none(step)

    # --- for the hands ---------------------------------------------------------------------------

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            PURGE: JobKind(LANE, self._purge, time_limit=None),
            ABANDONED: JobKind(LANE, self._clear_abandoned, time_limit=None),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {ABANDONED: Schedule(ABANDONED, LANE, next_hour)}

    async def _purge(self, job: Job) -> None:
        purge = Purge.of(job.args)
        if purge.media_only and not await self._is_refused(purge):
            return  # moderators thought better of it meanwhile, and what was there is wanted again
        await self.purge(purge)

    async def _is_refused(self, purge: Purge) -> bool:
        return await self._database.read(lambda tx: purging.is_refused(tx, purge.server, purge.actor_id))

    async def _clear_abandoned(self, _: Job) -> None:
        await self.clear_abandoned()
