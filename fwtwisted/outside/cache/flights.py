"""
Bringing bytes from the store into an entry: one request for a stretch of slices that are missing.

::

    first slice ours? ── no: another process is at it ── what it has written is read as it comes; should it fall silent,
          │                                              or die, it is ours
          ▼
    GET, If-Match ──▶ pieces ──▶ readers may have them ──▶ written, digested (a thread); those that end a slice are
                                      │                    for readers only then
                                      │ a slice is full
                                      ├─▶ on the disk (fdatasync) ─▶ journal: have        while the next one comes
                                      └─▶ it was the last that was missing: the whole against its SHA-256, and only
                                          then may readers have the last bytes

The first of an entry has come before the entry is on the disk: its first bytes do not wait for that, writing them does.
A flight goes on to the next slice that is here already or that another brings; without readers only when half of the
object is here.  A slow reader never holds it back: readers read the file.

Source: docs/storage.md §7.2, S-60, S-64 to S-66, S-68.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from fwtwisted.model.errors import NoRoom
from fwtwisted.model.threads import Threads
from fwtwisted.outside.cache.entries import Entry, Run
from fwtwisted.outside.cache.folder import slice_digest
from fwtwisted.outside.cache.keeping import Keeper
from fwtwisted.outside.cache.locks import Locks
from fwtwisted.outside.origin import Body, Changed, CutShort, Fetched, Origin, Seen, WrongBytes

T = TypeVar("T")

BATCH_BYTES = 256 << 10
POLL_SECONDS = 0.03  # between looks at what another process does
TELL_SECONDS = 0.2  # between words to other processes about a slice that takes its time


class DiskTrouble(Exception):
    """The cache's disk is full, read-only or broken: do without it."""


class Stopped(CutShort):
    """We are stopping."""


@frozen
class Ways:
    """What flights are made with.  :ivar silence_seconds: of another process, after which its work is ours."""

    clock: IReactorTime
    origin: Origin
    threads: Threads
    locks: Locks
    keeper: Keeper
    silence_seconds: float

    async def rest(self, seconds: float, awaiting: Callable[[Deferred[Any]], Deferred[Any]] = lambda it: it) -> None:
        """Wait.  :param awaiting: sees the Deferred that is waited for."""
        woken: Deferred[None] = Deferred(lambda _: call.cancel())
        call = self.clock.callLater(seconds, woken.callback, None)
        await awaiting(woken)


