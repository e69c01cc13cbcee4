"""
Looking things up by address or handle.

::

    an address of this pod ─▶ what it leads to, found in the same transaction
    any other ──▶ shut out by moderators? blocked ──▶ Lookup asks the other pod ──▶ finished, errored, skipped

The outcome is part of the answer: who searches waits for it.  :class:`Lookup` is who goes over the network.
Source: docs/api.md §4.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.fediverse import domains, fetches, follows
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.model.fediverse import Fetch, FetchStatus, Found, Outcome, SeenLibrary, Thing
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.wire.addresses import Federated, Handle, Named, Numbered, Place, host_of, is_ours, own_place

PRUNE = "fetches.prune"
LANE = "maintenance"
PRUNED_AT_ONCE = 1_000

NOWHERE = Outcome.failed("http", "There is nothing at this address.", status_code=404)


class Lookup(Protocol):
    """Asks other pods."""

    async def find(self, viewer: Viewer, url: str) -> Outcome:
        """
        What another pod has at an address; it is known here afterwards.

        :param url: ``https://…`` or ``webfinger://user@domain``; never one of ours.
        """


@frozen
class LookupSettings:
    """
    :ivar duplicate_seconds: for so long, the same asked again gets what was found before.
    :ivar kept_days: how long look-ups are remembered.
    """

    duplicate_seconds: float = 3_000.0
    kept_days: int = 90


class Fetches:
    """Looks things up for people, and remembers what came of it."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        lookup: Lookup,
        clock: IReactorTime,
        pod: Pod,
        settings: LookupSettings | None = None,
    ) -> None:
        self._database, self._visibility, self._lookup = database, visibility, lookup
        self._clock, self._pod, self._settings = clock, pod, settings or LookupSettings()

    # --- asking ----------------------------------------------------------------------------------

    async def fetch(self, viewer: Viewer, url: str, *, force: bool = False) -> Fetch:
        """
        Look an address up for the viewer.

        :param url: as ``wire.addresses.normal`` writes it.  :param force: also when it was looked up just now.
        """
        actor_id = viewer.the_actor
        if not force:
            since = self._now() - timedelta(seconds=self._settings.duplicate_seconds)
            known = await self._database.read(lambda tx: fetches.recent(tx, actor_id, url, since))
            if known is not None:
                return known
        if is_ours(url, self._pod):
            return await self._database.transaction(lambda tx: self._at_home(tx, viewer, actor_id, url))
        return await self._abroad(viewer, actor_id, url)

    async def refetch(self, viewer: Viewer, kind: Thing, id: int) -> Fetch:
        """
        Look an artist, an album or a track of another pod up again.

        :raise NotFound: there is none.  :raise BadRequest: it is at home here.
        """
        actor_id = viewer.the_actor
        fid = await self._database.read(lambda tx: fetches.fid_of(tx, kind, id))
        if fid is None:
            raise NotFound
        if is_ours(fid, self._pod):
            raise BadRequest("There is nothing to fetch: this is at home here.")
        return await self._abroad(viewer, actor_id, fid)

    async def library_at(self, viewer: Viewer, url: str) -> SeenLibrary:
        """The library at an address.  :raise BadRequest: there is none, or it cannot be looked up."""
        outcome = await self._outcome(viewer, url)
        found = outcome.found
        if found is None or found.kind is not Thing.LIBRARY:
            raise BadRequest(str(outcome.detail.get("message") or "There is no library at this address."))
        id = found.id

        async def work(tx: Tx) -> list[SeenLibrary]:
            return await follows.seen_by(tx, await libraries.libraries_by_ids(tx, [id]), viewer.actor_id)

        [seen] = await self._database.read(work)
        return seen

    # --- remembering -----------------------------------------------------------------------------

    async def one(self, viewer: Viewer, id: int) -> Fetch:
        """A look-up that the viewer asked for.  :raise NotFound:"""
        actor_id = viewer.the_actor
        found = await self._database.read(lambda tx: fetches.one(tx, id, actor_id))
        if found is None:
            raise NotFound
        return found

    async def of_object(self, viewer: Viewer, kind: Thing, id: int, limit: int, offset: int) -> tuple[int, list[Fetch]]:
        """How often the viewer had an object looked up, and one page of that.  :raise NotFound: no such object."""
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> tuple[int, list[Fetch]]:
            if await fetches.fid_of(tx, kind, id) is None:
                raise NotFound
            return await fetches.of_object(tx, actor_id, kind, id, limit, offset)

        return await self._database.read(work)

    # --- finding ---------------------------------------------------------------------------------

    async def _at_home(self, tx: Tx, viewer: Viewer, actor_id: int, url: str) -> Fetch:
        id = await fetches.add(tx, actor_id, url)
        await fetches.settle(tx, id, await self._found_at_home(tx, viewer, url))
        return _written(await fetches.one(tx, id, actor_id))

    async def _abroad(self, viewer: Viewer, actor_id: int, url: str) -> Fetch:
        id = await self._database.transaction(lambda tx: fetches.add(tx, actor_id, url))
        outcome = await self._found_abroad(viewer, url)

        async def work(tx: Tx) -> Fetch:
            await fetches.settle(tx, id, outcome)
            return _written(await fetches.one(tx, id, actor_id))

        return await self._database.transaction(work)

    async def _outcome(self, viewer: Viewer, url: str) -> Outcome:
        if is_ours(url, self._pod):
            return await self._database.read(lambda tx: self._found_at_home(tx, viewer, url))
        return await self._found_abroad(viewer, url)

    async def _found_abroad(self, viewer: Viewer, url: str) -> Outcome:
        host = host_of(url)
        if await self._database.read(lambda tx: domains.is_blocked(tx, host)):
            return Outcome.failed("blocked", "Moderators have shut this server out.")
        return await self._lookup.find(viewer, url)

    async def _found_at_home(self, tx: Tx, viewer: Viewer, url: str) -> Outcome:
        place = own_place(url, self._pod)
        found = None if place is None else await self._behind(tx, viewer, place)
        return NOWHERE if found is None else Outcome(FetchStatus.FINISHED, found=found)

    async def _behind(self, tx: Tx, viewer: Viewer, place: Place) -> Found | None:
        """What a place of our own shows to this viewer."""
        match place:
            case Handle(username, domain):
                return await fetches.by_handle(tx, username, domain)
            case Numbered(kind, id):
                return await fetches.by_number(tx, kind, id)
            case Named(kind, uuid):
                return await fetches.by_uuid(tx, kind, uuid)
            case Federated(fid, is_actor):
                if is_actor:
                    return await fetches.by_actor_fid(tx, fid)
                return await fetches.by_fid(tx, fid, await self._visibility.libraries_in(tx, viewer))

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Forget old look-ups."""
        before = self._now() - timedelta(days=self._settings.kept_days)
        while await self._database.transaction(lambda tx: fetches.prune(tx, before, PRUNED_AT_ONCE)):
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {PRUNE: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {PRUNE: Schedule(PRUNE, LANE, next_hour)}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)


def _written(fetch: Fetch | None) -> Fetch:
    assert fetch is not None, "what was written a moment ago is there"
    return fetch
