"""
Signature Version 4: a request that proves who sends it, by headers or by its URL.

S3 has its own reading of the rules: a path is quoted once, segment by segment, and never tidied up (``//`` and ``..``
are letters of a key like others); what is sent is exactly what was signed.  So URLs are made here, too, and nowhere
else.

Source: docs/storage.md §5.1; AWS, *Authenticating Requests (AWS Signature Version 4)*, Amazon S3 API Reference.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from attrs import evolve, field, frozen

from fwtwisted.wire.s3.txaws_parts import ALGORITHM, scope, signing_key, string_to_sign

UNSIGNED = "UNSIGNED-PAYLOAD"
NOTHING = hashlib.sha256(b"").hexdigest()
LONGEST_EXPIRY = 604_800  # seconds

Pairs = tuple[tuple[str, str], ...]


@frozen
class Keys:
    """Who we are to the store.  :ivar session_token: of temporary credentials."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@frozen
class Target:
    """
    What a request is about.

    :ivar host: as in the ``Host`` header, with a port that is not the scheme's own.
    :ivar path: not quoted yet, beginning with a slash.
    :ivar query: names and values, not quoted yet.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: Pairs = ()

    @property
    def url(self) -> str:
        """Where the request goes, quoted as it is signed."""
        query = canonical_query(self.query)
        return f"{self.scheme}://{self.host}{quoted_path(self.path)}{'?' if query else ''}{query}"


def quoted_path(path: str) -> str:
    """A path as S3 wants it: everything but letters, digits, ``-._~`` and the slashes is quoted, once."""
    return quote(path, safe="/-_.~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """A query quoted pair by pair, then sorted."""
    return "&".join(
        f"{name}={value}" for name, value in sorted((_quoted(name), _quoted(value)) for name, value in pairs)
    )


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def signed_headers(
    target: Target, headers: Mapping[str, str], payload: str, keys: Keys, region: str, now: datetime
) -> dict[str, str]:
    """
    The headers to be sent, ``Authorization`` among them.

    :param headers: what is to be sent beside; all of them are signed.
    :param payload: SHA-256 of the body in hex, :data:`NOTHING`, or :data:`UNSIGNED`.
    :param now: as the store's clock has it.
    """
    moment = _moment(now)
    sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    sent |= {"host": target.host, "x-amz-content-sha256": payload, "x-amz-date": moment}
    if keys.session_token is not None:
        sent["x-amz-security-token"] = keys.session_token
    names, signature = _signed(target, sent, payload, keys, region, moment)
    credential = f"{keys.access_key}/{scope(moment[:8], region)}"
    sent["authorization"] = f"{ALGORITHM} Credential={credential},SignedHeaders={names},Signature={signature}"
    return sent


def presigned_url(target: Target, keys: Keys, region: str, now: datetime, seconds: int) -> str:
    """
    A URL that lets whoever has it do this one thing for so long.  It is a secret: no log, no error text (S-8).

    :param target: its query may hold ``response-content-type`` and its kin.
    :raise ValueError: no store takes such a time.
    """
    if not 1 <= seconds <= LONGEST_EXPIRY:
        raise ValueError(f"a signature lives from 1 to {LONGEST_EXPIRY} seconds")
    moment = _moment(now)
    query = (
        *target.query,
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{keys.access_key}/{scope(moment[:8], region)}"),
        ("X-Amz-Date", moment),
        ("X-Amz-Expires", str(seconds)),
        ("X-Amz-SignedHeaders", "host"),
        *((("X-Amz-Security-Token", keys.session_token),) if keys.session_token is not None else ()),
    )
    whole = evolve(target, query=query)
    _, signature = _signed(whole, {"host": target.host}, UNSIGNED, keys, region, moment)
    return f"{whole.url}&X-Amz-Signature={signature}"


def _signed(
    target: Target, headers: Mapping[str, str], payload: str, keys: Keys, region: str, moment: str
) -> tuple[str, str]:
    """Names of the signed headers, by semicolons, and the signature in hex."""
    ordered = sorted(headers.items())
    names = ";".join(name for name, _ in ordered)
    lines = "".join(f"{name}:{value}\n" for name, value in ordered)
    path, query = quoted_path(target.path), canonical_query(target.query)
    text = string_to_sign(target.method, path, query, lines, names, payload, moment, region)
    return names, hmac.new(_key(keys.secret_key, moment[:8], region), text, hashlib.sha256).hexdigest()


@lru_cache(maxsize=16)
def _key(secret_key: str, day: str, region: str) -> bytes:
    """The key of a day; four digests that need not be made for each request."""
    return signing_key(secret_key, day, region)


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
