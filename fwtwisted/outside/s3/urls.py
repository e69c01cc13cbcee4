"""
URLs of public pictures, for clients that fetch them from the store themselves.

Source: docs/storage.md §3.4, S-6.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime

from fwtwisted.outside.s3.client import Client
from fwtwisted.wire.s3.addresses import public_url

SHARES = 4  # of its life for which the same URL is told


class UrlStyle(enum.Enum):
    """How clients come to public pictures."""

    OURS = "by us"
    PLAIN = "from the store, which shows them to everybody"
    SIGNED = "from the store, signed"


class PublicUrls:
    """
    :param key: of a name.
    :param domain: that an administrator put before the bucket; never signed.
    """

    def __init__(
        self, client: Client, key: Callable[[str], str], style: UrlStyle, domain: str | None, seconds: int
    ) -> None:
        self._client, self._key, self._style = client, key, style
        self._domain, self._seconds = domain, seconds

    @property
    def are_elsewhere(self) -> bool:
        """Whether clients are sent to the store for pictures."""
        return self._domain is not None or self._style is not UrlStyle.OURS

    def url(self, name: str) -> str:
        """Where a client finds the public file of that name; the same for a while, so that browsers keep it."""
        key = self._key(name)
        if self._domain is not None:
            return public_url(self._domain, key)
        if self._style is UrlStyle.PLAIN:
            return self._client.address.target("GET", key).url
        share = max(1, self._seconds // SHARES)
        moment = self._client.now().timestamp() // share * share
        return self._client.url(key, self._seconds, moment=datetime.fromtimestamp(moment, UTC))
