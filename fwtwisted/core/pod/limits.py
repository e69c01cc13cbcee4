"""
How often somebody may do a thing: counted before it is done, by all processes of the pod together.

A scope has a rate, such as ``login`` 30 an hour.  So many may be done at once; what was used comes back evenly over
the span (:mod:`fwtwisted.outside.tallies`), so that a wait is a share of the span and not the rest of a day.

Source: docs/settings.md, rate limits; docs/operations.md §8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil

from attrs import field, frozen

from fwtwisted.model.errors import Throttled
from fwtwisted.model.limits import Standing
from fwtwisted.outside.tallies import SLACK, Tallies

LONGEST_PLAIN = 64  # characters of a name that is a key as it stands


@frozen
class LimitsSettings:
    """
    How often one may do what.

    :ivar enabled: False: everybody may do everything as often as they like.
    :ivar rates: by scope, how often in how many seconds; a scope that is not named has no limit.
    """

    enabled: bool = True
    rates: Mapping[str, tuple[int, int]] = field(factory=dict)


class Limits:
    """Counts, and refuses what is too much."""

    def __init__(self, tallies: Tallies, settings: LimitsSettings) -> None:
        self._tallies, self._settings = tallies, settings

    def become(self, settings: LimitsSettings) -> None:
        """Allow other things from now on."""
        self._settings = settings

    @property
    def enabled(self) -> bool:
        """Whether anything is counted."""
        return self._settings.enabled

    async def spend(self, scope: str, who: str, *, times: int = 1) -> Standing | None:
        """
        Count one deed of ``who``.

        :param times: as many times the scope's own rate are allowed.
        :return: where they stand now; None where nothing is counted.
        :raise Throttled: when it is one too many.
        """
        rate = self._settings.rates.get(scope)
        if rate is None or not self._settings.enabled:
            return None
        allowed, seconds = rate[0] * times, rate[1]
        if allowed == 0:
            raise Throttled(seconds, Standing(scope, 0, seconds, 0, seconds, seconds))
        drawn = await self._tallies.draw(_key(scope, who, times), allowed, seconds)
        standing = _standing(scope, allowed, seconds, drawn.busy_seconds)
        if not drawn.admitted:
            raise Throttled(max(1, ceil(standing.wait_seconds)), standing)
        return standing

    async def standings(self, who: str) -> list[Standing]:
        """Where ``who`` stands with every scope, in the order of their names; asking counts for nothing."""
        rates = sorted(self._settings.rates.items())
        busy = await self._tallies.busy([_key(scope, who, 1) for scope, _ in rates])
        return [_standing(scope, *rate, seconds) for (scope, rate), seconds in zip(rates, busy, strict=True)]


def _standing(scope: str, allowed: int, seconds: int, busy: float) -> Standing:
    """What a tally says of a scope."""
    if allowed == 0:
        return Standing(scope, 0, seconds, 0, seconds, seconds)
    share = seconds / allowed
    room = seconds + share * SLACK - busy
    return Standing(scope, allowed, seconds, int(room / share), max(0.0, share - room), busy)


def _key(scope: str, who: str, times: int) -> str:
    """The key of a tally; names that people choose are hashed."""
    name = f"{times} {who}" if times > 1 else who
    if len(name) > LONGEST_PLAIN or not name.isascii():
        name = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"limit:{scope}:{name}"


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """
    What an address is counted as: itself, or the /64 that an IPv6 one lies in.

    Source: docs/operations.md O-70.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        inner = known.ipv4_mapped
        return f"{known.exploded[:19]}::/64" if inner is None else str(inner)
    return str(known)
