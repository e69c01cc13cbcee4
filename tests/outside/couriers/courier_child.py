"""A courier for whom some names mean what a test needs; all others are looked up as ever."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fwtwisted.outside.couriers.child import main
from fwtwisted.outside.fetching import Lookup, system_lookup

NAMES = {
    "inward.example": ["192.168.7.7"],
    "mixed.example": ["9.9.9.9", "127.0.0.1"],
    "nowhere.example": [],
}
STUCK = "stuck.example"


def made_up(threads: Any) -> Lookup:
    """A lookup that knows of these names, and never comes back from one of them."""
    others = system_lookup(threads)

    async def lookup(host: str) -> Sequence[str]:
        if host == STUCK:
            time.sleep(60)
        return NAMES[host] if host in NAMES else await others(host)

    return lookup


if __name__ == "__main__":
    main(made_up)
