"""
An entry that somebody uses: what of it can be read, and who brings the rest.

A slice is trusted when this process has fetched it, or has checked it against its digest; and for as long as nobody
else writes to the file, an hour at most.  When all slices of a whole entry are trusted, the kernel may send it as it
sends a local file.

Source: docs/storage.md S-62 to S-65.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.cache.folder import Files, Signature
from fwtwisted.outside.cache.journal import Facts, State, learn

TRUST_SECONDS = 3600.0
MOST_AT_ONCE = 64 << 20  # that are looked for in one go
AHEAD_SLICES = 1  # a run that is so near is waited for; for what is farther off another is begun


class Run:
    """
    Bytes of an entry that somebody is bringing, in order.

    :ivar start: and :ivar end: offsets between which it is at work.  :ivar reach: up to here, from ``start`` on, bytes
        can be read.  :ivar fresh: the last of them, which are not in the file yet.  :ivar fresh_at: where they begin.
    """

    def __init__(self, start: int, end: int) -> None:
        self.start, self.reach, self.end = start, start, end
        self.fresh: Sequence[bytes] = ()
        self.fresh_at = start
        self._waiting: list[Deferred[None]] = []

    def moved(self) -> Deferred[None]:
        """Fires when more can be read, or when it is over; fails with what ended it."""
        turn: Deferred[None] = Deferred(lambda gone: self._waiting.remove(gone))
        self._waiting.append(turn)
        return turn

    def advance(self, reach: int) -> None:
        """So much can be read now."""
        self.reach = max(self.reach, reach)
        self._tell(None)

    def show(self, pieces: Sequence[bytes], at: int) -> int:
        """Let these be read before they are in the file; where they end."""
        self.fresh, self.fresh_at = pieces, at
        end = at + sum(map(len, pieces))
        self.advance(end)
        return end

    def fresh_from(self, at: int, count: int) -> bytes | None:
        """Bytes from there on that are not in the file yet, at most so many; None: it is in the file."""
        place = self.fresh_at
        for piece in self.fresh if at >= place else ():
            if at < place + len(piece):
                return piece[at - place : at - place + count]
            place += len(piece)
        return None

    def over(self, failure: Failure | None) -> None:
        """No more comes."""
        self._tell(failure)

    def _tell(self, failure: Failure | None) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if failure is None:
                turn.callback(None)
            else:
                turn.errback(failure)


class Entry:
    """
    An open entry.

    :ivar users: who keeps it open.  :ivar readers: of those, who want its bytes.
    :ivar runs: who brings bytes.  :ivar brought: slices that came while somebody was bringing bytes.
    :ivar sha256: what the database knows of the whole, hex; None: nothing, as far as we were told.
    :ivar is_dropped: it is not what is served any more.
    :ivar naming: lets it be seen on the disk; None: it is.
    """

    def __init__(
        self, digest: str, name: str, files: Files, state: State, threads: Threads, seconds: Callable[[], float]
    ) -> None:
        self.digest, self.name, self.files, self.state = digest, name, files, state
        self._threads, self._seconds = threads, seconds
        self.users = self.readers = 0
        self.runs: list[Run] = []
        self.brought: set[int] = set()
        self.sha256: str | None = None
        self.is_dropped = False
        self.naming: Callable[[], Awaitable[None]] | None = None
        self._trusted: set[int] = set()
        self._signature: Signature | None = None
        self._trusted_at = seconds()

    @property
    def facts(self) -> Facts:
        """What it is a copy of."""
        return self.state.facts

    @property
    def etag(self) -> str:
        """For clients, when nobody knows the digest: size and time, which are the same on every host."""
        return f'"{self.facts.size:x}-{int(self.facts.modified or 0):x}"'

    async def named(self) -> None:
        """Have it on the disk under its name; nothing is written to it before.  :raise OSError:  :raise NoRoom:"""
        if self.naming is not None:
            await self.naming()

    def appeared(self, files: Files, state: State) -> None:
        """It is on the disk now, perhaps as an entry that somebody else has made."""
        old, self.files, self.state, self.naming = self.files, files, state, None
        if old is not files:
            old.close()

    async def catch_up(self) -> None:
        """Learn what others have written into the journal."""
        learn(self.state, iter(await self._threads(self.files.news)))

    # --- slices ----------------------------------------------------------------------------------

    def slice_at(self, at: int) -> int:
        """The number of the slice that a byte belongs to."""
        return at // self.facts.slice_bytes

    def bounds(self, number: int) -> tuple[int, int]:
        """Where a slice begins and ends."""
        start = number * self.facts.slice_bytes
        return start, min(self.facts.size, start + self.facts.slice_bytes)

    def numbers(self, start: int, stop: int) -> range:
        """The slices that hold the bytes from ``start`` to before ``stop``."""
        return range(self.slice_at(start), self.slice_at(stop - 1) + 1) if stop > start else range(0)

    @property
    def is_complete(self) -> bool:
        """Whether all of it is here."""
        return len(self.state.slices) == self.facts.count

    def lacks_only(self, number: int) -> bool:
        """Whether this slice is the last that is missing."""
        return number not in self.state.slices and len(self.state.slices) == self.facts.count - 1

    def gap_after(self, number: int) -> int:
        """The offset at which the slices that are missing, from this one on, end."""
        following = range(number + 1, self.facts.count)
        stop = next((one for one in following if one in self.state.slices), self.facts.count)
        return min(self.facts.size, stop * self.facts.slice_bytes)

    # --- trust -----------------------------------------------------------------------------------

    def is_trusted(self, number: int) -> bool:
        """Whether a slice can be read as it is."""
        return number in self._trusted

    def trust(self, number: int) -> None:
        """We have seen that its bytes are right."""
        self._trusted.add(number)

    def look(self) -> None:
        """Trust nothing any more, if somebody else has written, or if it was long ago."""
        if self.runs:
            return
        then, self._signature = self._signature, self.files.signature
        if then != self._signature or self._seconds() - self._trusted_at > TRUST_SECONDS:
            self._trusted.clear()
            self._trusted_at = self._seconds()

    def quiet(self) -> None:
        """Nobody of us writes any more: what is there now is ours."""
        self._signature = self.files.signature
        self.brought.clear()

    @property
    def is_sendable(self) -> bool:
        """Whether the file can be sent as it is."""
        return not self.runs and self.is_complete and len(self._trusted) == self.facts.count

    async def check(self, number: int) -> None:
        """
        Look at a slice that another process, or an earlier one, has left; it is trusted then, or lost.

        Where one is lost, all are looked at: who has damaged it may have damaged more.
        """
        if not await self._is_right(number):
            await self.lose(number)
            await self.check_all()

    async def check_all(self) -> bool:
        """Look at every slice that is not trusted; whether all were right."""
        before = len(self.state.slices)
        for number in sorted(self.state.slices):
            if not self.is_trusted(number) and not await self._is_right(number):
                await self.lose(number)
        return len(self.state.slices) >= before

    async def _is_right(self, number: int) -> bool:
        wanted = self.state.slices.get(number)
        try:
            is_right = bool(await self._threads(self.files.digest, *self.bounds(number)) == wanted)
        except OSError:
            is_right = False
        if is_right:
            self.trust(number)
        return is_right

    async def damaged(self, number: int) -> None:
        """A slice cannot be read as it was written: nothing is trusted any more, and all is looked at."""
        self._trusted.clear()
        await self.lose(number)
        await self.check_all()

    async def lose(self, number: int) -> None:
        """A slice is not what it should be."""
        self._trusted.discard(number)
        self.state.take(["lost", number])
        await self._threads(_try, self.files.add, "lost", number)

    # --- bytes -----------------------------------------------------------------------------------

    def run_to(self, at: int) -> Run | None:
        """Who has brought a byte, or will soon."""
        ahead = (AHEAD_SLICES + 1) * self.facts.slice_bytes
        return next((run for run in self.runs if run.start <= at < min(run.end, run.reach + ahead)), None)

    def readable(self, at: int) -> int:
        """How many bytes can be read from there on, at once; 0 when somebody must do something first."""
        number = self.slice_at(at)
        if self.is_trusted(number):
            return self.bounds(number)[1] - at
        return max((run.reach - at for run in self.runs if run.start <= at < run.reach), default=0)

    def written(self, at: int) -> int:
        """How many of the bytes that can be read from there on lie in the file, so that the kernel can send them."""
        count = more = self.readable(at)
        while more and count < MOST_AT_ONCE:
            more = self.readable(at + count) if at + count < self.facts.size else 0
            count += more
        for run in self.runs:
            if run.fresh and run.start <= at + count - 1 and at < run.reach:
                count = min(count, max(0, run.fresh_at - at))
        return count

    def read(self, at: int, count: int) -> bytes | Deferred[bytes]:
        """Bytes that can be read, fewer if that is easier; in a thread when the disk would have to be waited for."""
        for run in self.runs:
            piece = run.fresh_from(at, count)
            if piece is not None:
                return piece
            if run.fresh and at < run.fresh_at:
                count = min(count, run.fresh_at - at)
        if disk.in_memory(self.files.data, at + count - 1):
            return os.pread(self.files.data, count, at)
        return self._threads(disk.read_and_close, os.dup(self.files.data), count, at)


def _try(work: Callable[..., object], *told: object) -> None:
    """In a thread: a note that may as well not be written."""
    try:
        work(*told)
    except OSError:
        return
