"""
Trouble on the way to a store: a small HTTP proxy that passes everything through, except for what a test wants broken.

It runs in the test's own reactor, between a client and the real store.  Requests go through unchanged (signatures stay
right, for the ``Host`` header is left as it is; clients sign for the proxy's port and the store does not mind), and are
noted.  Trouble is said as a list of :class:`Fault`: each has a pattern of requests that it is about, and a number of
times after which it is over.

::

    faults = Faults(store.port)
    endpoint = await faults.listen(self)               # http://127.0.0.1:PORT, closed when the test ends
    faults.next(Fault(status=503, code="SlowDown"), times=2)
    faults.always(Fault(cut_at=0.3, method="GET"))
    faults.refuse()                                    # nobody listens; faults.admit() ends it
    [asked.method for asked in faults.asked]           # what came, in order
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

reactor: Any = _reactor


@frozen
class Fault:
    """
    What goes wrong with a request.  Fields that are None do nothing.

    :ivar method: and :ivar path: (a regular expression, searched in path and query) say which requests it is about.
    :ivar latency: seconds before anything is done.
    :ivar status: answered instead of asking the store, with an error document of :ivar code: and :ivar extra: in it.
    :ivar headers: of that answer.  :ivar body: instead of the document.
    :ivar hang: the request is taken, and nothing is ever answered.
    :ivar reset: the connection is reset at once; with :ivar after_store: after the store has done it.
    :ivar cut_at: share of the body (a number up to 1), or bytes, after which the connection ends; :ivar stalls: instead
        of ending, it goes silent.
    :ivar flip_at: share of the body at which a byte is changed.
    :ivar keep: changes the head of the store's answer.
    :ivar bytes_a_second: how fast the body comes.
    """

    method: str | None = None
    path: str | None = None
    latency: float = 0.0
    status: int | None = None
    code: str = ""
    extra: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    hang: bool = False
    reset: bool = False
    after_store: bool = False
    cut_at: float | None = None
    stalls: bool = False
    flip_at: float | None = None
    keep: Callable[[bytes], bytes] | None = None
    bytes_a_second: int | None = None

    def is_about(self, asked: Asked) -> bool:
        """Whether the request is one of those."""
        return self.method in (None, asked.method) and (
            self.path is None or re.search(self.path, asked.path) is not None
        )

    @property
    def touches_body(self) -> bool:
        """Whether the answer is the store's, and its body is not."""
        return self.cut_at is not None or self.flip_at is not None or self.bytes_a_second is not None


