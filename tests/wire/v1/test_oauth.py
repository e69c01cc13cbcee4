"""OAuth 2 as documents (docs/api.md §4.4)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.model.oauth import (
    AuthorizationWish,
    Challenge,
    ChallengeMethod,
    Client,
    CodeExchange,
    Decision,
    OAuthRefused,
    Refresh,
)
from fwtwisted.wire.v1 import oauth

WISH = {"client_id": "x", "redirect_uri": "https://x.example/cb", "scope": "read write", "allow": "true"}
NAMES = (
    "client_id", "client_secret", "redirect_uri", "scope", "allow", "state", "nonce", "response_type", "code_challenge",
    "code_challenge_method", "grant_type", "code", "refresh_token", "code_verifier", "token",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(("undefined", "authorization_code", "refresh_token", "S256", "plain", "code", "read")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


class DecisionTests(SynchronousTestCase):
    """What a person decided."""

    def test_what_is_read(self) -> None:
        """State and challenge as they came; scopes once each."""
        text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        sent = WISH | {"scope": " read  read write ", "state": " x ", "nonce": "n"}
        sent |= {"code_challenge": text, "code_challenge_method": "S256"}
        wish = AuthorizationWish(
            "x", "https://x.example/cb", "read write", True, " x ", Challenge(text, ChallengeMethod.S256)
        )
        self.assertEqual(wish, oauth.decision(sent))

    def test_absent_values(self) -> None:
        """Null, empty and ``undefined`` are absent; what is absent is not allowed."""
        for nothing in (None, "", "undefined"):
            sent = {"client_id": "x", "scope": "read", **dict.fromkeys(NAMES[4:10], nothing), "redirect_uri": nothing}
            self.assertEqual(AuthorizationWish("x", None, "read", False), oauth.decision(sent))

    def test_every_known_scope_is_taken_and_no_other(self) -> None:
        """Administrative ones too: tokens never carry them, but asking is no mistake."""
        for scope in ("read", "write", "read:libraries", "write:instance:users", "read:plugins"):
            self.assertEqual(scope, oauth.decision(WISH | {"scope": scope}).scopes)
        for scope in ("libraries", "read:", "READ", "read,write", "openid"):
            with self.assertRaises(Invalid) as caught:
                oauth.decision(WISH | {"scope": scope})
            self.assertEqual(["scope"], list(caught.exception.problems))

    def test_answers_find_their_place(self) -> None:
        """The place's own query stays; nothing in state or code can leave theirs."""
        for place, expected in (
            ("https://x.example/cb", "https://x.example/cb?code=c&state=a+b%26c%0D%0A"),
            ("https://x.example/cb?", "https://x.example/cb?code=c&state=a+b%26c%0D%0A"),
            ("https://x.example/cb?y=z", "https://x.example/cb?y=z&code=c&state=a+b%26c%0D%0A"),
            ("urn:/app/callback", "urn:/app/callback?code=c&state=a+b%26c%0D%0A"),
        ):
            self.assertEqual(expected, oauth.answered_at(Decision(place, "c", "a b&c\r\n")))
        self.assertEqual(
            "https://x.example/?error=access_denied", oauth.answered_at(Decision("https://x.example/", None, None))
        )

    @given(DOCUMENTS)
    def test_anything(self, document: dict[str, Any]) -> None:
        """A wish, or our own error."""
        try:
            wish = oauth.decision(document)
        except Invalid:
            return
        self.assertTrue(wish.client_id and wish.scopes)

    @given(st.text(max_size=50))
    def test_any_state_comes_back(self, state: str) -> None:
        """As it went."""
        place = oauth.answered_at(Decision("https://x.example/cb", "c", state))
        self.assertEqual([("code", "c"), ("state", state)], parse_qsl(urlsplit(place).query, keep_blank_values=True))


class RequestTests(SynchronousTestCase):
    """What a program asks."""

    def test_kinds(self) -> None:
        """Codes and refresh tokens."""
        sent = {"grant_type": "authorization_code", "code": "c", "redirect_uri": "p", "code_verifier": "v"}
        self.assertEqual(CodeExchange("c", "p", "v"), oauth.token_request(sent))
        sent = {"grant_type": "refresh_token", "refresh_token": "r", "scope": "undefined"}
        self.assertEqual(Refresh("r"), oauth.token_request(sent))

    def test_who_asks(self) -> None:
        """By the header or by the body; the header counts."""
        body = {"client_id": "x", "client_secret": "y"}
        self.assertEqual(Client("x", "y"), oauth.client(None, body))
        self.assertEqual(Client("x", "y"), oauth.client("Bearer z", body))
        self.assertEqual(Client("x", "a:b c", True), oauth.client(basic("x:a%3Ab+c"), {}))
        self.assertEqual(Client("x", "z", True), oauth.client(basic("x:z"), body))
        for header, document in (
            (None, {}), (None, {"client_id": "x"}), (basic("x"), {}), ("Basic ü", {}), (basic("z:y"), body),
        ):  # fmt: skip
            with self.assertRaises(OAuthRefused) as caught:
                oauth.client(header, document)
            self.assertEqual(
                ("invalid_client", header is not None), (caught.exception.error, caught.exception.by_header)
            )

    @given(DOCUMENTS, st.none() | st.text(max_size=40) | st.text(max_size=40).map(lambda text: f"Basic {text}"))
    def test_anything(self, document: dict[str, Any], header: str | None) -> None:
        """A request, or a refusal in one of OAuth's words."""
        for read in (oauth.token_request, oauth.revocation, lambda sent: oauth.client(header, sent)):
            try:
                read(document)
            except OAuthRefused as refusal:
                self.assertIn(refusal.error, ("invalid_request", "invalid_client", "unsupported_grant_type"))
