"""
What other servers say of themselves: nodeinfo, read tolerantly.

Source: docs/federation.md §2.4; the nodeinfo schemas 2.0 and 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

SCHEMAS: Final = tuple(
    f"http://nodeinfo.diaspora.software/ns/schema/{number}" for number in ("2.1", "2.0", "1.1", "1.0")
)
LONGEST_NAME = 100
LONGEST_ID = 500


@frozen
class Told:
    """
    What a server says of itself.

    :ivar document: all of it.  :ivar software: lower case.  :ivar actor_id: of the actor who speaks for the server.
    """

    document: Mapping[str, Any]
    software: str | None
    version: str | None
    actor_id: str | None


def best_link(links: Mapping[str, Any]) -> str | None:
    """Where the newest form lies that we read; None: nowhere."""
    given = links.get("links")
    found = {
        str(link.get("rel")).rstrip("/").replace("https://nodeinfo", "http://nodeinfo"): link.get("href")
        for link in (given if isinstance(given, list) else [])
        if isinstance(link, Mapping)
    }
    # Funkwhale's peers agree best on 2.0: it is what 1.x has, and nothing that we read is in 2.1 alone.
    for schema in (SCHEMAS[1], SCHEMAS[0], *SCHEMAS[2:]):
        href = found.get(schema)
        if isinstance(href, str):
            return href
    return None


def told(document: Mapping[str, Any]) -> Told:
    """What there is to be read; whatever has another form than it should was not said."""
    software = document.get("software")
    metadata = document.get("metadata")
    software = software if isinstance(software, Mapping) else {}
    metadata = metadata if isinstance(metadata, Mapping) else {}
    name = _text(software.get("name"), LONGEST_NAME)
    actor = metadata.get("actorId")
    return Told(
        document,
        None if name is None else name.lower(),
        _text(software.get("version"), LONGEST_NAME),
        actor if isinstance(actor, str) and 0 < len(actor) <= LONGEST_ID else None,
    )


def _text(value: object, longest: int) -> str | None:
    cleaned = value.replace("\0", "").strip()[:longest] if isinstance(value, str) else ""
    return cleaned or None
