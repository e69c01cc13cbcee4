"""A real browser: Chromium without a window, on the pages of a pod."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.machine import BROWSER, needed

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)
PATIENCE_MS = 60_000


class Browser:
    """
    One browser with one page and a folder of its own.

    :ivar complaints: what pages wrote to the console as errors, and what they did not catch.
    """

    def __init__(self, **context: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fw-browser-", ignore_cleanup_errors=True)
        self._play = sync_playwright().start()
        self._closed = False
        self.complaints: list[str] = []
        self.context: BrowserContext = self._play.chromium.launch_persistent_context(
            self._folder.name,
            executable_path=needed(BROWSER),
            headless=True,
            args=list(FLAGS),
            env={"HOME": self._folder.name, "TZ": "UTC"},
            **{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **context},
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def drop(self, files: Sequence[Path], x: int = 700, y: int = 400) -> None:
        """Let real files go over the page, as a hand with a mouse does."""
        line = self.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            line.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
        line.detach()

    def close(self) -> None:
        """End it, and forget what it kept; once more does nothing."""
        if self._closed:
            return
        self._closed = True
        self.context.close()
        self._play.stop()
        self._folder.cleanup()
