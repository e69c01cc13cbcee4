"""The documents say what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.config.pages import settings_page

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


class DocsTests(SynchronousTestCase):
    """What can be checked of prose."""

    def test_the_settings_page_is_made_from_the_table(self) -> None:
        """``python -m fwtwisted.config > docs/settings.md`` would change nothing."""
        self.assertEqual(settings_page(), (ROOT / "docs" / "settings.md").read_text("utf-8"))

    def test_links_lead_somewhere(self) -> None:
        """Relative links of the documents name files that are there."""
        gone = [f"{page.name}: {target}" for page, target in _links() if not (page.parent / target).exists()]
        self.assertEqual([], gone)


def _links() -> Iterator[tuple[Path, str]]:
    for page in (*DOCS, *sorted(ROOT.glob("*.md"))):
        for target in LINK.findall(page.read_text("utf-8")):
            yield page, target
