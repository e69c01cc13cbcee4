"""
Where a request may go: addresses of other servers, read strictly, and the networks that nobody may send us into.

Whoever types an address, or writes one into a document that we read, must not be able to make this server talk to
itself, to its neighbours, or to a port where something else than the web listens.  So a URL is taken apart here into
a :class:`Target` or refused, and every network address that its name stands for is judged by :func:`why_refused`.
Odd spellings of addresses (``2130706433``, ``0x7f.1``, ``127.1``) are names that no server has, and refused as such.

Source: docs/federation.md §8.1; RFC 6890; the WHATWG's URL standard for what ends in a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urljoin, urlsplit

import idna
from attrs import frozen

LONGEST_URL = 2_000  # characters
LONGEST_HOST = 253
FIRST_FREE_PORT = 1024
USUAL_PORTS = {"http": 80, "https": 443}
SECURE = ("https",)
PLAIN_OR_SECURE = ("https", "http")

# Names that mean this machine, its neighbourhood, or another net than the one that we are in.
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "onion", "i2p", "arpa")
_FORBIDDEN_SIGNS = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# What ``ipaddress`` does not call private, and is nobody's public server all the same.
_FURTHER = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10", "192.88.99.0/24", "192.0.0.0/24", "240.0.0.0/4", "255.255.255.255/32",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")


class BadTarget(Exception):
    """The address is none that we would ever ask; the text says why."""


@frozen
class Target:
    """
    One place to ask.

    :ivar url: as it is sent and kept: host in lower case and ASCII, no fragment.
    :ivar host: a name, or an address where that is exempt.  :ivar port: also where it is the scheme's own.
    """

    url: str
    scheme: str
    host: str
    port: int

    @property
    def server(self) -> str:
        """Host and port: what counts as one server (docs/federation.md §9)."""
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port left out where it is the scheme's own."""
        return f"{self.scheme}://{_authority(self.scheme, self.host, self.port)}"


@frozen
class Exemptions:
    """
    Hosts that are asked although the rules forbid it, for tests and for closed networks.

    :ivar entries: names or addresses, each with or without ``:port``; they match exactly.
    """

    entries: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Exemptions:
        """The same from texts as people write them."""
        return cls(frozenset(entry.strip().lower() for entry in entries if entry.strip()))

    def covers(self, host: str, port: int) -> bool:
        """Whether this host, a name or an address, may be asked on this port."""
        return host in self.entries or f"{_bracketed(host)}:{port}" in self.entries

    def covers_authority(self, authority: str) -> bool:
        """The same for a host as servers are known by: with its port where that is not the scheme's own."""
        return authority in self.entries or authority.rpartition(":")[0] in self.entries


NO_EXEMPTIONS = Exemptions()


def target(text: str, schemes: tuple[str, ...] = SECURE, exempt: Exemptions = NO_EXEMPTIONS) -> Target:
    """
    Read a URL that somebody gave us.

    :raise BadTarget: it is none, or none that we ask.
    """
    if len(text) > LONGEST_URL or _FORBIDDEN_SIGNS.search(text):
        raise BadTarget("This is no address of a web server.")
    try:
        parts = urlsplit(text)
        given, user, port = parts.hostname or "", parts.username, parts.port
    except ValueError:
        raise BadTarget("This is no address of a web server.") from None
    if parts.scheme not in USUAL_PORTS or not given:
        raise BadTarget("This is no address of a web server.")
    host = _host(given)
    number = USUAL_PORTS[parts.scheme] if port is None else port
    is_exempt = exempt.covers(host, number)
    if parts.scheme not in schemes and not is_exempt:
        raise BadTarget(f"Only addresses that begin with {schemes[0]}:// are asked.")
    if user is not None or parts.password is not None:
        raise BadTarget("An address with a user name in it is not asked.")
    if not is_exempt:
        _must_be_public(host, number, parts.scheme)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]|')}" if parts.query else ""
    url = f"{parts.scheme}://{_authority(parts.scheme, host, number)}{path}{query}"
    return Target(url, parts.scheme, host, number)


def authority(url: str) -> str | None:
    """
    The server that a URL names, as servers are known by: lower case, with its port where that is not the scheme's own.

    :return: None: it names none.
    """
    if len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        given, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in USUAL_PORTS or not given:
        return None
    try:
        host = _host(given)
    except BadTarget:
        return None
    return _authority(parts.scheme, host, USUAL_PORTS[parts.scheme] if port is None else port)


def _authority(scheme: str, host: str, port: int) -> str:
    """A host, with its port where that is not the scheme's own."""
    return _bracketed(host) if port == USUAL_PORTS[scheme] else f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    """A host as it stands in URLs: an address of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def onward(
    here: Target, location: str, schemes: tuple[str, ...] = SECURE, exempt: Exemptions = NO_EXEMPTIONS
) -> Target:
    """
    Where a redirect leads.

    :raise BadTarget: to no place that we ask, or from https to http.
    """
    try:
        joined = urljoin(here.url, location.strip())
    except ValueError:
        raise BadTarget("The server sends us on to an address that is none.") from None
    there = target(joined, schemes, exempt)
    if here.scheme == "https" and there.scheme != "https":
        raise BadTarget("The server sends us on from https to http.")
    return there


@lru_cache(4_096)  # pages of libraries name few servers, often
def _host(given: str) -> str:
    """The host in lower case and ASCII, without a dot at its end."""
    host = given.lower()
    if ":" in host:
        return _address(host)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            raise BadTarget("The name of the server cannot be read.") from None
    host = host.removesuffix(".")
    if _is_dotted_quad(host):
        return host
    labels = host.split(".")
    if (
        len(host) > LONGEST_HOST
        or not all(_LABEL.fullmatch(label) for label in labels)
        or _NUMBER.fullmatch(labels[-1])
    ):
        raise BadTarget("The name of the server cannot be read.")
    return host


def _address(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise BadTarget("The name of the server cannot be read.") from None


def _is_dotted_quad(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _must_be_public(host: str, port: int, scheme: str) -> None:
    if ":" in host or _is_dotted_quad(host):
        raise BadTarget("Servers are asked by their name, not by a number.")
    if "." not in host or host.rpartition(".")[2] in _LOCAL_NAMES:
        raise BadTarget("This name means a place within our own walls.")
    if port != USUAL_PORTS[scheme] and port < FIRST_FREE_PORT:
        raise BadTarget(f"No web server is asked on port {port}.")


def why_refused(address: str) -> str | None:
    """
    Why nothing is sent to a network address; None when it is fit.

    :param address: IPv4 or IPv6, as name servers answer.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "no address at all"
    if isinstance(ip, IPv6Address):
        return _why_refused_six(ip)
    return None if _is_public(ip) else "not an address of the public internet"


def _why_refused_six(ip: IPv6Address) -> str | None:
    """IPv6 has several ways to write an IPv4 address; each is judged as what it leads to."""
    if ip.scope_id is not None:
        return "an address of one link"
    inner = ip.ipv4_mapped
    if inner is None and ip in _NAT64:
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is not None:
        return None if _is_public(inner) else "not an address of the public internet"
    return None if _is_public(ip) else "not an address of the public internet"


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    further = any(ip in network for network in _FURTHER if network.version == ip.version)
    odd = ip.is_multicast or ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_reserved
    return ip.is_global and not ip.is_private and not odd and not further
