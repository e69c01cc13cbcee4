"""What a person lets in, on the page of their account, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import PATIENCE_MS, Browser
from tests.pod import PASSWORD, PodCase


class AccessTests(PodCase):
    """Keys of Subsonic apps, and programs of one's own."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()
        self.server.set_up()
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        expect.set_options(timeout=PATIENCE_MS)
        page = self.browser.page
        page.goto(f"{self.server.url}/settings")
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()

    def told(self, key: str) -> str:
        """What an app with this key is told."""
        said = self.server.client().get("/rest/ping", apiKey=key, f="json", c="Tempus")
        status: str = said.json["subsonic-response"]["status"]
        return status

    def test_a_key(self) -> None:
        """Made, shown once, used, revoked."""
        page = self.browser.page
        page.get_by_label("Name of the app or device").fill("Phone")
        page.get_by_role("button", name="Make a key").click()
        key = page.get_by_label("The key").input_value()
        self.server.secrets.add(key)
        self.assertEqual("ok", self.told(key))
        page.reload()
        row = page.get_by_role("listitem").filter(has_text="Phone")
        expect(row).to_contain_text("by Tempus")
        expect(page.get_by_label("The key")).to_have_count(0)
        row.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(row).to_have_count(0)
        self.assertEqual("failed", self.told(key))

    def test_a_program(self) -> None:
        """A token for a script, renewed, and gone."""
        page = self.browser.page
        page.get_by_label("Name of the program").fill("Script")
        page.get_by_label("What it may do").fill("read:libraries")
        page.get_by_role("button", name="Make a token").click()
        row = page.get_by_role("listitem").filter(has_text="Script")
        row.get_by_role("button", name="Show token").click()
        token = row.locator("code").inner_text()
        self.server.secrets.add(token)
        row.get_by_role("button", name="New token").click()
        page.get_by_role("dialog").get_by_role("button", name="New token").click()
        expect(row.locator("code")).not_to_have_text(token)
        self.server.secrets.add(row.locator("code").text_content() or "")
        row.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)
