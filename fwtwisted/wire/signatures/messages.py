"""
Signatures of requests as RFC 9421 has them.

::

    Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=1700000000;keyid="…";alg="rsa-v1_5-sha256"
    Signature:       sig1=:base64…:

A request may bear several; one that passes is enough.  The list of what was signed goes into the signed text in the
very letters in which it came.  Source: docs/federation.md §1.3; RFC 9421.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from fwtwisted.wire.signatures.claims import Algorithm, Claim, check_expiry, check_window
from fwtwisted.wire.signatures.digests import check_content_digest
from fwtwisted.wire.signatures.received import Place, Received, Unsound, octets
from fwtwisted.wire.signatures.structured import Item, Member, dictionary, encoded, quoted

INPUT, SIGNATURE, ACCEPT = "signature-input", "signature", "accept-signature"
ALGORITHM = "rsa-v1_5-sha256"
BELIEVED = {ALGORITHM: Algorithm.RSA, "ed25519": Algorithm.ED25519}
LABEL = "sig1"
MOST_LABELS = 4
BODY = "content-digest"
OURS = ("@method", "@target-uri")

_DERIVED: Mapping[str, Callable[[Received, Place], str]] = {
    "@method": lambda request, place: request.method,
    "@target-uri": lambda request, place: f"{place.scheme}://{place.authority}{request.target}",
    "@authority": lambda request, place: place.authority,
    "@scheme": lambda request, place: place.scheme,
    "@request-target": lambda request, place: request.target,
    "@path": lambda request, place: request.path or "/",
    "@query": lambda request, place: f"?{request.query or ''}",
}


def is_used_by(request: Received) -> bool:
    """Whether a request is signed this way, and not as draft-cavage has it."""
    return bool(request.headers.get(INPUT))


def claims(request: Received, place: Place, now: float) -> list[Claim]:
    """
    What the signatures of a request claim that pass all which can be decided without a key; at least one.

    :raise Unsound: there is none such; the text is about the last.
    """
    inputs = dictionary(request.header(INPUT) or "")
    signatures = dictionary(request.header(SIGNATURE) or "")
    if not inputs or len(inputs) > MOST_LABELS:
        raise Unsound("the request bears no signature, or too many")
    found, why = [], Unsound("the request bears no signature")
    for label, member in inputs.items():
        try:
            found.append(_claim(member, signatures.get(label), request, place, now))
        except Unsound as unsound:
            why = unsound
    if not found:
        raise why
    return found


def _claim(member: Member, signature: Member | None, request: Received, place: Place, now: float) -> Claim:
    if signature is None or not isinstance(signature.value, bytes) or not signature.value:
        raise Unsound("a signature is announced that is not there")
    key_id = _check_parameters(member.parameters, now)
    algorithm = _check_algorithm(member.parameters)
    names = _names(member.items)
    _check_coverage(names, request)
    if request.digests is not None:
        check_content_digest(request.header(BODY) or "", request.digests)
    lines = [f"{quoted(name)}: {_value(name, request, place)}" for name in names]
    lines.append(f'"@signature-params": {member.raw}')
    return Claim(key_id, signature.value, (octets("\n".join(lines)),), algorithm)


def _check_parameters(said: Mapping[str, object], now: float) -> str:
    """Whether the time is in order; the id of the key."""
    key_id, created, expires = said.get("keyid"), said.get("created"), said.get("expires")
    if type(key_id) is not str or not key_id:
        raise Unsound("the signature names no key")
    if type(created) is not int:
        raise Unsound("the signature does not tell when it was made")
    if expires is not None and type(expires) is not int:
        raise Unsound("the signature tells a time that cannot be read")
    check_window(created, now)
    check_expiry(expires, now)
    return key_id


def _check_algorithm(said: Mapping[str, object]) -> Algorithm | None:
    """What it says that it was made by."""
    named = said.get("alg")
    if named is None:
        return None
    if type(named) is not str or named not in BELIEVED:
        raise Unsound("the algorithm of the signature is not one that is believed")
    return BELIEVED[named]


def _names(items: tuple[Item, ...] | None) -> list[str]:
    names = []
    for item in items or ():
        if type(item.value) is not str or item.parameters or item.value != item.value.lower():
            raise Unsound("the signature covers something that nobody here knows")
        names.append(item.value)
    if not names or len(set(names)) != len(names):
        raise Unsound("the signature covers nothing, or something twice")
    return names


def _check_coverage(names: list[str], request: Received) -> None:
    covered = set(names)
    by_parts = {"@authority", "@path"} | ({"@query"} if request.query is not None else set())
    if "@method" not in covered or not ("@target-uri" in covered or by_parts <= covered):
        raise Unsound("the signature does not cover the method and the target")
    if request.digests is not None and BODY not in covered:
        raise Unsound("the signature does not cover the digest of the body")


def _value(name: str, request: Received, place: Place) -> str:
    if name.startswith("@"):
        derived = _DERIVED.get(name)
        if derived is None:
            raise Unsound("the signature covers something that nobody here knows")
        return derived(request, place)
    value = place.host_of(request) if name == "host" else request.header(name)
    if value is None:
        raise Unsound(f"the signature covers the header {name}, which the request lacks")
    return value


# --- what we send --------------------------------------------------------------------------------


@frozen
class Wanted:
    """
    The signature that a server asks for.

    :ivar components: what it is to cover, in order.
    """

    label: str = LABEL
    components: tuple[str, ...] = OURS


def accept_signature(*, has_body: bool) -> str:
    """``Accept-Signature`` of our refusals: what we would rather have seen."""
    names = " ".join(quoted(name) for name in (*OURS, *((BODY,) if has_body else ())))
    return f'{LABEL}=({names});created;alg="{ALGORITHM}"'


def wanted(header: str, able: frozenset[str]) -> Wanted | None:
    """
    The first signature that a server asks for and that we can make; None where there is none.

    :param able: names of the components that the request has.
    """
    try:
        asked = dictionary(header)
    except Unsound:
        return None
    for label, member in asked.items():
        names = tuple(item.value for item in member.items or () if type(item.value) is str and not item.parameters)
        is_plain = len(names) == len(member.items or ()) == len(set(names)) > 0 and able.issuperset(names)
        if is_plain and member.parameters.keys() <= {"created", "alg"} and _algorithm(member) == ALGORITHM:
            return Wanted(label, names)
    return None


def _algorithm(member: Member) -> object:
    return member.parameters.get("alg", ALGORITHM)


@frozen
class Draft:
    """A signature that is about to be made.  :ivar text: to be signed."""

    label: str
    parameters: str
    text: bytes

    def headers(self, signature: bytes) -> dict[str, str]:
        """What goes with the request."""
        return {
            "Signature-Input": f"{self.label}={self.parameters}",
            "Signature": f"{self.label}={encoded(signature)}",
        }


def draft(asked: Wanted, values: Mapping[str, str], key_id: str, created: int) -> Draft:
    """
    Prepare a signature.

    :param values: of each of the components that are asked for.
    """
    parameters = f'{_inner_list(asked.components)};created={created};keyid={quoted(key_id)};alg="{ALGORITHM}"'
    lines = [f"{quoted(name)}: {values[name]}" for name in asked.components]
    lines.append(f'"@signature-params": {parameters}')
    return Draft(asked.label, parameters, "\n".join(lines).encode("ascii"))


def _inner_list(names: Sequence[str]) -> str:
    return f"({' '.join(quoted(name) for name in names)})"
