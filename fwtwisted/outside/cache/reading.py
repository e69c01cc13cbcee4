"""
Reading an object through the cache: from its entry, from what is being brought into it, and past it when the disk is
in trouble.

Source: docs/storage.md §7.4, §7.5, S-50 to S-52, S-66.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.cache import MediaCache
from fwtwisted.outside.cache.entries import Entry
from fwtwisted.outside.cache.flights import DiskTrouble
from fwtwisted.outside.cache.validating import EXPIRED, HIT, MISS, PARTIAL, STALE
from fwtwisted.outside.origin import Body, Changed, CutShort, StoreAway, WrongBytes
from fwtwisted.wire.http import FilePiece, Outlet

TRIES = 3
SMALL_STEP = 32 << 10  # in memory for who may be slow
LEAST_HAULED = 64 << 10  # for less, asking the kernel does not pay


class Reading:
    """
    A stretch of an object (:class:`~fwtwisted.outside.origin.Body`), once it is :meth:`ready`.

    :ivar status: how it is had, as ``X-Cache-Status`` tells it.  :ivar age: seconds since the store was asked.
    """

    def __init__(self, cache: MediaCache, name: str, known: Known) -> None:
        self._cache, self._name, self._known = cache, name, known
        self._entry: Entry | None = None
        self._direct: Body | None = None
        self._at = self._stop = 0
        self._step = disk.READ_STEP
        self._standing_told: str | None = None
        self.status = MISS
        self.age: int | None = None

    @property
    def entry(self) -> Entry | None:
        """What is read from."""
        return self._entry

    # --- beginning -------------------------------------------------------------------------------

    async def find(self) -> Entry | None:
        """The entry, if there is one of the right size; no word to the store."""
        if self._entry is None and self._cache.is_open:
            entry = await self._cache.find(self._name)
            if entry is not None:
                self._hold(entry)
                if self._known.size not in (None, entry.facts.size):
                    self._let_go()
                    await self._cache.put_aside(entry, "it has another size than it should have")
        return self._entry

    async def found(self, at: int = 0) -> Entry:
        """The entry; a new one when there is none.  Raises as :meth:`MediaCache.found`."""
        entry = await self.find()
        if entry is None:
            entry = await self._cache.found(self._name, at, self._known.size)
            self._hold(entry)
        return entry

    async def ready(self, start: int, stop: int | None) -> None:
        """
        Have the first bytes at hand, from ``start`` to before ``stop`` (None: the end).

        :raise NotFound:  :raise StoreAway: they cannot be had.  :raise DiskTrouble: not through the cache.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                await self._ready(start, stop)
                return
            except (Changed, WrongBytes) as other:
                self.close()
                if not left:
                    raise StoreAway("an object is damaged, or changes all the time") from other
            except CutShort as short:
                raise StoreAway(str(short)) from short

    async def _ready(self, start: int, stop: int | None) -> None:
        if not self._cache.is_open:
            raise DiskTrouble("the cache is not open")
        if self._entry is not None and self._standing_told is not None:
            await self._begin(start, stop, self._standing_told)
            return
        status = await self._standing()
        if status != EXPIRED:
            await self._begin(start, stop, status)
            return
        old, self._entry = self._entry, None
        assert old is not None
        try:
            self._cache.detach(old)
            self._hold(await self._cache.found(self._name, start, self._known.size))
            await self._begin(start, stop, EXPIRED)
        except (StoreAway, CutShort):
            if not self._is_served_by(old, start, stop):
                raise
            self._let_go()
            self._hold(old)
            await self._begin(start, stop, STALE)
        finally:
            self._cache.release(old)

    async def _standing(self) -> str:
        """How what is here may be served."""
        entry = await self.find()
        if entry is None:
            return MISS
        if self._cache.validator.is_fresh(entry):
            return HIT
        try:
            return await self._cache.validator.refresh(entry, self._known)
        except NotFound:
            self._let_go()
            await self._cache.drop(entry)
            self._cache.memory.missing(self._name)
            raise

    def _is_served_by(self, old: Entry, start: int, stop: int | None) -> bool:
        """Whether what an old entry has will do."""
        end = old.facts.size if stop is None else stop
        return self._cache.validator.may_be_stale(old) and all(
            number in old.state.slices for number in old.numbers(start, end)
        )

    async def _begin(self, start: int, stop: int | None, status: str) -> None:
        entry = await self.found(start)
        self._standing_told = status
        self._at, self._stop = start, entry.facts.size if stop is None else min(stop, entry.facts.size)
        if start > entry.facts.size or (stop is not None and stop > entry.facts.size):
            raise Changed
        if self._known.sha256 is not None:
            entry.sha256 = self._known.sha256
            await self._cache.prove(entry)
        self._tell(entry, status)
        if self._at < self._stop:
            await self._cache.reach(entry, self._at)
        if self._cache.memory.is_suspect(self._name):
            await self._see_all(entry)

    async def _see_all(self, entry: Entry) -> None:
        """Nothing is sent before everything was seen to be right."""
        for number in range(entry.facts.count):
            start, end = entry.bounds(number)
            while start < end:
                start += await self._cache.reach(entry, start)
        while entry.runs:
            await entry.runs[0].moved()
        await self._cache.prove(entry)
        self._cache.memory.forget(self._name)

    def _tell(self, entry: Entry, status: str) -> None:
        """What the headers say."""
        numbers = entry.numbers(self._at, self._stop)
        here = sum(number in entry.state.slices and number not in entry.brought for number in numbers)
        self.status, self.age = status, None
        if here < len(numbers) and status in (HIT, MISS):
            self.status = PARTIAL if here else MISS
        if status == MISS and here == len(numbers) and numbers:
            self.status = HIT  # somebody else was quicker
        if self.status not in (MISS, EXPIRED):
            self.age = int(self._cache.validator.age(entry))

    # --- bytes -----------------------------------------------------------------------------------

    def gently(self) -> None:
        """See :class:`Body`."""
        self._step = SMALL_STEP

    def haul(self, outlet: Outlet) -> Deferred[None] | None:
        """See :class:`Body`.  Who is behind gets what lies in the file already."""
        entry = self._entry
        if entry is None or self._direct is not None:
            return None
        count = min(self._stop - self._at, entry.written(self._at))
        if count < LEAST_HAULED:
            return None
        piece = FilePiece(entry.files.data, self._at, count)
        return Deferred.fromCoroutine(self._hauled(outlet.haul(piece), entry, piece))

    async def _hauled(self, hauling: Deferred[None], entry: Entry, piece: FilePiece) -> None:
        try:
            await hauling
        except EOFError:  # the file has become shorter: fetch that again
            await entry.damaged(entry.slice_at(self._at + piece.moved))
        finally:
            self._at += piece.moved

    def next(self) -> bytes | Deferred[bytes]:
        """See :class:`Body`."""
        if self._at >= self._stop:
            return b""
        if self._direct is not None:
            piece = self._direct.next()
            return piece.addCallback(self._moved) if isinstance(piece, Deferred) else self._moved(piece)
        entry = self._entry
        if entry is None:
            return b""
        count = min(self._step, self._stop - self._at, entry.readable(self._at))
        if count <= 0:
            return Deferred.fromCoroutine(self._waited(entry))
        try:
            piece = entry.read(self._at, count)
        except OSError:
            return Deferred.fromCoroutine(self._mended(entry))
        if isinstance(piece, Deferred):
            return piece.addCallbacks(lambda read: self._took(entry, read), lambda why: self._unread(entry, why))
        return self._took(entry, piece)

    def end_at(self, stop: int) -> None:
        """Nobody wants what is behind."""
        self._stop = min(self._stop, stop)

    def close(self) -> None:
        """See :class:`Body`."""
        direct, self._direct = self._direct, None
        if direct is not None:
            direct.close()
        self._let_go()

    def _moved(self, piece: bytes) -> bytes:
        if not piece:
            raise CutShort("it ended too early")
        self._at += len(piece)
        return piece

    def _took(self, entry: Entry, piece: bytes) -> bytes | Deferred[bytes]:
        """Bytes of the entry; none, if its file has become shorter."""
        if not piece:
            return Deferred.fromCoroutine(self._mended(entry))
        return self._moved(piece)

    def _unread(self, entry: Entry, failure: Failure) -> Deferred[bytes]:
        failure.trap(OSError)
        return Deferred.fromCoroutine(self._mended(entry))

    async def _mended(self, entry: Entry) -> bytes:
        """The disk does not give what it has taken: fetch that again."""
        await entry.damaged(entry.slice_at(self._at))
        return await self._waited(entry)

    async def _waited(self, entry: Entry) -> bytes:
        """The next bytes, when they come.  :raise CutShort: they do not."""
        try:
            await self._cache.reach(entry, self._at)
        except DiskTrouble:
            await self._go_past(entry)
        except (StoreAway, NotFound, Changed) as failed:
            raise CutShort(f"it cannot be continued: {failed}") from failed
        piece = self.next()
        return await piece if isinstance(piece, Deferred) else piece

    async def _go_past(self, entry: Entry) -> None:
        """Go on from the store itself, with the same object.  :raise CutShort:"""
        try:
            fetched = await self._cache.ground.origin.fetch(
                self._name, self._at, self._stop - 1, if_match=entry.facts.etag
            )
        except (StoreAway, NotFound, Changed, ValueError) as failed:
            raise CutShort(f"it cannot be continued: {failed}") from failed
        if fetched.whole.size != entry.facts.size:
            fetched.body.close()
            raise CutShort("it became another object")
        self._direct = fetched.body

    # --- the entry -------------------------------------------------------------------------------

    def _hold(self, entry: Entry) -> None:
        self._entry = entry
        self._cache.hold(entry)

    def _let_go(self) -> None:
        entry, self._entry = self._entry, None
        self._standing_told = None
        if entry is not None:
            self._cache.release(entry)
