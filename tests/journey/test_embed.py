"""The player within a page of somebody else's, in a real browser."""

from __future__ import annotations

import json
import re

from playwright.sync_api import FrameLocator, expect

from tests.browser import PATIENCE_MS, Browser
from tests.journey.test_page import TITLES, songs
from tests.pod import Client, PodCase, until


class EmbedTests(PodCase):
    """What the readers of a page hear, whose writer asked oEmbed."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()
        self.ada = self.server.set_up()
        self.library = self.ada.make_library()
        for song in songs(self.folder):
            self.assertEqual(201, self.ada.upload(self.library, song).status)
        until(lambda: all(one["import_status"] == "finished" for one in self.ada.uploads()), "the imports")

    def write(self, client: Client, method: str, path: str, **document: object) -> None:
        """Change something."""
        said = client.ask(method, path, json.dumps(document).encode(), {"Content-Type": "application/json"})
        self.assertEqual(200, said.status, said)

    def framed(self, browser: Browser, html: str) -> FrameLocator:
        """A page of another origin with a frame in it."""
        browser.page.set_content(f"<h1>My page</h1>{html}")
        return browser.page.frame_locator("iframe")

    def browser(self) -> Browser:
        browser = Browser()
        self.addCleanup(browser.close)
        expect.set_options(timeout=PATIENCE_MS)
        return browser

    def test_an_album_plays_on_another_page(self) -> None:
        """As visitors may hear it: the list, the first track, then the next; without a word from any other host."""
        self.write(self.ada, "PUT", "/api/v1/instance/admin/settings/common__api_authentication_required/", value=False)
        self.write(self.ada, "PATCH", f"/api/v1/libraries/{self.library}/", privacy_level="everyone")
        [album] = json.loads(self.ada.get("/api/v1/albums/").body)["results"]
        said = self.ada.get("/api/v1/oembed/", format="json", url=f"{self.server.url}/library/albums/{album['id']}")
        told = json.loads(said.body)
        self.assertEqual((200, "A day by Ada"), (said.status, told["title"]))

        browser = self.browser()
        asked: list[str] = []
        browser.page.on("request", lambda request: asked.append(request.url))
        frame = self.framed(browser, re.sub(r'src="https?://[^/"]+', f'src="{self.server.url}', told["html"]))
        expect(frame.locator(".list .name")).to_have_text(list(TITLES))
        expect(frame.locator(".title")).to_have_text(TITLES[0])
        frame.get_by_role("button", name="Play", exact=True).click()
        expect(frame.get_by_role("button", name="Pause")).to_be_visible()
        expect(frame.locator(".now .time")).to_have_text(re.compile(r"^0:(0[1-9]|[1-3]\d) / 0:40$"))
        frame.get_by_role("button", name="Next").click()
        expect(frame.locator(".title")).to_have_text(TITLES[1])
        expect(frame.locator(".now .time")).to_have_text(re.compile(r"^0:(0[1-9]|[1-3]\d) / 0:40$"))
        self.assertEqual([], [url for url in asked if not url.startswith((self.server.url, "data:", "about:"))])
        self.assertEqual([], browser.complaints)

    def test_what_cannot_be_played(self) -> None:
        """A closed pod, a thing that is gone, an address of nothing: each in words."""
        browser = self.browser()
        place = f"{self.server.url}/embed.html"
        closed = self.framed(browser, f'<iframe src="{place}?type=album&id=1"></iframe>')
        expect(closed.get_by_role("status")).to_contain_text("members only")
        self.write(self.ada, "PUT", "/api/v1/instance/admin/settings/common__api_authentication_required/", value=False)
        gone = self.framed(browser, f'<iframe src="{place}?type=track&id=999"></iframe>')
        expect(gone.get_by_role("status")).to_contain_text("not here any more")
        private = self.framed(browser, f'<iframe src="{place}?type=album&id=1"></iframe>')
        expect(private.get_by_role("status")).to_contain_text("nothing to hear")
        nothing = self.framed(browser, f'<iframe src="{place}?type=track&id=%3Cb%3E"></iframe>')
        expect(nothing.get_by_role("status")).to_contain_text("nothing to play")
