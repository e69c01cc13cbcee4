"""
Tickets: addresses that open one thing for a while, without a log-in.

Nothing is kept of them: each says what it opens and until when, and is signed with a key that follows from the
server's secret.  Source: docs/subsonic.md rule 57 and §9.6.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence

import orjson

_LONGEST = 1024
_MAC_BYTES = 16


class Tickets:
    """
    Issues and reads tickets of one kind.

    :param kind: a ticket of one kind is none of another.
    :param secret: the server's own; all processes of a pod share it.
    :param now: seconds since 1970.
    :param seconds: how long a ticket is good.
    """

    def __init__(self, kind: str, secret: str, now: Callable[[], float], seconds: int) -> None:
        self._key = hashlib.sha256(f"fwtwisted.ticket.{kind}\0{secret}".encode()).digest()
        self._now, self._seconds = now, seconds

    def issue(self, said: Sequence[object]) -> str:
        """A ticket that says this, in characters that need no quoting."""
        body = orjson.dumps([int(self._now()) + self._seconds, *said])
        return base64.urlsafe_b64encode(self._mac(body) + body).rstrip(b"=").decode("ascii")

    def read(self, ticket: str) -> Sequence[object] | None:
        """What it says; None when it is none of ours, or has run out."""
        if len(ticket) > _LONGEST or not ticket.isascii():
            return None
        try:
            whole = base64.b64decode(ticket + "=" * (-len(ticket) % 4), b"-_", validate=True)
        except binascii.Error:
            return None
        mac, body = whole[:_MAC_BYTES], whole[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        until, *said = orjson.loads(body)
        return said if until > self._now() else None

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_MAC_BYTES]
