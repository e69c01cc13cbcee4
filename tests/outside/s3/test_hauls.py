"""What the kernel moves from the store's socket to a listener's: the same bytes, whatever goes wrong on the way."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.outside.blobs import Known
from fwtwisted.outside.origin import CutShort, Seen, WrongBytes
from fwtwisted.outside.relay import Relay
from fwtwisted.outside.s3.proofs import BELIEVED_SECONDS, MOST_PROOFS, Proofs
from fwtwisted.outside.s3.source import ObjectSource
from fwtwisted.web.channel import teach_sendfile
from fwtwisted.wire.http import Haul, Outlet, Span
from tests.faults import Fault
from tests.outside.s3.case import StoreCase
from tests.waiting import PATIENCE_SECONDS, until

reactor: Any = _reactor
SONG = os.urandom(6 << 20)
KNOWN = Known(len(SONG), hashlib.sha256(SONG).hexdigest())


class Out:
    """A connection of ours as an outlet.  :ivar hauls: what was moved into it.  :ivar written: what was not."""

    takes_hauls = True

    def __init__(self, transport: Any) -> None:
        self.transport, self.written = transport, 0
        self.hauls: list[Haul] = []
        self.registerProducer, self.unregisterProducer = transport.registerProducer, transport.unregisterProducer

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self.transport.write(data)

    def haul(self, haul: Haul) -> Deferred[None]:
        self.hauls.append(haul)
        return self.transport.haul(haul)


class Listener:
    """The far end: a plain socket, read in a thread, or not."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line

    def all(self) -> Deferred[bytes]:
        """Everything up to the end."""
        return deferToThread(self._all)

    def some(self, count: int) -> Deferred[bytes]:
        """So many bytes."""
        return deferToThread(self.line.recv, count, socket.MSG_WAITALL)

    def _all(self) -> bytes:
        pieces = []
        while piece := self.line.recv(1 << 20):
            pieces.append(piece)
        return b"".join(pieces)


async def joined(case: TestCase) -> tuple[Out, Listener]:
    """An outlet, and who listens to it."""
    met: Deferred[Any] = Deferred()

    class Serving(Protocol):
        def connectionMade(self) -> None:
            met.callback(self.transport)

    port = reactor.listenTCP(0, Factory.forProtocol(Serving), interface="127.0.0.1")
    teach_sendfile(port)
    case.addCleanup(port.stopListening)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    line.connect(("127.0.0.1", port.getHost().port))
    case.addCleanup(line.close)
    out = Out(await met)
    case.addCleanup(out.transport.abortConnection)
    return out, Listener(line)


