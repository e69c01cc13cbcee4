"""
Bringing one file here from another server: asked for, judged by its first bytes, written as it comes, resumed where the
far end breaks off.

Source: docs/federation.md §5.5, §8.1; docs/storage.md §6.5.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from attrs import evolve, frozen
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from fwtwisted.db.listening.remote_audio import Elsewhere
from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.arriving import Arrival
from fwtwisted.outside.fetching import FetchFailed, Fetching, Opened, Permit, Sign, Wish
from fwtwisted.outside.fetching.bodies import OpenBody
from fwtwisted.outside.fetching.failures import NoSuchHost, TooSlow, Unreachable
from fwtwisted.wire.targets import PLAIN_OR_SECURE, SECURE

T = TypeVar("T")

AWAY = "Remote track is unavailable"
SOON, LATE = 60, 600  # seconds after which it makes sense to ask again: what may pass, and what will hardly
TRIES = 5  # to go on, without a byte between them
FIRST_REST, LONGEST_REST = 0.5, 8.0  # seconds between them
REDIRECTS = 2
FEED_REDIRECTS = 5  # episodes are counted by sending listeners from one company to the next
ACCEPTED = "audio/*, video/*;q=0.9, application/ogg;q=0.9, application/octet-stream;q=0.8"
SHUT = (401, 403, 404, 410)  # who asks may have no right to it, others may

_SOUNDS_LIKE = ("audio/", "video/")
_SOUND_TYPES = ("", "application/ogg", "application/octet-stream", "binary/octet-stream")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_BLANK = b" \t\r\n\xef\xbb\xbf"
_WRITTEN = b"<{["  # how pages and documents begin, and no sound does


class NotHeard(Unavailable):
    """
    The file cannot be had.

    :ivar why: for the log.  :ivar personal: it may be had by somebody else.
    """

    text = AWAY

    def __init__(self, why: str, retry_after: int = SOON, *, personal: bool = False) -> None:
        super().__init__(retry_after=retry_after)
        self.why, self.personal = why, personal


@frozen
class Ways:
    """
    How other servers are asked for audio.

    :ivar signs: makes the signatures of an actor; None: nothing is signed.
    :ivar permit: asked before each hop.
    :ivar largest: bytes.
    """

    clock: Any
    fetching: Fetching
    threads: Threads
    signs: Callable[[int], Sign] | None = None
    service: Callable[[], Awaitable[int]] | None = None
    permit: Permit | None = None
    largest: int = 1 << 30


@frozen
class Asked:
    """An answer that will do.  :ivar validator: for ``If-Range``; None: it cannot be told from another of its size."""

    opened: Opened
    length: int | None
    media_type: str | None
    validator: str | None


class Bringing:
    """
    One file.

    :param by: the actor of ours that asks; None: the pod itself.
    """

    def __init__(self, ways: Ways, asked: Elsewhere, by: int | None) -> None:
        self._ways, self._elsewhere, self._by = ways, asked, by
        self._is_stopped = False
        self._awaited: set[Deferred[Any]] = set()
        self._answer: Asked | None = None

    def stop(self) -> None:
        """Come to an end soon."""
        self._is_stopped = True
        for awaited in list(self._awaited):
            awaited.cancel()

    async def ask(self) -> Asked:
        """Have it sent.  :raise NotHeard: it is not, or it is no sound."""
        opened = await self._opened({})
        try:
            _judge(opened)
        except BaseException:
            opened.body.close()
            raise
        kind = opened.headers.get("content-type", "").partition(";")[0].strip().lower()
        media_type = kind if kind.startswith(_SOUNDS_LIKE) else None
        self._answer = Asked(opened, opened.length, media_type, _validator(opened.headers))
        return self._answer

    async def pour(self, answer: Asked, arrival: Arrival, fd: int) -> None:
        """
        Write all of it behind a descriptor.  Once begun, it ends only between two pieces.

        :raise NotHeard: it broke off and could not be continued.  :raise NoRoom:
        """
        opened, tries = answer.opened, 0
        at = await self._written(fd, opened.first, 0, arrival)
        while True:
            before = at
            try:
                at = await self._drained(opened.body, fd, at, arrival)
                trouble: FetchFailed | None = None
            except FetchFailed as why:
                trouble, at = why, arrival.size
            finally:
                opened.body.close()
            if at == answer.length or (answer.length is None and trouble is None):
                return
            if answer.length is None or at > answer.length:
                raise NotHeard("it is longer than it said, or broke off and nobody knows where it ends", LATE)
            tries = 0 if at > before else tries + 1
            opened = await self._resumed(answer, at, tries, trouble)
            at = await self._written(fd, opened.first, at, arrival)

    async def beyond(self, start: int, stop: int | None) -> OpenBody:
        """Some bytes of the same file, for a listener who is far ahead.  :raise Unavailable: they cannot be had."""
        assert self._answer is not None
        opened = await self._part(self._answer, start, stop)
        opened.body.push_back(opened.first)
        return opened.body

    # --- asking ------------------------------------------------------------------------------------

    async def _opened(self, headers: Mapping[str, str]) -> Opened:
        """The answer.  :raise NotHeard:"""
        is_feed, ways = self._elsewhere.is_feed, self._ways
        wish = Wish(
            headers={"Accept": ACCEPTED, "Accept-Encoding": "identity", **headers},
            largest=ways.largest,
            schemes=PLAIN_OR_SECURE if is_feed else SECURE,
            redirects=FEED_REDIRECTS if is_feed else REDIRECTS,
            permit=ways.permit,
        )
        if not is_feed and ways.signs is not None:
            by = self._by if self._by is not None or ways.service is None else await ways.service()
            wish = wish if by is None else evolve(wish, sign=ways.signs(by))
        try:
            return await self._until(Deferred.fromCoroutine(ways.fetching.open(self._elsewhere.source, wish)))
        except (NoSuchHost, Unreachable, TooSlow) as why:
            raise NotHeard(str(why)) from why
        except NotFound as why:
            raise NotHeard("who asks has no key to sign with", LATE, personal=True) from why
        except FetchFailed as why:
            raise NotHeard(str(why), LATE) from why

    async def _resumed(self, answer: Asked, at: int, tries: int, trouble: FetchFailed | None) -> Opened:
        """The rest of it.  :raise NotHeard: it is not to be had."""
        while True:
            if tries >= TRIES:
                raise NotHeard(f"it broke off after {at} bytes: {trouble}")
            rest = min(LONGEST_REST, FIRST_REST * 2**tries)
            await self._until(deferLater(self._ways.clock, rest, int))
            try:
                return await self._part(answer, at, None)
            except NotHeard as why:
                if why.retry_after >= LATE:
                    raise
                tries += 1

    async def _part(self, answer: Asked, start: int, stop: int | None) -> Opened:
        """A part of the very same file.  :raise NotHeard:"""
        span = f"bytes={start}-" if stop is None else f"bytes={start}-{stop - 1}"
        conditions = {} if answer.validator is None else {"If-Range": answer.validator}
        opened = await self._opened({"Range": span, **conditions})
        told = _CONTENT_RANGE.fullmatch(opened.headers.get("content-range", "").strip())
        if opened.status == 206 and told and int(told[1]) == start and int(told[3]) == answer.length:
            return opened
        opened.body.close()
        if opened.status >= 400:
            raise _told(opened)
        raise NotHeard("it is another file by now, or cannot be had in parts", LATE)

    # --- bytes -------------------------------------------------------------------------------------

    async def _drained(self, body: OpenBody, fd: int, at: int, arrival: Arrival) -> int:
        """Write what comes, to the end of the body; where the next byte belongs."""
        while True:
            piece = body.next()
            if isinstance(piece, Deferred):
                piece = await self._until(piece)
            if not piece:
                return at
            at = await self._written(fd, piece, at, arrival)

    async def _written(self, fd: int, piece: bytes, at: int, arrival: Arrival) -> int:
        """Write a piece, and let listeners have it."""
        if arrival.length is not None and at + len(piece) > arrival.length:
            raise NotHeard("it is longer than it said", LATE)
        if at + len(piece) > self._ways.largest:
            raise NotHeard("it is too long", LATE)
        await self._ways.threads(_write, fd, piece, at)
        arrival.advance(at + len(piece))
        return at + len(piece)

    async def _until(self, awaited: Deferred[T]) -> T:
        """Wait so that :meth:`stop` can end it; never for a thread, which must not be left alone with our file."""
        self._awaited.add(awaited)
        if self._is_stopped:
            awaited.cancel()
        try:
            return await awaited
        finally:
            self._awaited.discard(awaited)


def _write(fd: int, piece: bytes, at: int) -> None:
    """In a thread."""
    with disk.room_told():
        rest = memoryview(piece)
        while rest:
            count = os.pwrite(fd, rest, at)
            rest, at = rest[count:], at + count


def _judge(opened: Opened) -> None:
    """:raise NotHeard: it is no answer with sound in it, by what it says and by how it begins."""
    if opened.status != 200:
        raise _told(opened)
    kind = opened.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith(_SOUNDS_LIKE) and kind not in _SOUND_TYPES:
        raise NotHeard(f"it is {kind}, no sound", LATE)
    if opened.first.lstrip(_BLANK)[:1] in _WRITTEN:
        raise NotHeard("it is a page or a document, or empty", LATE)


def _told(opened: Opened) -> NotHeard:
    """What an error that the far end tells means for us."""
    status = opened.status
    if status in SHUT:
        return NotHeard(f"answered {status}", LATE, personal=status != 410)
    wait = opened.headers.get("retry-after", "")
    seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else SOON
    return NotHeard(f"answered {status}", min(LATE - 1, max(SOON, seconds)))


def _validator(headers: Mapping[str, str]) -> str | None:
    """What tells the file from another: a strong tag, else the date of its last change."""
    tag = headers.get("etag", "").strip()
    return tag if tag.startswith('"') else headers.get("last-modified")
