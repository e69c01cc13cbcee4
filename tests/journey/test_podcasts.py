"""Podcasts in a real browser: a feed by its address, a channel by its page."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from playwright.sync_api import expect

from tests.browser import Browser
from tests.journey.test_page import PageCase, songs

FEED = b"""<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Deep Sea</title>
<link>https://cast.example/</link><description>&lt;p&gt;About &lt;b&gt;water&lt;/b&gt;&lt;/p&gt;</description>
<item><title>The squid</title><guid>1</guid><pubDate>Tue, 06 Jan 2026 10:00:00 GMT</pubDate>
<itunes:duration>12:00</itunes:duration><enclosure url="https://cdn.example/1.mp3" type="audio/mpeg" length="1"/></item>
<item><title>The whale</title><guid>2</guid><pubDate>Wed, 07 Jan 2026 10:00:00 GMT</pubDate>
<enclosure url="https://cdn.example/2.mp3" type="audio/mpeg" length="1"/></item></channel></rss>"""


class Feeds(BaseHTTPRequestHandler):
    """A web server with one feed and one page."""

    def do_GET(self) -> None:
        body = FEED if self.path == "/feed" else b"<!DOCTYPE html><html><body>Hi</body></html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class PodcastPageTests(PageCase):
    """What a person does with podcasts."""

    def setUp(self) -> None:
        super(PageCase, self).setUp()
        self.feeds = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
        Thread(target=self.feeds.serve_forever, daemon=True).start()
        self.addCleanup(self.feeds.server_close)
        self.addCleanup(self.feeds.shutdown)
        self.server = self.pod(settings={"FEDERATION_ALLOW_PRIVATE": "127.0.0.1"})
        self.server.start()

    def publish(self, browser: Browser) -> None:
        """Open a channel, and publish an episode that is heard."""
        page = browser.page
        page.get_by_text("New channel").click()
        page.get_by_label("Name of the channel", exact=True).fill("Night Talk")
        expect(page.get_by_label("User name of the channel")).to_have_value("night_talk")
        page.get_by_label("Category").select_option("Comedy")
        page.get_by_role("button", name="Open channel").click()
        expect(page.get_by_role("heading", name="Night Talk")).to_be_visible()
        expect(page.get_by_text("No episodes yet")).to_be_visible()
        page.get_by_text("Publish an episode").click()
        page.get_by_label("Title of the episode").fill("Pilot")
        page.get_by_label("Audio file").set_input_files(songs(self.folder)[0])
        page.get_by_role("button", name="Publish", exact=True).click()
        expect(page.locator(".rows .row-title")).to_have_text("Pilot")
        page.get_by_role("button", name="Play Pilot").click()
        self.hears(browser)

    def test_a_feed_by_its_address(self) -> None:
        """A page is refused in words, a feed becomes a channel; left and followed again."""
        browser = self.browser()
        page = browser.page
        self.with_music(browser)
        url = f"http://127.0.0.1:{self.feeds.server_port}"
        page.get_by_role("link", name="Podcasts").first.click()
        expect(page.get_by_text("None yet. Subscribe")).to_be_visible()
        page.get_by_text("Subscribe by address").click()
        page.get_by_label("Address of the feed").fill(f"{url}/page")
        page.get_by_role("button", name="Subscribe", exact=True).click()
        expect(page.get_by_text("This is a web page, not a feed.")).to_be_visible()
        page.get_by_label("Address of the feed").fill(f"{url}/feed")
        page.get_by_role("button", name="Subscribe", exact=True).click()
        expect(page.get_by_role("heading", name="Deep Sea")).to_be_visible()
        expect(page.get_by_text("About water")).to_be_visible()
        expect(page.locator(".rows .row-title").first).to_have_text("The whale")
        expect(page.locator(".rows .row")).to_have_count(2)
        page.get_by_role("button", name="Subscribed").click()
        expect(page.get_by_role("button", name="Subscribe", exact=True)).to_be_visible()
        page.get_by_role("link", name="Podcasts").first.click()
        expect(page.get_by_text("None yet. Subscribe")).to_be_visible()
        page.get_by_text("Subscribe by address").click()
        page.get_by_label("Address of the feed").fill(f"{url}/feed")
        page.get_by_role("button", name="Subscribe", exact=True).click()
        expect(page.get_by_role("button", name="Subscribed")).to_be_visible()
        page.goto(f"{self.server.url}/podcasts")
        expect(page.get_by_role("link", name="Deep Sea").first).to_be_visible()
        self.publish(browser)
        complaints = [
            one for one in self.serious(browser.complaints) if "rss-subscribe" not in one and "cast.example" not in one
        ]
        self.assertEqual([], complaints)
