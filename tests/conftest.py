"""Tests work in a temporary folder, so that they leave nothing behind in the tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def working_folder() -> Iterator[Path]:
    """Where ``mktemp`` and everything relative lies, for one process of the run; removed at its end."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="fw-tests-", ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        yield Path(folder)
        os.chdir(before)
