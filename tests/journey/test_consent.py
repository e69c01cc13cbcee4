"""The page on which a person lets another app in, in a real browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Route, expect

from tests.browser import PATIENCE_MS, Browser
from tests.pod import PASSWORD, PodCase

ELSEWHERE = "https://music.example/auth/callback"
BY_HAND = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "the-verifier-that-only-the-app-knows-0123456789"
STATE = "a-state-of-the-app-itself"
KINDS = ("access", "refresh")


class ConsentTests(PodCase):
    """What a person does whose app sent them here."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()
        self.server.set_up()
        self.app = self.registered("Player <b>", f"{ELSEWHERE} {BY_HAND}")
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        expect.set_options(timeout=PATIENCE_MS)
        self.arrived: list[str] = []
        self.browser.context.route("https://music.example/**", self._arrive)

    def _arrive(self, route: Route) -> None:
        """Stand in for the app's own site, which is not there."""
        self.arrived.append(route.request.url)
        route.fulfill(status=200, content_type="text/plain", body="the app is back")

    def registered(self, name: str, places: str) -> dict[str, Any]:
        """An app that made itself known."""
        said = self.server.client().post("/api/v1/oauth/apps/", name=name, redirect_uris=places, scopes="read write")
        self.assertEqual(201, said.status)
        app: dict[str, Any] = said.json
        self.server.secrets.add(app["client_secret"])
        return app

    def ask(self, **more: str) -> None:
        """Come here as the app sends people."""
        sent = {"client_id": self.app["client_id"], "response_type": "code", "redirect_uri": ELSEWHERE}
        sent |= {"scope": "read write:playlists", "state": STATE} | more
        self.browser.page.goto(f"{self.server.url}/authorize?{urlencode(sent)}")

    def log_in(self) -> None:
        page = self.browser.page
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").last.click()

    def exchanged(self, code: str, place: str, **more: str) -> Any:
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": place} | more
        sent |= {name: self.app[name] for name in ("client_id", "client_secret")}
        said = self.server.client().post("/api/v1/oauth/token/", **sent)
        self.server.secrets |= {code, STATE, VERIFIER, *(said.json.get(f"{kind}_token", code) for kind in KINDS)}
        return said

    def test_a_person_signs_in_and_lets_an_app_in(self) -> None:
        """The door first; then what it asks for; then back, with a code that the app's verifier opens."""
        page = self.browser.page
        self.ask(code_challenge=VERIFIER, code_challenge_method="plain")
        self.log_in()
        expect(page.get_by_role("heading", name="Let Player <b> in?")).to_be_visible()
        expect(page.get_by_text("music.example")).to_be_visible()
        expect(page.locator(".leave", has_text="It will change").get_by_role("listitem")).to_have_text("playlists")
        page.get_by_role("button", name="Let it in").click()
        expect(page.get_by_text("the app is back")).to_be_visible()
        told = dict(parse_qsl(urlsplit(self.arrived[0]).query))
        self.assertEqual({"code", "state"}, set(told))
        self.assertEqual(STATE, told["state"])
        self.assertEqual(400, self.exchanged(told["code"], ELSEWHERE).status)
        said = self.exchanged(told["code"], ELSEWHERE, code_verifier=VERIFIER)
        self.assertEqual((200, "read write:playlists"), (said.status, said.json["scope"]))

    def test_a_code_is_carried_by_hand(self) -> None:
        """It is shown, and works; nobody is sent anywhere."""
        page = self.browser.page
        self.ask(redirect_uri=BY_HAND)
        self.log_in()
        page.get_by_role("button", name="Let it in").click()
        shown = page.get_by_label("Code")
        expect(shown).to_be_visible()
        self.assertEqual(200, self.exchanged(shown.input_value(), BY_HAND).status)
        self.assertTrue(page.url.startswith(self.server.url))

    def test_a_person_says_no(self) -> None:
        """The app is told; a place that it did not register is told nothing."""
        page = self.browser.page
        self.ask()
        self.log_in()
        page.get_by_role("button", name="No, thanks").click()
        expect(page.get_by_text("the app is back")).to_be_visible()
        told = dict(parse_qsl(urlsplit(self.arrived[0]).query))
        self.assertEqual({"error": "access_denied", "state": STATE}, told)
        for answer in ("No, thanks", "Let it in"):
            self.ask(redirect_uri="https://music.example/elsewhere")
            page.get_by_role("button", name=answer).click()
            expect(page.get_by_text("Mismatching redirect URI")).to_be_visible()
        self.assertEqual(1, len(self.arrived))

    def test_somebody_else_may_sign_in_and_unknown_apps_are_said_so(self) -> None:
        """The account can be changed without losing the way."""
        page = self.browser.page
        self.ask()
        self.log_in()
        page.get_by_role("button", name="Use another account").click()
        self.log_in()
        expect(page.get_by_role("button", name="Let it in")).to_be_visible()
        self.ask(client_id="unknown")
        expect(page.get_by_text("Nothing here")).to_be_visible()

    def test_no_other_site_shows_it_in_a_frame(self) -> None:
        """A click on it is meant for it."""
        said = self.browser.page.goto(f"{self.server.url}/authorize?client_id=x")
        assert said is not None
        self.assertEqual("SAMEORIGIN", said.headers["x-frame-options"])
        self.assertIn("frame-ancestors 'self'", said.headers["content-security-policy"])
