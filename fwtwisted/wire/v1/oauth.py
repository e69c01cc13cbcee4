"""
OAuth 2 as documents: what people and programs send, and what they are told.

Programs that know OAuth are told by OAuth's own words (:class:`~fwtwisted.model.oauth.OAuthRefused`); the page on which
a person decides is told by field, as everywhere.

Source: RFC 6749, RFC 7636, docs/api.md §4.4.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

from fwtwisted.model.oauth import (
    ACCESS_DENIED,
    INVALID_CLIENT,
    INVALID_REQUEST,
    UNSUPPORTED_GRANT_TYPE,
    AuthorizationWish,
    Challenge,
    ChallengeMethod,
    Client,
    CodeExchange,
    Decision,
    OAuthRefused,
    Refresh,
    Tokens,
)
from fwtwisted.model.people import ALL_SCOPES
from fwtwisted.wire.fields import REQUIRED, Fields
from fwtwisted.wire.v1 import Document

LONGEST_ID = 255
LONGEST_REDIRECT = 3_000
LONGEST_SCOPE = 3_000
LONGEST_STATE = 4_000
LONGEST_SECRET = 4_096
KNOWN_SCOPES = ALL_SCOPES | {"read", "write"}
# What scripts write for a value that they do not have.
ABSENT = (None, "", "undefined")

_CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_S256 = re.compile(r"[A-Za-z0-9\-_]{43}")


# --- a person decides ----------------------------------------------------------------------------


def decision(document: Mapping[str, Any]) -> AuthorizationWish:
    """What somebody decided about a program; unknown names, such as ``nonce``, are ignored.  :raise Invalid:"""
    fields = Fields({name: value for name, value in document.items() if value not in ABSENT})
    wish = AuthorizationWish(
        client_id=fields.text("client_id", LONGEST_ID),
        redirect_uri=_exact(fields, "redirect_uri", LONGEST_REDIRECT),
        scopes=_scopes(fields),
        allowed=fields.flag("allow"),
        state=_exact(fields, "state", LONGEST_STATE),
        challenge=_challenge(fields),
    )
    if fields.has("response_type") and fields.text("response_type", LONGEST_ID) != "code":
        fields.refuse("response_type", "Only codes are given out.")
    fields.check()
    return wish


def _exact(fields: Fields, name: str, longest: int) -> str | None:
    """A text as it came, blanks and all."""
    return (fields.text(name, longest, blank=True, trimmed=False) or None) if fields.has(name) else None


def _scopes(fields: Fields) -> str:
    words = (fields.text_or_none("scope", LONGEST_SCOPE) or "").split()
    unknown = [word for word in words if word not in KNOWN_SCOPES]
    if unknown:
        fields.refuse("scope", f"{unknown[0][:100]} is no scope.")
    elif not words:
        fields.refuse("scope", REQUIRED)
    return " ".join(dict.fromkeys(words))


def _challenge(fields: Fields) -> Challenge | None:
    text = _exact(fields, "code_challenge", LONGEST_ID)
    if text is None:
        return None
    method = fields.choice("code_challenge_method", ChallengeMethod, ChallengeMethod.PLAIN)
    if not (_S256 if method is ChallengeMethod.S256 else _CHALLENGE).fullmatch(text):
        fields.refuse("code_challenge", "This is no challenge of its method.")
    return Challenge(text, method)


def answered_at(decision: Decision) -> str:
    """Where the person's browser goes with the answer: the program's place, and in its query what it is told."""
    told = {"code": decision.code} if decision.code is not None else {"error": ACCESS_DENIED}
    if decision.state is not None:
        told["state"] = decision.state
    place = decision.redirect_uri
    mark = "" if place.endswith(("?", "&")) else "&" if "?" in place else "?"
    return f"{place}{mark}{urlencode(told)}"


def granted(decision: Decision) -> Document:
    """The answer to a page that leads its person on by itself."""
    return {"redirect_uri": answered_at(decision), "code": decision.code}


def denied(decision: Decision) -> Document:
    """The same when the person said no."""
    return {
        "detail": "The application was not authorized.",
        "error": ACCESS_DENIED,
        "redirect_uri": answered_at(decision),
    }


# --- a program asks ------------------------------------------------------------------------------


def token_request(document: Mapping[str, Any]) -> CodeExchange | Refresh:
    """What a program asks tokens for.  :raise OAuthRefused:"""
    kind = _word(document, "grant_type")
    if kind is None:
        raise OAuthRefused(INVALID_REQUEST)
    if kind == "authorization_code":
        code = _required(document, "code")
        return CodeExchange(code, _word(document, "redirect_uri"), _word(document, "code_verifier"))
    if kind == "refresh_token":
        return Refresh(_required(document, "refresh_token"), _word(document, "scope"))
    raise OAuthRefused(UNSUPPORTED_GRANT_TYPE)


def revocation(document: Mapping[str, Any]) -> str:
    """The token that is to end.  :raise OAuthRefused:"""
    return _required(document, "token")


def client(authorization: str | None, document: Mapping[str, Any]) -> Client:
    """
    The program that asks, by the ``Authorization`` header if that names one, else by the body.

    :raise OAuthRefused: it does not say who it is, or says two things.
    Source: RFC 6749, 2.3.1.
    """
    named = _word(document, "client_id")
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "basic":
        found = _basic(value.strip())
        if named not in (None, found.client_id):
            raise OAuthRefused(INVALID_CLIENT, by_header=True)
        return found
    secret = _word(document, "client_secret")
    if named is None or secret is None:
        raise OAuthRefused(INVALID_CLIENT)
    return Client(named, secret)


def _basic(value: str) -> Client:
    """The credentials of a Basic header; each is percent-encoded, which ours survive unchanged."""
    try:
        pair = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as why:
        raise OAuthRefused(INVALID_CLIENT, by_header=True) from why
    client_id, colon, secret = pair.partition(":")
    if not colon or "\0" in pair or len(pair) > LONGEST_SECRET:
        raise OAuthRefused(INVALID_CLIENT, by_header=True)
    return Client(unquote_plus(client_id).replace("\0", ""), unquote_plus(secret), by_header=True)


def _required(document: Mapping[str, Any], name: str) -> str:
    word = _word(document, name)
    if word is None:
        raise OAuthRefused(INVALID_REQUEST)
    return word


def _word(document: Mapping[str, Any], name: str) -> str | None:
    """A value that was sent; None for none.  :raise OAuthRefused: it is no text, too long, or was sent twice."""
    value = document.get(name)
    if value in ABSENT:
        return None
    if not isinstance(value, str) or len(value) > LONGEST_SECRET:
        raise OAuthRefused(INVALID_REQUEST)
    return value


def tokens(tokens: Tokens) -> Document:
    """What a program acts with from now on."""
    return {
        "access_token": tokens.access_token,
        "expires_in": tokens.seconds,
        "token_type": "Bearer",
        "scope": tokens.scopes,
        "refresh_token": tokens.refresh_token,
    }


def refused(error: str) -> Document:
    """Why it gets none, in one of OAuth's words."""
    return {"error": error}
