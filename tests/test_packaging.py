"""What is installed: every file that the server needs, found by twistd and by the shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
SOURCES = ("fwtwisted", "twisted", "setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


def files_below(folder: Path) -> set[str]:
    """Files that are somebody's work, by their paths below ``folder``."""
    found = (path for room in ("fwtwisted", "twisted") for path in (folder / room).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder))
        for path in found
        if "__pycache__" not in path.parts and path.name != "dropin.cache" and not path.name.startswith(".")
    }


class PackageTests(SynchronousTestCase):
    """Built from a copy of the sources, for building writes beside them."""

    def setUp(self) -> None:
        self.sources, self.built = Path(self.mktemp()).absolute(), Path(self.mktemp()).absolute()
        self.sources.mkdir(parents=True)
        for name in SOURCES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.sources / name)
        build = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(self.built)]
        subprocess.run(build, cwd=self.sources, check=True, capture_output=True)

    def test_every_file(self) -> None:
        """Nothing of the house stays behind: modules, the page, the schema, the plugin."""
        self.assertEqual(files_below(self.sources), files_below(self.built))
        self.assertFalse((self.built / "twisted" / "__init__.py").exists())

    def test_twistd_knows_it(self) -> None:
        """twistd lists funkwhale, with its options, from anywhere."""
        twistd = str(Path(sys.executable).with_name("twistd"))
        environment = {**os.environ, "PYTHONPATH": str(self.built)}
        for options, words in ((["--help"], "funkwhale"), (["funkwhale", "--help"], "--endpoint")):
            done = subprocess.run(
                [sys.executable, twistd, *options], env=environment, cwd="/", capture_output=True, text=True, check=True
            )
            self.assertIn(words, done.stdout)

    def test_command(self) -> None:
        """The console script's module is there, and tells what it can."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        module, _, function = project["project"]["scripts"]["fwtwisted"].partition(":")
        script = f"import sys; sys.argv = ['fwtwisted', '--help']; from {module} import {function} as f; f()"
        environment = {**os.environ, "PYTHONPATH": str(self.built)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, cwd="/", capture_output=True, text=True, check=True
        )
        self.assertIn("import", done.stdout)
