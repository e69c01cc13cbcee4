"""
The seams at which the cache is used: an origin like the store that it stands before, and sources of bytes to be sent.

Source: docs/storage.md §6.4, §7.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.cache import MediaCache
from fwtwisted.outside.cache.entries import Entry
from fwtwisted.outside.cache.flights import DiskTrouble
from fwtwisted.outside.cache.reading import Reading
from fwtwisted.outside.cache.validating import HIT, MISS
from fwtwisted.outside.origin import Changed, CutShort, Fetched, Seen, StoreAway, Unseen
from fwtwisted.outside.pouring import pour
from fwtwisted.outside.s3.proofs import Proofs
from fwtwisted.outside.s3.source import ObjectSource, hauled
from fwtwisted.wire.http import NO_BYTES, Outlet, Span


class CachedOrigin:
    """
    The store behind its cache (:class:`~fwtwisted.outside.origin.Origin`).

    :param proofs: which objects need not be hashed again when they go by the cache.
    """

    def __init__(self, cache: MediaCache, proofs: Proofs | None = None) -> None:
        self.cache, self._proofs = cache, proofs

    async def fetch(
        self, name: str, first: int = 0, last: int | None = None, *, if_match: str | None = None
    ) -> Fetched:
        """See :class:`Origin`."""
        origin = self.cache.ground.origin
        if if_match is not None:
            return await origin.fetch(name, first, last, if_match=if_match)
        reading = Reading(self.cache, name, Known())
        try:
            await reading.ready(first, None)
        except (DiskTrouble, Changed):
            reading.close()
            return await origin.fetch(name, first, last)
        except BaseException:
            reading.close()
            raise
        entry = reading.entry
        assert entry is not None
        stop = entry.facts.size if last is None else min(last + 1, entry.facts.size)
        reading.end_at(stop)
        return Fetched(_seen(entry), Span(first, stop), reading)

    async def head(self, name: str) -> Seen:
        """See :class:`Origin`.  What is here and fresh need not be asked for; while the store is away, the rest too."""
        entry = await self._kept(name)
        if entry is not None and self.cache.validator.is_fresh(entry):
            return _seen(entry)
        try:
            return await self.cache.head(name)
        except StoreAway:
            if entry is None or not self.cache.validator.may_be_stale(entry):
                raise
            return _seen(entry)

    async def _kept(self, name: str) -> Entry | None:
        try:
            return await self.cache.find(name) if self.cache.is_open else None
        except DiskTrouble:
            return None

    async def open(self, name: str, known: Known) -> CachedSource:
        """
        An object as bytes to be sent.

        :raise NotFound:  :raise StoreAway: only when there is something that the store alone knows.
        """
        source = CachedSource(self.cache, name, known, self._proofs)
        try:
            if known.size is None or known.sha256 is None:
                await source.discover()
        except BaseException:
            source.close()
            raise
        return source


class CachedSource:
    """See :class:`~fwtwisted.wire.http.ByteSource`.  Past the cache, when it cannot be used, as if there were none."""

    def __init__(self, cache: MediaCache, name: str, known: Known, proofs: Proofs | None = None) -> None:
        self._proofs = proofs
        self.length = known.size
        self.etag = None if known.sha256 is None else f'"{known.sha256[:32]}"'
        self.modified: datetime | None = None
        self.cache_status = MISS
        self.age: int | None = None
        self._cache, self._name, self._known = cache, name, known
        self._reading = Reading(cache, name, known)
        self._past: ObjectSource | None = None

    async def discover(self) -> None:
        """Learn what nobody has told us: from the entry, or from the store."""
        if self._known.only_looks:
            entry = await self._reading.find()
            seen = await self._cache.head(self._name) if entry is None else _seen(entry)
        else:
            try:
                seen = _seen(await self._met())
            except DiskTrouble:
                await self._go_past(None)
                return
        self.length, self.modified = seen.size, seen.modified
        if self.etag is None and seen.modified is not None:
            self.etag = f'"{seen.size:x}-{int(seen.modified.timestamp()):x}"'

    async def _met(self) -> Entry:
        """The entry, as fresh as it should be; its size is what we say."""
        entry = await self._reading.find()
        if entry is None or not self._cache.validator.is_fresh(entry):
            await self._reading.ready(0, None)
            entry = self._reading.entry
            assert entry is not None
        return entry

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`.  :raise NotFound: or what stands for it.  :raise StoreAway:"""
        try:
            if span == NO_BYTES:
                await self._look()
            else:
                await self._get_ready(span)
        except Unseen:
            raise
        except NotFound as missing:
            raise self._known.missing() from missing

    async def _look(self) -> None:
        """Nothing is to be sent; is it there?"""
        if self._past is not None:
            await self._past.ready(NO_BYTES)
            return
        entry = await self._reading.find()
        if entry is not None and self._cache.validator.is_fresh(entry):
            self.cache_status, self.age = HIT, int(self._cache.validator.age(entry))
            return
        if entry is not None:
            self.cache_status = await self._cache.validator.refresh(entry, self._known)
            return
        seen = await self._cache.head(self._name)
        if self.length not in (None, seen.size):
            raise StoreAway("an object has another size than it should")

    async def _get_ready(self, span: Span | None) -> None:
        if self._past is None:
            start, stop = (0, None) if span is None else (span.start, span.stop)
            try:
                await self._reading.ready(start, stop)
                self.cache_status, self.age = self._reading.status, self._reading.age
                return
            except DiskTrouble:
                self._reading.close()
        await self._go_past(span)

    async def _go_past(self, span: Span | None) -> None:
        """Straight from the store."""
        past = self._past
        if past is None:
            ground = self._cache.ground
            past = ObjectSource(ground.origin, self._name, self._known, ground.breathe, ground.threads, self._proofs)
            self._past = past
            if past.length is None or past.etag is None:
                await past.discover()
                self.length, self.etag, self.modified = past.length, past.etag, past.modified
        self.cache_status, self.age = past.cache_status, None
        await past.ready(span)

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; after :meth:`ready`, with the same span."""
        if self._past is not None:
            return self._past.produce(consumer, span)
        breathe = self._cache.ground.breathe
        if isinstance(consumer, Outlet) and consumer.takes_hauls:
            self._reading.gently()
            sent = Deferred.fromCoroutine(hauled(consumer, self._reading, breathe, self.close))
        else:
            sent = pour(consumer, self._reading.next, breathe, self.close)
        return sent.addErrback(_ended_badly)

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`: of an entry that is whole and was seen to be right."""
        entry = self._reading.entry
        if self._past is not None or entry is None or not entry.is_sendable:
            return None
        return entry.files.data

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
        self._reading.close()
        if self._past is not None:
            self._past.close()


def _seen(entry: Entry) -> Seen:
    facts = entry.facts
    modified = None if facts.modified is None else datetime.fromtimestamp(facts.modified, UTC)
    return Seen(facts.size, facts.etag, modified, facts.media_type)


def _ended_badly(failure: Failure) -> None:
    if failure.check(Changed, DiskTrouble):
        raise CutShort("it cannot be continued") from failure.value
    failure.raiseException()
