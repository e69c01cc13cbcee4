"""The key pair with which an actor signs what it says."""

from __future__ import annotations

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

KEY_BITS = 2048


@frozen
class KeyPair:
    """Both halves in PEM: SPKI and PKCS#8."""

    public: str
    private: str = field(repr=False)


def new_keys() -> KeyPair:
    """Draw a fresh pair.  Takes some 40 ms of a processor: call it in a thread."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(public.decode("ascii"), private.decode("ascii"))
