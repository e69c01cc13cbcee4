"""
Fills a cache as fast as it can, until it is killed; for :mod:`tests.outside.cache.test_crashes`.

    python -m tests.outside.cache.filling_child ENDPOINT BUCKET FOLDER MAX_BYTES NAME…

Prints ``open``, then for every object that it read ``NAME STATUS DIGEST``, or ``NAME failed WHY``.
"""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.threads import deferToThread

from fwtwisted.model.errors import FwError
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.s3.building import PodStore, StoreParts, pod_store
from fwtwisted.outside.s3.settings import StoreSettings
from fwtwisted.wire.s3.addresses import Address
from tests.outside.cache.case import SLICE
from tests.outside.consumers import Sink
from tests.s3_server import POD

reactor: Any = _reactor


async def main(endpoint: str, bucket: str, folder: str, most: str, rounds: str, *names: str) -> None:
    """Read them all, in any order, some at once."""
    settings = StoreSettings(Address.at(endpoint, bucket, None, "auto"), POD)
    told = MediaCacheSettings(folder, max_bytes=int(most), least_free_bytes=0, slice_bytes=SLICE)
    root = f"{folder}.root"
    local = LocalBlobs(root, deferToThread)
    parts = pod_store(reactor, PodStore(settings), local, root, deferToThread, looks_here=False, caching=told)
    await parts.begin()
    print("open", flush=True)
    for _ in range(int(rounds)):
        order = random.sample(names, len(names))
        await DeferredList([Deferred.fromCoroutine(heard(parts, name)) for name in order])
    await parts.close()


async def heard(parts: StoreParts, name: str) -> None:
    """One of them."""
    source = await parts.blobs.open(name)
    sink = Sink()
    try:
        await source.ready(None)
        await source.produce(sink, None)
    except (FwError, EOFError) as failed:
        print(name, "failed", failed, flush=True)
    else:
        print(name, source.cache_status, hashlib.sha256(sink.body).hexdigest(), flush=True)
    finally:
        source.close()


def run() -> None:
    """Until it is done or killed."""

    def begin() -> None:
        def over(result: object) -> None:
            print("over", result, flush=True)
            reactor.stop()

        Deferred.fromCoroutine(main(*sys.argv[1:])).addBoth(over)

    reactor.callWhenRunning(begin)
    reactor.run()


if __name__ == "__main__":
    run()
