"""
A courier: ``python -m fwtwisted.outside.couriers.child`` posts what it is told on its standard input until that ends.

It has one thing to do and does it in turns: so it signs on its reactor's own thread.  See ``pipe`` for what is said.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from twisted.internet import stdio, task
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from fwtwisted.outside.couriers.pipe import Frames, Told, failure_told, framed, posted_told, stamp_of, way_of
from fwtwisted.outside.fetching import FetchFailed, Fetching, Lookup, system_lookup
from fwtwisted.outside.fetching.posting import Posting
from fwtwisted.wire.signatures import outgoing
from fwtwisted.wire.signatures.keys import private_key, signed
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.targets import Target

MOST_MEMORY = 1 << 30
NICENESS = 10
BEGUN_AT_ONCE = 4  # letters, before answers are read again
TOLD_AT_ONCE = 8
TELL_SECONDS = 0.005
LIFE_SECONDS = 10.0
LOOKUP_THREADS = 16

MakeLookup = Callable[[Any], Lookup]


class Courier(Protocol):
    """
    Speaks with the server over standard input and output.

    :param make_lookup: of names, from what runs things in threads.
    """

    _log = Logger()

    def __init__(self, reactor: Any, make_lookup: MakeLookup) -> None:
        self._reactor, self._make_lookup = reactor, make_lookup
        self._frames = Frames()
        self._posting: Posting | None = None
        self._keys: dict[int, RSAPrivateKey] = {}
        self._waiting: deque[Told] = deque()
        self._under_way = 0
        self._to_tell: list[list[object]] = []
        self._telling: Any = None

    def connectionMade(self) -> None:
        """Say that we are there, and now and then that we still are."""
        task.LoopingCall(self._tell_all).start(LIFE_SECONDS)

    def dataReceived(self, data: bytes) -> None:
        """Instructions."""
        for told in self._frames.feed(data):
            if self._posting is None:
                self._posting = self._door(told)
            elif told[0] == "key":
                self._keys[told[1]] = private_key(told[2])
            elif told[0] == "forget":
                self._to_forget(told[1])
            else:
                self._take(told)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody wants anything any longer.  Threads that look names up are not waited for."""
        os._exit(0)

    def _door(self, told: Told) -> Posting:
        way = way_of(told)
        pool = ThreadPool(0, LOOKUP_THREADS)
        pool.start()

        def threads(call: Callable[..., Any], *args: Any, **named: Any) -> Deferred[Any]:
            return deferToThreadPool(self._reactor, pool, call, *args, **named)

        fetching = Fetching(self._reactor, threads, way.fetching, self._make_lookup(threads))
        return Posting(self._reactor, fetching, way.posting)

    # --- letters ---------------------------------------------------------------------------------

    def _take(self, told: Told) -> None:
        told[6] = self._keys[told[6]]  # which may be forgotten before it is the letter's turn
        if not self._waiting:
            self._reactor.callLater(0, self._begin)
        self._waiting.append(told)

    def _to_forget(self, number: int) -> None:
        self._keys.pop(number, None)

    def _begin(self) -> None:
        for _ in range(min(BEGUN_AT_ONCE, len(self._waiting))):
            self._under_way += 1
            Deferred.fromCoroutine(self._carry(self._waiting.popleft()))
        if self._waiting:
            self._reactor.callLater(0, self._begin)

    async def _carry(self, told: Told) -> None:
        _, number, url, text, headers, stamped, key = told
        body, stamp = text.encode(), stamp_of(stamped)

        async def sign(there: Target) -> Mapping[str, str]:
            order = Order(stamp.key_id, "POST", there, body, stamp.scheme, time.time(), stamp.wanted)
            return outgoing.headers(order, partial(signed, key))

        assert self._posting is not None
        try:
            answer = posted_told(number, await self._posting.post(url, body, headers, sign))
        except FetchFailed as why:
            answer = failure_told(number, why)
        except Exception as why:  # ours to mend; the server is told, and goes on
            print(Failure().getBriefTraceback(), file=sys.stderr, flush=True)
            answer = failure_told(number, why)
        self._under_way -= 1
        self._tell(answer)

    # --- answers ---------------------------------------------------------------------------------

    def _tell(self, answer: list[object]) -> None:
        """Several together, but for no longer than it takes to come by them."""
        self._to_tell.append(answer)
        if len(self._to_tell) >= TOLD_AT_ONCE or not self._under_way:
            self._tell_all()
        elif self._telling is None:
            self._telling = self._reactor.callLater(TELL_SECONDS, self._tell_all)

    def _tell_all(self) -> None:
        telling, self._telling = self._telling, None
        if telling is not None and telling.active():
            telling.cancel()
        told, self._to_tell = self._to_tell, []
        transport: Any = self.transport
        transport.write(framed(told or [[]]))


def run(reactor: Any, make_lookup: MakeLookup = system_lookup) -> Deferred[None]:
    """Carry letters until there will be none."""

    def deaf() -> None:  # signals at a terminal or of a service manager are meant for our parent, who ends us
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    reactor.callWhenRunning(deaf)
    stdio.StandardIO(Courier(reactor, make_lookup), reactor=reactor)
    return Deferred()


def main(make_lookup: MakeLookup = system_lookup) -> None:
    """The child process: gentle to others, and unable to eat all memory."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    task.react(run, [make_lookup])


if __name__ == "__main__":
    main()
