"""
The table of rooms in ``ARCHITECTURE.md``, made from the first sentence of every module: ``python -m tests.rooms``.

``tests/test_documents.py`` wants the page to have what this makes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "fwtwisted"
PAGE = ROOT / "ARCHITECTURE.md"
HEADING = "## Rooms\n"

# Title, and the modules or folders in it, from the ground up.
ROOMS = (
    ("1 · `model`: values that are always valid", ("model",)),
    ("2 · `wire`: what bytes and documents mean; no clock, no socket", ("wire",)),
    ("2 · `db`: the only SQL; functions that take a `Tx`", ("db",)),
    ("3 · `outside`: disks, Redis, child processes", ("outside",)),
    ("4 · `core`: what the server does; transactions and rules", ("core",)),
    ("4 · `worker`: jobs and chores", ("worker",)),
    ("5 · `web`: the HTTP faces", ("web",)),
    ("6 · `config`, `logs`, `embedded`: what the house is built with", ("config", "logs", "embedded")),
    (
        "7 · the roof: everything built once, and the ways in",
        ("ground", "parts", "faces", "signals", "house", "tap", "cli"),
    ),
)


def table() -> str:
    """The section, with its heading."""
    parts = [HEADING]
    for title, names in ROOMS:
        rows = [f"| `{_name(path)}` | {_sentence(path)} |" for name in names for path in _modules(name)]
        parts.append("\n".join([f"### {title}", "", "| module | |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _modules(name: str) -> Iterator[Path]:
    """A module, or a folder's."""
    alone = HOUSE / f"{name}.py"
    if alone.exists():
        yield alone
        return
    for path in sorted((HOUSE / name).rglob("*.py")):
        if path.name != "__init__.py" or path.stat().st_size > 200:  # a folder's own few words are in the title
            yield path


def _name(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__")


def _sentence(path: Path) -> str:
    """What a module says that it is, without its full stop."""
    told = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0].split())
    told = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", told).replace("``", "`").replace("|", "\\|")
    return re.split(r"(?<=[^.]{12}\w)\.(?:  ?[A-Z]|$)", told, maxsplit=1)[0].rstrip(".")


if __name__ == "__main__":
    before = PAGE.read_text("utf-8").partition(HEADING)[0]
    PAGE.write_text(before + table(), "utf-8")
