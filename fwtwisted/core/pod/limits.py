"""
How often somebody may do a thing: counted before it is done, by all processes of the pod together.

Source: docs/settings.md, rate limits; docs/operations.md §8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, ip_address

from attrs import field, frozen

from fwtwisted.model.errors import Throttled

Count = Callable[[str, float], Awaitable[int]]
"""How often a key was counted within a window of so many seconds, this time included."""


@frozen
class LimitsSettings:
    """
    :ivar enabled: False: everybody may do everything as often as they like.
    :ivar rates: by scope, how often in how many seconds; a scope that is not named has no limit.
    """

    enabled: bool = True
    rates: Mapping[str, tuple[int, int]] = field(factory=dict)


class Limits:
    """Counts, and refuses what is too much."""

    def __init__(self, count: Count, settings: LimitsSettings) -> None:
        self._count, self._settings = count, settings

    async def spend(self, scope: str, who: str, *, times: int = 1) -> None:
        """
        Count one deed of ``who``.

        :param times: as many times the scope's own rate are allowed.
        :raise Throttled: when it is one too many.
        """
        rate = self._settings.rates.get(scope)
        if rate is None or not self._settings.enabled:
            return
        allowed, seconds = rate
        key = hashlib.sha256(f"{times} {who}".encode()).hexdigest()[:32]
        if await self._count(f"limit:{scope}:{key}", seconds) > allowed * times:
            raise Throttled(seconds)


def network_of(address: str) -> str:
    """
    What an address is counted as: itself, or the /64 that an IPv6 one lies in.

    Source: docs/operations.md O-70.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return f"{known.exploded[:19]}::/64" if isinstance(known, IPv6Address) else str(known)