class HaulCase(StoreCase):
    """One object, and one listener."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.lay("tracks/a.mp3", SONG)
        self.proofs = Proofs(reactor)
        self.out, self.listener = await joined(self)

    def source(self) -> ObjectSource:
        """As the store of blobs makes it."""
        return ObjectSource(
            self.origin, "tracks/a.mp3", KNOWN, lambda: deferLater(reactor, 0), deferToThread, self.proofs
        )

    async def prove(self) -> None:
        """Have it hashed once."""
        out, listener = await joined(self)
        self.assertEqual(SONG, await self.sent(self.source(), out, listener))
        self.assertEqual([], out.hauls)

    async def sent(self, source: ObjectSource, out: Out, listener: Listener, span: Span | None = None) -> bytes:
        """All that the listener gets."""
        got = listener.all()
        await source.ready(span)
        await source.produce(out, span)  # type: ignore[arg-type]
        out.transport.loseConnection()
        return await got


class HaulTests(HaulCase):
    """Who may be served so, and what breaks."""

    async def test_an_outlet(self) -> None:
        """What the tests use is what the house means."""
        self.assertIsInstance(self.out, Outlet)

    async def test_proven_objects(self) -> None:
        """The first time an object is hashed as a whole, then the kernel moves nearly all of it, for everybody."""
        await self.prove()
        self.assertEqual(SONG, await self.sent(self.source(), self.out, self.listener))
        self.assertEqual(len(SONG), self.out.written + sum(haul.moved for haul in self.out.hauls))
        self.assertLess(self.out.written, 1 << 20)

    async def test_parts(self) -> None:
        """Of a part nobody knows a digest: it is moved at once."""
        span = Span(1_000_001, 5_000_003)
        self.assertEqual(SONG[span.start : span.stop], await self.sent(self.source(), self.out, self.listener, span))
        self.assertEqual(1, len(self.out.hauls))

    async def test_small_parts(self) -> None:
        """For little, no pipe is made."""
        for start in (5, 7):
            source = self.source()
            await source.ready(Span(start, start + 100_000))
            await source.produce(self.out, Span(start, start + 100_000))  # type: ignore[arg-type]
        self.assertEqual([], self.out.hauls)
        self.assertEqual(SONG[5:100_005] + SONG[7:100_007], await self.listener.some(200_000))

    async def test_an_object_that_changed(self) -> None:
        """Another object under the same name was never proven: it is hashed, and its end withheld."""
        await self.prove()
        self.server.put(self.bucket_name, "tracks/a.mp3", SONG[:-1] + bytes([SONG[-1] ^ 1]))
        got = self.listener.all()
        source = self.source()
        await source.ready(None)
        with self.assertRaises(WrongBytes):
            await source.produce(self.out, None)  # type: ignore[arg-type]
        self.out.transport.abortConnection()
        await self.assertFailure(got, ConnectionResetError)
        self.assertEqual([], self.out.hauls)
        self.flushLoggedErrors()

    async def test_cut_short(self) -> None:
        """Whatever breaks in the middle goes on from there, by Range and If-Match."""
        await self.prove()
        self.faults.always(Fault(method="GET", cut_at=2_500_000))
        asked = len(self.faults.asked)
        self.assertEqual(SONG, await self.sent(self.source(), self.out, self.listener))
        self.assertEqual(3, len(self.faults.asked) - asked)
        self.assertEqual(f"bytes=2500000-{len(SONG) - 1}", self.faults.asked[asked + 1].headers["range"])
        self.assertIn("if-match", self.faults.asked[asked + 1].headers)

    async def test_silence(self) -> None:
        """A store that says nothing more is left for a new connection after the time-out."""
        await self.prove()
        self.faults.next(Fault(method="GET", cut_at=0.5, stalls=True))
        self.assertEqual(SONG, await self.sent(self.source(), self.out, self.listener))

    async def test_cut_short_for_good(self) -> None:
        """A body that cannot be continued ends with an error, never with an end."""
        await self.prove()
        self.faults.next(Fault(method="GET", cut_at=0.5))
        self.faults.always(Fault(reset=True))
        source = self.source()
        await source.ready(None)
        got = self.listener.all()
        with self.assertRaises(CutShort):
            await source.produce(self.out, None)  # type: ignore[arg-type]
        self.out.transport.abortConnection()
        await self.assertFailure(got, ConnectionResetError)

    async def test_a_listener_who_leaves(self) -> None:
        """Everything is given back."""
        await self.prove()
        before = _descriptors()
        out, listener = await joined(self)
        source = self.source()
        await source.ready(None)
        work = source.produce(out, None)  # type: ignore[arg-type]
        await listener.some(100_000)
        listener.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        listener.line.close()
        await self.assertFailure(work, ConnectionLost, ConnectionDone)
        await until(lambda: _descriptors() <= before + 1, "only the port of that listener")

    async def test_cancelling(self) -> None:
        """Whoever asked for it may think better of it."""
        await self.prove()
        source = self.source()
        await source.ready(None)
        work = source.produce(self.out, None)  # type: ignore[arg-type]
        await self.listener.some(100_000)
        work.addErrback(lambda failure: None)
        work.cancel()
        self.assertFalse(self.out.transport.has_unsent and self.out.transport._haul)


class TurnTests(HaulCase):
    """One connection, and two who want it."""

    line = {"connections": 1}

    async def test_letting_go(self) -> None:
        """A listener who takes nothing lends the connection to others, and gets everything all the same."""
        await self.prove()
        source = self.source()
        await source.ready(None)
        work = source.produce(self.out, None)  # type: ignore[arg-type]
        await until(lambda: self.out.hauls, "a haul")
        await self.sleep(0.5)
        self.assertEqual(SONG[:10], await self.got("tracks/a.mp3", 0, 9))
        rest = self.listener.all()
        await work
        self.out.transport.loseConnection()
        self.assertEqual(SONG, await rest)


class RelayTests(TestCase):
    """Two sockets and a pipe."""

    def relay(self, count: int, silence_seconds: float = 0.2) -> tuple[Relay, socket.socket]:
        """A relay, and the far end of its source."""
        far, near = socket.socketpair()
        near.setblocking(False)
        relay = Relay(reactor, os.dup(near.fileno()), count, silence_seconds)
        near.close()
        for one in (relay, far):
            self.addCleanup(one.close)
        return relay, far

    async def test_what_was_wanted_and_no_more(self) -> None:
        """It is over when the count is reached, whatever else the far end has to say."""
        out, listener = await joined(self)
        relay, far = self.relay(5)
        far.sendall(b"abcdefgh")
        await out.haul(relay)
        self.assertEqual((b"abcde", 5, ""), (await listener.some(5), relay.moved, relay.why))

    async def test_dry(self) -> None:
        """While the far end is slow the client's side is asleep, and not taken for stalled."""
        out, listener = await joined(self)
        relay, far = self.relay(6, PATIENCE_SECONDS)
        work = out.haul(relay)
        for number, piece in enumerate((b"ab", b"cd", b"ef")):
            await until(lambda number=number: relay.is_dry and relay.moved == 2 * number, "a dry pipe")  # type: ignore[misc]
            self.assertFalse(out.transport.has_unsent)
            far.sendall(piece)
        await work
        self.assertEqual(b"abcdef", await listener.some(6))

    async def test_ends(self) -> None:
        """An end that comes too early, and silence, are told; what came is passed on."""
        for silent in (False, True):
            out, listener = await joined(self)
            relay, far = self.relay(6)
            far.sendall(b"abc")
            work = out.haul(relay)
            if not silent:
                far.close()
            await work
            self.assertEqual((b"abc", 3), (await listener.some(3), relay.moved))
            self.assertTrue(relay.why)

    async def test_letting_go(self) -> None:
        """What is in the pipe still goes out."""
        out, listener = await joined(self)
        relay, far = self.relay(100 << 20)
        far.setblocking(False)
        work = out.haul(relay)
        sent = 0
        while relay.is_dry or relay.idle_since is None or reactor.seconds() - relay.idle_since < 0.3:
            with contextlib.suppress(BlockingIOError):
                sent += far.send(bytes(1 << 16))
            await deferLater(reactor, 0.001)
        relay.let_go()
        out.transport.loseConnection()
        heard = await listener.all()
        await work
        self.assertEqual(relay.moved, len(heard))  # more of it may have moved while the pipe ran dry
        self.assertGreater(sent, relay.moved)


