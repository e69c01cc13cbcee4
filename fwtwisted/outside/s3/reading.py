"""
Reading objects: the origin that the store is, and bodies that go on where they broke.

::

    fetch ─▶ GET, ranged ─▶ Body ── next() ─▶ a piece
                              │
                              ├─ broken, stalled, short: the rest is asked for by Range and If-Match, after a rest
                              └─ asked to let its connection go (somebody waits, its reader does not): the same, later

A resumption counts as a failure only if the one before it brought nothing: as long as bytes come, there is no limit.

Source: docs/storage.md §5.5, S-50, S-60, S-66.
"""

from __future__ import annotations

from collections import deque
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.origin import Changed, CutShort, Fetched, Seen, StoreAway
from fwtwisted.outside.relay import Relay
from fwtwisted.outside.s3.bucket import Bucket, Got
from fwtwisted.outside.s3.client import LISTENER_PATIENCE
from fwtwisted.outside.s3.flow import Broken, Flow
from fwtwisted.wire.http import Outlet
from fwtwisted.wire.names import is_name

T = TypeVar("T")

PATIENCE_IN_LINE = 3600.0  # a listener who let its connection go waits for its turn as long as it takes


class StoreOrigin:
    """
    Objects by the names that the database knows (:class:`~fwtwisted.outside.origin.Origin`).

    :param location: the folder put before every name; empty for none.
    :param retries: how often in a row a body may be continued without any byte in between.
    :param is_ranged: False: every object is asked for as a whole.
    :ivar below: what every key begins with.
    """

    def __init__(self, bucket: Bucket, location: str, retries: int, *, is_ranged: bool = True) -> None:
        self._bucket, self.below = bucket, f"{location}/" if location else ""
        self._retries, self._is_ranged = retries, is_ranged

    def key(self, name: str) -> str:
        """The key of a name.  :raise NotFound: it is none."""
        if not is_name(name):
            raise NotFound
        return self.below + name

    async def fetch(
        self, name: str, first: int = 0, last: int | None = None, *, if_match: str | None = None
    ) -> Fetched:
        """See :class:`Origin`."""
        key = self.key(name)
        body = StoreBody(self._bucket, key, self._retries, is_ranged=self._is_ranged)
        got = await body.begin(first, last, if_match)
        return Fetched(got.seen, got.taken.wanted, body)

    async def head(self, name: str) -> Seen:
        """See :class:`Origin`."""
        return await self._bucket.head(self.key(name))


