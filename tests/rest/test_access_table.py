"""Every route that the pod serves asks for what ``access_table`` says it asks for (docs/api.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson
from attrs import evolve, frozen

from fwtwisted.model.accounts import ApplicationWish
from fwtwisted.model.people import OPEN_SCOPES, TOKEN_SCOPES, USER_SCOPES, Viewer
from fwtwisted.web.app import FastResource
from tests.rest.access_table import ACCESS, OTHER_WAYS
from tests.rest.pod import OPENNESS, Client, PodCase

API = "/api/v1/"
NOT_ASKED = ("HEAD", "OPTIONS")
KINDS = ("public", "open", "visit", "guest", "scope", "user", "person", "keeper", "word")
# What stands for the variables of a path: nothing that is there, but oneself.
FILLED = {"int": "987654321", "uuid": "0b3d9f4e-5c1a-4c55-9f2e-3d1c8a7b6e50", "path": "nothing", "string": "nothing"}
ONESELF = {"username": "alice"}
_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")


@frozen
class Right:
    """What one method of one path asks for."""

    method: str
    path: str
    kind: str
    leaf: str
    may_refuse: bool

    @property
    def scope(self) -> str:
        """The leaf scope that a caller needs."""
        return f"{'read' if self.method == 'GET' else 'write'}:{self.leaf}"

    @property
    def is_open(self) -> bool:
        """Whether visitors of an open pod are let in."""
        return self.kind in ("guest", "visit") or (self.kind == "open" and self.scope in OPEN_SCOPES)

    @property
    def place(self) -> str:
        """A path that the route answers."""
        return _VARIABLE.sub(lambda found: ONESELF.get(found[2], FILLED[found[1] or "string"]), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.kind}{self.leaf and ':'}{self.leaf})"


def rights() -> Iterator[Right]:
    """The table, read."""
    for line in ACCESS.strip().splitlines():
        path, *words = line.split()
        for methods, need in zip(words[::2], words[1::2], strict=True):
            kind, _, leaf = need.rstrip("?").partition(":")
            assert kind in KINDS, line
            for method in methods.split(","):
                yield Right(method, path if path.startswith("/") else API + path, kind, leaf, need.endswith("?"))


class AccessTableTests(PodCase):
    """The table against the pod; each test tells of every route that is wrong."""

    environment: Mapping[str, str] = {"THROTTLING_ENABLED": "false"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.wrong: list[str] = []

    def served_routes(self) -> set[tuple[str, str]]:
        """Method and path of everything that our own apps answer."""
        found = set()
        for mount in self.mounts:
            if isinstance(mount.resource, FastResource) and not mount.prefix.startswith(OTHER_WAYS):
                for app in mount.resource.apps:
                    for rule in app.url_map.iter_rules():
                        path = f"{mount.prefix}{rule.rule}".replace(f"{API}users/users/", f"{API}users/")
                        found |= {(method, path) for method in rule.methods or ("GET",) if method not in NOT_ASKED}
        return found

    def test_every_route_has_its_line(self) -> None:
        """And every line its route; a route without one lets nobody knows whom in."""
        told = [(right.method, right.path) for right in rights()]
        self.assertEqual(len(told), len(set(told)), "a line stands twice")
        served = self.served_routes()
        self.assertNothing("routes that have no line", [" ".join(route) for route in served - set(told)])
        self.assertNothing("lines that have no route", [" ".join(route) for route in set(told) - served])

    async def test_visitors(self) -> None:
        """A closed pod, then an open one: 401 for who must be somebody, and the challenge with it."""
        for opened in (False, True):
            await self.parts.preferences.change_one(OPENNESS, not opened)
            for right in rights():
                visitor = self.visitor()
                if right.kind == "word":
                    continue
                if right.kind == "public" or (opened and right.is_open):
                    await self.let_in(right, visitor, "a visitor")
                else:
                    await self.told(401, right, visitor, "a visitor")
        self.assertNothing("routes that treat visitors otherwise", self.wrong)

    async def test_programs(self) -> None:
        """One with every scope but the one that is asked for: 403; one with that alone is let in."""
        owner = (await self.person("alice", is_superuser=True)).viewer
        for right in rights():
            if right.kind in ("open", "visit", "scope"):
                others = await self.bearer(owner, TOKEN_SCOPES - {right.scope})
                await self.told(403, right, others, "a program without the scope")
                own = await self.bearer(owner, {right.scope})
                if right.scope in TOKEN_SCOPES:
                    await self.let_in(right, own, "a program with the scope")
                else:
                    await self.told(403, right, own, "a program")
            elif right.kind in ("person", "keeper"):
                everything = await self.bearer(owner, TOKEN_SCOPES | {right.scope})
                await self.told(403, right, everything, "a program")
            elif right.kind in ("user", "guest"):
                await self.let_in(right, await self.bearer(owner, set()), "a program without scopes")
        self.assertNothing("routes that treat programs otherwise", self.wrong)

    async def test_people(self) -> None:
        """A session opens what is one's own; what is the pod's needs the permission."""
        alice, chief = await self.person("alice"), await self.person("chief", is_superuser=True)
        for right in rights():
            if right.kind in ("public", "word"):
                continue
            if right.leaf.startswith("instance:"):
                await self.told(403, right, alice, "somebody without the permission")
                await self.let_in(right, chief, "an administrator")
            else:
                await self.let_in(right, alice, "somebody")
        self.assertNothing("routes that treat people otherwise", self.wrong)

    # --- asking ----------------------------------------------------------------------------------

    async def bearer(self, owner: Viewer, scopes: set[str] | frozenset[str]) -> Client:
        """A program with these scopes and no others."""
        wish = ApplicationWish("Program", scopes=" ".join(sorted(scopes)) or "none")
        made, _ = await self.parts.applications.register(evolve(owner, scopes=USER_SCOPES), wish)
        return self.bearing(made.token or "")

    async def status(self, right: Right, caller: Client) -> int:
        """What a caller is told; what they send is empty, so that nothing comes of it."""
        if right.method == "GET":
            said = await caller.get(right.place)
        else:
            said = await caller.ask(right.method, right.place, orjson.dumps({}), "application/json")
        if said.status == 401 and "Bearer" not in (said.header("WWW-Authenticate") or ""):
            self.wrong.append(f"{right}: 401 without a challenge")
        return said.status

    async def told(self, expected: int, right: Right, caller: Client, who: str) -> None:
        """Note an answer that has another status."""
        status = await self.status(right, caller)
        if status != expected:
            self.wrong.append(f"{right}: {who} should get {expected}, got {status}")

    async def let_in(self, right: Right, caller: Client, who: str) -> None:
        """Note an answer that refuses the caller, or is a failure of ours."""
        status = await self.status(right, caller)
        if status >= 500 or status == 401 or (status == 403 and not right.may_refuse):
            self.wrong.append(f"{right}: {who} should be let in, got {status}")

    def assertNothing(self, what: str, found: list[str]) -> None:
        if found:
            self.fail("\n    ".join([f"{what} (see tests/rest/access_table.py):", *sorted(found)]))
