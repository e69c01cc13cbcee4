"""Forms that are asked for: docs/federation.md §2.2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.activitypub.negotiation import Form, document_form, form, funkwhale_in

AP = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
words = st.lists(
    st.sampled_from([AP, LD, "text/html", "*/*", "application/*", "", ";", ";q=", "q=0.5", ",", " ", "a/b"])
)


class NegotiationTests(SynchronousTestCase):
    """What real clients send, and what nobody sends."""

    def test_what_real_clients_send(self) -> None:
        """Mastodon, GoToSocial, Pleroma, Funkwhale, Fedify, browsers, curl."""
        for accept, wanted in (
            (f"{AP}, application/ld+json", Form.ACTIVITY),
            (f"{AP},{LD}", Form.ACTIVITY),
            (f"{LD}, {AP}", Form.LD),
            (AP, Form.ACTIVITY),
            (f"{AP}, application/ld+json, application/json, text/html;q=0.1", Form.ACTIVITY),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form.PAGE),
            ("*/*", Form.PAGE),
            (None, Form.ACTIVITY),
            ("", Form.ACTIVITY),
            (f"{AP};q=0", Form.ACTIVITY),
            (f"text/html;q=0.4, {LD};q=0.5, {AP};q=0.2", Form.LD),
            ("APPLICATION/JSON ; Q=1.0", Form.JSON),
            ("text/html;q=2, application/json", Form.JSON),
        ):
            self.assertIs(wanted, form(accept), accept)

    def test_pages_are_for_people(self) -> None:
        """A document is for those who name its type before they name a page's."""
        for accept, wanted in (
            (AP, Form.ACTIVITY),
            (LD, Form.LD),
            ("application/json", Form.JSON),
            (f"{AP}, text/html", Form.ACTIVITY),
            (f"text/html, {AP}", None),
            (f"text/html;q=0.5, {AP};q=0.6", Form.ACTIVITY),
            ("*/*", None),
            ("application/*", None),
            (None, None),
            ("", None),
        ):
            self.assertIs(wanted, document_form(accept), accept)

    @given(st.one_of(st.text(), words.map("".join), words.map(",".join)))
    def test_anything(self, accept: str) -> None:
        """An answer, whatever is sent."""
        self.assertIsInstance(form(accept), Form)
        self.assertIsNot(Form.PAGE, document_form(accept))

    def test_programs(self) -> None:
        """Funkwhale says which it is."""
        self.assertEqual(1, funkwhale_in("python-requests (funkwhale/1.4.0; +https://far.example)"))
        self.assertEqual(2, funkwhale_in("Funkwhale/2.0.0-rc4"))
        for agent in (None, "", "Mastodon/4.5.0 (http.rb/5.2.0; +https://far.example/)", "funkwhale"):
            self.assertIsNone(funkwhale_in(agent))