class Flight(Run):
    """
    One of them.

    :param number: of the first slice.
    :param fetched: what has come already, from the first slice on to the end; its lock is ours.
    """

    def __init__(self, ways: Ways, entry: Entry, number: int, fetched: Fetched | None = None) -> None:
        super().__init__(entry.bounds(number)[0], entry.gap_after(number))
        self._ways, self._entry, self._fetched = ways, entry, fetched
        self._first = number
        self._locked: set[int] = set() if fetched is None else {number}
        self._rest = b""
        self._pending: Deferred[bytes] | None = None
        self._awaited: Deferred[Any] | None = None
        self._settling: Deferred[None] | None = None
        self._sha = hashlib.sha256() if number == 0 else None
        self._told_at = ways.clock.seconds()
        self._is_stopped = False

    def stop(self) -> None:
        """Come to an end soon."""
        self._is_stopped = True
        if self._awaited is not None:
            self._awaited.cancel()

    async def fly(self) -> None:
        """
        Do it; returns when there is nothing to do any more.

        :raise DiskTrouble:  :raise WrongBytes:  :raise Changed:  :raise CutShort:  :raise StoreAway:  :raise NotFound:
        """
        try:
            if self._fetched is None:
                await self._entry.named()
                if not await self._is_ours():
                    return
                self._fetched = await self._ask()
            await self._bring(self._fetched.body)
            await self._prove_late()
        except (OSError, NoRoom) as trouble:
            raise DiskTrouble(str(trouble)) from trouble
        finally:
            await self._land()

    async def _land(self) -> None:
        """Leave nothing behind."""
        if self._fetched is not None:
            self._fetched.body.close()
        if self._pending is not None:
            self._pending.addErrback(_ignored)
        with suppress(OSError, NoRoom):
            await self._settled()
        for number in self._locked:
            self._ways.locks.give_back(self._entry.digest, number)

    # --- whose is it -----------------------------------------------------------------------------

    async def _is_ours(self) -> bool:
        """Be the one who brings the first slice; False when another process has brought it."""
        ways, entry = self._ways, self._entry
        heard = ways.clock.seconds()
        while not self._take(self._first):
            await ways.rest(POLL_SECONDS, self._awaiting)
            if entry.files.is_gone:
                raise Changed
            if entry.files.is_behind:
                heard = ways.clock.seconds()
                await entry.catch_up()
                if self._first in entry.state.slices:
                    return False
                self.advance(entry.state.fetching.get(self._first, self.reach))
            elif ways.clock.seconds() - heard > ways.silence_seconds:
                break
        if entry.files.is_behind:
            await entry.catch_up()
        self._ends_at(entry.gap_after(self._first))
        return self._first not in entry.state.slices

    def _ends_at(self, end: int) -> None:
        """The end is known better now."""
        self.end = min(self.end, end)

    def _take(self, number: int) -> bool:
        if not self._ways.locks.take(self._entry.digest, number):
            return False
        self._locked.add(number)
        return True

    async def _goes_on(self, number: int) -> bool:
        """Whether the next slice is for us as well."""
        entry = self._entry
        start = entry.bounds(number)[0]
        if start >= self.end or self._is_stopped:
            return False
        if not entry.readers and 2 * len(entry.state.slices) < entry.facts.count:
            return False
        if entry.files.is_behind:
            await entry.catch_up()
        return number not in entry.state.slices and self._take(number)

    # --- bytes -----------------------------------------------------------------------------------

    async def _ask(self) -> Fetched:
        """Have the store send them.  :raise Changed: it is another object."""
        facts = self._entry.facts
        asked = Deferred.fromCoroutine(
            self._ways.origin.fetch(self._entry.name, self.start, self.end - 1, if_match=facts.etag)
        )
        try:
            fetched = await self._awaiting(asked)
        except ValueError as behind:
            raise Changed from behind
        if not is_same(self._entry, fetched.whole):
            fetched.body.close()
            raise Changed
        return fetched

    async def _bring(self, body: Body) -> None:
        number = self._first
        while True:
            await self._slice(body, number)
            number += 1
            if not await self._goes_on(number):
                break
        await self._settled()

    async def _slice(self, body: Body, number: int) -> None:
        """Bring one slice."""
        at, stop = self._entry.bounds(number)
        digest, room = slice_digest(), stop - at
        while at < stop:
            batch = await self._batch(body, stop - at)
            if not batch:
                raise CutShort("it ended too early")
            if at + sum(map(len, batch)) < stop:  # what ends a slice may have to be proven first
                self.show(batch, at)
            await self._entry.named()
            at = await self._ways.threads(self._write, batch, at, digest, room, self._word(number))
            self.fresh, room = (), 0
            if at == stop:
                await self._settled()
                await self._prove(number)
                self._entry.trust(number)
            self.advance(at)
        self._settling = Deferred.fromCoroutine(self._settle(number, digest.digest()))

    def _word(self, number: int) -> int | None:
        """The slice of which other processes should be told how far it is; None: not now."""
        now = self._ways.clock.seconds()
        if now - self._told_at < TELL_SECONDS:
            return None
        self._told_at = now
        return number

    async def _batch(self, body: Body, most: int) -> list[bytes]:
        """What has come, at least a piece; nothing at the end."""
        pieces: list[bytes] = []
        size = 0
        while size < min(most, BATCH_BYTES):
            piece: bytes | Deferred[bytes] | None = self._rest or self._pending
            self._rest, self._pending = b"", None
            if piece is None:
                piece = body.next()
            if isinstance(piece, Deferred):
                if pieces and not piece.called:
                    self._pending = piece
                    break
                piece = await self._awaiting(piece)
            if not piece:
                break
            piece, self._rest = piece[: most - size], piece[most - size :]
            pieces.append(piece)
            size += len(piece)
        return pieces

    def _write(self, batch: list[bytes], at: int, digest: hashlib.blake2b, room: int, word: int | None) -> int:
        """In a thread: put bytes where they belong; where the next ones do."""
        if room:
            self._ways.keeper.make_room(room, self._entry.digest)
        for piece in batch:
            self._entry.files.write(piece, at)
            digest.update(piece)
            if self._sha is not None:
                self._sha.update(piece)
            at += len(piece)
        if word is not None:
            self._entry.files.add("at", word, at)
        return at

    async def _settle(self, number: int, digest: bytes) -> None:
        """Note a slice, once it is on the disk."""
        entry = self._entry

        def settle() -> None:
            entry.files.settle()
            entry.files.add("have", number, digest.hex())

        await self._ways.threads(settle)
        entry.state.take(["have", number, digest.hex()])
        entry.brought.add(number)
        self._locked.discard(number)
        self._ways.locks.give_back(entry.digest, number)

    async def _settled(self) -> None:
        settling, self._settling = self._settling, None
        if settling is not None:
            await settling

    # --- proof -----------------------------------------------------------------------------------

    async def _prove(self, number: int) -> None:
        """When the last slice that was missing has come: is it what the database knows?  :raise WrongBytes:"""
        entry = self._entry
        if entry.sha256 is None or not entry.lacks_only(number):
            return
        brought_all = self.start == 0 and self.end == entry.facts.size and number == entry.facts.count - 1
        known = self._sha.hexdigest() if self._sha is not None and brought_all else None
        await prove(self._ways.threads, entry, known)

    async def _prove_late(self) -> None:
        """Two that ended at the same time have each thought that something was missing."""
        entry = self._entry
        if entry.sha256 not in (None, entry.state.proven) and entry.is_complete:
            await prove(self._ways.threads, entry, None)

    # --- waiting ---------------------------------------------------------------------------------

    def _awaiting(self, awaited: Deferred[T]) -> Deferred[T]:
        """Wait so that :meth:`stop` can end it; never for a thread, which must not be left alone with our files."""
        if self._is_stopped:
            awaited.cancel()
        self._awaited = awaited

        def done(result: Any) -> Any:
            self._awaited = None
            return result

        return awaited.addBoth(done)


async def prove(threads: Threads, entry: Entry, known: str | None) -> None:
    """
    Hold a whole entry against what the database knows of it.

    :param known: its digest, if somebody has it already.  :raise WrongBytes:
    """
    found = known or await threads(entry.files.sha256, entry.facts.size)
    if found != entry.sha256:
        if known is None and not await entry.check_all():
            return  # it is this disk that is wrong; what is lost comes again
        raise WrongBytes("another digest than it should have")
    entry.state.proven = found
    await threads(entry.files.add, "proven", found)


def is_same(entry: Entry, seen: Seen) -> bool:
    """Whether the store still has what an entry is a copy of."""
    facts = entry.facts
    if facts.size != seen.size:
        return False
    if facts.etag is not None and seen.etag is not None:
        return facts.etag == seen.etag
    return facts.modified == (None if seen.modified is None else seen.modified.timestamp())


def _ignored(_: object) -> None:
    """Nobody waits for it any more."""
