"""
What a signature claims, whichever way it is written: whose key made it, when, and over which texts.

Both schemes end in a :class:`Claim` that has passed everything which can be decided without the key (docs/federation.md
§8.2: the cheap refusals come first).  What is left is one question of mathematics: has this key signed one of these
texts?
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.wire.signatures.received import Unsound

WINDOW_SECONDS = 3600.0
"""How far the clock of whoever signs may be off."""


@frozen
class Claim:
    """
    A signature that is right, if the key says so.

    :ivar texts: one of these was signed; the likelier one first.
    """

    key_id: str
    signature: bytes
    texts: tuple[bytes, ...]


def check_window(made: float, now: float) -> None:
    """Whether a signature was made about now; both in seconds since the epoch.  :raise Unsound:"""
    if not abs(now - made) <= WINDOW_SECONDS:
        raise Unsound("the signature is too old, or of a time to come")


def check_expiry(expires: float | None, now: float) -> None:
    """Whether a signature still counts.  :raise Unsound:"""
    if expires is not None and not expires >= now:
        raise Unsound("the signature has expired")
