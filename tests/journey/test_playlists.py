"""Playlists and radios in a real browser, by hand."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import expect

from tests.browser import Browser
from tests.journey.test_page import TITLES, PageCase


class PlaylistPageTests(PageCase):
    """What a person does with lists of music."""

    def shows(self, browser: Browser, titles: Sequence[str]) -> None:
        """Wait until these are the titles of the rows, in this order."""
        expect(browser.page.locator(".rows .row-title")).to_have_text(list(titles))

    def test_a_playlist_by_hand(self) -> None:
        """Made from a track's menu, filled with an album, put in order by keyboard, shortened, played, deleted."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)
        page.goto(f"{self.server.url}/albums")
        page.get_by_role("link", name="A day").first.click()
        page.get_by_role("button", name="More about Noon").click()
        page.get_by_role("menuitem", name="Add to playlist").click()
        page.get_by_role("button", name="New playlist").click()
        page.get_by_label("Name of the playlist").fill("Rainy")
        page.get_by_label("Everyone, everywhere").check()
        page.get_by_role("button", name="Create playlist").click()
        expect(page.get_by_text("Added to “Rainy”.")).to_be_visible()

        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Add to playlist").click()
        page.locator(".choice", has_text="Rainy").click()
        page.get_by_role("button", name="Add again").click()
        page.get_by_role("button", name="Show", exact=True).last.click()
        expect(page.get_by_role("heading", name="Rainy")).to_be_visible()
        self.shows(browser, ["Noon", *TITLES])

        page.get_by_role("button", name="Move Evening").focus()
        page.keyboard.press("ArrowUp")
        with page.expect_response(lambda said: said.url.endswith("/move/")):
            page.keyboard.press("ArrowUp")
        self.shows(browser, ["Noon", "Evening", "Morning", "Noon"])
        page.get_by_role("button", name="More about Noon").last.click()
        with page.expect_response(lambda said: said.url.endswith("/remove/")):
            page.get_by_role("menuitem", name="Remove from playlist").click()
        page.reload()
        self.shows(browser, ["Noon", "Evening", "Morning"])
        expect(page.get_by_text("Everyone, everywhere")).to_be_visible()

        page.get_by_role("button", name="Play", exact=True).first.click()
        self.hears(browser)
        expect(self.playing(browser)).to_have_text("Noon")
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Delete playlist").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("None yet.")).to_be_visible()
        # The browser notes the answer about duplicates, which the page asks its person about.
        self.assertEqual([], [one for one in self.serious(browser.complaints) if "/add/" not in one])

    def test_a_playlist_that_fills_itself(self) -> None:
        """Made of conditions, corrected where one is none, changed; nobody puts anything into it by hand."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)
        page.goto(f"{self.server.url}/playlists")
        page.get_by_role("button", name="New smart playlist").click()
        page.get_by_label("Name of the playlist").fill("Early")
        page.get_by_label("Field").select_option("year")
        page.get_by_label("Value").fill("old")
        page.get_by_role("button", name="Create playlist").click()
        expect(page.get_by_text("Expected a number.")).to_be_visible()
        page.get_by_label("Field").select_option("title")
        page.get_by_label("Condition", exact=True).select_option("notContains")
        page.get_by_label("Value").fill("noon")
        page.get_by_role("button", name="Create playlist").click()
        expect(page.get_by_role("heading", name="Early")).to_be_visible()
        self.shows(browser, sorted(title for title in TITLES if title != "Noon"))
        expect(page.get_by_role("button", name="Move Evening")).to_have_count(0)

        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Edit playlist").click()
        page.get_by_label("Condition", exact=True).select_option("is")
        page.get_by_label("Value").fill("Noon")
        page.get_by_role("button", name="Save").click()
        self.shows(browser, ["Noon"])

    def test_a_radio_goes_on(self) -> None:
        """It plays, fills the queue with everything there is, nothing twice, and ends in silence."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)
        page.goto(f"{self.server.url}/playlists")
        page.get_by_role("button", name="Anything").click()
        self.hears(browser)
        page.get_by_role("button", name="Queue", exact=True).click()
        expect(page.locator(".queue .entry")).to_have_count(len(TITLES))
        for title in TITLES:
            expect(page.locator(".queue .row-title", has_text=title)).to_be_visible()
        complaints = [one for one in self.serious(browser.complaints) if "radios/tracks" not in one]
        self.assertEqual([], complaints)
