"""
Proofs within documents: FEP-8b32 with the cryptosuite ``eddsa-jcs-2022``.

What is signed by Ed25519 is the hash of the proof's own options, then the hash of the document without its proof; both
in the one form that the JSON Canonicalization Scheme gives them.  Source: docs/federation.md §1.6; FEP-8b32; RFC 8785.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fwtwisted.wire.signatures.keys import base58, from_base58, has_signed
from fwtwisted.wire.signatures.received import Unsound

KIND, SUITE, PURPOSE = "DataIntegrityProof", "eddsa-jcs-2022", "assertionMethod"
SIGNATURE_BYTES = 64
SLACK = timedelta(hours=1)
"""How far the clock of whoever proves may be ahead of ours."""


@frozen
class Proof:
    """
    A proof, ready to be checked.

    :ivar key_id: of the key that made it.  :ivar text: that was signed.
    :ivar created: None: it does not say when it was made.
    """

    key_id: str
    signature: bytes
    text: bytes
    created: datetime | None = None

    def is_made_by(self, key: object) -> bool:
        """Whether the key made it; no other kind of key than Ed25519 makes such proofs."""
        return isinstance(key, Ed25519PublicKey) and has_signed(key, self.signature, self.text)


def bears_one(document: Mapping[str, Any]) -> bool:
    """Whether there is a proof at all, of whatever kind."""
    return bool(document.get("proof"))


def proof(document: Mapping[str, Any], now: datetime) -> Proof:
    """
    The proof of a document, after all that can be decided without a key.  For a thread: it hashes the document.

    :raise Unsound: there is none, or none that proves anything.
    """
    said = document.get("proof")
    if isinstance(said, list):
        said = next((one for one in said if isinstance(one, dict) and one.get("cryptosuite") == SUITE), None)
    if not isinstance(said, dict) or said.get("type") != KIND or said.get("cryptosuite") != SUITE:
        raise Unsound("the document bears no proof of a kind that is believed")
    key_id, value = said.get("verificationMethod"), said.get("proofValue")
    if said.get("proofPurpose") != PURPOSE or not isinstance(key_id, str) or not isinstance(value, str):
        raise Unsound("the proof lacks something")
    _check_times(said, now)
    signature = from_base58(value)
    if len(signature) != SIGNATURE_BYTES:
        raise Unsound("the proof is no signature")
    return Proof(key_id, signature, _text(document, said), _moment(said.get("created")))


def _check_times(said: Mapping[str, Any], now: datetime) -> None:
    created, expires = _moment(said.get("created")), _moment(said.get("expires"))
    if created is not None and created > now + SLACK:
        raise Unsound("the proof is of a time to come")
    if expires is not None and expires < now:
        raise Unsound("the proof has expired")


def _moment(said: object) -> datetime | None:
    if said is None:
        return None
    try:
        if not isinstance(said, str):
            raise ValueError
        found = datetime.fromisoformat(said)
    except ValueError as why:
        raise Unsound("the proof tells a time that cannot be read") from why
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(document: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """What the proof's key has signed: two hashes."""
    rest = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in said.items() if name != "proofValue"}
    if "@context" in options:
        if not _begins_with(rest.get("@context"), options["@context"]):
            raise Unsound("the proof is of another context")
        rest["@context"] = options["@context"]
    elif "@context" in rest:
        options["@context"] = rest["@context"]
    return _hashed(options) + _hashed(rest)


def _begins_with(context: object, start: object) -> bool:
    whole = context if isinstance(context, list) else [context]
    part = start if isinstance(start, list) else [start]
    return whole[: len(part)] == part


def _hashed(value: Mapping[str, Any]) -> bytes:
    try:
        return hashlib.sha256(rfc8785.dumps(dict(value))).digest()
    except (rfc8785.CanonicalizationError, RecursionError) as why:
        raise Unsound("the document has no canonical form") from why


def proven(document: Mapping[str, Any], key: Ed25519PrivateKey, key_id: str, now: datetime) -> dict[str, Any]:
    """
    The document with a proof of ours in it.

    :raise Unsound: it has no canonical form.
    """
    rest = {name: value for name, value in document.items() if name != "proof"}
    options: dict[str, Any] = {
        "type": KIND,
        "cryptosuite": SUITE,
        "verificationMethod": key_id,
        "proofPurpose": PURPOSE,
        "created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if "@context" in rest:
        options["@context"] = rest["@context"]
    signature = key.sign(_hashed(options) + _hashed(rest))
    return {**rest, "proof": {**options, "proofValue": base58(signature)}}