class ProofTests(TestCase):
    """What is believed, and how long."""

    SEEN = Seen(5, '"tag"')

    def proofs(self) -> tuple[Proofs, Any]:
        """With a clock of their own."""
        from_now = _Hands()
        return Proofs(from_now), from_now  # type: ignore[arg-type]

    def test_for_an_hour(self) -> None:
        """The same object with the same tag; not another, not later, not one without a tag."""
        proofs, hands = self.proofs()
        proofs.proven("a", self.SEEN, "00")
        self.assertTrue(proofs.holds("a", self.SEEN, "00"))
        self.assertFalse(proofs.holds("b", self.SEEN, "00"))
        self.assertFalse(proofs.holds("a", self.SEEN, "01"))
        self.assertFalse(proofs.holds("a", Seen(5, '"gat"'), "00"))
        hands.now = BELIEVED_SECONDS + 1
        self.assertFalse(proofs.holds("a", self.SEEN, "00"))
        proofs.proven("c", Seen(5), "00")
        self.assertFalse(proofs.holds("c", Seen(5), "00"))

    def test_bounds(self) -> None:
        """There are never more than so many; the oldest go, and what turned out to be wrong."""
        proofs, _ = self.proofs()
        for number in range(MOST_PROOFS + 1):
            proofs.proven(str(number), self.SEEN, "00")
        self.assertFalse(proofs.holds("0", self.SEEN, "00"))
        self.assertTrue(proofs.holds("1", self.SEEN, "00"))
        proofs.forget("1")
        self.assertFalse(proofs.holds("1", self.SEEN, "00"))


class _Hands:
    """A clock."""

    now = 0.0

    def seconds(self) -> float:
        return self.now


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
