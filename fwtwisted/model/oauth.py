"""
What programs and people say to each other by OAuth 2, as values.

Source: RFC 6749, RFC 7636 (PKCE), docs/api.md §4.4.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac

from attrs import field, frozen

from fwtwisted.model.errors import FwError

INVALID_REQUEST = "invalid_request"
INVALID_CLIENT = "invalid_client"
INVALID_GRANT = "invalid_grant"
INVALID_SCOPE = "invalid_scope"
UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
ACCESS_DENIED = "access_denied"


class OAuthRefused(FwError):
    """
    A program asked for tokens and gets none.

    :ivar error: one of the words of RFC 6749, 5.2.
    :ivar by_header: the program had put its credentials into the Authorization header.
    """

    def __init__(self, error: str, *, by_header: bool = False) -> None:
        super().__init__(error)
        self.error, self.by_header = error, by_header


class ChallengeMethod(enum.StrEnum):
    """How a challenge came from its verifier."""

    PLAIN = "plain"
    S256 = "S256"


@frozen
class Challenge:
    """What only the program that began can answer.  Source: RFC 7636, 4."""

    text: str = field(repr=False)
    method: ChallengeMethod = ChallengeMethod.PLAIN

    def is_answered_by(self, verifier: str | None) -> bool:
        """Whether the verifier is the one that the challenge was made from."""
        if verifier is None:
            return False
        answer = verifier.encode()
        if self.method is ChallengeMethod.S256:
            answer = base64.urlsafe_b64encode(hashlib.sha256(answer).digest()).rstrip(b"=")
        return hmac.compare_digest(answer, self.text.encode())


# --- a person decides ----------------------------------------------------------------------------


@frozen
class AuthorizationWish:
    """
    A program wants to act for somebody, who has decided.

    :ivar redirect_uri: where the answer goes; None: to the only place that the program registered.
    :ivar scopes: blank-separated, each of them known.
    :ivar state: the program's own, given back as it came.
    :ivar allowed: what the person decided.
    """

    client_id: str
    redirect_uri: str | None
    scopes: str
    allowed: bool
    state: str | None = field(default=None, repr=False)
    challenge: Challenge | None = None


@frozen
class Decision:
    """
    What became of a wish.

    :ivar redirect_uri: one that the program registered.
    :ivar code: what the program exchanges for tokens; None: it was denied.
    """

    redirect_uri: str
    code: str | None = field(repr=False)
    state: str | None = field(repr=False)


# --- a program asks ------------------------------------------------------------------------------


@frozen
class Client:
    """Who a program says it is.  :ivar by_header: by HTTP Basic, not in the body."""

    client_id: str
    client_secret: str = field(repr=False)
    by_header: bool = False


@frozen
class CodeExchange:
    """A code to be exchanged.  :ivar verifier: the answer to its challenge; ignored when it has none."""

    code: str = field(repr=False)
    redirect_uri: str | None = None
    verifier: str | None = field(default=None, repr=False)


@frozen
class Refresh:
    """A refresh token to be exchanged.  :ivar scopes: blank-separated; None: as before."""

    refresh_token: str = field(repr=False)
    scopes: str | None = None


@frozen
class Tokens:
    """What a program acts with from now on.  :ivar seconds: how long the access token lives."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: int
    scopes: str
