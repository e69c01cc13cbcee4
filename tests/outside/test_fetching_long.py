"""Long answers of other servers, read as they come (docs/federation.md §8.1)."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.task import deferLater

from fwtwisted.outside.fetching import Garbled, Misled, Opened, Refused, TooLong, TooSlow, Unreachable
from fwtwisted.outside.fetching.bodies import AHEAD_BYTES
from fwtwisted.wire.targets import Target
from tests.hostile import FarEnd, Line, moved, ok
from tests.outside.test_fetching import BOTH, PATIENT, QUICK, FetchCase

reactor: Any = the_reactor
LONG = evolve(BOTH, largest=1 << 30, headers={"Accept-Encoding": "identity"})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"


async def rest(opened: Opened) -> bytes:
    """All that comes after the first bytes."""
    pieces: list[bytes] = []
    while True:
        piece = opened.body.next()
        piece = await piece if isinstance(piece, Deferred) else piece
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


class LongTests(FetchCase):
    """What is read slowly, or comes slowly."""

    async def test_read_to_the_end(self) -> None:
        """The first bytes at once, the others as they come; nobody stays connected."""
        held: list[Line] = []

        def begin(line: Line) -> None:
            line.write(ok(b"firstlast")[:-4])
            held.append(line)

        self.far.does("/a", begin)
        opened = await self.fetching().open(self.far.url("/a"), LONG)
        self.assertEqual((200, 9, b"first"), (opened.status, opened.length, opened.first))
        held[0].write(b"last")
        self.assertEqual(b"last", await rest(opened))
        await self.far.left()

    async def test_without_end_in_time(self) -> None:
        """It takes longer than any short answer may, as long as bytes come."""
        fetching = self.fetching(settings=evolve(PATIENT, total_seconds=0.2))
        self.far.does("/a", lambda line: line.drip(HEAD, b"x" * 10, 0.05))
        opened = await fetching.open(self.far.url("/a"), LONG)
        heard = 0
        while heard < 200:
            piece = opened.body.next()
            heard += len(await piece if isinstance(piece, Deferred) else piece)
        opened.body.close()
        await self.far.left()

    async def test_nobody_reads(self) -> None:
        """What is not read is not taken from the far end, and waiting for us is no silence of theirs."""
        self.far.does("/a", lambda line: line.drip(HEAD, b"x" * 100_000))
        opened = await self.fetching(settings=QUICK).open(self.far.url("/a"), LONG)
        await deferLater(reactor, 3 * QUICK.idle_seconds, int)
        self.assertLess(opened.body._held, AHEAD_BYTES + (1 << 20))
        first = opened.body.next()
        assert isinstance(first, bytes)
        self.assertGreater(len(first), AHEAD_BYTES)
        more = opened.body.next()
        self.assertTrue(await more if isinstance(more, Deferred) else more)
        opened.body.close()
        await self.far.left()

    async def test_ends_too_early(self) -> None:
        """A break and a silence are told, after what had come."""
        self.far.says("/broken", ok(b"0123456789")[:-5])
        opened = await self.fetching().open(self.far.url("/broken"), LONG)
        await self.assertFailure(ensureDeferred(rest(opened)), Unreachable)
        self.far.does("/silent", lambda line: line.write(ok(b"0123456789")[:-5]))
        opened = await self.fetching(settings=QUICK).open(self.far.url("/silent"), LONG)
        await self.assertFailure(ensureDeferred(rest(opened)), TooSlow)
        await self.far.left()

    async def test_no_first_byte(self) -> None:
        """A head without a body in time."""
        self.far.does("/a", lambda line: line.write(HEAD))
        fetching = self.fetching(settings=evolve(PATIENT, first_byte_seconds=0.2))
        await self.assertFailure(ensureDeferred(fetching.open(self.far.url("/a"), LONG)), TooSlow)
        await self.far.left()

    async def test_too_long(self) -> None:
        """Whether it says so or not."""
        short = evolve(LONG, largest=1000)
        self.far.does("/told", lambda line: line.write(HEAD))
        await self.assertFailure(ensureDeferred(self.fetching().open(self.far.url("/told"), short)), TooLong)
        self.far.does("/untold", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 600, 0.01))
        opened = await self.fetching().open(self.far.url("/untold"), short)
        await self.assertFailure(ensureDeferred(rest(opened)), TooLong)
        await self.far.left()

    async def test_packed(self) -> None:
        """What comes packed although nobody asked for that."""
        self.far.says("/a", ok(b"x", Content_Encoding="gzip"))
        await self.assertFailure(ensureDeferred(self.fetching().open(self.far.url("/a"), LONG)), Garbled)

    async def test_turns(self) -> None:
        """Only so many at once from one host; who is done, closed or cancelled gives the turn back."""
        fetching = self.fetching(settings=evolve(PATIENT, at_once_per_host=1))
        self.far.does("/slow", lambda line: line.drip(HEAD, b"x", 0.02))
        self.far.says("/a", ok(b"x"))
        for _ in range(2):
            opened = await fetching.open(self.far.url("/slow"), LONG)
            waiting = ensureDeferred(fetching.open(self.far.url("/a"), LONG))
            short = await fetching.get(self.far.url("/a"), BOTH)
            self.assertEqual((b"x", False), (short.body, waiting.called), "short answers do not wait for long ones")
            opened.body.close()
            self.assertEqual(b"", await rest(await waiting))
        asking = ensureDeferred(fetching.open(self.far.url("/slow"), LONG))
        asking.cancel()
        await self.assertFailure(asking, CancelledError)
        self.assertEqual(b"", await rest(await fetching.open(self.far.url("/a"), LONG)))

    async def test_redirects_and_signatures(self) -> None:
        """Each hop is signed anew, and for the first server alone; not too many hops, none to forbidden places."""

        async def sign(there: Target) -> dict[str, str]:
            return {"Signature": there.url}

        wish = evolve(LONG, sign=sign, redirects=2)
        other = await FarEnd.on(self)
        self.far.says("/a", moved("/b"))
        self.far.says("/b", moved(other.url("/c")))
        other.says("/c", ok(b"x"))
        opened = await self.fetching().open(self.far.url("/a"), wish)
        self.assertEqual((other.url("/c"), b"x"), (opened.url, opened.first))
        self.assertEqual([self.far.url("/a"), self.far.url("/b")], [self.far.header("signature", n) for n in (0, 1)])
        self.assertIsNone(other.header("signature"))
        await self.assertFailure(
            ensureDeferred(self.fetching().open(self.far.url("/a"), evolve(wish, redirects=1))), Misled
        )
        self.far.says("/d", moved("http://10.1.2.3/"))
        await self.assertFailure(ensureDeferred(self.fetching().open(self.far.url("/d"), wish)), Refused)
        await self.far.left()
