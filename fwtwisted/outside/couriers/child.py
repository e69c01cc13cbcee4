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

from fwtwisted.outside.couriers.pipe import Frames, Stamp, Told, framed, is_taken, outcome_told, stamp_of, way_of
from fwtwisted.outside.fetching import FetchFailed, Fetching, Lookup, system_lookup
from fwtwisted.outside.fetching.posting import Posted, Posting
from fwtwisted.wire.signatures import outgoing
from fwtwisted.wire.signatures.keys import private_key, signed
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.targets import Target

MOST_MEMORY = 1 << 30
BEGUN_AT_ONCE = 2  # bundles, before answers are read again
TOLD_AT_ONCE = 8  # bundles that are over
TELL_SECONDS = 0.005  # after one is over
PROGRESS_SECONDS = 0.25  # what came of letters is told, though their bundles are not over: so much is lost with us
LIFE_SECONDS = 10.0
LOOKUP_THREADS = 16

MakeLookup = Callable[[Any], Lookup]


class _Bundle:
    """
    Letters to one place, under way.

    :ivar waiting: place, URL, stamp with key, and body of each that is still to go.
    :ivar hands: how many of us are at it.  :ivar outcomes: not told so far.  :ivar is_refused: one was not taken.
    """

    def __init__(self, told: Told, keys: Mapping[int, RSAPrivateKey]) -> None:
        _, self.number, abreast, self.headers, stamps, bodies, letters = told
        stamped = [(stamp, keys[key]) for stamp, key in map(stamp_of, stamps)]  # now: they may be forgotten soon
        bodied = [body.encode() for body in bodies]
        self.waiting = deque((place, url, stamped[stamp], bodied[body]) for place, url, stamp, body in letters)
        self.hands: int = min(abreast, len(letters))
        self.outcomes: list[Told] = []
        self.is_refused = False


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
        self._waiting: deque[_Bundle] = deque()
        self._under_way: set[_Bundle] = set()
        self._to_tell: list[list[object]] = []
        self._telling: Any = None
        self._progress: Any = None

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
                del self._keys[told[1]]
            else:
                self._take(_Bundle(told, self._keys))

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

    def _take(self, bundle: _Bundle) -> None:
        if not self._waiting:
            self._reactor.callLater(0, self._begin)
        self._waiting.append(bundle)

    def _begin(self) -> None:
        for _ in range(min(BEGUN_AT_ONCE, len(self._waiting))):
            bundle = self._waiting.popleft()
            self._under_way.add(bundle)
            for _ in range(bundle.hands):
                Deferred.fromCoroutine(self._carry(bundle))
        if self._waiting:
            self._reactor.callLater(0, self._begin)
        if self._progress is None:
            self._progress = self._reactor.callLater(PROGRESS_SECONDS, self._tell_progress)

    async def _carry(self, bundle: _Bundle) -> None:
        """Post one after the other until there are none, or one was not taken."""
        while bundle.waiting and not bundle.is_refused:
            place, url, stamped, body = bundle.waiting.popleft()
            outcome = await self._posted(url, body, bundle.headers, *stamped)
            bundle.outcomes.append(outcome_told(place, outcome))
            if not is_taken(outcome):
                bundle.is_refused = True
        bundle.hands -= 1
        if not bundle.hands:
            self._under_way.discard(bundle)
            self._tell([bundle.number, True, bundle.outcomes])

    async def _posted(
        self, url: str, body: bytes, headers: Mapping[str, str], stamp: Stamp, key: RSAPrivateKey
    ) -> Posted | Exception:
        """What comes of a letter."""

        async def sign(there: Target) -> Mapping[str, str]:
            order = Order(stamp.key_id, "POST", there, body, stamp.scheme, time.time(), stamp.wanted)
            return outgoing.headers(order, partial(signed, key))

        assert self._posting is not None
        try:
            return await self._posting.post(url, body, headers, sign)
        except FetchFailed as why:
            return why
        except Exception as why:  # ours to mend; the server is told, and goes on
            print(Failure().getBriefTraceback(), file=sys.stderr, flush=True)
            return why

    # --- answers ---------------------------------------------------------------------------------

    def _tell(self, over: list[object]) -> None:
        """Several together, but for no longer than it takes to come by them."""
        self._to_tell.append(over)
        if len(self._to_tell) >= TOLD_AT_ONCE or not self._under_way:
            self._tell_all()
        elif self._telling is None:
            self._telling = self._reactor.callLater(TELL_SECONDS, self._tell_all)

    def _tell_progress(self) -> None:
        """What came of letters in bundles that are not over."""
        self._progress = None
        for bundle in self._under_way:
            if bundle.outcomes:
                self._to_tell.append([bundle.number, False, bundle.outcomes])
                bundle.outcomes = []
        if self._to_tell:
            self._tell_all()
        if self._under_way or self._waiting:
            self._progress = self._reactor.callLater(PROGRESS_SECONDS, self._tell_progress)

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
    """The child process, unable to eat all memory; whoever starts it sees to it that it gives way."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    task.react(run, [make_lookup])


if __name__ == "__main__":
    main()
