"""Tests work in a temporary folder, so that they leave nothing behind in the tree; those that take long come first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Folders whose tests start servers and programs, then those that use a database; what is left takes milliseconds.
LONGEST_FIRST = ("journey", "embedded", "cli", "outside", "core", "rest", "subsonic", "db")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: several workers (xdist, ``--no-loadscope-reorder``) then end together."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(HERE).parts[0], len(places)))


@pytest.fixture(scope="session", autouse=True)
def working_folder() -> Iterator[Path]:
    """Where ``mktemp`` and everything relative lies, for one process of the run; removed at its end."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="fw-tests-", ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        yield Path(folder)
        os.chdir(before)
