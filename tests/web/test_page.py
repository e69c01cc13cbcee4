"""The built-in page: its files, and itself for every unknown place."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from fwtwisted.web.callers import Cookies
from fwtwisted.web.page import Page, page_policy
from fwtwisted.web.site import Mount
from tests.web.echoing import Echo
from tests.web.serving import Served, serve


class PageTests(TestCase):
    """The built-in page."""

    async def serve(self) -> Served:
        """A page of two files."""
        folder = self.mktemp()
        os.makedirs(os.path.join(folder, "parts"))
        for name, text in {
            "index.html": "<title>x</title>",
            "parts/a b.js": "1",
            "serviceWorker.js": "2",
            ".hidden": "3",
        }.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        cookies = Cookies(secure=False, new_token=lambda: "c" * 32)
        page = Page(folder, cookies, page_policy(["https://store.example"]))
        return await serve(self, [Mount("", page), Mount("/api/v1/echo", Echo().app.resource())])

    async def test_every_unknown_place_is_the_page(self) -> None:
        """With the token that writes must repeat, and a policy that names the store."""
        served = await self.serve()
        for path in ("/", "/library/tracks/7", "/@me", "/index.html", "/.hidden", "/no/such.js"):
            said = await served.ask("GET", path)
            self.assertEqual((200, b"<title>x</title>"), (said.status, said.body), path)
            self.assertEqual({"csrftoken": f"{'c' * 32}; Path=/; Max-Age=31449600; SameSite=lax"}, said.cookies)
        policy = said.header("Content-Security-Policy") or ""
        self.assertIn("img-src 'self' data: blob: https://store.example;", policy)
        self.assertEqual("text/html; charset=utf-8", said.header("Content-Type"))
        self.assertEqual("SAMEORIGIN", said.header("X-Frame-Options"))

    async def test_a_known_token_is_kept(self) -> None:
        """Other tabs go on working."""
        said = await (await self.serve()).ask("GET", "/", {"Cookie": f"csrftoken={'d' * 32}"})
        self.assertTrue(said.cookies["csrftoken"].startswith("d" * 32))

    async def test_places_of_programs_are_not(self) -> None:
        """Unknown paths there are 404, and the page is only read."""
        served = await self.serve()
        for path in (
            "/api/v1/nope",
            "/federation/x",
            "/.well-known/x",
            "/rest/x",
            "/media/x",
            "/assets/x.js",
            "/%61pi/x",
        ):
            self.assertEqual(404, (await served.ask("GET", path)).status, path)
        said = await served.ask("POST", "/library")
        self.assertEqual((405, "GET, HEAD"), (said.status, said.header("Allow")))

    async def test_files(self) -> None:
        """With their type and tag; a client that has one is told so."""
        served = await self.serve()
        said = await served.ask("GET", "/parts/a%20b.js")
        self.assertEqual(
            (200, b"1", "text/javascript; charset=utf-8"), (said.status, said.body, said.header("Content-Type"))
        )
        etag = said.header("ETag") or ""
        again = await served.ask("GET", "/parts/a%20b.js", {"If-None-Match": etag})
        self.assertEqual((304, b"", etag), (again.status, again.body, again.header("ETag")))
        self.assertEqual("1", (await served.ask("HEAD", "/parts/a%20b.js")).header("Content-Length"))
        self.assertEqual("/", (await served.ask("GET", "/serviceWorker.js")).header("Service-Worker-Allowed"))
        self.assertEqual(
            "/api/v1/instance/spa-manifest.json", (await served.ask("GET", "/manifest.json")).header("Location")
        )

    def test_a_folder_without_a_page(self) -> None:
        """It stops the start."""
        with self.assertRaises(FileNotFoundError):
            Page(self.mktemp(), Cookies(secure=False), page_policy())
