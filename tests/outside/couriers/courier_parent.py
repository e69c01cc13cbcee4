"""
A server with couriers: ``python -m tests.outside.couriers.courier_parent URL ORIGIN`` has them carry something there,
and prints their numbers; then it waits to be killed.
"""

from __future__ import annotations

import sys
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from twisted.internet import task
from twisted.internet.defer import Deferred

from fwtwisted.model.federation import Scheme
from fwtwisted.outside.couriers import Bundle, Couriers, CouriersSettings, Letter, Slots, Stamp, Way
from fwtwisted.outside.fetching import FetchSettings
from fwtwisted.outside.fetching.posting import PostingSettings
from fwtwisted.wire.targets import Exemptions


def begin(reactor: Any, url: str, origin: str) -> Deferred[None]:
    """Never ends by itself."""
    way = Way(FetchSettings("x", Exemptions.of(["127.0.0.1"])), PostingSettings("x"))
    couriers = Couriers(reactor, way, CouriersSettings(), Slots())
    stamp = Stamp("https://pod.example/a#main-key", Scheme.CAVAGE)
    couriers.post(Bundle(origin, {}, [Letter(url, "{}", stamp, generate_private_key(65537, 2048))]))
    print(*couriers.pids, flush=True)
    return Deferred()


if __name__ == "__main__":
    task.react(begin, sys.argv[1:])
