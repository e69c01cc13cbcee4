"""The documents say what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.config.pages import ENFORCED, settings_page

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
SPENT = re.compile(r"limits\.spend\(\s*\"([a-z-]+)\"")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


class DocsTests(SynchronousTestCase):
    """What can be checked of prose."""

    def test_the_settings_page_is_made_from_the_table(self) -> None:
        """``python -m fwtwisted.config > docs/settings.md`` would change nothing."""
        self.assertEqual(settings_page(), (ROOT / "docs" / "settings.md").read_text("utf-8"))

    def test_enforced_rates_are_those_that_are_spent(self) -> None:
        """The page says of no scope that it is enforced, or not, against the code."""
        code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "fwtwisted").rglob("*.py")))
        self.assertEqual(ENFORCED, set(SPENT.findall(code)))

    def test_links_lead_somewhere(self) -> None:
        """Relative links of the documents name files that are there."""
        gone = [f"{page.name}: {target}" for page, target in _links() if not (page.parent / target).exists()]
        self.assertEqual([], gone)


def _links() -> Iterator[tuple[Path, str]]:
    for page in (*DOCS, *sorted(ROOT.glob("*.md"))):
        for target in LINK.findall(page.read_text("utf-8")):
            yield page, target
