"""The page in a real browser: from the first link to music, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests import audio
from tests.browser import PATIENCE_MS, Browser
from tests.pod import PASSWORD, PodCase, until

SECONDS = 40.0
TITLES = ("Morning", "Noon", "Evening")
# The deck that plays, or the one that did.
DECK = "[...document.querySelectorAll('audio')].find((deck) => !deck.paused && deck.currentTime > 0)"


def songs(folder: Path) -> list[Path]:
    """An album of three tracks, long enough to be listened to."""
    made = []
    for number, title in enumerate(TITLES):
        path = folder / f"{number + 1} {title}.mp3"
        path.write_bytes(audio.encoded("mp3", 330 + 110 * number, SECONDS))
        cover = audio.image(64, 64, 40 + 60 * number, 90, 160)
        audio.tag(path, "mp3", title=title, artist="Ada", album="A day", track=number + 1, date=2024, cover=cover)
        made.append(path)
    return made


class PageCase(PodCase):
    """A pod, and a person with a browser."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()

    def browser(self, **context: Any) -> Browser:
        """A browser of a person who was never here."""
        browser = Browser(**context)
        self.addCleanup(browser.close)
        expect.set_options(timeout=PATIENCE_MS)
        return browser

    def playing(self, browser: Browser) -> Locator:
        """The title in the bar at the foot."""
        return browser.page.locator(".bar-title")

    def hears(self, browser: Browser) -> None:
        """Wait until the sound moves on."""
        page = browser.page
        before = float(page.wait_for_function(f"() => ({DECK})?.currentTime").json_value())
        page.wait_for_function(f"(before) => ({DECK})?.currentTime > before + 0.5", arg=before)

    def with_music(self, browser: Browser) -> None:
        """Set the pod up by its link, and drop an album on the page."""
        page = browser.page
        page.goto(f"{self.server.url}/setup#{self.server.setup_token()}")
        self.server.secrets.add(PASSWORD)
        page.get_by_label("User name").fill("ada")
        page.get_by_label("E-mail").fill("ada@pod.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_text("No music here yet")).to_be_visible()
        browser.drop(songs(self.folder))
        page.get_by_role("button", name="Create library").click()
        expect(page.locator(".transfer[data-state=done]")).to_have_count(len(TITLES))

    def serious(self, complaints: list[str]) -> list[str]:
        """Without what a browser notes of answers that the page expects: 401 of a visitor, 400 of a wrong password."""
        return [one for one in complaints if "users/me" not in one and "users/login" not in one]


class PageTests(PageCase):
    """What a person does."""

    def test_the_whole_journey(self) -> None:
        """Set up, drop an album, hear it, go on by keyboard, search, come back, sign out and in again."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)

        page.get_by_role("link", name="Home", exact=True).first.click()
        page.get_by_role("link", name="A day").first.click()
        expect(page.get_by_role("heading", name="A day")).to_be_visible()
        page.get_by_role("button", name="Play Morning").click()
        self.hears(browser)
        expect(self.playing(browser)).to_have_text("Morning")

        page.keyboard.press("n")
        expect(self.playing(browser)).to_have_text("Noon")
        page.keyboard.press("p")  # within three seconds: later it would lead to the beginning of Noon
        expect(self.playing(browser)).to_have_text("Morning")
        page.keyboard.press("n")
        expect(self.playing(browser)).to_have_text("Noon")
        self.hears(browser)

        page.keyboard.press("/")
        page.keyboard.type("even")
        expect(page.locator(".row-title", has_text="Evening")).to_be_visible()

        page.reload()
        expect(self.playing(browser)).to_have_text("Noon")
        page.get_by_role("button", name="Play", exact=True).first.click()
        self.hears(browser)

        self.sign_out_and_in(browser)
        self.assertEqual([], self.serious(browser.complaints))

    def sign_out_and_in(self, browser: Browser) -> None:
        """Leave by the account's menu, and come back with the password."""
        page = browser.page
        page.get_by_role("button", name="Account of ada").click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.goto(f"{self.server.url}/login")
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_text("do not fit together")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_role("button", name="Account of ada")).to_be_visible()

    def test_dark_and_light(self) -> None:
        """The page is dark for who likes it dark, and fits a small screen without scrolling sideways."""
        grounds = {}
        for scheme in ("dark", "light"):
            browser = self.browser(color_scheme=scheme, viewport={"width": 360, "height": 640})
            browser.page.goto(f"{self.server.url}/login")
            expect(browser.page.get_by_role("button", name="Sign in").last).to_be_visible()
            grounds[scheme] = browser.page.evaluate(
                "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number)"
            )
            wide = browser.page.evaluate("document.documentElement.scrollWidth")
            self.assertLessEqual(wide, 360)
            browser.close()
            self.assertEqual([], self.serious(browser.complaints))
        self.assertLess(sum(grounds["dark"]), 3 * 80)
        self.assertGreater(sum(grounds["light"]), 3 * 200)

    def test_what_is_no_music(self) -> None:
        """A file that only claims to be music ends with words that a person understands."""
        browser = self.browser()
        self.with_music(browser)
        letter = self.folder / "letter.mp3"
        letter.write_bytes(b"Dear Ada, this is no song.\n" * 200)
        browser.drop([letter])
        failed = browser.page.locator(".transfer[data-state=failed]")
        expect(failed).to_have_count(1)
        until(lambda: len(failed.locator(".transfer-words").inner_text()) > 15, "words about it")
