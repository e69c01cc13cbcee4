"""
Who is really asking, when a reverse proxy stands between.

A proxy tells the client's address in headers that anybody can write, so they count only when the peer of the
connection is trusted; from all others they are dropped before a handler sees them.

Source: docs/operations.md O-12; RFC 7239 for ``Forwarded``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from attrs import frozen
from twisted.internet.interfaces import IAddress
from twisted.web.http_headers import Headers

Network: TypeAlias = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

# Headers by which a trusted front tells about the far end.
TOLD_BY_FRONTS = frozenset(
    (
        b"Forwarded", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Port", b"X-Forwarded-Proto",
        b"X-Forwarded-Server", b"X-Real-Ip", b"X-Request-Id",
    )
)  # fmt: skip
# Headers that only ever go from us to a front: docs/storage.md S-23.
TOLD_TO_FRONTS = (b"X-Accel-", b"X-Sendfile")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_FORWARDED_FOR = re.compile(rb'(?:^|[;,\s])for="?([^";,]+)"?', re.IGNORECASE)


@frozen
class Trust:
    """
    Whose word about the client's address counts.

    :ivar networks: addresses of our own proxies; a Unix socket's peer is always one of us.
    :ivar hops: how many proxies stand in front (the address that many from the right counts); 0 means none; None
        walks from the right past every trusted hop.
    """

    networks: tuple[Network, ...] = LOOPBACK
    hops: int | None = None

    def covers(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether the address is one of our own proxies."""
        return any(address in network for network in self.networks)

    def peer(self, address: IAddress) -> Peer:
        """What a connection from this address is to us."""
        host = getattr(address, "host", None)
        if host is None:  # a Unix socket
            return Peer(self, "", is_trusted=True)
        known = _parsed(host)
        return Peer(self, host, is_trusted=known is not None and self.covers(known))


@frozen
class Peer:
    """The other end of a connection.  :ivar host: its address; empty for a Unix socket."""

    _trust: Trust
    host: str
    is_trusted: bool

    @property
    def is_local(self) -> bool:
        """On this very machine."""
        known = _parsed(self.host)
        return not self.host or (known is not None and known.is_loopback)

    def unwelcome(self, names: Iterable[bytes]) -> list[bytes]:
        """Which of the (canonical) header names must be forgotten, as this peer has no say in them."""
        return [
            name
            for name in names
            if name.startswith(TOLD_TO_FRONTS) or (not self.is_trusted and name in TOLD_BY_FRONTS)
        ]

    def request_id(self, headers: Headers) -> str | None:
        """The request's name as a trusted front gave it."""
        values = headers.getRawHeaders(b"X-Request-ID") if self.is_trusted else None
        return values[-1].decode("ascii") if values and _REQUEST_ID.fullmatch(values[-1]) else None

    def is_for_us(self, headers: Headers) -> bool:
        """Whether the client is a machine of our own: this peer, with nobody behind it who is none."""
        if not self.is_trusted:
            return False
        address = self.client_address(headers)
        known = _parsed(address)
        return not address or (known is not None and self._trust.covers(known))

    def client_address(self, headers: Headers) -> str:
        """The client's address: this peer's own, or what trusted proxies tell."""
        if not self.is_trusted or self._trust.hops == 0:
            return self.host
        hops = _hops(headers)
        if self._trust.hops is not None:
            counted = hops[-self._trust.hops :]
            return _text_of(counted[0], self.host) if counted else self.host
        return self._walk(hops)

    def _walk(self, hops: Sequence[bytes]) -> str:
        """The first address from the right that is not one of ours; a hop that cannot be read ends the walk."""
        last = self.host
        for hop in reversed(hops):
            known = _parsed(_bare(hop))
            if known is None:
                return last
            last = str(known)
            if not self._trust.covers(known):
                return last
        return last


def _hops(headers: Headers) -> list[bytes]:
    """The chain of addresses that proxies wrote down, client first."""
    lines = headers.getRawHeaders(b"X-Forwarded-For")
    if lines:
        return [hop.strip() for line in lines for hop in line.split(b",")]
    return list(_of_forwarded(headers.getRawHeaders(b"Forwarded") or ()))


def _of_forwarded(lines: Sequence[bytes]) -> Iterator[bytes]:
    """The ``for`` of each element of RFC 7239's header; an element without one breaks the chain."""
    for line in lines:
        for element in line.split(b","):
            found = _FORWARDED_FOR.search(element)
            yield found[1].strip() if found else b"unknown"


def _bare(hop: bytes) -> str:
    """A hop without brackets and port."""
    text = hop.decode("latin-1").strip('" ')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _text_of(hop: bytes, otherwise: str) -> str:
    """The hop's address in its usual spelling; ``otherwise`` when it is none."""
    known = _parsed(_bare(hop))
    return otherwise if known is None else str(known)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, an IPv4 one mapped into IPv6 as IPv4; None for anything else (``unknown``, ``_hidden``)."""
    try:
        known = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return mapped or known
