"""The modules of the page: they parse, find each other, stay small, and keep the promises that need no browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import fwtwisted
from tests.machine import NODE, needed

PAGE = Path(fwtwisted.__file__).parent / "page"
PROMISES = sorted(Path(__file__).parent.glob("*.test.mjs"))
LARGEST_BYTES = 280_000
LARGEST_PLAYER_BYTES = 20_000
_IMPORT = re.compile(r'^import (?:.* from )?"([^"]+)";', re.MULTILINE)
_PRELOAD = re.compile(r'<link rel="modulepreload" href="([^"]+)">')
_HOST = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}")
_NAMESPACE = "http://www.w3.org/2000/svg"


def modules() -> list[Path]:
    """Every module of the page."""
    return sorted(path for path in PAGE.rglob("*.js") if path.name != "theme.js")


def imports(module: Path) -> Iterator[Path]:
    """The files that a module imports."""
    for target in _IMPORT.findall(module.read_text("utf-8")):
        yield (module.parent / target).resolve()


def reached(*first: Path) -> set[Path]:
    """The modules to which imports lead from some."""
    found, coming = set[Path](), list(first)
    while coming:
        module = coming.pop().resolve()
        if module not in found:
            found.add(module)
            coming += imports(module)
    return found


class ModuleTests(SynchronousTestCase):
    """The files as they lie there."""

    def test_every_script_parses(self) -> None:
        """Node reads each of them."""
        for path in [*modules(), PAGE / "theme.js"]:
            done = subprocess.run([needed(NODE), "--check", str(path)], capture_output=True, text=True, check=False)
            self.assertEqual(0, done.returncode, done.stderr)

    def test_every_import_leads_somewhere(self) -> None:
        """Each imported file exists."""
        for module in modules():
            for target in imports(module):
                self.assertTrue(target.is_file(), f"{module.name} imports {target}")

    def test_no_module_is_forgotten(self) -> None:
        """Each module is reached from the page, from the player for frames, or from the page of a share."""
        entrances = (PAGE / "app.js", PAGE / "embed" / "player.js", PAGE / "embed" / "shared.js")
        self.assertEqual({path.resolve() for path in modules()}, reached(*entrances))

    def test_all_modules_are_announced(self) -> None:
        """The page names every module at once, so that they are fetched side by side."""
        announced = _PRELOAD.findall((PAGE / "index.html").read_text("utf-8"))
        needed = {f"/{path.relative_to(PAGE.resolve()).as_posix()}" for path in reached(PAGE / "app.js")}
        self.assertEqual(sorted(needed), sorted(announced))

    def test_no_other_host_is_named(self) -> None:
        """Nothing is fetched from elsewhere."""
        for path in PAGE.rglob("*.*"):
            named = _HOST.findall(path.read_text("utf-8").replace(_NAMESPACE, ""))
            self.assertEqual([], named, path.name)

    def test_nothing_is_written_into_the_markup(self) -> None:
        """No inline script, no inline style, no markup made of text: the policy of the page forbids them."""
        for page in ("index.html", "embed.html"):
            self.assertNotRegex((PAGE / page).read_text("utf-8"), r"<script>|<style|\sstyle=|\son[a-z]+=")
        for module in modules():
            self.assertNotRegex(module.read_text("utf-8"), r"innerHTML|outerHTML|insertAdjacentHTML|document\.write")

    def test_it_stays_small(self) -> None:
        """All of it, uncompressed; and the player for frames by itself."""
        player = [PAGE / "embed.html", *(PAGE / "embed").iterdir()]
        page = set(PAGE.rglob("*.*")) - set(player)
        self.assertLess(sum(path.stat().st_size for path in page), LARGEST_BYTES)
        self.assertLess(sum(path.stat().st_size for path in player), LARGEST_PLAYER_BYTES)


class PromiseTests(SynchronousTestCase):
    """What the modules without a browser promise; they are told in JavaScript."""

    def test_promises(self) -> None:
        """Node's own test runner finds every one kept."""
        self.assertTrue(PROMISES)
        command = [needed(NODE), "--test", *map(str, PROMISES)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
