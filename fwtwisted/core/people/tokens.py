"""
Secrets that we hand out, and how we know them again.

Sessions and the setup token are random; only their SHA-256 digest is kept.  An application's personal token is shown
to its owner again and again, so it is kept as it is.  A listen token is kept nowhere: it names an account and an
hour, and is signed with the server's secret and with the account's own key, so that renewing that key voids it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable

from attrs import frozen

from fwtwisted.model.people import Account

LISTEN_SECONDS = 3 * 24 * 3600
SESSION_BYTES = 32
PERSONAL_GROUPS, PERSONAL_GROUP_LENGTH = 5, 5  # of base32 characters, 5 bits each: 125 bits


def digest(secret: str) -> bytes:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """A random secret of 256 bits that fits into a cookie or a link."""
    return secrets.token_urlsafe(SESSION_BYTES)


def new_personal_token() -> str:
    """A token that a person may have to type: five groups of small letters and digits, 125 random bits."""
    letters = base64.b32encode(secrets.token_bytes(20)).decode("ascii").lower()
    width = PERSONAL_GROUP_LENGTH
    return "-".join(letters[at : at + width] for at in range(0, PERSONAL_GROUPS * width, width))


@frozen
class ListenClaim:
    """What a listen token says, not yet believed.  :ivar expires: seconds since 1970."""

    account_id: int
    expires: int
    signature: str


class ListenTokens:
    """
    Makes and checks listen tokens.

    :param secret: the server's own; all processes of a pod share it.
    :param now: seconds since 1970.
    Source: docs/api.md §2, "Scoped token".
    """

    def __init__(self, secret: str, now: Callable[[], float], seconds: int = LISTEN_SECONDS) -> None:
        self._key = hashlib.sha256(b"fwtwisted.listen-token\0" + secret.encode()).digest()
        self._now, self._seconds = now, seconds

    def issue(self, account: Account) -> str:
        """A token that lets its bearer listen as the account."""
        expires = int(self._now()) + self._seconds
        return f"{account.id}.{expires}.{self._signature(account.id, expires, account.secret_key.bytes)}"

    def read(self, token: str) -> ListenClaim | None:
        """What the token says; None when it is no such token or has run out."""
        pieces = token.split(".")
        if len(pieces) != 3 or not all(piece.isascii() and piece.isdigit() for piece in pieces[:2]):
            return None
        if max(map(len, pieces[:2])) > 18:
            return None
        claim = ListenClaim(int(pieces[0]), int(pieces[1]), pieces[2])
        return claim if claim.expires > self._now() else None

    def holds(self, claim: ListenClaim, secret_key: bytes) -> bool:
        """Whether we signed the claim, for an account that still has this secret key."""
        expected = self._signature(claim.account_id, claim.expires, secret_key)
        return hmac.compare_digest(expected.encode(), claim.signature.encode())

    def _signature(self, account_id: int, expires: int, secret_key: bytes) -> str:
        said = b"%d.%d." % (account_id, expires) + secret_key
        mac = hmac.new(self._key, said, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")