@define
class Asked:
    """A request that came.  :ivar path: with its query.  :ivar headers: names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    fault: Fault | None = None


@define
class _Trouble:
    fault: Fault
    left: int | None = field(default=None)


class Faults:
    """
    The proxy.

    :param certificate: speak TLS, under this name and with this key.
    :ivar asked: every request so far.
    """

    def __init__(self, port: int, certificate: CertificateOptions | None = None) -> None:
        self._port, self._certificate = port, certificate
        self.asked: list[Asked] = []
        self.open: set[_Front] = set()
        self._trouble: list[_Trouble] = []
        self._listening: Any = None
        self.port = 0

    async def listen(self, case: TestCase) -> str:
        """Open; the endpoint's URL."""
        self.admit()
        case.addCleanup(self._close)
        return f"http://127.0.0.1:{self.port}" if self._certificate is None else f"https://localhost:{self.port}"

    def admit(self) -> None:
        """Listen, at first or again."""
        if self._listening is None:
            factory = Factory.forProtocol(lambda: _Front(self))
            factory.noisy = False
            if self._certificate is None:
                self._listening = reactor.listenTCP(self.port, factory, interface="127.0.0.1")
            else:
                self._listening = reactor.listenSSL(self.port, factory, self._certificate, interface="127.0.0.1")
            self.port = self._listening.getHost().port

    def refuse(self) -> None:
        """Listen no more, and end every connection: whoever comes is refused."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.stopListening()
        for front in list(self.open):
            front.reset()

    def next(self, fault: Fault, times: int = 1) -> None:
        """The next requests that it is about go wrong."""
        self._trouble.append(_Trouble(fault, times))

    def always(self, fault: Fault) -> None:
        """All of them."""
        self._trouble.append(_Trouble(fault))

    def well(self) -> None:
        """Nothing goes wrong any more."""
        self._trouble.clear()

    def count(self, method: str, path: str = "") -> int:
        """How many requests of that kind came."""
        return sum(asked.method == method and re.search(path, asked.path) is not None for asked in self.asked)

    def of(self, asked: Asked) -> Fault | None:
        """What goes wrong with a request."""
        self.asked.append(asked)
        for trouble in self._trouble:
            if trouble.fault.is_about(asked) and trouble.left != 0:
                trouble.left = None if trouble.left is None else trouble.left - 1
                asked.fault = trouble.fault
                return trouble.fault
        return None

    def to_store(self) -> Deferred[Any]:
        """A new connection to the store."""
        factory = Factory.forProtocol(_Back)
        factory.noisy = False
        return TCP4ClientEndpoint(reactor, "127.0.0.1", self._port, timeout=5).connect(factory)

    async def _close(self) -> None:
        self.refuse()
        gone = [front.gone for front in list(self.open)]
        for one in gone:
            await one


class _Messages:
    """Cuts heads off a stream.  Chunked bodies pass as they are, for nobody here makes any trouble there."""

    def __init__(self) -> None:
        self.head = b""

    def begun(self, data: bytes) -> tuple[bytes, bytes] | None:
        """A complete head and what follows it; None until it is complete."""
        self.head += data
        head, end, rest = self.head.partition(b"\r\n\r\n")
        if not end:
            return None
        self.head = b""
        return head + end, rest


def _length(head: bytes) -> int:
    found = re.search(rb"\r\nContent-Length:\s*(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


class _Front(Protocol):
    """One connection of a client: one request after the other, each with a connection of its own to the store."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._messages = _Messages()
        self._back: _Back | None = None
        self._held: list[bytes] | None = None
        self._left = 0
        self._swallows = False
        self._waiting: list[Any] = []
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self._faults.open.add(self)
        self.transport.setTcpNoDelay(True)  # type: ignore[union-attr]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._faults.open.discard(self)
        for call in self._waiting:
            if call.active():
                call.cancel()
        if self._back is not None:
            self._back.drop()
        self.gone.callback(None)

    def reset(self) -> None:
        """End it rudely."""
        self.transport.abortConnection()  # type: ignore[union-attr]

    def later(self, seconds: float, work: Callable[..., object], *args: object) -> None:
        """Do something unless the client is gone by then."""
        self._waiting.append(reactor.callLater(seconds, work, *args))

    def dataReceived(self, data: bytes) -> None:
        if self._left:
            self._body(data)
            return
        begun = self._messages.begun(data)
        if begun is not None:
            self._request(*begun)

    def _request(self, head: bytes, rest: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        fault = self._faults.of(Asked(method, path, headers))
        self._left, self._held, self._swallows = _length(head), [head], False
        if fault is not None and (fault.status is not None or fault.hang or (fault.reset and not fault.after_store)):
            self._swallows = True
            self._instead(fault)
        else:
            self.later(0 if fault is None else fault.latency, self._ask, method, fault)
        if rest:
            self._body(rest)

    def _body(self, data: bytes) -> None:
        self._left = max(0, self._left - len(data))
        if self._swallows:
            return
        if self._held is not None:
            self._held.append(data)
        elif self._back is not None:
            self._back.send(data)

    def _instead(self, fault: Fault) -> None:
        """Answer what the store did not say, or nothing."""
        if fault.hang:
            return
        if fault.reset:
            self.later(fault.latency, self.reset)
            return
        document = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code>{fault.extra}</Error>".encode()
        body = document if fault.body is None else fault.body
        lines = [f"HTTP/1.1 {fault.status} Trouble", f"Content-Length: {len(body)}", "Content-Type: application/xml"]
        lines += [f"{name}: {value}" for name, value in fault.headers] + ["Connection: close"]
        is_head = self._faults.asked[-1].method == "HEAD"
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if is_head else body)
        self.later(fault.latency, self._answer, whole)

    def _answer(self, whole: bytes) -> None:
        if self._left:  # the client still sends; it must not be reset before it has read
            self.later(0.01, self._answer, whole)
            return
        self.transport.write(whole)  # type: ignore[union-attr]
        self.transport.loseConnection()  # type: ignore[union-attr]

    def _ask(self, method: str, fault: Fault | None) -> None:
        """Let the store answer."""

        def connected(back: _Back) -> None:
            held, self._held = self._held, None
            if not self.gone.called:
                self._back = back
                back.begin(self, method, fault)
                back.send(b"".join(held or []))
            else:
                back.drop()

        def failed(_: Failure) -> None:
            if not self.gone.called:
                self.reset()

        self._faults.to_store().addCallbacks(connected, failed)

    def answered(self) -> None:
        """An answer is complete; the next request may come."""
        self._back = None


