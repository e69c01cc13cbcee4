"""
The disk cache as a whole: which entries are open, what is asked of the store, and what becomes of what it says.

Source: docs/storage.md §7.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import NoRoom, NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside.cache.entries import Entry
from fwtwisted.outside.cache.flights import POLL_SECONDS, DiskTrouble, Flight, Ways, prove
from fwtwisted.outside.cache.folder import Coming, Files, Folder, digest_of
from fwtwisted.outside.cache.journal import Facts, State
from fwtwisted.outside.cache.keeping import Keeper, Standing
from fwtwisted.outside.cache.locks import Locks
from fwtwisted.outside.cache.memory import Memory
from fwtwisted.outside.cache.once import Once
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.cache.validating import Validator
from fwtwisted.outside.origin import Changed, Fetched, Origin, Seen, WrongBytes
from fwtwisted.outside.shared import Bell

PURGE_BELL = "media.purge"
BEAT_SECONDS = 60.0
MOST_IDLE = 64  # entries that are kept open for the next who asks
TROUBLE_SECONDS = 60.0  # for which nothing is written after the disk did not take it


@frozen
class CacheGround:
    """
    What the cache is made of.

    :ivar origin: the store.  :ivar key: bucket, new line, key of a name; raises NotFound for what is none.
    :ivar wall: seconds since 1970.  :ivar breathe: fires at a later turn of the reactor.
    """

    clock: IReactorTime
    origin: Origin
    key: Callable[[str], str]
    threads: Threads
    wall: Callable[[], float]
    breathe: Callable[[], Deferred[Any]]


class MediaCache:
    """
    See the head of the package.

    :ivar is_open: it is used at all: :meth:`begin` was called.
    :ivar keeper: keeps it small.  :ivar folder: where it lies.
    :ivar memory: what is remembered of objects that are not here.
    :ivar validator: asks the store whether entries are still right.
    """

    _log = Logger()

    def __init__(self, ground: CacheGround, settings: MediaCacheSettings) -> None:
        self.ground, self.settings, self._threads = ground, settings, ground.threads
        self.folder = Folder(settings.path)
        self._locks = Locks(self.folder.lock_path)
        self.keeper = Keeper(self.folder, self._locks, settings, ground.wall)
        self._ways = Ways(
            ground.clock, ground.origin, self._threads, self._locks, self.keeper, settings.silence_seconds
        )
        self.validator = Validator(self._ways, settings, ground.wall)
        self.memory = Memory(ground.clock, settings.negative_seconds)
        self.is_open = False
        self._entries: dict[str, Entry] = {}
        self._idle: OrderedDict[int, Entry] = OrderedDict()
        self._flying: dict[Flight, Deferred[None]] = {}
        self._opening: Once[Entry | None] = Once()
        self._founding: Once[Entry] = Once()
        self._naming: Once[None] = Once()
        self._checking: Once[None] = Once()
        self._trouble_until: float | None = None
        self._told_of_trouble = float("-inf")
        self._loop = LoopingCall(lambda: Deferred.fromCoroutine(self._beat()))
        self._loop.clock = ground.clock
        self._beating: Deferred[LoopingCall] | None = None
        self._bell: Bell | None = None
        self._why = self._unusable = ""

    # --- life ------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open the folder; where that cannot be, everything goes straight to the store and back."""
        try:
            await self._threads(self._open_folder)
        except (OSError, NoRoom) as trouble:
            self._unusable = str(trouble)
            self._log.error("the media cache cannot be used: {why}", event="cache.unusable", why=str(trouble))
            return
        self.is_open = True
        self._beating = self._loop.start(BEAT_SECONDS)

    def _open_folder(self) -> None:
        self.folder.begin()
        self._locks.open()

    async def close(self) -> None:
        """End what is under way, and let go of everything."""
        if not self.is_open:
            return
        self.is_open = False
        if self._loop.running:
            self._loop.stop()
        if self._beating is not None:
            await self._beating
        for flight in list(self._flying):
            flight.stop()
        await DeferredList(list(self._flying.values()))
        for doing in (self._opening, self._founding, self._naming, self._checking, self.validator):
            await doing.finish()
        await DeferredList(list(self._flying.values()))
        for entry in list(self._idle.values()):
            self._close(entry)
        self._idle.clear()
        await self._threads(self._close_folder)

    def _close_folder(self) -> None:
        self.keeper.write_down()
        self._locks.close()
        self.folder.end()

    async def _beat(self) -> None:
        try:
            await self._threads(self.keeper.look_after)
        except (OSError, NoRoom) as trouble:
            self.troubled(str(trouble))
        except Exception:  # a failed round never ends the beat
            self._log.failure("looking after the media cache went wrong", event="cache.failed")

    # --- entries ---------------------------------------------------------------------------------

    async def find(self, name: str) -> Entry | None:
        """The entry of a name, if there is one; whoever uses it holds it before anything else."""
        key = self.ground.key(name)
        digest = digest_of(key)
        entry = self._entries.get(digest)
        if entry is not None:
            if not entry.is_dropped and not entry.files.is_gone:
                return entry
            self.detach(entry)
        return await self._opening.do(digest, lambda: self._open(digest, key, name))

    async def _open(self, digest: str, key: str, name: str) -> Entry | None:
        try:
            opened = await self._threads(self._opened, digest, key)
        except OSError as trouble:
            raise self.troubled(str(trouble)) from trouble
        return None if opened is None else self._taken(name, digest, *opened)

    def _opened(self, digest: str, key: str) -> tuple[Files, State] | None:
        """In a thread: an entry from the disk; one that makes no sense is removed."""
        files = self.folder.open(digest)
        if files is None:
            return None
        state = files.load()
        if state is None or state.facts.key != key or state.facts.slice_bytes < 1:
            self.folder.remove(digest, files)
            files.close()
            return None
        return files, state

    def _taken(self, name: str, digest: str, files: Files, state: State) -> Entry:
        entry = Entry(digest, name, files, state, self._threads, self.ground.clock.seconds)
        self._entries[digest] = entry
        self._rest(entry)
        return entry

    def hold(self, entry: Entry) -> None:
        """Keep it open, and want its bytes."""
        self._idle.pop(id(entry), None)
        entry.users += 1
        entry.readers += 1
        entry.look()
        self.keeper.used(entry.digest)

    def release(self, entry: Entry) -> None:
        """Want it no more."""
        entry.readers -= 1
        self._let_go(entry)

    def _let_go(self, entry: Entry) -> None:
        entry.users -= 1
        self._rest(entry)

    def _rest(self, entry: Entry) -> None:
        """An entry that nobody uses stays open for a while."""
        if entry.users:
            return
        self._idle[id(entry)] = entry
        if not self.is_open:
            self._close(self._idle.pop(id(entry)))
        dropped = [one for one in self._idle.values() if one.is_dropped]
        for old in dropped or list(self._idle.values())[:-MOST_IDLE]:
            self._close(self._idle.pop(id(old)))

    def _close(self, entry: Entry) -> None:
        if self._entries.get(entry.digest) is entry:
            del self._entries[entry.digest]
        entry.files.close()

    def detach(self, entry: Entry) -> None:
        """Serve nobody new from it; what lies on the disk stays."""
        entry.is_dropped = True
        if self._entries.get(entry.digest) is entry:
            del self._entries[entry.digest]
        self._rest(entry)

    async def drop(self, entry: Entry) -> None:
        """Remove it; who reads it reads on."""
        entry.users += 1
        self.detach(entry)
        try:
            await self._threads(self.folder.remove, entry.digest, entry.files)
        except OSError as trouble:
            self.troubled(str(trouble))
        finally:
            self._let_go(entry)

    async def put_aside(self, entry: Entry, why: str) -> None:
        """Its bytes are wrong: nobody is served from them any more."""
        self.memory.disproved(entry.name, why)
        entry.users += 1
        self.detach(entry)
        try:
            await self._threads(self.folder.put_aside, entry.digest, entry.files)
        except (OSError, NoRoom) as trouble:
            self.troubled(str(trouble))
        finally:
            self._let_go(entry)

    # --- bytes -----------------------------------------------------------------------------------

    async def reach(self, entry: Entry, at: int) -> int:
        """
        Wait until something can be read from there on; how many bytes.

        :raise DiskTrouble: the cache cannot take them.  Else raises as :meth:`Origin.fetch`, or CutShort.
        """
        while True:
            count = entry.readable(at)
            if count:
                return count
            run = entry.run_to(at)
            number = entry.slice_at(at)
            if run is not None:
                await run.moved()
            elif number in entry.state.slices:
                await self._checking.do((id(entry), number), partial(self._check, entry, number))
            else:
                self._fly(entry, number, None)

    async def _check(self, entry: Entry, number: int) -> None:
        entry.users += 1
        try:
            await entry.check(number)
        finally:
            self._let_go(entry)

    async def prove(self, entry: Entry) -> None:
        """Hold a whole entry against its digest, if that was not done.  :raise WrongBytes: it is put aside."""
        if entry.sha256 in (None, entry.state.proven) or not entry.is_complete or entry.runs:
            return
        await self._checking.do((id(entry), "whole"), partial(self._proven, entry))

    async def _proven(self, entry: Entry) -> None:
        entry.users += 1
        try:
            await prove(self._threads, entry, None)
        except WrongBytes as wrong:
            await self.put_aside(entry, str(wrong))
            raise
        except OSError as trouble:
            raise self.troubled(str(trouble)) from trouble
        finally:
            self._let_go(entry)

    def _fly(self, entry: Entry, number: int, fetched: Fetched | None) -> None:
        """Have slices brought.  :raise DiskTrouble: there was some a moment ago."""
        self.admit_writing()
        flight = Flight(self._ways, entry, number, fetched)
        self._idle.pop(id(entry), None)
        entry.users += 1
        entry.runs.append(flight)
        flying = self._flying[flight] = Deferred.fromCoroutine(self._flown(flight, entry))
        flying.addErrback(lambda why: self._log.failure("a flight of the media cache broke", why, event="cache.broke"))
        flying.addBoth(self._landed, flight)

    def _landed(self, _: object, flight: Flight) -> None:
        self._flying.pop(flight, None)

    @property
    def flights(self) -> int:
        """How many stretches are being brought."""
        return len(self._flying)

    async def _flown(self, flight: Flight, entry: Entry) -> None:
        failure: Failure | None = None
        try:
            await flight.fly()
        except Exception:  # told to all who wait for it
            failure = Failure()
        entry.runs.remove(flight)
        if not entry.runs:
            entry.quiet()
        if failure is not None:
            await self._learn(entry, failure)
        self._let_go(entry)
        flight.over(failure)

    async def _learn(self, entry: Entry, failure: Failure) -> None:
        """What a flight's end means for the entry."""
        if failure.check(DiskTrouble):
            self.troubled(failure.getErrorMessage())
        elif failure.check(WrongBytes):
            await self.put_aside(entry, failure.getErrorMessage())
        elif failure.check(Changed, NotFound):
            self._log.warn("{name} is another object now", event="cache.changed", name=entry.name)
            await self.drop(entry)

    # --- the first of an object ------------------------------------------------------------------

    async def found(self, name: str, at: int, size: int | None) -> Entry:
        """
        A new entry, whose bytes begin to come from about ``at`` on.

        :param size: that the database knows.
        :raise WrongBytes: it has another.  :raise DiskTrouble:  Else raises as :meth:`Origin.fetch`.
        """
        self.admit_writing()
        self.memory.admit(name)
        if size is not None and not self.keeper.has_room_for(size):
            raise DiskTrouble("it is too large for the cache")
        digest = digest_of(self.ground.key(name))
        return await self._founding.do(digest, lambda: self._found(digest, name, at, size))

    async def _found(self, digest: str, name: str, at: int, size: int | None) -> Entry:
        number = at // self.settings.slice_bytes
        if not await self._is_ours(digest, number):
            entry = await self.find(name)
            if entry is not None:
                return entry
        try:
            fetched, coming = await self._begun(name, number * self.settings.slice_bytes, size)
        except BaseException:
            self._locks.give_back(digest, number)
            raise
        entry = self._new(name, digest, fetched.whole, coming)
        if entry.facts.size:
            self._fly(entry, number, fetched)
            return entry
        fetched.body.close()
        self._locks.give_back(digest, number)
        try:
            await entry.named()
        except (OSError, NoRoom) as trouble:
            raise self.troubled(str(trouble)) from trouble
        return entry

    async def _is_ours(self, digest: str, number: int) -> bool:
        """Be the one of this machine who asks first; False when another process has an answer."""
        began = self.ground.clock.seconds()
        while not self._locks.take(digest, number):
            await self._ways.rest(POLL_SECONDS)
            if await self._threads(self.folder.has, digest):
                return False
            if self.ground.clock.seconds() - began > self.settings.silence_seconds:
                break
        return True

    async def _begun(self, name: str, first: int, size: int | None) -> tuple[Fetched, Coming]:
        """What begins to come, and a place for it, which is made while the store thinks."""
        preparing = self._threads(self.folder.prepare)
        try:
            fetched = await self._fetch_first(name, first, size)
        except Exception:
            await self._unneeded(preparing)
            raise
        try:
            coming: Coming = await preparing
        except (OSError, NoRoom) as trouble:
            fetched.body.close()
            raise self.troubled(str(trouble)) from trouble
        try:
            self.admit_writing()
        except DiskTrouble:
            fetched.body.close()
            await self._threads(self.folder.discard, coming)
            raise
        return fetched, coming

    async def _unneeded(self, preparing: Deferred[Coming]) -> None:
        """There is nothing for a place that is being made."""
        try:
            coming = await preparing
        except (OSError, NoRoom) as trouble:
            self.troubled(str(trouble))
        else:
            await self._threads(self.folder.discard, coming)

    async def _fetch_first(self, name: str, first: int, size: int | None) -> Fetched:
        try:
            fetched = await self.ground.origin.fetch(name, first)
        except NotFound:
            self.memory.missing(name)
            raise
        except ValueError as behind:
            self.memory.disproved(name, "it is shorter than it should be")
            raise WrongBytes("it is shorter than it should be") from behind
        if size is not None and fetched.whole.size != size:
            fetched.body.close()
            self.memory.disproved(name, "it has another size than it should have")
            raise WrongBytes("it has another size than it should have")
        if not self.keeper.has_room_for(fetched.whole.size):
            fetched.body.close()
            raise DiskTrouble("it is too large for the cache")
        return fetched

    def _new(self, name: str, digest: str, seen: Seen, coming: Coming) -> Entry:
        """The entry of what has begun to come.  It is on the disk somewhat later, where another in its place goes."""
        facts = self._facts(name, seen)
        entry = self._taken(name, digest, coming.files, State(facts, facts.created))
        entry.naming = lambda: self._naming.do(id(entry), lambda: self._name(entry, coming))
        return entry

    async def _name(self, entry: Entry, coming: Coming) -> None:
        entry.users += 1
        try:
            entry.appeared(*await self._threads(self.folder.appear, coming, entry.facts))
            if entry.is_dropped:  # by somebody who did not find it yet
                await self._threads(self.folder.remove, entry.digest, entry.files)
        except (OSError, NoRoom):
            self.detach(entry)
            raise
        finally:
            self._let_go(entry)

    def _facts(self, name: str, seen: Seen) -> Facts:
        return Facts(
            key=self.ground.key(name),
            slice_bytes=self.settings.slice_bytes,
            size=seen.size,
            etag=seen.etag,
            modified=None if seen.modified is None else seen.modified.timestamp(),
            media_type=seen.media_type,
            created=round(self.ground.wall(), 3),
        )

    # --- the store -------------------------------------------------------------------------------

    async def head(self, name: str) -> Seen:
        """What the store says of an object; a no is remembered.  Raises as :meth:`Origin.head`."""
        self.memory.admit(name)
        try:
            return await self.ground.origin.head(name)
        except NotFound:
            self.memory.missing(name)
            raise

    # --- trouble ---------------------------------------------------------------------------------

    def admit_writing(self) -> None:
        """:raise DiskTrouble: it makes no sense at the moment."""
        if not self.is_open:
            raise DiskTrouble("the cache is not open")
        if self._trouble_until is not None and self.ground.clock.seconds() < self._trouble_until:
            raise DiskTrouble("the cache rests")

    @property
    def trouble(self) -> str:
        """What is the matter with the disk, in words for the operator; nothing when all is well."""
        if self._unusable:
            return self._unusable
        is_resting = self._trouble_until is not None and self.ground.clock.seconds() < self._trouble_until
        return self._why if is_resting else ""

    def troubled(self, why: str) -> DiskTrouble:
        """The disk did not do what it should: do without it for a while, and say so once a minute."""
        now = self.ground.clock.seconds()
        self._trouble_until, self._why = now + TROUBLE_SECONDS, why
        if now - self._told_of_trouble >= TROUBLE_SECONDS:
            self._told_of_trouble = now
            self._log.error(
                "the media cache cannot be written to, so media go by without it: {why}", event="cache.trouble", why=why
            )
        return DiskTrouble(why)

    # --- purging ---------------------------------------------------------------------------------

    def hear(self, bell: Bell) -> Callable[[], None]:
        """Be told of what other hosts purge, and tell them; the answer ends that."""

        def heard(payload: bytes) -> None:
            name = payload.decode(errors="replace")
            Deferred.fromCoroutine(self.forget(name)).addErrback(self._not_forgotten, name)

        self._bell = bell
        return bell.listen(PURGE_BELL, heard)

    async def purge(self, name: str) -> bool:
        """Remove what is kept of a name, here and on every host; whether there was an entry here."""
        try:
            return await self.forget(name)
        except (OSError, NoRoom):
            self._not_forgotten(Failure(), name)
            return False
        finally:
            if self._bell is not None:  # last: we hear it ourselves, and would be faster than our own answer
                self._bell.ring(PURGE_BELL, name.encode())

    async def forget(self, name: str) -> bool:
        """Remove what is kept of a name on this machine, and what is remembered of it; whether there was an entry."""
        self.memory.forget(name)
        digest = digest_of(self.ground.key(name))
        entry = self._entries.get(digest)
        if entry is not None:
            self.detach(entry)
        return bool(await self._threads(self.folder.remove, digest))

    def _not_forgotten(self, failure: Failure, name: str) -> None:
        failure.trap(OSError, NotFound, NoRoom)
        self._log.warn(
            "{name} stays in the media cache: {why}", event="cache.unpurged", name=name, why=failure.getErrorMessage()
        )

    async def clear(self) -> int:
        """Remove everything; how many entries that were."""
        self.memory.clear()
        for entry in list(self._entries.values()):
            self.detach(entry)
        return int(await self._threads(self.keeper.clear))

    async def standing(self) -> Standing:
        """How full it is."""
        standing: Standing = await self._threads(self.keeper.standing)
        return standing
