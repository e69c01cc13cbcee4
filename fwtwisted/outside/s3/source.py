"""
An object as bytes to be sent, straight from where it lies.

Source: docs/storage.md §6.4, S-52, S-65.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.origin import Body, Changed, CutShort, Fetched, Origin, Seen, StoreAway, Unseen, WrongBytes
from fwtwisted.outside.pouring import NextPiece, pour
from fwtwisted.outside.s3.proofs import Proofs
from fwtwisted.wire.http import NO_BYTES, Outlet, Span

AT_ONCE_BYTES = 32 << 10  # such a piece is hashed where it is: it takes less than the way to a thread
PIECES_BETWEEN = 16  # that the kernel could not take, before it is asked again
MOST_AHEAD = 4 << 20  # sent, and not hashed yet


class ObjectSource:
    """
    See :class:`~fwtwisted.wire.http.ByteSource`.

    :param known: what the database knows: of a whole that is another, the end is not sent.  Without a size
        :meth:`discover` comes first.
    :param breathe: fires at a later turn of the reactor.
    :param proofs: which objects need not be hashed; None: every whole one is.
    """

    _log = Logger()

    def __init__(
        self,
        origin: Origin,
        name: str,
        known: Known,
        breathe: Callable[[], Deferred[Any]],
        threads: Threads,
        proofs: Proofs | None = None,
    ) -> None:
        self.length = known.size
        self.etag = None if known.sha256 is None else f'"{known.sha256[:32]}"'
        self.modified: datetime | None = None
        self.cache_status = "BYPASS"
        self.age: int | None = None
        self._origin, self._name, self._known, self._breathe = origin, name, known, breathe
        self._threads, self._proofs = threads, proofs
        self._fetched: Fetched | None = None

    async def discover(self) -> None:
        """Learn from the store what nobody else knows; the bytes begin to come at once.  Raises as ``fetch``."""
        fetched = await self._origin.fetch(self._name)
        self._fetched = fetched
        self.length = fetched.whole.size
        self._describe(fetched.whole)

    async def ready(self, span: Span | None) -> None:
        """See :meth:`ByteSource.ready`.  :raise NotFound: or what stands for it.  :raise StoreAway:"""
        try:
            await self._get_ready(span)
        except Unseen:
            raise
        except NotFound as missing:
            raise self._known.missing() from missing

    async def _get_ready(self, span: Span | None) -> None:
        if span == NO_BYTES:
            if self._fetched is None:
                self._check(await self._origin.head(self._name))
            return
        wanted = span or Span(0, self.length or 0)
        if self._fetched is not None and self._fetched.span == wanted:
            return
        self.close()
        try:
            self._fetched = await self._origin.fetch(self._name, wanted.start, wanted.stop - 1 if span else None)
        except ValueError as behind:
            raise self._damaged() from behind
        self._check(self._fetched.whole)

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """See :meth:`ByteSource.produce`; after :meth:`ready`, with the same span."""
        fetched = self._fetched
        if fetched is None:
            raise ValueError("a source that is not ready cannot be sent")
        fetched.body.gently()
        if self._is_to_be_proven(fetched):
            sent = pour(consumer, self._proving(fetched), self._breathe, self.close)
        elif isinstance(consumer, Outlet) and consumer.takes_hauls:
            sent = Deferred.fromCoroutine(hauled(consumer, fetched.body, self._breathe, self.close))
        else:
            sent = pour(consumer, fetched.body.next, self._breathe, self.close)
        return sent.addErrback(self._ended_badly)

    def _is_to_be_proven(self, fetched: Fetched) -> bool:
        """Whether all of it comes, its digest is known, and it was not hashed a while ago."""
        sha256 = self._known.sha256
        if sha256 is None or fetched.span.length != fetched.whole.size:
            return False
        return self._proofs is None or not self._proofs.holds(self._name, fetched.whole, sha256)

    def _proving(self, fetched: Fetched) -> NextPiece:
        sha256 = self._known.sha256 or ""

        def proven() -> None:
            if self._proofs is not None:
                self._proofs.proven(self._name, fetched.whole, sha256)

        return _Proven(fetched.body, fetched.whole.size, sha256, self._threads, proven).next

    def descriptor(self) -> int | None:
        """See :meth:`ByteSource.descriptor`."""
        return None

    def close(self) -> None:
        """See :meth:`ByteSource.close`."""
        fetched, self._fetched = self._fetched, None
        if fetched is not None:
            fetched.body.close()

    def _describe(self, seen: Seen) -> None:
        """A tag and a time of the store's, where we have none."""
        self.modified = seen.modified
        if self.etag is None and seen.modified is not None:
            self.etag = f'"{seen.size:x}-{int(seen.modified.timestamp()):x}"'

    def _check(self, seen: Seen) -> None:
        if self.length is not None and seen.size != self.length:
            raise self._damaged()

    def _damaged(self) -> StoreAway:
        self._log.error("the object {name} has not the size it should have", event="s3.damaged", name=self._name)
        return StoreAway("an object has another size than it should")

    def _ended_badly(self, failure: Failure) -> None:
        if failure.check(Changed):
            raise CutShort("it became another object") from failure.value
        if failure.check(WrongBytes):
            self._log.error("the object {name} is damaged: wrong digest", event="s3.damaged", name=self._name)
            if self._proofs is not None:
                self._proofs.forget(self._name)
        failure.raiseException()


