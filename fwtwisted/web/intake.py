"""
Bytes in: files of any size, by multipart upload, with flat memory.

The body is taken while it arrives.  First the caller is admitted, with the connection paused; a refusal is answered at
once.  Then the parser splits the body on the reactor (a matter of finding the boundary), small fields are kept, and
files go to the spool: written and hashed in a thread, a batch at a time, while the next batch comes in.  A client
that is faster than the disk is paused.

::

    connection ──▶ feed() ──▶ parser ──▶ queue ──▶ thread: sha256, write ──▶ spool
         ▲                                 │
         └────────── hold / release ◀──────┘

Whoever leaves (the client, the disk, the patience with a broken body) leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

from attrs import frozen
from multipart import MultipartError, MultipartSegment
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.model.errors import BadRequest, FwError, TooLarge
from fwtwisted.model.threads import Threads
from fwtwisted.web.reading import (
    MIB,
    MULTIPART,
    Document,
    document,
    folded,
    media_type,
    multipart_broken,
    multipart_parser,
    plain_text,
)
from fwtwisted.web.request import BodyTerms, LeanRequest


class Spooled(Protocol):
    """A file that is being received: what ``outside/spool.py`` offers."""

    uuid: UUID
    path: str

    def write(self, body: bytes) -> None:
        """Append; blocks.  :raise NoRoom: the disk is full, and the file is gone."""

    async def finish(self) -> None:
        """Have every byte on the disk."""

    async def discard(self) -> None:
        """Remove it; harmless when repeated."""


@frozen
class ReceivedFile:
    """
    A file that has arrived.

    :ivar field: the part's name.  :ivar filename: the sender's name for it; trust neither.
    :ivar size: bytes.  :ivar sha256: of the content, in hex.
    :ivar spool: where it lies; discarded when the handler is through.
    """

    field: str
    filename: str
    size: int
    sha256: str
    spool: Spooled

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.spool.path


@frozen
class Received:
    """An upload that has arrived whole: the small fields as :func:`~fwtwisted.web.reading.document` has them."""

    fields: Document
    files: tuple[ReceivedFile, ...] = ()


@frozen
class IntakeSettings:
    """
    How much comes in.

    :ivar body_limit: of the whole upload, bytes.
    :ivar most_parts: parts in one body.  :ivar most_files: files among them.
    :ivar fields_limit: all small fields together, bytes.
    :ivar batch_bytes: written and hashed at once.
    :ivar high_bytes: received but unwritten; the client is paused above, and goes on below a quarter of it.
    """

    body_limit: int = 100_000_000
    most_parts: int = 64
    most_files: int = 8
    fields_limit: int = MIB
    batch_bytes: int = MIB
    high_bytes: int = 4 * MIB


@asynccontextmanager
async def received(request: LeanRequest) -> AsyncIterator[Received]:
    """
    What a request to a place with a :class:`FileIntake` brought; the spool is cleared when the block ends.

    A body that is no multipart form is read as a small document without files.

    :raise BadRequest: the body is broken.  :raise NoRoom: the disk is full.
    """
    arrival = request.receiver
    if not isinstance(arrival, Arrival):
        yield Received(await document(request))
        return
    try:
        yield await arrival.result()
    finally:
        await arrival.discard()


class FileIntake:
    """
    Takes the uploads of one place; to be named in the ``intakes`` of a :class:`~fwtwisted.web.site.Mount`.

    :param admit: asked with the head of the request and the announced length (bytes); raises what refuses it.
    :param open_spool: begins a file, given the sender's name for it.
    """

    def __init__(
        self,
        settings: IntakeSettings,
        admit: Callable[[LeanRequest, int | None], Awaitable[object]],
        open_spool: Callable[[str], Awaitable[Spooled]],
        threads: Threads,
    ) -> None:
        self.settings = settings
        self.admit, self.open_spool, self.threads = admit, open_spool, threads

    def __call__(self, request: LeanRequest, length: int | None) -> BodyTerms:
        """
        The terms for a request whose head is here.

        :raise TooLarge: it announces too much.  :raise BadRequest: it is multipart without a boundary.
        """
        kind, options = media_type(request.header(b"Content-Type"))
        if kind != MULTIPART:
            return BodyTerms(min(MIB, self.settings.body_limit))
        if length is not None and length > self.settings.body_limit:
            raise TooLarge()
        arrival = Arrival(self, request, options.get("boundary"))
        arrival.begin(length)
        return BodyTerms(self.settings.body_limit, arrival)


@frozen
class _Begin:
    """A file begins."""

    field: str
    filename: str


class _End:
    """A file ends."""


_END = _End()


class _Writing:
    """The file that is being written."""

    def __init__(self, begin: _Begin, spool: Spooled) -> None:
        self.begin, self.spool, self.size, self.hash = begin, spool, 0, hashlib.sha256()

    def append(self, pieces: list[bytes]) -> None:
        """Write and hash; for a thread."""
        body = b"".join(pieces)
        self.hash.update(body)
        self.spool.write(body)
        self.size += len(body)

    def done(self) -> ReceivedFile:
        """The file, when its last byte is written."""
        return ReceivedFile(self.begin.field, self.begin.filename, self.size, self.hash.hexdigest(), self.spool)


class Arrival:
    """One upload on its way in; a :class:`~fwtwisted.web.request.BodyReceiver`."""

    def __init__(self, intake: FileIntake, request: LeanRequest, boundary: str | None) -> None:
        self._intake, self._settings, self._request = intake, intake.settings, request
        self._channel = request.channel
        self._parser = multipart_parser(boundary, intake.settings.most_parts)
        self._early: list[bytes] = []
        self._is_admitted = self._is_complete = self._is_taken = self._is_gone = False
        self._part: _Begin | None = None  # the field that is being read
        self._pieces: list[bytes] | None = None  # of that field; None in a file
        self._pairs: list[tuple[str, str]] = []
        self._fields_size = self._file_count = 0
        self._queue: deque[_Begin | _End | bytes] = deque()
        self._queued_bytes = self._queued_marks = 0
        self._writing: _Writing | None = None
        self._work: Deferred[None] | None = None
        self._spools: list[Spooled] = []
        self._files: list[ReceivedFile] = []
        self._failure: Failure | None = None
        self._is_stored = False
        self._waiting: Deferred[None] | None = None

    # --- admission -----------------------------------------------------------------------------

    def begin(self, length: int | None) -> None:
        """Pause the connection until the caller is admitted."""
        self._channel.hold()
        self._request.notifyFinish().addBoth(self._request_over)
        self._start(self._admit(length))

    async def _admit(self, length: int | None) -> None:
        """Ask; then go on with what has come meanwhile."""
        await self._intake.admit(self._request, length)
        self._is_admitted = True
        if not self._is_complete:
            self._channel.invite(self._request)
        early, self._early = self._early, []
        for chunk in early:
            self._parse(chunk)
        if self._is_complete:
            self._close()
        self._balance()

    # --- the body arrives ------------------------------------------------------------------------

    def feed(self, chunk: bytes) -> None:
        """See :class:`BodyReceiver`."""
        if not self._is_admitted:
            self._early.append(chunk)
            return
        self._parse(chunk)
        self._go_on()
        self._balance()

    def ended(self) -> None:
        """See :class:`BodyReceiver`."""
        self._is_complete = True
        if self._is_admitted:
            self._close()
            self._go_on()

    def _parse(self, chunk: bytes) -> None:
        """Split a piece of the body."""
        if self._is_over:
            return
        try:
            for event in self._parser.parse(chunk):
                self._take(event)
        except MultipartError as why:
            self._fail(Failure(multipart_broken(why)))
        except FwError:
            self._fail(Failure())

    def _close(self) -> None:
        """The body is complete; it must be a whole form."""
        if self._is_over:
            return
        try:
            self._parser.close()
        except MultipartError as why:
            self._fail(Failure(multipart_broken(why)))

    def _take(self, event: MultipartSegment | bytes | None) -> None:
        """A part begins, goes on, or ends."""
        if isinstance(event, MultipartSegment):
            self._begin_part(_Begin(event.name or "", event.filename or ""), is_file=bool(event.filename))
        elif self._pieces is None:
            self._enqueue(_END if event is None else bytes(event))
        elif event is None:
            assert self._part is not None
            self._pairs.append((plain_text(self._part.field.encode()), plain_text(b"".join(self._pieces))))
        else:
            self._fields_size += len(event)
            if self._fields_size > self._settings.fields_limit:
                raise TooLarge("The fields of the form are too large.")
            self._pieces.append(bytes(event))

    def _begin_part(self, part: _Begin, *, is_file: bool) -> None:
        """A field, or a file; a browser's file field without a choice is an empty field."""
        self._part, self._pieces = part, None if is_file else []
        if is_file:
            self._file_count += 1
            if self._file_count > self._settings.most_files:
                raise BadRequest("Too many files.")
            self._enqueue(part)

    def _enqueue(self, item: _Begin | _End | bytes) -> None:
        """Leave something to the thread."""
        self._queue.append(item)
        if isinstance(item, bytes):
            self._queued_bytes += len(item)
        else:
            self._queued_marks += 1

    def _balance(self) -> None:
        """Pause a client that is faster than the disk, and let it go on."""
        if self._is_complete or self._is_over or not self._is_admitted:
            return
        if self._queued_bytes > self._settings.high_bytes:
            self._channel.hold()
        elif self._queued_bytes < self._settings.high_bytes // 4:
            self._channel.release()

    # --- storing -----------------------------------------------------------------------------------

    @property
    def _is_over(self) -> bool:
        """Nothing more is to be stored."""
        return self._failure is not None or self._is_gone

    @property
    def _has_work(self) -> bool:
        """Whether there is enough to bother a thread with."""
        return self._queued_marks > 0 or self._queued_bytes >= self._settings.batch_bytes

    def _go_on(self) -> None:
        """See that somebody works when there is work, and tell when there is none left."""
        if self._work is not None:
            return
        if self._is_over:
            if not self._is_taken:
                self._start(self._clear())
        elif self._has_work:
            self._start(self._store())
        elif self._is_complete and self._is_admitted and not self._is_stored:
            self._is_stored = True
            self._tell()

    def _start(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        """Begin a piece of work; one at a time."""
        self._work = Deferred()
        running = Deferred.fromCoroutine(work)
        running.addErrback(self._fail)
        running.addBoth(self._rest)

    def _rest(self, _: object) -> None:
        """A piece of work is done."""
        done, self._work = self._work, None
        if self._spools or not self._is_over:
            self._go_on()
        if done is not None:
            done.callback(None)

    async def _store(self) -> None:
        """Bring what is queued to the spool."""
        while self._has_work and not self._is_over:
            item = self._queue.popleft()
            if isinstance(item, bytes):
                await self._append(item)
            elif isinstance(item, _Begin):
                self._queued_marks -= 1
                spool = await self._intake.open_spool(item.filename)
                self._spools.append(spool)
                self._writing = _Writing(item, spool)
            else:
                self._queued_marks -= 1
                assert self._writing is not None
                await self._writing.spool.finish()
                self._files.append(self._writing.done())

    async def _append(self, first: bytes) -> None:
        """Write a batch."""
        pieces, size = [first], len(first)
        while self._queue and size < self._settings.batch_bytes:
            piece = self._queue[0]
            if not isinstance(piece, bytes):
                break
            pieces.append(piece)
            size += len(piece)
            self._queue.popleft()
        assert self._writing is not None
        await self._intake.threads(self._writing.append, pieces)
        self._queued_bytes -= size
        self._balance()

    # --- the end -----------------------------------------------------------------------------------

    async def result(self) -> Received:
        """
        What has arrived, once all of it is stored.

        :raise FwError: what went wrong.
        """
        self._is_taken = True
        if self._failure is None and not self._is_stored:
            self._waiting = Deferred()
            await self._waiting
        if self._failure is not None:
            self._failure.raiseException()
        return Received(folded(self._pairs), tuple(self._files))

    async def discard(self) -> None:
        """Clear the spool, after the thread is through with it."""
        self._is_gone = True
        if self._work is not None:
            await self._work
        await self._clear()

    async def _clear(self) -> None:
        """Remove every file of this upload."""
        spools, self._spools = self._spools, []
        self._queue.clear()
        for spool in spools:
            await spool.discard()

    def _fail(self, failure: Failure) -> None:
        """Something went wrong: tell the client, now if it is still sending, and clear up."""
        if self._is_over:
            return
        self._failure = failure
        self._queue.clear()
        self._queued_bytes = self._queued_marks = 0
        if not self._is_complete:
            self._request.site.refuse(self._request, failure)
        self._tell()

    def _tell(self) -> None:
        """Wake who waits for the result."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _request_over(self, _: object) -> None:
        """Answered, or the client has gone; unless a handler has the files, they go."""
        if not self._is_taken:
            self._is_gone = True
            self._go_on()
