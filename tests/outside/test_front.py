"""Somebody else's web app: in a folder, and behind a URL."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.outside.fetching import Fetching, FetchSettings, system_lookup
from fwtwisted.outside.front import AGAIN_SECONDS, LOOK_SECONDS, MARK, FrontFolder, FrontSettings, FrontUrl, front
from fwtwisted.web.app import reply, resource_app
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.targets import Exemptions
from tests.threads import pooled
from tests.waiting import until
from tests.web.serving import serve


class FolderTests(TestCase):
    """``FrontFolder``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.front = FrontFolder(str(self.folder), "index.html", pooled(self), self.clock)

    async def test_the_page_is_read_anew_when_it_changes(self) -> None:
        """Within a second, and not before it has changed; while it is gone, the old one serves."""
        page = self.folder / "index.html"
        with self.assertRaises(Unavailable):
            await self.front.page()
        self.assertFalse(self.front.is_there())
        page.write_text("\ufeffone ä")
        self.assertTrue(self.front.is_there())
        first = await self.front.page()
        self.assertEqual("one ä", first)
        page.write_text("two")
        self.assertIs(first, await self.front.page())
        self.clock.advance(LOOK_SECONDS)
        self.assertEqual("two", await self.front.page())
        again = await self.front.page()
        self.clock.advance(LOOK_SECONDS)
        self.assertIs(again, await self.front.page())
        os.unlink(page)
        self.clock.advance(LOOK_SECONDS)
        self.assertEqual("two", await self.front.page())

    async def test_files(self) -> None:
        """Plain ones inside, also behind links that stay inside; nothing else."""
        (self.folder / "a").mkdir()
        (self.folder / "a" / "b.js").write_bytes(b"123")
        (self.folder / "link.js").symlink_to("a/b.js")
        (self.folder / "out.js").symlink_to("/etc/hostname")
        (self.folder / "loop").symlink_to("loop")
        os.mkfifo(self.folder / "pipe")
        for name in ("a/b.js", "link.js"):
            source = await self.front.open(name)
            self.assertEqual(3, source.length)
            source.close()
        for name in (
            "",
            "a",
            "a/",
            "/a/b.js",
            "a/../a/b.js",
            "..",
            "out.js",
            "loop",
            "pipe",
            ".x",
            "a\0b",
            "none",
            "a//b.js",
        ):
            with self.assertRaises(NotFound):
                await self.front.open(name)

    async def test_what_settings_name(self) -> None:
        """A folder, a URL, or neither."""
        threads = pooled(self)
        self.assertIsInstance(front(FrontSettings(folder="/x"), reactor, threads, "us"), FrontFolder)
        self.assertIsInstance(front(FrontSettings(url="http://x/"), reactor, threads, "us"), FrontUrl)
        self.assertIsNone(front(FrontSettings(), reactor, threads, "us"))


class Elsewhere:
    """Another web server with an app."""

    app = resource_app()

    def __init__(self) -> None:
        self.asked: list[bytes | None] = []
        self.text, self.status = "<head></head>one", 200

    @app.route("/index.html", methods=["GET"])
    async def index(self, request: LeanRequest) -> bytes:
        """Its page."""
        self.asked.append(request.header(MARK.encode()))
        return reply(request, self.status, self.text.encode(), b"text/html")


class UrlTests(TestCase):
    """``FrontUrl``."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.clock, self.there = Clock(), Elsewhere()
        served = await serve(self, [Mount("/app", self.there.app.resource())])
        self.url = f"http://127.0.0.1:{served.port}/app"

    def front(self, url: str) -> FrontUrl:
        threads = pooled(self)
        settings = FetchSettings("us", Exemptions.of(["127.0.0.1"]), total_seconds=5)
        made = FrontUrl(url, 900, Fetching(reactor, threads, settings, system_lookup(threads)), self.clock)
        self.addCleanup(lambda: Deferred.fromCoroutine(made.close()))
        return made

    async def test_it_is_asked_for_now_and_then(self) -> None:
        """Once, however many wait; again when it is old, while the old one serves."""
        front = self.front(f"{self.url}/")
        pages = await gatherResults([Deferred.fromCoroutine(front.page()) for _ in range(5)])
        self.assertEqual([self.there.text] * 5, pages)
        self.assertEqual([b"page"], self.there.asked)
        self.clock.advance(899)
        self.assertIs(pages[0], await front.page())
        self.there.text = "two"
        self.clock.advance(1)
        self.assertIs(pages[0], await front.page())
        await until(lambda: front._text == "two")
        self.assertEqual("two", await front.page())
        self.assertEqual(2, len(self.there.asked))

    async def test_while_it_fails(self) -> None:
        """The last one serves; who never had one is told; it is tried again after a while, not at once."""
        front = self.front(f"{self.url}/index.html")
        self.there.status = 500
        for _ in range(2):
            with self.assertRaises(Unavailable):
                await front.page()
        self.assertEqual(1, len(self.there.asked))
        self.clock.advance(AGAIN_SECONDS)
        self.there.status = 200
        first = await front.page()
        self.there.status = 404
        self.clock.advance(900)
        self.assertIs(first, await front.page())
        await until(lambda: front._asking is None)
        self.assertIs(first, await front.page())

    async def test_nobody_is_there(self) -> None:
        """No connection, no such path, no page: all the same."""
        for url in ("http://127.0.0.1:1/", f"{self.url}/nowhere"):
            with self.assertRaises(Unavailable):
                await self.front(url).page()
