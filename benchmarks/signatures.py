"""
How much signing and believing one process does, against what ``cryptography`` alone does in the same run.

    python -m benchmarks.signatures [--seconds 5]

``signed``: posts of a local actor, headers and digest included.  ``believed``: posts of a known actor: digest, parsing,
coverage, time, and the check by the key.  Both with 64 askers at once on a real reactor, the mathematics in threads as
``Signing`` and ``Verifying`` have it; without a database, a cache, and moderation.  The figures of ``cryptography`` are
of one thread that does nothing else.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from fwtwisted.core.fediverse.keys.mill import Mill
from fwtwisted.core.fediverse.keys.signing import SIGN_AT_ONCE, SIGN_MOST
from fwtwisted.core.fediverse.keys.verifying import VERIFY_AT_ONCE
from fwtwisted.core.people.keys import new_keys
from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures import cavage, outgoing
from fwtwisted.wire.signatures.claims import Claim
from fwtwisted.wire.signatures.keys import has_signed, private_key, public_key, signed
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.signatures.received import Digests, Place, Received
from fwtwisted.wire.targets import target

ASKERS = 64
BODY = b'{"type": "Follow", "object": "https://pod.example/federation/actors/ada"}' * 12
KEY_ID = "https://far.example/users/ada#main-key"
THERE = target("https://pod.example/federation/shared/inbox")
PLACE = Place.at("https://pod.example")
reactor: Any = the_reactor


class Bench:
    """One pair of keys, and threads."""

    def __init__(self, seconds: float, pool: ThreadPool) -> None:
        self.seconds, self.pool = seconds, pool
        pair = new_keys()
        self.private, self.public = private_key(pair.private), public_key(pair.public)

    def threads(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """As the house hands them out."""
        return deferToThreadPool(reactor, self.pool, work, *args)

    def alone(self, work: Callable[[], object]) -> float:
        """How often in a second, in this thread."""
        until, count = time.perf_counter() + self.seconds, 0
        while time.perf_counter() < until:
            work()
            count += 1
        return count / self.seconds

    async def together(self, work: Callable[[], Awaitable[object]]) -> float:
        """How often in a second, by many askers at once."""
        until, count = time.perf_counter() + self.seconds, 0

        async def asker() -> None:
            nonlocal count
            while time.perf_counter() < until:
                await work()
                count += 1

        await gatherResults([Deferred.fromCoroutine(asker()) for _ in range(ASKERS)])
        return count / self.seconds

    def order(self) -> Order:
        """Something to be signed now."""
        return Order(KEY_ID, "POST", THERE, BODY, Scheme.CAVAGE, time.time())

    def headers(self, order: Order) -> dict[str, str]:
        """In a thread."""
        return outgoing.headers(order, lambda text: signed(self.private, text))

    def received(self) -> Received:
        """A request, as it comes in."""
        told = {name.lower(): [value] for name, value in self.headers(self.order()).items()}
        return Received("POST", "/federation/shared/inbox", {"host": ["pod.example"], **told}, Digests.of(BODY))

    def is_right(self, claim: Claim) -> bool:
        """In a thread."""
        return any(has_signed(self.public, claim.signature, text) for text in claim.texts)


async def measured(bench: Bench) -> None:
    """Print the figures."""
    signature = signed(bench.private, BODY)
    sign_alone = bench.alone(lambda: signed(bench.private, BODY))
    check_alone = bench.alone(lambda: has_signed(bench.public, signature, BODY))
    signing: Mill[Order, dict[str, str]] = Mill(bench.threads, bench.headers, SIGN_AT_ONCE, SIGN_MOST)
    checking: Mill[Claim, bool] = Mill(bench.threads, bench.is_right, VERIFY_AT_ONCE)
    request = bench.received()

    async def believe() -> None:
        Digests.of(BODY)
        assert await checking.do(cavage.claim(request, PLACE, time.time()))

    sign_ours = await bench.together(lambda: signing.do(bench.order()))
    check_ours = await bench.together(believe)
    print(f"{'':12}{'cryptography':>14}{'ours':>10}{'ratio':>8}   per second")
    print(f"{'signed':12}{sign_alone:14,.0f}{sign_ours:10,.0f}{sign_ours / sign_alone:8.2f}")
    print(f"{'believed':12}{check_alone:14,.0f}{check_ours:10,.0f}{check_ours / check_alone:8.2f}")


async def main(_: object, *given: str) -> None:
    """Read the command line, measure."""
    parser = argparse.ArgumentParser(description="signatures per second")
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args(given)
    pool = ThreadPool(0, 4)
    pool.start()
    try:
        await measured(Bench(asked.seconds, pool))
    finally:
        pool.stop()


if __name__ == "__main__":
    react(lambda *given: Deferred.fromCoroutine(main(*given)), sys.argv[1:])
