"""
People, channels and servers elsewhere: asked for once, kept, asked for again when what we know is old.

Whoever needs an actor (a signature to be checked, somebody to be followed, the author of a track) asks here.  Several
who ask for the same at once share one request.  Source: docs/federation.md §1.5, §2.5, §5.4.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.fediverse.asking import Answer, AskFailed
from fwtwisted.core.fediverse.flights import Flights
from fwtwisted.core.fediverse.remote.channels import write_channel
from fwtwisted.core.fediverse.remote.removing import remove_actor
from fwtwisted.db.fediverse.remote import actors
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.people import Actor, Pod
from fwtwisted.model.remote import SaidActor
from fwtwisted.wire.activitypub.reading import Doc
from fwtwisted.wire.activitypub.reading import actors as reading
from fwtwisted.wire.activitypub.reading.places import ELSEWHERE, same_origin
from fwtwisted.wire.addresses import host_of, is_ours

AGAIN_SECONDS = 60.0  # an actor is not asked for anew more often
REMEMBERED = 10_000
MIB = 1 << 20

Permit = Callable[[str, str], Awaitable[None]]


class AskDocument(Protocol):
    """Who asks other servers for documents: ``Asking.document``."""

    async def __call__(
        self, url: str, *, as_actor: int | None = None, largest: int = MIB, fresh: bool = False, soon: bool = False
    ) -> Answer: ...


class RemoteActors:
    """
    Knows actors of other servers.

    :param permit: ``Policies.permit_actor``.  :param met: called with the name of a server that is new to us.
    """

    def __init__(
        self,
        database: Database,
        clock: IReactorTime,
        ask: AskDocument,
        permit: Permit,
        met: Callable[[str], Awaitable[None]],
        ring: Ring,
        pod: Pod,
    ) -> None:
        self._database, self._clock, self._ask = database, clock, ask
        self._permit, self._met, self._ring, self._pod = permit, met, ring, pod
        self._flights: Flights[str, Actor] = Flights()
        self._refetched: OrderedDict[str, float] = OrderedDict()

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._flights.close()

    async def known(self, fid: str) -> Actor | None:
        """The actor, if we have it; nobody is asked."""
        return await self._database.read(lambda tx: actors.by_fid(tx, fid))

    async def get(self, fid: str, *, as_actor: int | None = None, max_age_seconds: float | None = None) -> Actor:
        """
        The actor of this id: as we have it, else asked for.

        :param max_age_seconds: what is older is asked for again; where that fails, the old will do.
        :raise AskFailed: there is none that we could learn of.
        """
        known = await self.known(fid)
        if is_ours(fid, self._pod):
            if known is None:
                raise AskFailed("http", "There is nobody by this id.", status_code=404)
            return known
        if known is not None and not self._is_old(known, max_age_seconds):
            return known
        try:
            return await self._shared(fid, as_actor, fresh=False)
        except AskFailed as why:
            if known is None or why.is_gone or why.code == "blocked":
                raise
            return known

    async def refetched(self, fid: str) -> Actor | None:
        """
        The actor as their server knows them now; within a minute of the last time, as we have them.

        :return: None when they are gone.
        :raise AskFailed:
        """
        known = await self.known(fid)
        if is_ours(fid, self._pod) or (known is not None and self._was_refetched(fid)):
            return known
        self._note_refetch(fid)
        try:
            return await self._shared(fid, None, fresh=True)
        except AskFailed as why:
            if why.is_gone:
                return None
            raise

    async def take(self, document: Mapping[str, Any], url: str) -> Actor:
        """
        Keep what an actor's document says that came from ``url``; a tombstone removes who it stands for.

        :raise Invalid: it is none, or not that server's to say.  :raise ShutOut: moderators want nothing of them.
        """
        return await self._take(document, url, with_owner=True)

    async def _take(self, document: Mapping[str, Any], url: str, *, with_owner: bool) -> Actor:
        doc = Doc(document)
        buried = reading.tombstone(doc)
        if buried is not None:
            return await self._bury(buried, url)
        said = reading.actor(doc)
        self._must_be_theirs(said.fid, url)
        domain = host_of(said.fid)
        await self._permit(said.fid, domain)
        owner = await self._owner(said) if with_owner else None
        actor, is_new = await self._database.transaction(lambda tx: self._store(tx, said, domain, owner))
        if is_new:
            await self._met(domain)
        return actor

    # --- asking ----------------------------------------------------------------------------------

    async def _shared(self, fid: str, as_actor: int | None, *, fresh: bool) -> Actor:
        """One request for all who want the same actor now."""
        return await self._flights.once(fid, lambda: self._asked(fid, as_actor, fresh=fresh, with_owner=True))

    async def _asked(self, fid: str, as_actor: int | None, *, fresh: bool, with_owner: bool) -> Actor:
        try:
            answer = await self._ask(fid, as_actor=as_actor, fresh=fresh)
            if Doc(answer.document).id != fid:  # before anything of it is kept
                raise AskFailed("validation", "This is the document of somebody else.")
            actor = await self._take(answer.document, answer.url, with_owner=with_owner)
        except AskFailed as why:
            if why.is_gone:
                await self.forget(fid)
            raise
        except ShutOut as why:
            raise AskFailed("blocked", str(why)) from why
        except Invalid as why:
            raise AskFailed("validation", str(why)) from why
        if actor.type == reading.TOMBSTONE:
            raise AskFailed("http", "They are gone.", status_code=410)
        return actor

    async def _owner(self, said: SaidActor) -> Actor | None:
        """Whose channel an actor is, if anybody's but its own; who that one may belong to is not asked."""
        if said.rss is None or said.owner is None:
            return None
        known = await self.known(said.owner)
        if known is not None:
            return known
        try:
            return await self._asked(said.owner, None, fresh=False, with_owner=False)
        except AskFailed:
            return None

    def _must_be_theirs(self, fid: str, url: str) -> None:
        """:raise Invalid: a document of another server, or of ours, is none of theirs to give."""
        if is_ours(fid, self._pod) or not same_origin(fid, url):
            raise Invalid.on("id", ELSEWHERE)

    # --- keeping ---------------------------------------------------------------------------------

    async def _store(self, tx: Tx, said: SaidActor, domain: str, owner: Actor | None) -> tuple[Actor, bool]:
        """The actor as it is kept from now on, and whether its server is new."""
        is_new = await actors.meet(tx, domain)
        if is_new:
            tx.touch("libraries")
        was = await actors.icon_of(tx, said.fid)
        picture = said.icon
        found = await actors.pictures(tx, [(picture.url, picture.mimetype)] if picture is not None else [])
        icon_id = next(iter(found.values()), None)
        id = await actors.store(tx, said, domain, icon_id)
        if id is None:
            raise Invalid.on("id", ELSEWHERE)
        if said.rss is not None:
            await write_channel(tx, said, id, id if owner is None else owner.id, icon_id)
        if was is not None and was != icon_id:
            await actors.loosen(tx, [was])
        actor = await actors.by_fid(tx, said.fid)
        assert actor is not None, "what was written a moment ago is there"
        return actor, is_new

    async def forget(self, fid: str) -> Actor | None:
        """Remove somebody who left their server, with all that was theirs; a tombstone stays.  None: never known."""

        async def work(tx: Tx) -> Actor | None:
            found = await actors.by_fid(tx, fid)
            if found is None or found.is_local:
                return None
            await remove_actor(tx, found, self._ring)
            return await actors.by_fid(tx, fid)

        return await self._database.transaction(work)

    async def _bury(self, fid: str, url: str) -> Actor:
        self._must_be_theirs(fid, url)
        found = await self.forget(fid)
        if found is None:
            raise Invalid.on("id", "This is gone, and was never known here.")
        return found

    # --- how old ---------------------------------------------------------------------------------

    def _is_old(self, actor: Actor, max_age_seconds: float | None) -> bool:
        if max_age_seconds is None:
            return False
        return self._clock.seconds() - actor.last_fetch_date.timestamp() > max_age_seconds

    def _was_refetched(self, fid: str) -> bool:
        return self._clock.seconds() - self._refetched.get(fid, float("-inf")) < AGAIN_SECONDS

    def _note_refetch(self, fid: str) -> None:
        self._refetched[fid] = self._clock.seconds()
        self._refetched.move_to_end(fid)
        while len(self._refetched) > REMEMBERED:
            self._refetched.popitem(last=False)
