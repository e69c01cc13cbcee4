"""
Limits as a document.

Source: docs/api.md §4.5, ``rate-limit``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Final

from fwtwisted.model.limits import Standing
from fwtwisted.wire.v1 import Document

PERIODS: Final[Mapping[int, str]] = {1: "s", 60: "m", 3600: "h", 86400: "d"}

MEANINGS: Final[Mapping[str, str]] = {
    "wildcard": "everything that no other limit is for",
    "list": "pages of lists",
    "retrieve": "single objects, and listening",
    "create": "making things",
    "update": "changing things",
    "destroy": "removing things",
    "reports": "sending reports to the moderators",
    "oauth-app": "registering an app",
    "oauth-authorize": "letting an app in",
    "oauth-token": "tokens of apps",
    "oauth-revoke-token": "giving tokens back",
    "subsonic": "calls of Subsonic apps",
    "login": "attempts to sign in",
    "signup": "opening an account",
    "fetch": "fetching objects of other pods",
    "verify-email": "confirming a mail address",
    "password-change": "changing the password",
    "password-reset": "asking for a new password",
    "password-reset-confirm": "setting the new password",
}
WHO: Final = {"anonymous": "visitors", "authenticated": "accounts"}


def rate_limits(
    standings: Iterable[Standing], account_id: int | None, address: str, now: float, *, on: bool
) -> Document:
    """
    All limits, and where the asker stands.

    :param account_id: the asker's; None for a visitor, who is known by ``address``.
    :param now: seconds since the epoch.
    """
    anonymous = account_id is None
    return {
        "enabled": on,
        "ident": {
            "type": "anonymous" if anonymous else "authenticated",
            "id": address if anonymous else str(account_id),
        },
        "scopes": [_scope(standing, now) for standing in standings],
    }


def _scope(standing: Standing, now: float) -> Document:
    waits, counts = standing.wait_seconds > 0, standing.reset_seconds > 0
    return {
        "id": standing.scope,
        "rate": f"{standing.limit}/{PERIODS.get(standing.seconds, f'{standing.seconds}s')}",
        "description": _description(standing.scope),
        "limit": standing.limit,
        "duration": standing.seconds,
        "remaining": standing.remaining,
        "available": int(now + standing.wait_seconds) if waits else None,
        "available_seconds": ceil(standing.wait_seconds) if waits else None,
        "reset": int(now + standing.reset_seconds) if counts else None,
        "reset_seconds": ceil(standing.reset_seconds) if counts else None,
    }


def _description(scope: str) -> str:
    """What a scope is for, in words."""
    who, _, what = scope.partition("-")
    if who in WHO:
        return f"{MEANINGS.get(what, what)}, for {WHO[who]}"
    return MEANINGS.get(scope, scope)
