"""
Signatures as draft-cavage-http-signatures has them, the scheme that every server of the fediverse speaks.

::

    Signature: keyId="https://a.example/users/alice#main-key",algorithm="rsa-sha256",
               headers="(request-target) host date digest",signature="base64…"

What is signed is one line for each name in ``headers``.  Which names, which time and which host are good enough is
decided here.  Source: docs/federation.md §1.2; draft-cavage-http-signatures-12.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime

from attrs import frozen

from fwtwisted.wire.signatures.claims import Algorithm, Claim, check_expiry, check_window
from fwtwisted.wire.signatures.digests import check_digest
from fwtwisted.wire.signatures.received import Place, Received, Unsound, octets

HEADER = "signature"
LONGEST = 8 * 1024  # characters of the header
LONGEST_DATE = 64
MOST_NAMES = 32
TARGET, CREATED, EXPIRES = "(request-target)", "(created)", "(expires)"
ALGORITHMS = (None, "rsa-sha256", "hs2019")
TIMELESS = "rsa-sha256"  # the algorithm that knows neither (created) nor (expires)

_PARAMETER = re.compile(r'[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*=[ \t]*(?:"([^"]*)"|([^\s",]+))[ \t]*(,|$)')
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_WORD = re.compile(r"[!-'*-~]+|\([a-z-]+\)")


@frozen
class Signature:
    """
    What the header says.

    :ivar names: what was signed, in order.
    :ivar created: and ``expires``: seconds since the epoch, in the very digits that were signed.
    """

    key_id: str
    algorithm: str | None
    names: tuple[str, ...]
    signature: bytes
    created: str | None = None
    expires: str | None = None


def parsed(header: str) -> Signature:
    """
    Read the header, however its blanks lie.

    :raise Unsound: it cannot be read, or says something twice.
    """
    said = _parameters(header)
    algorithm = said.get("algorithm")
    if algorithm is not None:
        algorithm = algorithm.lower()
    if algorithm not in ALGORITHMS:
        raise Unsound("the algorithm of the signature is not one that is believed")
    usual = "date" if algorithm == TIMELESS else CREATED
    names = tuple(said.get("headers", usual).lower().split())
    if not names or len(names) > MOST_NAMES or len(set(names)) != len(names):
        raise Unsound("the signature names no headers, too many, or one twice")
    if not all(_WORD.fullmatch(name) for name in names):
        raise Unsound("the signature names headers that cannot be")
    if not said.get("keyid"):
        raise Unsound("the signature names no key")
    created, expires = said.get("created"), said.get("expires")
    if not all(_NUMBER.fullmatch(time) for time in (created, expires) if time is not None):
        raise Unsound("the signature tells a time that cannot be read")
    signature = _decoded(said.get("signature", ""))
    return Signature(said["keyid"], algorithm, names, signature, created, expires)


def _parameters(header: str) -> dict[str, str]:
    if len(header) > LONGEST:
        raise Unsound("the Signature header is too long")
    said: dict[str, str] = {}
    at = 0
    while at < len(header):
        found = _PARAMETER.match(header, at)
        if found is None:
            raise Unsound("the Signature header cannot be read")
        name, quoted, plain, comma = found.groups()
        if name.lower() in said:
            raise Unsound(f"the signature says its {name} twice")
        said[name.lower()] = plain if quoted is None else quoted
        at = found.end()
        if comma and at >= len(header):
            raise Unsound("the Signature header breaks off")
    return said


def _decoded(text: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as why:
        raise Unsound("the signature is not base64") from why
    if not signature:
        raise Unsound("the signature is empty")
    return signature


def claim(request: Received, place: Place, now: float) -> Claim:
    """
    What the signature of a request claims, after all that can be decided without a key.

    :param now: seconds since the epoch.
    :raise Unsound: it proves nothing, whoever made it.
    """
    headers = request.headers.get(HEADER, ())
    if len(headers) != 1:
        raise Unsound("the request bears several signatures")
    said = parsed(headers[0])
    _check_coverage(said, request)
    _check_time(said, request, now)
    if request.digests is not None:
        check_digest(_signed_header(request, "digest"), request.digests)
    texts = [_text(said, request, place, request.target)]
    if request.query is not None:
        texts.append(_text(said, request, place, request.path))
    algorithm = Algorithm.RSA if said.algorithm == TIMELESS else None
    return Claim(said.key_id, said.signature, tuple(texts), algorithm)


def _check_coverage(said: Signature, request: Received) -> None:
    names = set(said.names)
    if TARGET not in names or "host" not in names or not names & {"date", CREATED}:
        raise Unsound("the signature does not cover the target, the host and the date")
    if request.digests is not None and "digest" not in names:
        raise Unsound("the signature does not cover the digest of the body")


def _check_time(said: Signature, request: Received, now: float) -> None:
    times = {CREATED: said.created, EXPIRES: said.expires}
    for name in times.keys() & set(said.names):
        if said.algorithm == TIMELESS:
            raise Unsound(f"{name} does not go with {said.algorithm}")
        if times[name] is None:
            raise Unsound(f"the signature covers {name} and does not tell it")
    if "date" in said.names:
        check_window(_seconds(_signed_header(request, "date")), now)
    if CREATED in said.names and said.created is not None:
        check_window(float(said.created), now)
    check_expiry(None if said.expires is None else float(said.expires), now)


def _seconds(date: str) -> float:
    if len(date) > LONGEST_DATE or date.count(",") > 1:  # several of them are no date
        raise Unsound("the date of the request cannot be read")
    try:
        found = parsedate_to_datetime(date)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return aware.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError) as why:
        raise Unsound("the date of the request cannot be read") from why


def _signed_header(request: Received, name: str) -> str:
    value = request.header(name)
    if value is None:
        raise Unsound(f"the signature covers the header {name}, which the request lacks")
    return value


def _text(said: Signature, request: Received, place: Place, target: str) -> bytes:
    lines = []
    for name in said.names:
        if name == TARGET:
            value = f"{request.method.lower()} {target}"
        elif name == CREATED:
            value = said.created or ""
        elif name == EXPIRES:
            value = said.expires or ""
        elif name == "host":
            value = place.host_of(request)
        elif name.startswith("("):
            raise Unsound(f"the signature covers {name}, which nobody knows")
        else:
            value = _signed_header(request, name)
        lines.append(f"{name}: {value}")
    return octets("\n".join(lines))


# --- what we send --------------------------------------------------------------------------------


def http_date(now: float) -> str:
    """``Date``, as servers write it."""
    return formatdate(now, usegmt=True)


def signing_text(method: str, target: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """
    What we sign: the request's target and these headers, names in lower case.

    :param target: path and query, or the path alone.
    """
    lines = [f"{TARGET}: {method.lower()} {target}", *(f"{name}: {value}" for name, value in headers)]
    return "\n".join(lines).encode("ascii")


def header(key_id: str, names: Sequence[str], signature: bytes) -> str:
    """
    The value of ``Signature``.

    Funkwhale 1.x wants every parameter in quotes, no blanks behind the commas, and ``rsa-sha256``.
    """
    covered = " ".join((TARGET, *names))
    text = base64.b64encode(signature).decode("ascii")
    return f'keyId="{key_id}",algorithm="rsa-sha256",headers="{covered}",signature="{text}"'
