"""The documents say what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.config.pages import settings_page
from fwtwisted.config.rules import USUAL_RATES
from fwtwisted.web import limits

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
SPENT = re.compile(r"spend\(\s*\"([a-z-]+)\"")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


class DocsTests(SynchronousTestCase):
    """What can be checked of prose."""

    def test_the_settings_page_is_made_from_the_table(self) -> None:
        """``python -m fwtwisted.config > docs/settings.md`` would change nothing."""
        self.assertEqual(settings_page(), (ROOT / "docs" / "settings.md").read_text("utf-8"))

    def test_every_rate_is_spent(self) -> None:
        """By the turnstile of the API, or by the part that counts for itself; no other scope is."""
        code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "fwtwisted").rglob("*.py")))
        buckets = [bucket for bucket in vars(limits).values() if isinstance(bucket, limits.Bucket)]
        buckets += [bucket for bucket in limits.SPECIAL.values() if bucket is not None]
        spent = {scope for bucket in buckets for scope in (bucket.anonymous, bucket.authenticated)}
        self.assertEqual(set(USUAL_RATES), spent | set(SPENT.findall(code)) | {"subsonic"})

    def test_links_lead_somewhere(self) -> None:
        """Relative links of the documents name files that are there."""
        gone = [f"{page.name}: {target}" for page, target in _links() if not (page.parent / target).exists()]
        self.assertEqual([], gone)


def _links() -> Iterator[tuple[Path, str]]:
    for page in (*DOCS, *sorted(ROOT.glob("*.md"))):
        for target in LINK.findall(page.read_text("utf-8")):
            yield page, target
