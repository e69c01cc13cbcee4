"""The house rule: imports run downwards only, one library has one door, nobody goes in circles (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent / "fwtwisted"

# Who may import whom, by room.  A room may always import from itself.
MAY = {
    "model": set(),
    "wire": {"model"},
    "db": {"model"},
    "outside": {"model", "wire"},
    "core": {"model", "wire", "db", "outside"},
    "worker": {"model", "db"},
    "web": {"model", "wire", "core"},
    "config": {"model", "wire", "db", "outside", "core", "worker", "web", "logs"},
    "logs": {"model"},
    "embedded": {"model"},
}
ROOF = {
    "ground",
    "parts",
    "faces",
    "signals",
    "house",
    "tap",
    "cli",
}  # may import all that is below, and each other in this order

# One library, one door.
DOORS = {
    "txpostgres": {"db.connection"},
    "txredisapi": {"outside.shared"},
    "treq": {"outside"},
    "txaws": {"wire.s3.txaws_parts"},
    "klein": {"web.app"},
    "mutagen": {"wire.audiotags"},
    "PIL": {"outside.images"},
    "argon2": {"core.people.passwords"},
    "markdown": {"wire.markup"},
    "nh3": {"wire.markup"},
    "unidecode": {"wire.ascii"},
    "wsproto": {"web.live"},
    "rfc8785": {"wire.signatures.proofs"},
}


def _module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__") if name != "__init__" else ""


@cache
def _trees() -> dict[str, ast.Module]:
    return {_module(path): ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def _imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a tree imports, by their full dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                inside = full.removeprefix("fwtwisted.")
                yield full if full.startswith("fwtwisted.") and inside in _trees() else node.module


def _room(module: str) -> str:
    return module.partition(".")[0]


def _arrows() -> Iterator[tuple[str, str]]:
    """(who, whom) for every import within the house."""
    for module, tree in _trees().items():
        for imported in _imports(tree):
            if imported.startswith("fwtwisted."):
                yield module, imported.removeprefix("fwtwisted.")


class FloorTests(SynchronousTestCase):
    """Read from the code's own imports."""

    def test_imports_run_downwards(self) -> None:
        """No module imports from a floor above or beside its own."""
        wrong = []
        for who, whom in _arrows():
            room, other = _room(who), _room(whom)
            if room != other and room in MAY and other not in MAY[room] and other != "":
                wrong.append(f"{who} imports {whom}")
        self.assertEqual([], wrong)

    def test_every_room_has_a_rule(self) -> None:
        """A new room is named here before it is lived in."""
        rooms = {_room(module) for module in _trees()} - {""}
        self.assertEqual(set(), rooms - set(MAY) - ROOF)

    def test_no_circles(self) -> None:
        """No two modules import each other, by whatever detour."""
        below: dict[str, set[str]] = {}
        for who, whom in _arrows():
            below.setdefault(who, set()).add(whom)
        done: set[str] = set()

        def visit(module: str, path: tuple[str, ...]) -> None:
            if module in path:
                self.fail(" → ".join((*path[path.index(module) :], module)))
            if module not in done:
                for other in sorted(below.get(module, ())):
                    if other != module:
                        visit(other, (*path, module))
                done.add(module)

        for module in _trees():
            visit(module, ())

    def test_one_library_one_door(self) -> None:
        """A foreign library is known to one place."""
        wrong = []
        for module, tree in _trees().items():
            for imported in _imports(tree):
                doors = DOORS.get(imported.partition(".")[0])
                if doors and not any(module == door or module.startswith(door + ".") for door in doors):
                    wrong.append(f"{module} imports {imported}")
        self.assertEqual([], wrong)

    def test_the_global_reactor_has_one_door(self) -> None:
        """Only the roots know the global reactor; all others are handed it."""
        knows = {
            module
            for module, tree in _trees().items()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.module == "twisted.internet"
            and any(alias.name == "reactor" for alias in node.names)
        }
        self.assertEqual(set(), {module for module in knows if _room(module) not in ("tap", "cli")})

    def test_imports_stand_at_the_top(self) -> None:
        """No import within a function, none for type checking only, none of everything."""
        wrong = []
        for module, tree in _trees().items():
            top = set(map(id, tree.body))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    if id(node) not in top:
                        wrong.append(f"{module}:{node.lineno} imports below the top")
                    if any(alias.name == "*" for alias in node.names):
                        wrong.append(f"{module}:{node.lineno} imports everything")
        self.assertEqual([], wrong)

    def test_nothing_blocks(self) -> None:
        """No library that waits in its own way has a door at all."""
        banned = {"requests", "boto3", "asyncio", "urllib.request", "http.client"}
        wrong = [f"{m} imports {i}" for m, tree in _trees().items() for i in _imports(tree) if i in banned]
        self.assertEqual([], wrong)

    def test_rooms_have_no_dumping_ground(self) -> None:
        """A function without a home belongs to the value that it talks about."""
        names = {module.rpartition(".")[2] for module in _trees()}
        self.assertEqual(set(), names & {"utils", "util", "helpers", "common", "misc", "base", "manager"})

    def test_modules_tell_one_story(self) -> None:
        """No module grows above six hundred lines, no function above eighty."""
        wrong = []
        for module, tree in _trees().items():
            lines = max((node.end_lineno or 0 for node in tree.body), default=0)
            if lines > 600:
                wrong.append(f"{module}: {lines} lines")
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or 0) - node.lineno
                    if length > 80:
                        wrong.append(f"{module}.{node.name}: {length} lines")
        self.assertEqual([], wrong)
