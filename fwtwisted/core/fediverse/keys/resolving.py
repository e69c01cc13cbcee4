"""
From the id of a key to the actor who owns it (docs/federation.md §1.4, §1.5).

::

    key id ─▶ in memory ─▶ in the database ─▶ its document ─┬─ an actor that lists the key
                                                            └─ a stub, a key by itself ─▶ the owner, who must list it

A document that merely names an actor as the owner of its key proves nothing: it is always the actor's own document, of
the key's own origin, that must list the key.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError

from fwtwisted.core.fediverse.flights import Flights
from fwtwisted.core.fediverse.kept import Kept
from fwtwisted.db.fediverse import keys as stored
from fwtwisted.db.fediverse.keys import KnownKey
from fwtwisted.db.pool import Database
from fwtwisted.db.together import Together
from fwtwisted.model.errors import Invalid
from fwtwisted.model.federation import Answer, AskFailed, Forged, StillAsked
from fwtwisted.model.people import Actor
from fwtwisted.outside.fetching import Refused
from fwtwisted.outside.shared import Bell, Cache
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.signatures.keys import (
    PublicKey,
    Published,
    asserting,
    from_multikey,
    public_key,
    published,
    standing_alone,
)
from fwtwisted.wire.signatures.received import Unsound
from fwtwisted.wire.targets import Target

BELL = "remote-keys"
LONGEST_ID = 500
MOST = 10_000  # decoded keys, some 3 kB each
SECONDS = 60.0
REFETCH_SECONDS = 60.0
UNDER_WAY, DONE, UNTOLD = b"1", b"2", b"3"  # a question about keys, as other processes see it
PATIENCE_SECONDS = 5.0  # with another process that asks
READER_SECONDS = 3.0  # that who reads is kept waiting; Funkwhale's own patience is 10
TOMBSTONE = "Tombstone"

T = TypeVar("T")


class AskDocument(Protocol):
    """``Asking.document``."""

    async def __call__(self, url: str, *, fresh: bool = False, soon: bool = False) -> Answer:
        """:raise AskFailed:"""


class Taking(Protocol):
    """Keeps actors of other servers: ``RemoteActors``."""

    async def take(self, document: Mapping[str, Any], url: str) -> Actor:
        """:raise Invalid: :raise ShutOut:"""


@frozen
class ActorKey:
    """
    A key, and whose it is.

    :ivar fetched: when their document was last read.  :ivar looked_up: seconds, of the room's clock.
    """

    id: str
    actor: Actor
    key: PublicKey
    fetched: datetime
    looked_up: float


@frozen
class ResolvingGround:
    """
    What the search stands on.

    :ivar checked: ``Fetching.checked``: whether an address is one that may be asked.
    :ivar own_origin: nobody asks ourselves.  :ivar now: seconds since the epoch.
    :ivar clock: what patience is measured with: the reactor.
    """

    database: Database
    ask: AskDocument
    actors: Taking
    cache: Cache
    bell: Bell
    checked: Callable[[str], Target]
    own_origin: str
    now: Callable[[], float]
    clock: Any


class Resolving:
    """Finds out whose key it is."""

    def __init__(self, ground: ResolvingGround) -> None:
        self._ground = ground
        self._stored: Together[str, KnownKey | None] = Together(ground.database.read, stored.known)
        self._kept: Kept[str, ActorKey] = Kept(ground.now, MOST, SECONDS)
        self._refetched: Kept[str, float] = Kept(ground.now, MOST, 2 * SECONDS)
        self._flights: Flights[str, dict[str, str] | None] = Flights()
        self._reading: Flights[object, Any] = Flights()
        self._all_since = 0.0
        self._expected: dict[str, list[Deferred[None]]] = {}
        self._deaf = ground.bell.listen(BELL, self._heard)

    async def close(self) -> None:
        """Listen to the bell no more, and wait for what is under way."""
        self._deaf()
        await self._reading.close()
        await self._flights.close()

    async def patiently(self, work: Callable[[], Coroutine[Deferred[Any], Any, T]]) -> T:
        """
        What comes of some work for a reader; when it takes long, it goes on without them.

        A server with one worker answers nothing while it waits for us.  What we ask it meanwhile it answers as soon as
        we let it go, and when it comes again, it is known.

        :raise StillAsked: that is so.
        """
        result: Deferred[T] = self._reading.once(object(), work)
        result.addTimeout(READER_SECONDS, self._ground.clock)
        try:
            return await result
        except TimeoutError as why:
            raise StillAsked from why

    def origin(self, id: str) -> str:
        """Scheme, host and port of a key's or an actor's id.  :raise Forged: it is no address that is ever asked."""
        try:
            if len(id) > LONGEST_ID:
                raise Forged("The id of the key is too long.")
            return self._ground.checked(id).origin
        except Refused as why:
            raise Forged(f"The key is at no address that is asked. {why}") from why

    # --- what we have ----------------------------------------------------------------------------

    async def known(self, key_id: str) -> ActorKey | None:
        """The key as we have it; nobody is asked."""
        kept = self._kept.get(key_id)
        if kept is not None and kept.looked_up >= max(self._all_since, self._refetched.get(kept.actor.fid) or 0.0):
            return kept
        return await self._looked_up(key_id)

    async def _looked_up(self, key_id: str) -> ActorKey | None:
        looked_up = self._ground.now()
        found = await self._stored.done(key_id)
        if found is None:
            return None
        try:
            key = ActorKey(key_id, found.actor, public_key(found.pem), found.fetched, looked_up)
        except Unsound:
            return None
        self._kept.put(key_id, key)
        return key

    async def is_met(self, fid: str) -> bool:
        """Whether we know of an actor at all."""
        return await self._ground.database.read(lambda tx: stored.is_met(tx, fid))

    async def gone(self, fid: str) -> Actor | None:
        """The actor, if their own server says that they are no more; None: it does not, or we never knew them."""
        try:
            await self._asked(fid)
        except AskFailed as why:
            if why.is_gone:
                return await self._ground.database.read(lambda tx: stored.actor_by_fid(tx, fid))
        return None

    async def _asked(self, url: str) -> Answer:
        """A document; who did not give it is asked again in a minute, if that may have passed.  :raise AskFailed:"""
        return await self._ground.ask(url, soon=True)

    # --- what others tell ------------------------------------------------------------------------

    async def found(self, key_id: str) -> ActorKey:
        """
        A key that we did not know, from its own server: at most two documents are asked for.

        :raise Forged: there is none that proves anything.  :raise AskFailed: its server does not tell.
        """
        origin = self.origin(key_id)
        if origin == self._ground.own_origin:
            raise Forged("This is no key of ours.")
        answer = await self._asked(key_id.partition("#")[0])
        if self.origin(answer.url) != origin:
            raise Forged("The key's document is another server's.")
        fid, pem = _owner(answer, key_id)
        if fid is None:
            raise Forged("The key's document does not say whose key it is.")
        if self.origin(fid) != origin:
            raise Forged("The key is of another server than its owner.")
        whole = answer if fid == Doc(answer.document).id == answer.url else await self._asked(fid)
        listed = await self._flights.once(fid, lambda: self._taken(fid, whole))
        if listed is None or not _is_listed(key_id, fid, listed):
            raise Forged("The owner of the key does not list it.")
        if pem is not None and not _same(pem, listed.get(key_id, "")):
            raise Forged("The owner of the key does not list it.")
        return await self._must_know(key_id)

    async def refetched(self, old: ActorKey) -> ActorKey | None:
        """
        The key as its server tells it now, or told within the last minute; None: it is the same as before.

        :raise Forged: its owner lists it no longer.  :raise AskFailed: their server does not tell.
        """
        fid = old.actor.fid
        listed = await self._flights.once(fid, lambda: self._asked_anew(fid))
        again = await self._looked_up(old.id)
        if again is None or (listed is not None and not _is_listed(old.id, fid, listed)):
            raise Forged("The owner of the key does not list it any more.")
        return None if again.key == old.key else again

    async def asserting(self, fid: str, key_id: str) -> PublicKey:
        """
        The Multikey with which an actor proves documents.

        :raise Forged: their document lists none of this id.  :raise AskFailed:
        """
        answer = await self._asked(fid)
        doc = Doc(answer.document)
        if doc.id != fid or self.origin(answer.url) != self.origin(fid):
            raise Forged("The actor's document is somebody else's.")
        for listed in asserting(doc):
            if listed.id == key_id and listed.owner == fid:
                try:
                    return from_multikey(listed.text)
                except Unsound as why:
                    raise Forged(str(why)) from why
        raise Forged("The actor does not list the key of the proof.")

    async def actor(self, fid: str) -> Actor:
        """An actor, asked for if we do not know them.  :raise Forged: :raise AskFailed:"""
        known = await self._ground.database.read(lambda tx: stored.actor_by_fid(tx, fid))
        if known is not None:
            return known
        answer = await self._asked(fid)
        await self._flights.once(fid, lambda: self._taken(fid, answer))
        found = await self._ground.database.read(lambda tx: stored.actor_by_fid(tx, fid))
        if found is None:
            raise Forged("There is no such actor.")
        return found

    async def _asked_anew(self, fid: str) -> dict[str, str] | None:
        """
        The keys that an actor lists now; None: within the last minute somebody asked already, and has the answer.

        :raise AskFailed: there is none, also where that other was told nothing.
        """
        mark = f"key-refetch:{fid}"
        if not await self._ground.cache.add(mark, UNDER_WAY, REFETCH_SECONDS):
            await self._told_elsewhere(fid, mark)
            if await self._ground.cache.get(mark) == UNTOLD:
                raise AskFailed("connection", "A moment ago the server did not tell it either.")
            return None
        outcome = DONE
        try:
            return await self._taken(fid, await self._ground.ask(fid, fresh=True))
        except AskFailed as why:
            outcome = UNTOLD if why.is_passing else DONE
            raise
        finally:
            await self._ground.cache.put(mark, outcome, REFETCH_SECONDS)

    async def _told_elsewhere(self, fid: str, mark: str) -> None:
        """Wait a while for the answer that another process of ours is asking for, if one is."""
        told: Deferred[None] = Deferred()
        told.addTimeout(PATIENCE_SECONDS, self._ground.clock)
        self._expected.setdefault(fid, []).append(told)
        try:
            if await self._ground.cache.get(mark) == UNDER_WAY:
                await told
        except TimeoutError:
            pass
        finally:
            self._expected[fid].remove(told)
            if not self._expected[fid]:
                del self._expected[fid]
            if not told.called:
                told.callback(None)

    async def _taken(self, fid: str, answer: Answer) -> dict[str, str]:
        """Keep an actor and the keys that they list, PEM by id.  :raise Forged:"""
        doc = Doc(answer.document)
        is_theirs = doc.id == fid and self.origin(answer.url) == self.origin(fid)
        if not is_theirs or not _has_inbox(doc):
            raise Forged("The document of the key's owner is none of an actor.")
        try:
            actor = await self._ground.actors.take(answer.document, answer.url)
        except Invalid as why:
            raise Forged(f"The owner of the key is no actor. {why}") from why
        if actor.type == TOMBSTONE:
            raise AskFailed("http", "They are gone.", status_code=410)
        origin = self.origin(fid)
        listed = {key.id: key.text for key in published(doc) if self._is_believed(key, fid, origin)}
        await self._ground.database.transaction(lambda tx: stored.listed(tx, actor.id, listed))
        self._note(fid)
        self._ground.bell.ring(BELL, fid.encode())
        return listed

    def _is_believed(self, key: Published, fid: str, origin: str) -> bool:
        try:
            public_key(key.text)
            return key.owner == fid and self.origin(key.id) == origin
        except (Unsound, Forged):
            return False

    async def _must_know(self, key_id: str) -> ActorKey:
        found = await self._looked_up(key_id)
        if found is None:
            raise Forged("The owner of the key does not list it.")
        return found

    def _heard(self, payload: bytes) -> None:
        """Something became of an actor, or of many, who are not named."""
        if payload:
            self._note(payload.decode("utf-8", "replace"))
        else:
            self._all_since = self._ground.now()

    def _note(self, fid: str) -> None:
        """What was looked up before now does not count any more."""
        self._refetched.put(fid, self._ground.now())
        for told in list(self._expected.get(fid, ())):
            if not told.called:
                told.callback(None)


def _is_listed(key_id: str, fid: str, listed: Mapping[str, str]) -> bool:
    """Whether an actor lists a key: PeerTube says who they are, instead of which of their keys it is."""
    return bool(listed) if key_id == fid else key_id in listed


def _owner(answer: Answer, key_id: str) -> tuple[str | None, str | None]:
    """Whom the document of a key names as its owner, and the PEM that it tells; both may be missing."""
    doc = Doc(answer.document)
    if _has_inbox(doc) and doc.id == answer.url:
        return doc.id, None
    for key in (*published(doc), *standing_alone(doc)):
        if key.id == key_id:
            return key.owner, key.text
    return None, None


def _has_inbox(doc: Doc) -> bool:
    """What tells an actor from everything else that has an id."""
    return doc.link("inbox") is not None


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())
