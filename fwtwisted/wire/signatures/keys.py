"""
Keys as actors publish them: RSA or Ed25519 in PEM (``publicKey``), and as Multikeys (``assertionMethod``, FEP-521a).

The kind of a key decides how a signature is checked, never what the signature says of itself.  Keys that are too short
prove nothing, and keys beyond all measure cost too much.  Source: docs/federation.md §1.1, §1.6; Multikey of the W3C's
Controlled Identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from attrs import frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.signatures.claims import Algorithm
from fwtwisted.wire.signatures.received import Unsound

SHORTEST_BITS, LONGEST_BITS = 2048, 8192
LARGEST_EXPONENT = 1 << 33
LONGEST_PEM = 5_000  # characters
LONGEST_MULTIKEY = 2_000
MOST_KEYS = 20

ED25519_PREFIX, RSA_PREFIX = b"\xed\x01", b"\x85\x24"  # multicodec, as varints
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {sign: number for number, sign in enumerate(ALPHABET)}

PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey


# --- PEM -----------------------------------------------------------------------------------------


def public_key(pem: str) -> PublicKey:
    """
    The key that an actor publishes: RSA in SPKI or PKCS#1, or Ed25519 in SPKI.

    :raise Unsound: it is none, of another kind, too short or too long.
    """
    if len(pem) > LONGEST_PEM or "PUBLIC KEY-----" not in pem:
        raise Unsound("the key cannot be read")
    try:
        key = load_pem_public_key(pem.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as why:
        raise Unsound("the key cannot be read") from why
    return key if isinstance(key, Ed25519PublicKey) else _believed(key)


def _believed(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise Unsound("the key is of a kind that is not believed")
    exponent = key.public_numbers().e
    if not SHORTEST_BITS <= key.key_size <= LONGEST_BITS or not 3 <= exponent < LARGEST_EXPONENT:
        raise Unsound("the key is too short, or too long")
    return key


def private_key(pem: str) -> RSAPrivateKey:
    """
    One of our own.  It is believed as it stands: to look for weaknesses of a key that we have made takes 50 ms.

    :raise Unsound: it is none.
    """
    try:
        key = load_pem_private_key(pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as why:
        raise Unsound("the key cannot be read") from why
    if not isinstance(key, RSAPrivateKey):
        raise Unsound("the key is of another kind")
    return key


def private_pem(key: RSAPrivateKey) -> str:
    """One of our own, as :func:`private_key` reads it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def signed(key: RSAPrivateKey, text: bytes) -> bytes:
    """Sign with RSASSA-PKCS1-v1_5 and SHA-256.  Takes 0.3 ms of a processor: for a thread."""
    return key.sign(text, PKCS1v15(), SHA256())


def makes(key: PublicKey, algorithm: Algorithm | None) -> bool:
    """Whether a key of this kind makes signatures as one says that it was made; one that does not say may be any."""
    return algorithm is None or isinstance(key, Ed25519PublicKey) is (algorithm is Algorithm.ED25519)


def has_signed(key: PublicKey, signature: bytes, text: bytes) -> bool:
    """Whether the key made the signature of the text.  Takes 20 µs."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, text)
        else:
            key.verify(signature, text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


# --- Multikey ------------------------------------------------------------------------------------


def base58(value: bytes) -> str:
    """Bytes in the alphabet of Bitcoin, with its sign before it: ``z…``."""
    number, signs = int.from_bytes(value), ""
    while number:
        number, digit = divmod(number, 58)
        signs = ALPHABET[digit] + signs
    zeros = len(value) - len(value.lstrip(b"\0"))
    return "z" + ALPHABET[0] * zeros + signs


def from_base58(text: str) -> bytes:
    """The bytes of a ``z…`` text.  :raise Unsound: it is none, or too long."""
    if not text.startswith("z") or len(text) > LONGEST_MULTIKEY:
        raise Unsound("a key or a proof is not in base58")
    number = 0
    try:
        for sign in text[1:]:
            number = number * 58 + _DIGITS[sign]
    except KeyError as why:
        raise Unsound("a key or a proof is not in base58") from why
    digits = text[1:]
    zeros = len(digits) - len(digits.lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def multikey(key: PublicKey) -> str:
    """``publicKeyMultibase`` of a key."""
    if isinstance(key, Ed25519PublicKey):
        return base58(ED25519_PREFIX + key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return base58(RSA_PREFIX + key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def from_multikey(text: str) -> PublicKey:
    """The key of a ``publicKeyMultibase``.  :raise Unsound: it is none that is believed."""
    value = from_base58(text)
    try:
        if value.startswith(ED25519_PREFIX):
            return Ed25519PublicKey.from_public_bytes(value[2:])
        if value.startswith(RSA_PREFIX):
            return _believed(load_der_public_key(value[2:]))
    except (ValueError, UnsupportedAlgorithm) as why:
        raise Unsound("the key cannot be read") from why
    raise Unsound("the key is of a kind that is not believed")


def ed25519_private(seed: bytes) -> Ed25519PrivateKey:
    """One of our own, from its 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def assertion_method(fid: str, key_id: str, multibase: str) -> dict[str, str]:
    """An entry of ``assertionMethod`` of an actor document.  Source: FEP-521a."""
    return {"id": key_id, "type": "Multikey", "controller": fid, "publicKeyMultibase": multibase}


# --- what documents publish ----------------------------------------------------------------------


@frozen
class Published:
    """
    A key in a document.

    :ivar owner: whose it is, as the document says.  :ivar text: PEM, or multibase of a Multikey.
    """

    id: str
    owner: str | None
    text: str


def published(doc: Doc) -> Iterator[Published]:
    """The keys in ``publicKey`` of an actor, or of a stub of one; what cannot be one is passed over."""
    for entry in doc.docs("publicKey")[:MOST_KEYS]:
        yield from _one(entry, "owner", "publicKeyPem")


def asserting(doc: Doc) -> Iterator[Published]:
    """The Multikeys in ``assertionMethod`` of an actor."""
    for entry in doc.docs("assertionMethod")[:MOST_KEYS]:
        if entry.types == ("Multikey",):
            yield from _one(entry, "controller", "publicKeyMultibase")


def standing_alone(doc: Doc) -> Iterator[Published]:
    """The key that a document is, if it is one."""
    if doc.types and set(doc.types) <= {"Key", "CryptographicKey"}:
        yield from _one(doc, "owner" if doc.has("owner") else "controller", "publicKeyPem")


def _one(entry: Doc, owner_name: str, text_name: str) -> Iterator[Published]:
    id, owners, text = entry.id, entry.ids(owner_name), entry.text(text_name)
    if id is not None and text is not None:
        yield Published(id, owners[0] if len(owners) == 1 else None, text)
