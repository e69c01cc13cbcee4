"""Our own OpenAPI description: whole, true to the routes, and true to what is answered (docs/api.md §4.21)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker

from fwtwisted.web.v1.described import AREAS
from fwtwisted.web.v1.schema import joined, routes
from fwtwisted.wire.openapi import Operation, Who, mismatches
from tests.rest.filled import FilledCase
from tests.rest.pod import PodCase
from tests.rest.shapes import a_moment
from tests.rest.test_access_table import rights
from tests.web.serving import Answer

PATH = "/api/v1/schema/"


def told_who(who: Who) -> str:
    """Who may, as the table of rights writes it: there, nobody tells whether credentials are looked at."""
    kind = "public" if who.kind == "known" else who.kind
    return f"{kind}:{who.leaf}" if who.leaf else kind


def unknown(document: Any, part: Any) -> Iterator[str]:
    """References that lead nowhere."""
    if isinstance(part, list):
        for one in part:
            yield from unknown(document, one)
    elif isinstance(part, dict):
        for name, one in part.items():
            if name != "$ref" or not isinstance(one, str):
                yield from unknown(document, one)
                continue
            _, components, kind, thing = one.split("/")
            if thing not in document[components][kind]:
                yield one


class DescriptionTests(PodCase):
    """What is described is what is served."""

    def assertNothing(self, what: str, found: set[str]) -> None:
        if found:
            self.fail("\n    ".join([f"{what} (see fwtwisted/web/v1/described):", *sorted(found)]))

    def test_every_route_is_described(self) -> None:
        """And every description is of a route."""
        undescribed, unserved = mismatches(joined(routes(self.mounts)), AREAS)
        self.assertNothing("routes that nobody described", undescribed)
        self.assertNothing("descriptions of routes that nobody serves", unserved)

    def test_who_may_is_told_as_the_table_of_rights_has_it(self) -> None:
        """Each operation says what test_access_table has seen."""
        known = {(right.method, right.path): f"{right.kind}{right.leaf and ':'}{right.leaf}" for right in rights()}
        wrong = set()
        for area in AREAS:
            for path, table in area.operations.items():
                for method, operation in table.items():
                    said, seen = told_who(operation.who), known.get((method, path))
                    if said != seen and not self._is_said_in_other_words(operation, seen):
                        wrong.add(f"{method} {path} says {said}, and asks for {seen}")
        self.assertNothing("descriptions that say something else of who may", wrong)

    def _is_said_in_other_words(self, operation: Operation, seen: str | None) -> bool:
        """Where the request itself must carry a right, the description may be more exact."""
        return seen == "word" and operation.who.kind in ("word", "guest")

    async def test_the_document_is_sound(self) -> None:
        """JSON Schema throughout, no reference that leads nowhere, operations with names of their own."""
        document = (await self.visitor().get(PATH)).json
        self.assertEqual("3.1.1", document["openapi"])
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            Draft202012Validator.check_schema(schema)
        self.assertEqual([], list(unknown(document, document)))
        self.assertLess(len(orjson.dumps(document)), 400_000)
        operations = [one for item in document["paths"].values() for name, one in item.items() if name != "parameters"]
        ids = [one["operationId"] for one in operations]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 180)

    async def test_it_is_sent_once(self) -> None:
        """To anybody, with an ETag; who has it is told so. The page as well, and it needs nothing else."""
        visitor = self.visitor()
        for path, kind in ((PATH, "application/json"), (f"{PATH}page/", "text/html; charset=utf-8")):
            said = await visitor.get(path)
            self.assertEqual((200, kind), (said.status, said.header("Content-Type")))
            again = await visitor.get(path, {"If-None-Match": said.header("ETag") or ""})
            self.assertEqual((304, b""), (again.status, again.body))
        for foreign in (b"<script", b"http-equiv", b"<link", b"<img", b"url("):
            self.assertNotIn(foreign, said.body)
        self.assertIn(b"/api/v1/playlists/{id}/tracks/", said.body)
        self.assertIn("default-src 'none'", said.header("Content-Security-Policy") or "")


FORMATS = FormatChecker(("date", "uuid"))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or a_moment(value))
# What is asked of an operation that needs to be asked something, and what it answers then.
QUERIES: dict[str, dict[str, Any]] = {
    "/.well-known/webfinger": {"resource": "acct:alice@pod.example"},
    "/api/v1/oembed/": {"url": "https://pod.example/library/artists/1", "format": "json"},
    "/api/v1/search/": {"query": "nova"},
}
OTHERWISE = {
    "/api/v1/attachments/{uuid}/proxy/": 302,
    "/api/v1/oauth/authorize/": 302,
    "/api/v2/radios/sessions/{id}/tracks/": 201,
}
ELSEWHERE = {"/media/{name}", "/health/live", "/health/ready"}  # tests/rest/test_pictures.py, tests/web/test_health.py


class AnswerTests(FilledCase):
    """What is answered is what is described."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.fill()
        self.document = (await self.visitor().get(PATH)).json
        self.wrong: list[str] = []

    def hold(self, path: str, method: str, said: Answer) -> None:
        """Note where an answer is not as the description has it."""
        told = self.meant(self.document["paths"][path][method]["responses"].get(str(said.status)))
        if told is None:
            self.wrong.append(f"{method} {path}: {said.status} is not told of: {said.body[:200]!r}")
            return
        kind = (said.header("Content-Type") or "").partition(";")[0]
        content = told.get("content", {})
        if content and (kind in content) != bool(said.body) and "*/*" not in content:
            self.wrong.append(f"{method} {path}: {said.status} as {kind or 'nothing'}, not {sorted(content)}")
        elif kind == "application/json" and said.body:
            said.headers.setRawHeaders(b"Content-Type", [b"application/json"])
            self._validate(f"{method} {path}: {said.status}", content[kind]["schema"], said.json)

    def meant(self, thing: Any) -> Any:
        """What a reference refers to."""
        if thing is None or "$ref" not in thing:
            return thing
        _, _, kind, name = thing["$ref"].split("/")
        return self.document["components"][kind][name]

    def _validate(self, what: str, schema: Any, document: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        for error in Draft202012Validator(whole, format_checker=FORMATS).iter_errors(document):
            place = "/".join(str(piece) for piece in error.absolute_path)
            self.wrong.append(f"{what}: at {place}: {error.message[:300]}")

    async def test_every_get(self) -> None:
        """Alice asks for everything, and everything is there."""
        for path, item in self.document["paths"].items():
            if "get" not in item or path in ELSEWHERE:
                continue
            said = await self.alice.get(self.place(path), **QUERIES.get(path, {}))
            if said.status != OTHERWISE.get(path, 200):
                self.wrong.append(f"{path}: {said.status} {said.body[:200]!r}")
            self.hold(path, "get", said)
        self.assertEqual("", "\n".join(self.wrong))

    async def test_lists_are_not_empty(self) -> None:
        """So that the shapes of what is in them have been seen."""
        for path, item in self.document["paths"].items():
            names = [self.meant(one)["name"] for one in item.get("get", {}).get("parameters", ())]
            if "page" in names and not (await self.alice.get(self.place(path))).json["results"]:
                self.wrong.append(path)
        self.assertEqual([], self.wrong)
