"""
Looking names up, so that slow name servers of some hold up nobody else.

The machine's own lookup blocks a thread, for as long as it likes, also when nobody waits for it any more.  So lookups
have threads of their own; each name is looked up once for all who ask at the same time; and the names of one site, all
of which somebody may make slow, hold only so many of the threads.  A name whose turn comes when nobody waits for it any
more is not looked up.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching.turns import Turns

AT_ONCE = 32
AT_ONCE_PER_SITE = 2
# Where a country sells names below these, many sites share the last two labels: co.uk, com.br.
COMMON = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))
COUNTRY = 2  # letters

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""The network addresses that a name stands for.  Raises OSError when there are none."""
Blocking: TypeAlias = Callable[[str], Sequence[str]]


def system_lookup(threads: Threads, look: Blocking | None = None) -> Lookup:
    """
    Names as this machine knows them.

    :param threads: :data:`AT_ONCE` of them are enough.  :param look: else the machine's.
    """
    return _Lookups(threads, _looked_up if look is None else look).addresses


class _Lookups:
    """Lookups that are under way, by name, with who waits for each."""

    def __init__(self, threads: Threads, look: Blocking) -> None:
        self._threads, self._look = threads, look
        self._turns = Turns(AT_ONCE_PER_SITE, AT_ONCE)
        self._waiting: dict[str, list[Deferred[Sequence[str]]]] = {}

    def addresses(self, host: str) -> Deferred[Sequence[str]]:
        """What a name stands for; who stops waiting leaves it to the others, and once begun to its end."""
        waiter: Deferred[Sequence[str]] = Deferred()
        if host in self._waiting:
            self._waiting[host].append(waiter)
        else:
            self._waiting[host] = [waiter]
            Deferred.fromCoroutine(self._in_turn(host)).addBoth(self._told, host)
        return waiter

    async def _in_turn(self, host: str) -> Sequence[str]:
        async with self._turns.of(site(host)):
            if all(waiter.called for waiter in self._waiting[host]):
                return ()  # to nobody
            found: Sequence[str] = await self._threads(self._look, host)
            return found

    def _told(self, result: Sequence[str] | Failure, host: str) -> None:
        for waiter in self._waiting.pop(host):
            if not waiter.called:
                waiter.callback(result)


def site(host: str) -> str:
    """What names in one hand share: ``a.b.example.org`` is of ``example.org``, ``a.x.co.uk`` of ``x.co.uk``."""
    labels = host.rstrip(".").split(".")
    is_common = len(labels) > 2 and len(labels[-1]) == COUNTRY and labels[-2] in COMMON
    return ".".join(labels[-3 if is_common else -2 :])


def _looked_up(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as why:
        raise OSError(f"{host} is no name") from why
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
