"""What people show to outsiders, in a real browser (docs/subsonic.md rule 59)."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import expect

from tests.browser import PATIENCE_MS, Browser
from tests.journey.test_page import TITLES, songs
from tests.pod import PodCase, until


class ShareTests(PodCase):
    """Somebody without an account, who was sent an address."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()
        self.ada = self.server.set_up()
        library = self.ada.make_library()
        for song in songs(self.folder):
            self.assertEqual(201, self.ada.upload(library, song).status)
        until(lambda: all(one["import_status"] == "finished" for one in self.ada.uploads()), "the imports")
        self.secret = json.loads(self.ada.ask("POST", "/api/v1/users/ada/subsonic-token/").body)["subsonic_api_token"]

    def app(self, name: str, **asked: object) -> dict[str, dict[str, list[dict[str, str]]]]:
        """A call of Ada's app."""
        asked = {"u": "ada", "p": self.secret, "v": "1.16.1", "c": "Test", "f": "json", **asked}
        said = self.ada.ask("GET", f"/rest/{name}?{urlencode(asked, doseq=True)}")
        told: dict[str, dict[str, list[dict[str, str]]]] = json.loads(said.body)["subsonic-response"]
        self.assertEqual("ok", told["status"])
        return told

    def visits(self) -> int:
        """How often the only share was looked at."""
        [kept] = self.app("getShares")["shares"]["share"]
        return int(kept["visitCount"])

    def test_looked_at_and_heard(self) -> None:
        """The page names the songs and plays one after the other; it asks nobody else, and is gone with the share."""
        [album] = self.app("getAlbumList2", type="newest")["albumList2"]["album"]
        [share] = self.app("createShare", id=album["id"], description="Listen <b>here</b>")["shares"]["share"]
        browser = Browser()
        self.addCleanup(browser.close)
        expect.set_options(timeout=PATIENCE_MS)
        asked: list[str] = []
        page, place = browser.page, self.server.url + urlsplit(share["url"]).path
        page.on("request", lambda request: asked.append(request.url))
        page.goto(place)
        expect(page.locator("li .title")).to_have_text(list(TITLES))
        expect(page.get_by_text("Listen <b>here</b>")).to_be_visible()
        first, second = page.locator("li").nth(0), page.locator("li").nth(1)
        first.locator("audio").evaluate("player => player.play()")
        expect(first).to_have_class(re.compile("playing"))
        until(lambda: first.locator("audio").evaluate("player => player.currentTime") > 0.5, "the sound")
        first.locator("audio").evaluate("player => { player.currentTime = player.duration - 0.3; }")
        expect(second).to_have_class(re.compile("playing"))
        expect(first).not_to_have_class(re.compile("playing"))
        self.assertEqual([], [url for url in asked if not url.startswith((self.server.url, "data:"))])
        self.assertEqual([], browser.complaints)
        until(lambda: self.visits() == 1, "one visit that is counted")

        self.app("deleteShare", id=share["id"])
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("Not here")
