"""
Makes a machine ready for the tests: ``python -m tests.machine``, which tox runs before them.

PostgreSQL, Redis and ffmpeg come as wheels with the extra ``test``.  What does not come that way, a browser, Node and
mpv, is taken from Debian when we are root, and named when we are not: the tests that need it then fail and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from attrs import frozen


@frozen
class SystemPart:
    """
    A program that the tests run and no wheel brings.

    :ivar names: of the program, any of which will do.
    :ivar package: Debian's package that has it.
    """

    what: str
    names: Sequence[str]
    package: str

    @property
    def path(self) -> str | None:
        """Where it is; None when it is missing."""
        return next((path for path in map(shutil.which, self.names) if path), None)


BROWSER = SystemPart("the browser Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium")
NODE = SystemPart("Node.js", ("node", "nodejs"), "nodejs")
MPV = SystemPart("the player mpv", ("mpv",), "mpv")
PARTS = (BROWSER, NODE, MPV)


def needed(part: SystemPart) -> str:
    """Where the program is.  :raise AssertionError: it is missing; the text says how to get it."""
    path = part.path
    assert path is not None, f"this test needs {part.what}: install Debian's package {part.package}"
    return path


def prepare() -> None:
    """Install what is missing, or say what is."""
    missing = [part for part in PARTS if part.path is None]
    if not missing:
        return
    packages = [part.package for part in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *packages)
    for part in missing:
        if part.path is None:
            print(f"{part.what} is missing, so its tests will fail: install {part.package}", file=sys.stderr)


def _apt(*args: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "--quiet", *args], env=environment, stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    prepare()
