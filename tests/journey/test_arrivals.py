"""Coming in by hand: signing up, confirming, forgetting, changing, leaving, with letters from a real mail server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from playwright.sync_api import expect

from tests.browser import PATIENCE_MS, Browser
from tests.pod import PASSWORD, ROOT, PodCase

FIRST, SECOND, THIRD = "correct horse 61", "correct horse 62", "correct horse 63"


class ArrivalsTests(PodCase):
    """What a person does who was never here."""

    def setUp(self) -> None:
        super().setUp()
        self.post = subprocess.Popen(
            [sys.executable, "-m", "tests.post_child"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.close_post)
        assert self.post.stdout is not None
        self.letters = self.post.stdout
        self.server = self.pod(settings={"EMAIL_CONFIG": f"smtp://127.0.0.1:{self.letters.readline().strip()}"})
        self.server.start()
        self.server.secrets.update((FIRST, SECOND, THIRD))
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        expect.set_options(timeout=PATIENCE_MS)

    def close_post(self) -> None:
        self.post.kill()
        self.post.communicate()

    def letter(self) -> Any:
        """The next letter."""
        return json.loads(self.letters.readline())

    def path(self, link: str) -> str:
        """A link's place on the server as the browser reaches it."""
        return self.server.url + "/" + link.split("/", 3)[3]

    def with_administrator(self) -> None:
        """Set the pod up and open it to everybody."""
        page = self.browser.page
        page.goto(f"{self.server.url}/setup#{self.server.setup_token()}")
        self.server.secrets.add(PASSWORD)
        page.get_by_label("User name").fill("ada")
        page.get_by_label("E-mail").fill("ada@pod.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_role("button", name="Account of ada")).to_be_visible()
        page.evaluate(
            """() => fetch('/api/v1/instance/admin/settings/bulk/', {method: 'POST', headers: {
                 'Content-Type': 'application/json', 'X-CSRFToken': /csrftoken=([^;]+)/.exec(document.cookie)[1]},
                 body: JSON.stringify({users__registration_enabled: true})})"""
        )
        page.context.clear_cookies()

    def signs_in(self, password: str) -> None:
        page = self.browser.page
        page.goto(f"{self.server.url}/login")
        page.get_by_label("User name or e-mail").fill("omar")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_role("button", name="Account of omar")).to_be_visible()

    def test_the_whole_journey(self) -> None:
        """Sign up, confirm, forget and choose anew, change password and address, draw a Subsonic secret, leave."""
        page = self.browser.page
        self.with_administrator()
        page.goto(f"{self.server.url}/login")
        page.get_by_role("link", name="Make an account").click()
        page.get_by_label("User name").fill("omar")
        page.get_by_label("E-mail").fill("ada@pod.example")
        page.get_by_label("Password").fill(FIRST)
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_text("already registered")).to_be_visible()
        page.get_by_label("E-mail").fill("omar@mail.example")
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_role("button", name="Account of omar")).to_be_visible()

        letter = self.letter()
        self.assertEqual("omar@mail.example", letter["to"])
        page.goto(self.path(letter["link"]))
        page.get_by_role("button", name="It is mine").click()
        expect(page.get_by_text("Your e-mail address is confirmed")).to_be_visible()
        page.goto(self.path(letter["link"]))
        page.get_by_role("button", name="It is mine").click()
        expect(page.get_by_text("used or is too old")).to_be_visible()

        page.context.clear_cookies()
        page.goto(f"{self.server.url}/login")
        page.get_by_role("link", name="Forgotten your password?").click()
        page.get_by_label("E-mail").fill("omar@mail.example")
        page.get_by_role("button", name="Send me a link").click()
        expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
        page.goto(self.path(self.letter()["link"]))
        page.get_by_label("New password").fill("password1")
        page.get_by_role("button", name="Use this password").click()
        expect(page.get_by_text("too common")).to_be_visible()
        page.get_by_label("New password").fill(SECOND)
        page.get_by_role("button", name="Use this password").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        self.signs_in(SECOND)
        self.settles()

    def settles(self) -> None:
        """On the page of one's account."""
        page = self.browser.page
        page.get_by_role("button", name="Account of omar").click()
        page.get_by_role("menuitem", name="Account").click()
        page.get_by_label("Password now").first.fill(SECOND)
        page.get_by_label("New password").fill(THIRD)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_text("Your password was changed")).to_be_visible()
        page.get_by_label("New e-mail address").fill("new@mail.example")
        page.locator("#password").fill(THIRD)
        page.get_by_role("button", name="Change address").click()
        expect(page.get_by_text("A link was sent to new@mail.example")).to_be_visible()
        self.assertEqual("new@mail.example", self.letter()["to"])
        page.get_by_role("button", name="Draw one").click()
        expect(page.get_by_role("button", name="Draw a new one")).to_be_visible()
        self.server.secrets.add(page.locator("code").inner_text())
        page.locator("#leaving").fill("wrong")
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_text("The password is not correct")).to_be_visible()
        page.locator("#leaving").fill(THIRD)
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_text("Your account is closed")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in").last).to_be_visible()
