"""Programs and their tokens (§4.4)."""

from __future__ import annotations

from fwtwisted.model.accounts import LONGEST_NAME
from fwtwisted.model.oauth import ACCESS_DENIED, ChallengeMethod
from fwtwisted.wire.schema import (
    COUNT,
    FLAG,
    MOMENT,
    TEXT,
    choice,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.oauth import LONGEST_ID, LONGEST_REDIRECT, LONGEST_SCOPE, LONGEST_STATE
from fwtwisted.wire.v1.people import LONGEST_REDIRECTS, LONGEST_SCOPES

APPLICATION = named("Application", told(client_id=TEXT, name=TEXT, scopes=TEXT, created=MOMENT, updated=MOMENT))
OWN_APPLICATION = named(
    "OwnApplication", with_more(APPLICATION, client_secret=TEXT, redirect_uris=TEXT, token=maybe(TEXT))
)
LISTED_APPLICATION = named("ListedApplication", with_more(APPLICATION, token=maybe(TEXT)))
NEW_APPLICATION = named(
    "NewApplication", partly(with_more(APPLICATION, client_secret=TEXT, redirect_uris=TEXT), token=TEXT)
)
GRANTED = named("Granted", told(redirect_uri=TEXT, code=TEXT))
DENIED = named("Denied", told(detail=TEXT, error=one_of(ACCESS_DENIED), redirect_uri=TEXT))
TOKENS = named(
    "Tokens",
    told(access_token=TEXT, expires_in=COUNT, token_type=one_of("Bearer"), scope=TEXT, refresh_token=TEXT),
)
REFUSED = named("OAuthRefused", told(error=TEXT))

# --- what people and programs send ---------------------------------------------------------------

APPLICATION_CHANGE = named(
    "ApplicationChange",
    sent(
        name=text(LONGEST_NAME),
        redirect_uris=maybe(text(LONGEST_REDIRECTS, 0)),
        scopes=maybe(text(LONGEST_SCOPES, 0)),
    ),
)
APPLICATION_WISH = named(
    "ApplicationWish",
    sent(
        {"name": text(LONGEST_NAME)},
        redirect_uris=maybe(text(LONGEST_REDIRECTS, 0)),
        scopes=maybe(text(LONGEST_SCOPES, 0)),
    ),
)
DECISION = named(
    "Decision",
    sent(
        {"client_id": text(LONGEST_ID), "scope": text(LONGEST_SCOPE)},
        redirect_uri=text(LONGEST_REDIRECT, 0),
        allow=FLAG,
        state=text(LONGEST_STATE, 0),
        response_type=one_of("code"),
        code_challenge=text(128, 43),
        code_challenge_method=choice(ChallengeMethod),
    ),
)
TOKEN_REQUEST = named(
    "TokenRequest",
    sent(
        {"grant_type": one_of("authorization_code", "refresh_token")},
        code=TEXT,
        redirect_uri=TEXT,
        code_verifier=TEXT,
        refresh_token=TEXT,
        scope=TEXT,
        client_id=TEXT,
        client_secret=TEXT,
    ),
)
REVOCATION = named("Revocation", sent({"token": TEXT}, client_id=TEXT, client_secret=TEXT))
