"""
The headers that sign a request of ours, in each of the ways that other servers understand.

Nothing is signed that a proxy might rewrite.  Source: docs/federation.md §1.2, §1.3, "What we send".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from attrs import frozen

from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures import cavage, digests, messages
from fwtwisted.wire.signatures.messages import BODY, OURS, Wanted
from fwtwisted.wire.targets import Target

DERIVED = frozenset(("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"))


@frozen
class Order:
    """
    What is to be signed.

    :ivar body: None: there is none.  :ivar now: seconds since the epoch.
    :ivar wanted: by the server that is asked, with RFC 9421; None: the usual.
    """

    key_id: str
    method: str
    target: Target
    body: bytes | None
    scheme: Scheme
    now: float
    wanted: Wanted | None = None


def able(*, has_body: bool) -> frozenset[str]:
    """The components that a request of ours has, for signatures that another server asks for."""
    return DERIVED | {"host", "date"} | ({BODY} if has_body else frozenset())


def headers(order: Order, sign: Callable[[bytes], bytes]) -> dict[str, str]:
    """The headers that prove who sends a request."""
    return _by_messages(order, sign) if order.scheme is Scheme.MESSAGES else _by_cavage(order, sign)


def _by_cavage(order: Order, sign: Callable[[bytes], bytes]) -> dict[str, str]:
    told = {"Date": cavage.http_date(order.now)}
    if order.body is not None:
        told["Digest"] = digests.digest(hashlib.sha256(order.body).digest())
    covered = [("host", _authority(order.target)), *((name.lower(), value) for name, value in told.items())]
    target = _request_target(order.target)
    if order.scheme is Scheme.CAVAGE_PATH_ONLY:
        target = target.partition("?")[0]
    text = cavage.signing_text(order.method, target, covered)
    told["Signature"] = cavage.header(order.key_id, [name for name, _ in covered], sign(text))
    return told


def _by_messages(order: Order, sign: Callable[[bytes], bytes]) -> dict[str, str]:
    told = {"Date": cavage.http_date(order.now)}
    if order.body is not None:
        told["Content-Digest"] = digests.content_digest(hashlib.sha256(order.body).digest())
    usual = Wanted(components=(*OURS, BODY) if order.body is not None else OURS)
    draft = messages.draft(order.wanted or usual, _values(order, told), order.key_id, int(order.now))
    return told | draft.headers(sign(draft.text))


def _values(order: Order, told: Mapping[str, str]) -> dict[str, str]:
    """Of every component that somebody may want signed."""
    whole = _request_target(order.target)
    path, _, query = whole.partition("?")
    return {
        "@method": order.method.upper(),
        "@target-uri": order.target.url,
        "@authority": _authority(order.target),
        "@scheme": order.target.scheme,
        "@request-target": whole,
        "@path": path,
        "@query": f"?{query}",
        "host": _authority(order.target),
        **{name.lower(): value for name, value in told.items()},
    }


def _authority(target: Target) -> str:
    """As it stands in the ``Host`` header: the port only where it is not the scheme's own."""
    return target.origin.partition("://")[2]


def _request_target(target: Target) -> str:
    return target.url.removeprefix(target.origin) or "/"