async def hauled(outlet: Any, body: Body, breathe: Callable[[], Deferred[Any]], finished: Callable[[], None]) -> None:
    """
    Have the kernel do the work of bringing a body into an outlet; what it cannot bring comes by us.

    :param breathe: and :param finished: as for :func:`~fwtwisted.outside.pouring.pour`.
    """
    try:
        pieces = _Until(body)
        while not pieces.are_all:
            await pour(outlet, pieces.next, breathe, _nothing)
            hauling = body.haul(outlet)
            if hauling is not None:
                await hauling
                pieces.ask_soon()
    finally:
        finished()


def _nothing() -> None:
    """There is more to come."""


class _Until:
    """Some pieces of a body, until it is worth asking whether the kernel can go on.  :ivar are_all: its end came."""

    def __init__(self, body: Body) -> None:
        self._body, self.are_all = body, False
        self._told, self._enough = 0, 1

    def ask_soon(self) -> None:
        """The kernel could take it a moment ago: ask again after one piece."""
        self._told, self._enough = 0, 1

    def next(self) -> bytes | Deferred[bytes]:
        """See :class:`Body`."""
        if self._told >= self._enough:
            self._told, self._enough = 0, PIECES_BETWEEN
            return b""
        piece = self._body.next()
        return piece.addCallback(self._seen) if isinstance(piece, Deferred) else self._seen(piece)

    def _seen(self, piece: bytes) -> bytes:
        self._told += 1
        self.are_all = not piece
        return piece


class _Proven:
    """A whole body whose end is held back until its digest agrees.  :param proven: called when it does."""

    def __init__(self, body: Body, size: int, sha256: str, threads: Threads, proven: Callable[[], None]) -> None:
        self._body, self._left, self._wanted, self._tell = body, size, sha256, proven
        self._hashing = _Hashing(threads)

    def next(self) -> bytes | Deferred[bytes]:
        """See :class:`Body`.  :raise WrongBytes:"""
        piece = self._body.next()
        return piece.addCallback(self._seen) if isinstance(piece, Deferred) else self._seen(piece)

    def _seen(self, piece: bytes) -> bytes | Deferred[bytes]:
        if not piece:
            return piece
        self._left -= len(piece)
        behind = self._hashing.take(piece)
        if self._left <= 0:
            return Deferred.fromCoroutine(self._proven(piece))
        return piece if behind is None else behind.addCallback(lambda _: piece)

    async def _proven(self, last: bytes) -> bytes:
        if await self._hashing.digest() != self._wanted:
            raise WrongBytes("another digest than it should have")
        self._tell()
        return last


class _Hashing:
    """
    The SHA-256 of what passes, worked out in a thread while it is being sent.

    Half of what passing a byte on costs is its hash.  So it is worked out beside the rest, a batch at a time: a hop to
    a thread costs as much as hashing some 100 KiB.  What is sent can be ahead by :data:`MOST_AHEAD` at most.  The small
    pieces of slow listeners are hashed at once, so that nothing of them stays in memory.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._sha256 = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._ahead = 0
        self._running: Deferred[None] | None = None

    def take(self, piece: bytes) -> Deferred[None] | None:
        """Hash this as well.  :return: when it is too far ahead: fires when there is room for more."""
        if self._running is None and len(piece) <= AT_ONCE_BYTES:
            self._sha256.update(piece)
            return None
        self._pieces.append(piece)
        self._ahead += len(piece)
        if self._running is None:
            self._running = Deferred.fromCoroutine(self._batch())
        if self._running is None or self._ahead < MOST_AHEAD:
            return None
        return _shared(self._running)

    async def digest(self) -> str:
        """Of all that was taken."""
        if self._running is not None:
            await _shared(self._running)
        await self._batch()
        return self._sha256.hexdigest()

    async def _batch(self) -> None:
        pieces, self._pieces, self._ahead = self._pieces, [], 0
        try:
            await self._threads(_hashed, self._sha256, pieces)
        finally:
            self._running = None


def _hashed(digest: Any, pieces: list[bytes]) -> None:
    """For a thread."""
    for piece in pieces:
        digest.update(piece)


def _shared(running: Deferred[None]) -> Deferred[None]:
    """Fires with another; giving it up does not give up the other."""
    told: Deferred[None] = Deferred()
    running.addBoth(_told, told)
    return told


def _told(result: Any, told: Deferred[None]) -> Any:
    if not told.called:
        told.callback(None)
    return result
