"""Requests signed as other servers sign them: rightly, or wrong in one thing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fwtwisted.wire.signatures.cavage import http_date
from fwtwisted.wire.signatures.received import Digests, Place, Received

NOW = 1_800_000_000.0
PLACE = Place.at("https://pod.example")
INBOX = "/federation/shared/inbox"
BODY = json.dumps({"type": "Follow", "id": "https://far.example/1"}).encode()
KEY_ID = "https://far.example/users/ada#main-key"

SigningKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey


def a_key(bits: int = 2048, number: int = 0) -> RSAPrivateKey:
    """A key; the same for the same number."""
    return _drawn(bits, number)


@cache
def _drawn(bits: int, number: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: SigningKey, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


def signature(key: SigningKey, text: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519: as the key is."""
    return key.sign(text) if isinstance(key, Ed25519PrivateKey) else key.sign(text, padding.PKCS1v15(), SHA256())


def a_request(
    method: str = "POST", target: str = INBOX, body: bytes | None = BODY, now: float = NOW, **headers: str
) -> Received:
    """A request without a signature.  Underscores in the names of headers stand for hyphens."""
    told = {"host": "pod.example", "date": http_date(now), "user-agent": "test/1"}
    if body is not None:
        told["digest"] = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        told["content-digest"] = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    digests = None if body is None else Digests.of(body)
    return Received(method, target, {name: [value] for name, value in told.items()}, digests)


def with_headers(request: Received, headers: Mapping[str, str | Sequence[str]]) -> Received:
    """The request with further headers, or others."""
    more = {name: [value] if isinstance(value, str) else list(value) for name, value in headers.items()}
    return evolve(request, headers={**request.headers, **more})


def by_cavage(
    request: Received,
    key: SigningKey,
    names: str = "(request-target) host date digest",
    *,
    target: str | None = None,
    form: str = 'keyId="{key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"',
    key_id: str = KEY_ID,
    algorithm: str = "rsa-sha256",
    **special: str,
) -> Received:
    """
    Signed as draft-cavage has it.

    :param special: lines of the text by name, ``created`` for ``(created)``, other values for headers.
    """
    values = {
        "(request-target)": f"{request.method.lower()} {request.target if target is None else target}",
        **{name: ", ".join(values) for name, values in request.headers.items()},
        **{f"({name})" if name in ("created", "expires") else name: value for name, value in special.items()},
    }
    text = "\n".join(f"{name}: {values.get(name, '')}" for name in names.split())
    made = base64.b64encode(signature(key, text.encode("latin-1"))).decode()
    said = form.format(key_id=key_id, algorithm=algorithm, names=names, signature=made, **special)
    return with_headers(request, {"signature": said})


def by_messages(
    request: Received,
    key: SigningKey,
    names: str = '"@method" "@target-uri" "content-digest"',
    *,
    parameters: str | None = None,
    label: str = "sig1",
    values: Mapping[str, str] | None = None,
    key_id: str = KEY_ID,
    created: int = int(NOW),
) -> Received:
    """Signed as RFC 9421 has it."""
    path, _, query = request.target.partition("?")
    known: dict[str, Any] = {
        "@method": request.method,
        "@target-uri": f"https://pod.example{request.target}",
        "@authority": "pod.example",
        "@scheme": "https",
        "@request-target": request.target,
        "@path": path,
        "@query": f"?{query}",
        **{name: ", ".join(values) for name, values in request.headers.items()},
        **(values or {}),
    }
    told = f';created={created};keyid="{key_id}";alg="rsa-v1_5-sha256"' if parameters is None else parameters
    raw = f"({names}){told}"
    lines = [f"{name}: {known.get(name.strip(chr(34)).partition(chr(34))[0], '')}" for name in names.split()]
    text = "\n".join([*lines, f'"@signature-params": {raw}'])
    made = base64.b64encode(signature(key, text.encode("latin-1"))).decode()
    return with_headers(request, {"signature-input": f"{label}={raw}", "signature": f"{label}=:{made}:"})
