"""
One line per request, without what must not be known.

Tokens and passwords travel in queries (listen tokens, Subsonic), so their values are blotted out by name, however
the name is spelled.  Who asks is told by number, not by name.

Source: docs/operations.md O-78.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from twisted.logger import Logger, LogLevel

from fwtwisted.web.request import LeanRequest

# Names of query parameters whose values open something.
SECRETS = frozenset(
    (
        "token", "access_token", "refresh_token", "p", "t", "s", "apikey", "password", "code", "client_secret", "key",
        "signature", "x-amz-signature", "x-amz-credential", "x-amz-security-token",
        # A program's own secrets on the page where a person lets it in, and that page's address on the way to it.
        "state", "nonce", "code_challenge", "code_verifier", "next",
    )
)  # fmt: skip

_QUOTED = re.compile(r"[%+\s]")


def tell(log: Logger, request: LeanRequest, seconds: float) -> None:
    """Log an answered request; a quiet one (a health check) only for those who debug."""
    log.emit(
        LogLevel.debug if request.is_quiet else LogLevel.info,
        "{client} {method} {target} {status} {size} bytes {seconds:.4f}s",
        event="web.request",
        client=request.client_address,
        method=request.method.decode("latin-1"),
        target=blotted(request.uri),
        status=request.code,
        size=request.sentLength,
        seconds=seconds,
        request=request.id,
        account=request.viewer.account_id if request.viewer is not None else None,
        cache=_cache_status(request),
    )


def _cache_status(request: LeanRequest) -> str | None:
    """Where the bytes came from, when that was said."""
    values = request.responseHeaders.getRawHeaders(b"X-Cache-Status")
    return values[-1].decode("latin-1") if values else None


def blotted(target: bytes) -> str:
    """A request target with the values of secret parameters blotted out."""
    text = target.decode("latin-1")
    path, mark, query = text.partition("?")
    if not mark:
        return text
    return path + mark + "&".join(_blotted_pair(pair) for pair in query.split("&"))


def _blotted_pair(pair: str) -> str:
    """One ``name=value``."""
    name, equals, _ = pair.partition("=")
    plain = unquote_plus(name).strip() if _QUOTED.search(name) else name
    return f"{name}=…" if equals and plain.lower() in SECRETS else pair
