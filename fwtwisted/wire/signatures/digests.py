"""
What a body hashes to, as headers say it: ``Digest`` beside draft-cavage, ``Content-Digest`` beside RFC 9421.

It is always the body that came which is compared.  A signature over the header alone says nothing of the body.
Source: docs/federation.md §1.2, §1.3; RFC 3230; RFC 9530.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from hmac import compare_digest

from fwtwisted.wire.signatures.received import Digests, Unsound
from fwtwisted.wire.signatures.structured import dictionary, encoded


def digest(sha256: bytes) -> str:
    """The value of ``Digest``."""
    return f"SHA-256={base64.b64encode(sha256).decode('ascii')}"


def content_digest(sha256: bytes) -> str:
    """The value of ``Content-Digest``."""
    return f"sha-256={encoded(sha256)}"


def check_digest(header: str, body: Digests) -> None:
    """
    Whether ``Digest`` speaks of the body that came: it names SHA-256, and whatever it names is right.

    :raise Unsound: it does not.
    """
    told = [part.strip().partition("=") for part in header.split(",")]
    hashes = [_decoded(value) for name, _, value in told if name.strip().lower() == "sha-256"]
    if not hashes:
        raise Unsound("the Digest names no SHA-256")
    if not all(compare_digest(found, body.sha256) for found in hashes):
        raise Unsound("the Digest is of another body")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as why:
        raise Unsound("the Digest cannot be read") from why


OF: dict[str, Callable[[Digests], bytes]] = {
    "sha-256": lambda body: body.sha256,
    "sha-512": lambda body: body.sha512,
}


def check_content_digest(header: str, body: Digests) -> None:
    """
    Whether ``Content-Digest`` speaks of the body that came, by at least one hash that we know and by all of those.

    :raise Unsound: it does not.
    """
    known = 0
    for name, member in dictionary(header).items():
        if name not in OF:
            continue
        known += 1
        if not isinstance(member.value, bytes) or not compare_digest(member.value, OF[name](body)):
            raise Unsound("the Content-Digest is of another body")
    if not known:
        raise Unsound("the Content-Digest names neither sha-256 nor sha-512")