class StoreBody:
    """A stretch of an object on its way (:class:`~fwtwisted.outside.origin.Body`)."""

    _log = Logger()

    def __init__(self, bucket: Bucket, key: str, retries: int, *, is_ranged: bool) -> None:
        self._bucket, self._key, self._retries, self._is_ranged = bucket, key, retries, is_ranged
        self._flow: Flow | None = None
        self._left: deque[bytes] = deque()
        self._at = self._stop = self._skip = 0
        self._etag: str | None = None
        self._relay: Relay | None = None
        self._broken: Broken | None = None
        self._failures = 0
        self._closed = self._is_gentle = False

    async def begin(self, first: int, last: int | None, if_match: str | None) -> Got:
        """Ask for the bytes.  Raises as :meth:`Origin.fetch`."""
        got = await self._bucket.get(self._key, first, last, if_match=if_match, ranged=self._is_ranged, holder=self)
        self._etag = got.seen.etag
        self._stop = got.taken.wanted.stop
        self._take(got)
        return got

    def _take(self, got: Got) -> None:
        self._flow = got.reply.body
        if self._is_gentle:
            self._flow.gently()
        self._at = got.taken.wanted.start
        self._skip = got.taken.wanted.start - got.taken.body.start
        if self._closed:
            self.close()

    def next(self) -> bytes | Deferred[bytes]:
        """See :class:`Body`."""
        if self._at >= self._stop or self._closed:
            self.close()
            return b""
        if self._left:
            return self._taken(self._left.popleft())
        if self._flow is None:
            broken, self._broken = self._broken, None
            return Deferred.fromCoroutine(self._continued(broken))
        try:
            piece = self._flow.next()
        except Broken as broken:
            return Deferred.fromCoroutine(self._continued(broken))
        if isinstance(piece, Deferred):
            return piece.addCallbacks(self._taken, self._broke)
        return self._taken(piece)

    def gently(self) -> None:
        """See :class:`Body`."""
        self._is_gentle = True
        if self._flow is not None:
            self._flow.gently()

    def haul(self, outlet: Outlet) -> Deferred[None] | None:
        """See :class:`Body`."""
        if self._flow is None or self._left or self._skip or self._closed:
            return None
        taken_over = self._flow.relay(self._stop - self._at)
        if taken_over is None:
            return None
        held, self._relay = taken_over
        self._at += len(held)
        if held:
            outlet.write(held)
        return outlet.haul(self._relay).addBoth(self._hauled, self._relay)

    def _hauled(self, result: T, relay: Relay) -> T:
        """The kernel has brought what it could; that connection is of no use any more."""
        self._relay = None
        self._at += relay.moved
        if relay.moved:
            self._failures = 0
        if relay.why:
            self._broken = Broken(relay.why)
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()
        return result

    def close(self) -> None:
        """See :class:`Body`."""
        self._closed = True
        self._left.clear()
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()

    # A holder of a turn (``turns.Holder``).

    @property
    def idle_since(self) -> float | None:
        """Since when nobody wants what comes; None also for a body that could not be continued."""
        if self._relay is not None and self._etag is not None and self._is_ranged:
            return self._relay.idle_since
        if self._flow is None or self._etag is None or not self._is_ranged:
            return None
        return self._flow.idle_since

    def let_go(self) -> None:
        """Keep what is here, and go on later."""
        if self._relay is not None:
            self._relay.let_go()
        flow, self._flow = self._flow, None
        if flow is not None:
            self._left.extend(flow.drained())
            flow.close()

    # Pieces.

    def _taken(self, piece: bytes) -> bytes | Deferred[bytes]:
        """What of a piece is wanted; an empty one is the end, too early."""
        if not piece:
            return Deferred.fromCoroutine(self._continued(Broken("it ended before its end")))
        if self._skip:
            skipped = min(self._skip, len(piece))
            self._skip -= skipped
            piece = piece[skipped:]
            if not piece:
                return self.next()
        piece = piece[: self._stop - self._at]
        self._at += len(piece)
        self._failures = 0
        if self._at >= self._stop:
            self._finish()
        return piece

    def _finish(self) -> None:
        """Everything is here; a connection that has told everything can be used again."""
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.leave()

    def _broke(self, failure: Failure) -> Deferred[bytes]:
        failure.trap(Broken)
        return Deferred.fromCoroutine(self._continued(Broken(failure.getErrorMessage())))

    async def _continued(self, broken: Broken | None) -> bytes:
        """
        The next piece from a new connection.

        :param broken: what went wrong; None: we had let the connection go.
        :raise CutShort:  :raise Changed:
        """
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()
        if broken is not None:
            await self._count(broken)
        try:
            got = await self._bucket.get(
                self._key,
                self._at,
                self._stop - 1,
                if_match=self._etag,
                ranged=self._is_ranged,
                patience=LISTENER_PATIENCE if broken is not None else PATIENCE_IN_LINE,
                holder=self,
            )
        except (StoreAway, NotFound, ValueError) as failed:
            raise CutShort(f"it cannot be continued: {failed}") from failed
        if self._closed:
            got.reply.body.close()
            raise CancelledError
        if got.taken.wanted.stop != self._stop or got.seen.etag != self._etag:
            got.reply.body.close()
            raise Changed
        self._take(got)
        piece = self.next()
        return await piece if isinstance(piece, Deferred) else piece

    async def _count(self, broken: Broken) -> None:
        self._failures += 1
        if self._etag is None or self._failures > self._retries:
            raise CutShort(str(broken))
        self._log.warn(
            "an object broke off at byte {at} ({why}); it goes on from there",
            event="s3.resumed",
            at=self._at,
            why=str(broken),
        )
        await self._bucket.client.rest(self._bucket.client.rest_before(self._failures))
