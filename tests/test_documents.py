"""The documents say what is so: commands that are run, rooms that exist, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests import rooms

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


class DocumentTests(SynchronousTestCase):
    """What people read first."""

    def test_ci_runs_the_line(self) -> None:
        """The line of README.md that runs every check is the very one that .ci/run calls."""
        lines = [line for line in (ROOT / "README.md").read_text().splitlines() if line.endswith("/tox")]
        self.assertEqual(1, len(lines))
        self.assertIn(lines[0], (ROOT / ".ci" / "run").read_text().splitlines())

    def test_rooms(self) -> None:
        """ARCHITECTURE.md names every module, in that module's own words; `python -m tests.rooms` writes them there."""
        told = rooms.PAGE.read_text("utf-8")
        self.assertEqual(rooms.table(), told[told.index(rooms.HEADING) :])

    def test_links(self) -> None:
        """What a page links to in this repository is there."""
        broken = []
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
                if "://" not in link and not (page.parent / link).exists():
                    broken.append(f"{page.name}: {link}")
        self.assertEqual([], broken)
