"""Files of a web page on the wire, and the page that we bring along."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.web.page import (
    APP_EMBED_POLICY,
    FOR_EVER,
    REVALIDATED,
    OwnPage,
    app_policy,
    framed_anywhere,
    keeping_of,
    page_policy,
    type_of,
)


class FileTests(SynchronousTestCase):
    """What a file's name says."""

    def test_types(self) -> None:
        """As browsers want them, whatever the case; the unknown are bytes."""
        for name, media_type in {
            "assets/app-B1cD2e3F.js": "text/javascript; charset=utf-8",
            "a.CSS": "text/css; charset=utf-8",
            "app.js.map": "application/json",
            "font.woff2": "font/woff2",
            "x": "application/octet-stream",
            "x.strange": "application/octet-stream",
        }.items():
            self.assertEqual(media_type, type_of(name), name)

    def test_keeping(self) -> None:
        """For ever only where the name is that of these bytes and no others."""
        for name in (
            "assets/AboutPod-BZb24pBa.js", "assets/AlbumBase-C-LHuyt5.js", "assets/app-B1cD2e3F.css.map",
            "js/chunk.1a2b3c4d.js",
        ):  # fmt: skip
            self.assertEqual(FOR_EVER, keeping_of(name), name)
        for name in (
            "index.html", "serviceWorker.js", "android-chrome-512x512.png", "app-B1cD2e3F.js", "assets/jquery.js",
            "embed-default-cover.jpeg", "assets/apple-touch-icon-precomposed.png", "settings.json", "",
        ):  # fmt: skip
            self.assertEqual(REVALIDATED, keeping_of(name), name)


class PolicyTests(SynchronousTestCase):
    """Content-Security-Policy: docs/storage.md S-7."""

    def test_media_come_from_named_origins_only(self) -> None:
        """In our page and in others'."""
        for policy in (page_policy, app_policy):
            told = policy(["https://store.example"]).decode()
            self.assertIn("img-src 'self' data: blob: https://store.example;", told)
            self.assertIn("media-src 'self' data: blob: https://store.example;", told)
            self.assertIn("object-src 'none'", told)
            self.assertIn("frame-ancestors 'self'", told)

    def test_what_apps_may(self) -> None:
        """An app of others speaks to other pods, and brings no script from elsewhere; our page does neither."""
        self.assertIn(b"connect-src 'self';", page_policy())
        self.assertIn(b"connect-src https: wss: http: ws: 'self';", app_policy())
        for policy in (page_policy(), app_policy(), framed_anywhere(page_policy())):
            self.assertNotIn(b"script-src 'self' 'unsafe", policy)
            self.assertIn(b"script-src 'self'", policy)
        for policy in (framed_anywhere(page_policy()), APP_EMBED_POLICY):
            self.assertNotIn(b"frame-ancestors", policy)


class OwnPageTests(SynchronousTestCase):
    """``OwnPage``."""

    def test_a_folder_without_a_page(self) -> None:
        """It stops the start."""
        with self.assertRaises(FileNotFoundError):
            OwnPage(self.mktemp())
