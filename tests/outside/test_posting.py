"""Posting to other servers: kept connections, and what a bad far end may cost (docs/federation.md §4.14, §8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from fwtwisted.outside.fetching import Fetching, FetchSettings, Refused, TooLong, TooSlow, Unreachable, system_lookup
from fwtwisted.outside.fetching.posting import LARGEST_ANSWER, Posted, Posting, PostingSettings
from fwtwisted.wire.targets import Exemptions, Target
from tests.hostile import FarEnd, Line, moved, ok
from tests.servers import free_port
from tests.threads import pooled
from tests.waiting import GUARD_SECONDS, PATIENCE_SECONDS, settled, until

reactor: Any = the_reactor
KEPT = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"


async def unsigned(_: Target) -> Mapping[str, str]:
    """No further headers."""
    return {"X-Signed": "no"}


PATIENT = PostingSettings("fwtwisted/1", idle_seconds=PATIENCE_SECONDS, total_seconds=PATIENCE_SECONDS)
QUICK = PostingSettings("fwtwisted/1", idle_seconds=0.5, total_seconds=1.5)


class PostingCase(TestCase):
    """Somebody who posts to a far end on the loopback."""

    timeout = GUARD_SECONDS

    def posting(self, exempt: str = "127.0.0.1", settings: PostingSettings = PATIENT) -> Posting:
        """A door that leads to the loopback."""
        threads = pooled(self)
        fetching = Fetching(reactor, threads, FetchSettings("x", Exemptions.of([exempt])), system_lookup(threads))
        made = Posting(reactor, fetching, settings)
        self.addCleanup(made.close)
        return made

    async def post(self, posting: Posting, url: str) -> Posted:
        """Post something."""
        return await posting.post(url, b'{"a": 1}', {"Content-Type": "application/json"}, unsigned)

    async def sleep(self, seconds: float) -> None:
        """Let time go by."""
        await deferLater(reactor, seconds, lambda: None)


class PostingTests(PostingCase):
    """What comes back."""

    async def test_posts(self) -> None:
        """The head has what was told, the answer comes as it is."""
        far = await FarEnd.on(self)
        far.says("/inbox", ok(b"{}", "application/json", "202 Accepted", Retry_After="7"))
        told = await self.post(self.posting(), far.url("/inbox"))
        self.assertEqual((told.status, told.body, told.headers["retry-after"]), (202, b"{}", "7"))
        self.assertTrue(far.heads[0].startswith("POST /inbox HTTP/1.1"))
        self.assertEqual((far.header("X-Signed"), far.header("User-Agent")), ("no", "fwtwisted/1"))
        self.assertEqual(far.header("Host"), f"127.0.0.1:{far.port}")

    async def test_redirects_are_answers(self) -> None:
        """Nothing is followed."""
        far = await FarEnd.on(self)
        far.says("/inbox", moved(far.url("/other")))
        self.assertEqual((await self.post(self.posting(), far.url("/inbox"))).status, 302)
        self.assertEqual(len(far.heads), 1)

    async def test_private_addresses(self) -> None:
        """The guard of the door is at work here, too."""
        far = await FarEnd.on(self)
        with self.assertRaises(Refused):
            await self.post(self.posting("127.0.0.9"), far.url("/inbox"))
        with self.assertRaises(Refused):
            await self.post(self.posting("127.0.0.9"), "https://localhost/inbox")
        self.assertEqual(far.heads, [])

    async def test_long_answers(self) -> None:
        """Of an answer without end its beginning is read, and then the connection is dropped."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 30_000))
        told = await self.post(self.posting(), far.url("/inbox"))
        self.assertEqual((told.status, len(told.body)), (200, LARGEST_ANSWER))
        await far.left()

    async def test_long_heads(self) -> None:
        """A head without end is no answer."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 5_000 + b"\r\n"))
        with self.assertRaises(TooLong):
            await self.post(self.posting(), far.url("/inbox"))
        await far.left()

    async def test_slow(self) -> None:
        """Who does not answer in time, or drips, is left."""
        far = await FarEnd.on(self)
        far.does("/silent", lambda line: None)
        far.does("/drips", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1))
        far.does("/body", lambda line: line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"))
        posting = self.posting(settings=QUICK)
        for path in ("/silent", "/drips", "/body"):
            with self.assertRaises(TooSlow):
                await self.post(posting, far.url(path))
        await posting.close()

    async def test_broken_off(self) -> None:
        """A new connection that ends without an answer is no reason to send the same twice."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: line.end())
        with self.assertRaises(Unreachable):
            await self.post(self.posting(), far.url("/inbox"))
        self.assertEqual(len(far.heads), 1)

    async def test_nobody_there(self) -> None:
        """A port where nobody listens."""
        with self.assertRaises(Unreachable):
            await self.post(self.posting(), f"http://127.0.0.1:{free_port()}/inbox")


class KeptTests(PostingCase):
    """Connections are kept."""

    async def test_kept_and_left(self) -> None:
        """A kept connection that the far end has closed is replaced, without anybody noticing."""
        far = await FarEnd.on(self)
        lines: list[Line] = []

        def deed(line: Line) -> None:
            lines.append(line)
            line.write(KEPT)

        far.does("/inbox", deed)
        posting = self.posting()
        self.assertEqual((await self.post(posting, far.url("/inbox"))).status, 202)
        self.assertEqual(len(far.lines), 1)
        lines[0].end()
        await until(lambda: lines[0].is_gone, "the end of the line")
        await settled()
        self.assertEqual((await self.post(posting, far.url("/inbox"))).status, 202)
        self.assertEqual(len(lines), 2)

    async def test_closed_while_sending(self) -> None:
        """The same when it closes just then: the second try goes over a new connection."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: line.write(KEPT))
        posting = self.posting()
        await self.post(posting, far.url("/inbox"))
        [line] = far.lines
        line.dataReceived = lambda data: line.end()  # type: ignore[method-assign]
        self.assertEqual((await self.post(posting, far.url("/inbox"))).status, 202)
