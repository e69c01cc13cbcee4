"""
Which object a page of the web app is about.

Source: docs/api.md §6.1, the routes of the web app.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote, urlsplit

from fwtwisted.model.shown import Place, Sort

_UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_HANDLE = r"[\w.-]{1,255}(?:@[\w.:-]{1,255})?"
_NUMBERED = re.compile(r"(?:/library)?/(tracks|albums|artists|playlists)/([0-9]{1,18})/?")
_NAMED = (
    (re.compile(rf"/library/({_UUID})/?", re.IGNORECASE), Sort.LIBRARY),
    (re.compile(rf"/channels/({_UUID}|{_HANDLE})/?", re.IGNORECASE), Sort.CHANNEL),
    (re.compile(rf"/@({_HANDLE})/?"), Sort.PERSON),
)
LONGEST = 2048


def place_of(path: str) -> Place | None:
    """What the page at a path (decoded) is about; None for pages about nothing in particular."""
    numbered = _NUMBERED.fullmatch(path)
    if numbered is not None:
        return Place(Sort(numbered[1][:-1]), numbered[2])
    for pattern, sort in _NAMED:
        found = pattern.fullmatch(path)
        if found is not None:
            return Place(sort, found[1])
    return None


def place_at(url: str, hosts: Collection[str]) -> Place | None:
    """
    The same for a whole URL.

    :param hosts: names (no ports, lower case) that are ours; ``*`` means any, a leading dot all below.
    """
    try:
        parts = urlsplit(url.strip()[:LONGEST])
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _is_ours(host, hosts):
        return None
    return place_of(unquote(parts.path))


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    return "*" in hosts or host in hosts or any(name.startswith(".") and host.endswith(name) for name in hosts)
