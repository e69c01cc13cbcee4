"""Addresses and ids in foreign documents: of the web, of bounded length, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from fwtwisted.model.errors import Invalid
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.addresses import host_of
from fwtwisted.wire.targets import authority

T = TypeVar("T")
LONGEST_URL = 500
REQUIRED = "This field is required."
NO_URL = "This is no address of the web, or too long a one."
ELSEWHERE = "This lies on another server."

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\<>\"]")


def is_web(text: str | None) -> bool:
    """Whether this is an address with http or https, without a user's name in it, that we keep."""
    if text is None or len(text) > LONGEST_URL or _FORBIDDEN.search(text):
        return False
    server = authority(text)
    return server is not None and not server.endswith(":0") and "@" not in urlsplit(text).netloc


def origin_of(url: str) -> str | None:
    """Scheme, host and port, lower case, the port left out where it is the scheme's own; None of what is no address."""
    return f"{urlsplit(url).scheme}://{host_of(url)}" if is_web(url) else None


def same_origin(one: str, other: str) -> bool:
    """Whether two ids or addresses are one server's.  Source: docs/federation.md §8.4."""
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def related(host: str, other: str) -> bool:
    """Whether two hosts are one, or one lies below the other; not every name under a public suffix is one's own."""
    if host == other:
        return True
    longer, shorter = (host, other) if len(host) > len(other) else (other, host)
    return shorter.count(".") >= 1 and ":" not in host + other and longer.endswith(f".{shorter}")


def fid_of(doc: Doc) -> str:
    """The id of a thing.  :raise Invalid: it has none that we keep."""
    id = doc.id
    if id is None:
        raise Invalid.on("id", REQUIRED)
    if not is_web(id):
        raise Invalid.on("id", NO_URL)
    return id


def id_under(doc: Doc, name: str) -> str:
    """The id that a member names.  :raise Invalid:"""
    found = doc.link(name)
    if found is None:
        raise Invalid.on(name, REQUIRED)
    if not is_web(found):
        raise Invalid.on(name, NO_URL)
    return found


def id_or_none(doc: Doc, name: str) -> str | None:
    """The id that a member names, if it is one that we keep."""
    found = doc.link(name)
    return found if is_web(found) else None


def on_host_of(doc: Doc, name: str, owner: str) -> str | None:
    """The address under a name, if it is one on the server of ``owner``."""
    found = id_or_none(doc, name)
    return found if found is not None and host_of(found) == host_of(owner) else None


def checked(url: str, field: str, owner: str) -> str:
    """An address that must be one on the server of ``owner``.  :raise Invalid:"""
    if not is_web(url):
        raise Invalid.on(field, NO_URL)
    if host_of(url) != host_of(owner):
        raise Invalid.on(field, ELSEWHERE)
    return url


def nested(field: str, inner: Doc, read: Callable[[Doc], T]) -> T:
    """What a part of a document says; what is wrong with it is told below its field.  :raise Invalid:"""
    try:
        return read(inner)
    except Invalid as why:
        raise Invalid({field: why.problems}) from None