class _Back(Protocol):
    """One connection to the store, for one answer."""

    def __init__(self) -> None:
        self._messages = _Messages()
        self._front: _Front | None = None
        self._fault: Fault | None = None
        self._told_head = False
        self._length = self._sent = 0
        self._silent = False

    def begin(self, front: _Front, method: str, fault: Fault | None) -> None:
        """Whose answer it is, and what is wrong with it."""
        self._front, self._fault, self._method = front, fault, method
        plain = fault is None or not fault.touches_body
        if plain:  # a slow client slows the store down, as if we were not there
            self.transport.registerProducer(front.transport, True)  # type: ignore[union-attr]
            front.transport.registerProducer(self.transport, True)  # type: ignore[union-attr]

    def send(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[union-attr]

    def drop(self) -> None:
        """Nobody wants it any more."""
        self._front = None
        self.transport.abortConnection()  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        if self._front is None or self._silent:
            return
        if self._told_head:
            self._body(data)
            return
        begun = self._messages.begun(data)
        if begun is None:
            return
        head, rest = begun
        if self._fault is not None and self._fault.after_store:
            self._front.reset()
            return
        if re.match(rb"HTTP/1.\d 1\d\d", head):
            self._write(head)
            if rest:
                self.dataReceived(rest)
            return
        self._told_head = True
        self._length = 0 if self._method == "HEAD" or re.match(rb"HTTP/1.\d (204|304)", head) else _length(head)
        self._is_chunked = re.search(rb"\r\nTransfer-Encoding:\s*chunked", head, re.IGNORECASE) is not None
        self._write(head if self._fault is None or self._fault.keep is None else self._fault.keep(head))
        self._body(rest)

    def _body(self, data: bytes) -> None:
        fault = self._fault
        if fault is not None and fault.flip_at is not None:
            place = int(self._length * fault.flip_at) - self._sent
            if 0 <= place < len(data):
                data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        if fault is not None and fault.cut_at is not None:
            limit = int(fault.cut_at if fault.cut_at > 1 else self._length * fault.cut_at)
            if self._sent + len(data) >= limit:
                self._write(data[: limit - self._sent])
                self._end_early(fault)
                return
        self._sent += len(data)
        if fault is not None and fault.bytes_a_second is not None:
            self._slowly(data, fault.bytes_a_second)
            return
        self._write(data)
        self._see_end(data)

    def _end_early(self, fault: Fault) -> None:
        self._silent = True
        if not fault.stalls and self._front is not None:
            self._front.transport.loseConnection()  # type: ignore[union-attr]

    def _slowly(self, data: bytes, pace: int) -> None:
        self.transport.pauseProducing()  # type: ignore[union-attr]
        step = max(1, pace // 20)
        self._trickle([data[start : start + step] for start in range(0, len(data), step)])

    def _trickle(self, pieces: list[bytes]) -> None:
        if self._front is None:
            return
        if not pieces:
            self.transport.resumeProducing()  # type: ignore[union-attr]
            self._see_end()
            return
        self._write(pieces.pop(0))
        self._front.later(0.05, self._trickle, pieces)

    def _write(self, data: bytes) -> None:
        if self._front is not None and data:
            self._front.transport.write(data)  # type: ignore[union-attr]

    def _see_end(self, data: bytes = b"") -> None:
        is_over = data.endswith(b"0\r\n\r\n") if self._is_chunked else self._sent >= self._length
        if is_over and self._front is not None:
            front, self._front = self._front, None
            front.transport.unregisterProducer()  # type: ignore[union-attr]
            front.answered()
            self.transport.loseConnection()  # type: ignore[union-attr]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        front, self._front = self._front, None
        if front is not None:
            front.transport.unregisterProducer()  # type: ignore[union-attr]
            front.transport.loseConnection()  # type: ignore[union-attr]
