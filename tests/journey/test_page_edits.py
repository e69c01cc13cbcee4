"""Editing music and hiding artists, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import audio
from tests.journey.test_page import PageCase


class EditingTests(PageCase):
    """What somebody does with music that is theirs."""

    def test_editing_and_hiding(self) -> None:
        """An album and a track get other words and a picture; the artist is hidden, and shown again."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)
        page.goto(f"{self.server.url}/albums")
        page.get_by_role("link", name="A day").first.click()
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Edit album").click()
        form = page.get_by_role("dialog", name="Edit album")
        form.get_by_label("Title").fill("A night")
        form.get_by_label("Released").fill("1999-12-31")
        form.get_by_label("Tags").fill("Ambient a-b")
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_text("A tag holds letters")).to_be_visible()
        form.get_by_label("Tags").fill("Ambient Calm")
        picture = self.folder / "cover.png"
        picture.write_bytes(audio.image(80, 80, 200, 90, 160))
        form.get_by_label("New picture").set_input_files(picture)
        form.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="A night")).to_be_visible()
        expect(page.get_by_text("1999")).to_be_visible()
        expect(page.get_by_role("link", name="#Calm")).to_be_visible()

        page.get_by_role("button", name="More about Noon").click()
        page.get_by_role("menuitem", name="Edit track").click()
        form = page.get_by_role("dialog", name="Edit track")
        form.get_by_label("Title").fill("Midday")
        form.get_by_label("Description").fill("**hot**")
        form.get_by_role("button", name="Save").click()
        expect(page.locator(".row-title", has_text="Midday")).to_be_visible()

        page.get_by_role("link", name="Ada").first.click()
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Hide from my lists").click()
        expect(page.get_by_text("You will not meet Ada")).to_be_visible()
        expect(page.locator(".row-title", has_text="Midday")).to_be_visible()
        page.goto(f"{self.server.url}/artists")
        expect(page.get_by_role("heading", name="Artists")).to_be_visible()
        expect(page.get_by_role("link", name="Ada")).to_have_count(0)
        page.go_back()
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Show in lists again").click()
        expect(page.get_by_text("Ada is shown again")).to_be_visible()
        page.goto(f"{self.server.url}/artists")
        expect(page.get_by_role("link", name="Ada").first).to_be_visible()
        complaints = [one for one in self.serious(browser.complaints) if "/mutations/" not in one]
        self.assertEqual([], complaints)
