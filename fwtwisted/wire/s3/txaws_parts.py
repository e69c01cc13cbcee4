"""
The house's only door to txaws: the pieces of its Signature Version 4 that carry on today's Python.

txaws was written for Python 2.  Its clients do not import any more, but :mod:`txaws._auth_v4` needs only one module of
then under its old name while it is loaded, and its scope, canonical request and string to sign are right as long as
they are handed what they expect.  The canonical *path* and *query* of txaws are wrong for S3 (they sort what is not
quoted yet, and quote twice), so those are :mod:`~fwtwisted.wire.s3.signing`'s.

Source: docs/decisions/0005-txaws-in-parts.md.
"""

from __future__ import annotations

import importlib
import sys
import urllib.parse
from types import ModuleType

SERVICE = "s3"
ALGORITHM = "AWS4-HMAC-SHA256"


def _loaded() -> ModuleType:
    """The module, with ``urlparse`` standing for its grandchild while it is read."""
    lent = "urlparse" not in sys.modules
    if lent:
        sys.modules["urlparse"] = urllib.parse
    try:
        return importlib.import_module("txaws._auth_v4")
    finally:
        if lent:
            del sys.modules["urlparse"]


_auth_v4 = _loaded()


def signing_key(secret_key: str, day: str, region: str) -> bytes:
    """The key that signs the requests of one day.  :param day: ``20130524``."""
    key: bytes = _auth_v4.getSignatureKey(secret_key.encode(), day.encode(), region.encode(), SERVICE.encode())
    return key


def scope(day: str, region: str) -> str:
    """``20130524/us-east-1/s3/aws4_request``"""
    text: str = _auth_v4._CredentialScope(day, region, SERVICE).serialize()
    return text


def string_to_sign(
    method: str, path: str, query: str, headers: str, names: str, payload: str, moment: str, region: str
) -> bytes:
    """
    What the signature is made over.

    :param path: and ``query``, canonical already.
    :param headers: one ``name:value`` a line, sorted, each line ended.  :param names: the same names, by semicolons.
    :param payload: digest in hex, or what stands for none.
    :param moment: ``20130524T000000Z``.
    """
    pieces = (piece.encode() for piece in (method, path, query, headers, names, payload))
    canonical = _auth_v4._CanonicalRequest(*pieces)
    where = _auth_v4._CredentialScope(moment[:8], region, SERVICE)
    text: str = _auth_v4._SignableAWS4HMAC256Token(moment, where, canonical).serialize()
    return text.encode()
