"""From what people paste to the id of a thing: WebFinger and links in pages.  Source: docs/federation.md §2.3, §5.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin

from fwtwisted.wire.activitypub.reading.places import is_web
from fwtwisted.wire.addresses import Handle, host_of

ACTIVITY = "application/activity+json"
LINKED_DATA = "application/ld+json"
AS_PROFILE = "https://www.w3.org/ns/activitystreams"
LARGEST_HEAD = 256 * 1024  # characters of a page that are looked through
MOST_LINKS = 500

_LINK = re.compile(r"<link\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]{1,30})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def webfinger_url(handle: Handle, scheme: str = "https") -> str:
    """Where a server is asked who somebody is."""
    resource = quote(f"acct:{handle.username}@{handle.domain}", safe=":@")
    return f"{scheme}://{handle.domain}/.well-known/webfinger?resource={resource}"


def self_in(document: Mapping[str, Any]) -> str | None:
    """The id of the actor that an answer of WebFinger leads to."""
    links = document.get("links")
    for link in links[:MOST_LINKS] if isinstance(links, list) else ():
        if not isinstance(link, Mapping) or link.get("rel") != "self" or not _is_activity(link.get("type")):
            continue
        href = link.get("href")
        if isinstance(href, str) and is_web(href):
            return href
    return None


def alternate_in(html: bytes, url: str) -> str | None:
    """
    Where a page says that the same is, as a document: on its own server, or nowhere.

    :param url: of the page.
    """
    text = html[:LARGEST_HEAD].decode("utf-8", "replace")
    for place, found in enumerate(_LINK.finditer(text)):
        if place == MOST_LINKS:
            break
        told = {one[1].lower(): unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(found[1])}
        if "alternate" in told.get("rel", "").lower().split() and _is_activity(told.get("type")):
            return _within(told.get("href", ""), url)
    return None


def _within(href: str, url: str) -> str | None:
    try:
        there = urljoin(url, href.strip()) if href.strip() else None
    except ValueError:
        return None
    return there if there is not None and is_web(there) and host_of(there) == host_of(url) else None


def _is_activity(kind: object) -> bool:
    if not isinstance(kind, str):
        return False
    plain = kind.partition(";")[0].strip().lower()
    return plain == ACTIVITY or (plain == LINKED_DATA and AS_PROFILE in kind)
