"""
What a signature claims, whichever way it is written: whose key made it, when, and over which texts.

Both schemes end in a :class:`Claim` that has passed everything which can be decided without the key (docs/federation.md
§8.2: the cheap refusals come first).  What is left is one question of mathematics: has this key signed one of these
texts?
"""

from __future__ import annotations

import enum

from attrs import frozen

from fwtwisted.wire.signatures.received import Unsound

WINDOW_SECONDS = 3600.0
"""How far the clock of whoever signs may be off."""


class Algorithm(enum.Enum):
    """How a signature says that it was made; the kind of its key decides whether that can be."""

    RSA = "RSASSA-PKCS1-v1_5 with SHA-256"
    ED25519 = "Ed25519"


@frozen
class Claim:
    """
    A signature that is right, if the key says so.

    :ivar texts: one of these was signed; the likelier one first.
    :ivar algorithm: None: it does not say.
    """

    key_id: str
    signature: bytes
    texts: tuple[bytes, ...]
    algorithm: Algorithm | None = None


def check_window(made: float, now: float) -> None:
    """Whether a signature was made about now; both in seconds since the epoch.  :raise Unsound:"""
    if not abs(now - made) <= WINDOW_SECONDS:
        raise Unsound("the signature is too old, or of a time to come")


def check_expiry(expires: float | None, now: float) -> None:
    """Whether a signature still counts.  :raise Unsound:"""
    if expires is not None and not expires >= now:
        raise Unsound("the signature has expired")
