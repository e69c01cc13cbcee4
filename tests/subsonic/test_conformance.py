"""Every call, held against a schema of our own, the protocol's description, and itself in other forms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
from jsonschema import Draft202012Validator
from twisted.trial.unittest import SkipTest

from tests.subsonic.every_call import NAMES, Call, EveryCallCase
from tests.subsonic.pod import NAMESPACE
from tests.subsonic.shapes import ERROR, PAYLOADS, Shape, answer

DESCRIPTION = Path(__file__).resolve().parents[3] / "shared" / "contract" / "opensubsonic-openapi.json"
SPELT_OUT = ("artistInfo", "artistInfo2", "albumInfo")
SPEAKING = ("genre", "lyrics", "line", "cue")


def wrong(schema: Any, value: Any, name: str) -> Iterator[str]:
    """Where an answer is not as a schema says."""
    for error in Draft202012Validator(schema).iter_errors(value):
        inner = max(error.context, key=lambda one: len(one.absolute_path), default=error) if error.context else error
        yield f"{name}: {'/'.join(map(str, inner.absolute_path))}: {inner.message[:200]}"


def steady(value: Any, moving: frozenset[str], parent: str = "") -> Any:
    """An answer without the values that move: fields named with the object that they stand in."""
    if isinstance(value, dict):
        return {
            name: "…" if f"{parent}/{name}" in moving else steady(inner, moving, name) for name, inner in value.items()
        }
    return [steady(inner, moving, parent) for inner in value] if isinstance(value, list) else value


class AnswerTests(EveryCallCase):
    """Of every call, on a pod where there is something of everything."""

    async def test_as_our_schema_says(self) -> None:
        """All 87 are in the table, and each is answered with the payload that is its own, and no other field."""
        calls = self.table()
        self.assertEqual(sorted(NAMES), sorted({call.name for call in calls}))
        told: list[str] = []
        for call in calls:
            if call.media:
                said = await self.answer(call, f="json")
                self.assertEqual(200, said.status, call.name)
                self.assertTrue((said.header("Content-Type") or "").startswith(call.media), (call.name, said.headers))
                continue
            response = await self.said(call)
            if call.error is not None:
                told += wrong(ERROR, response, call.name)
                self.assertEqual(call.error, response.get("error", {}).get("code"), call.name)
            else:
                told += wrong(answer(call.payload), response, call.name)
        self.assertEqual([], told)


# Fields that the pod of the table never tells: the pod knows nothing of it, or nothing is wrong with it.
UNTOLD = {
    "contributors", "moods", "works", "movements", "groupings", "recordLabels", "releaseTypes", "discTitles",
    "disc", "disambiguation", "shortcut", "video", "lastFmUrl",
    "readonly", "validUntil", "errorMessage", "errorReason", "lastVisited",
}  # fmt: skip


def told_in(value: Any) -> Iterator[str]:
    """The fields of an answer that hold anything."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner not in ([], {}):
                yield name
            yield from told_in(inner)
    if isinstance(value, list):
        for inner in value:
            yield from told_in(inner)


def fields_of(shape: Shape) -> Iterator[str]:
    """The fields that a shape has, and those within."""
    for name, inner in shape.get("properties", {}).items():
        yield name
        yield from fields_of(inner)
    for inner in (shape.get("items"), *shape.get("anyOf", ())):
        yield from () if inner is None else fields_of(inner)


class FullnessTests(EveryCallCase):
    """The table itself."""

    async def test_all_that_can_be_told_is(self) -> None:
        """Every field of our schema stands in some answer, so that the tests beside this one see it."""
        told = {name for call in self.table() if not call.media for name in told_in(await self.said(call))}
        known = {name for payload in PAYLOADS for name in fields_of(answer(payload))}
        self.assertEqual(UNTOLD, known - told)


# --- itself in other forms -----------------------------------------------------------------------------


def back(element: ElementTree.Element, shape: Shape) -> dict[str, Any]:
    """
    An object out of its element, by the rules that made it (docs/subsonic.md §4.2).

    :param shape: tells which names are lists, and of which type scalars are.
    :raise AssertionError: something stands where the rules do not put it.
    """
    told: dict[str, Any] = {}
    kinds = shape["properties"]
    assert not (element.attrib and element.tag in SPELT_OUT), f"{element.tag} has attributes"
    for name, text in element.attrib.items():
        told[name] = _scalar(text, kinds[name])
    for child in element:
        name = "agents" if child.tag == "agent" else child.tag
        kind = kinds[name]
        if kind["type"] == "array":
            told.setdefault(name, []).append(_inner(child, kind["items"]))
        else:
            assert name not in told, f"{name} is there twice"
            assert kind["type"] == "object" or element.tag in SPELT_OUT, f"{name} is no attribute"
            told[name] = _inner(child, kind)
    if element.tag in SPEAKING and "value" in kinds and "value" not in told:
        told["value"] = element.text or ""
    else:
        assert not element.text, f"{element.tag} says {element.text}"
    return told


def _inner(element: ElementTree.Element, shape: Shape) -> Any:
    if "anyOf" in shape:
        is_folder = element.get("isDir") == "true"
        shape = next(one for one in shape["anyOf"] if one["properties"]["isDir"]["const"] is is_folder)
    if shape["type"] == "object":
        return back(element, shape)
    assert not element.attrib and not len(element), element.tag
    return _scalar(element.text or "", shape)


def _scalar(text: str, shape: Shape) -> Any:
    match shape["type"]:
        case "boolean":
            return {"true": True, "false": False}[text]
        case "integer":
            return int(text)
        case "number":
            return float(text)
    return text


def filled(value: Any) -> Any:
    """An answer without its empty lists, which leave nothing in XML."""
    if isinstance(value, dict):
        return {name: filled(inner) for name, inner in value.items() if inner != []}
    return [filled(inner) for inner in value] if isinstance(value, list) else value


class FormsTests(EveryCallCase):
    """XML as JSON, POST as GET."""

    async def read_back(self, call: Call) -> Any:
        """What an answer in XML tells."""
        said = await self.answer(call)
        self.assertEqual("text/xml; charset=utf-8", said.header("Content-Type"), call.name)
        root = ElementTree.fromstring(said.body)
        for element in root.iter():
            self.assertTrue(element.tag.startswith(NAMESPACE), element.tag)
            element.tag = element.tag.removeprefix(NAMESPACE)
        self.assertEqual("subsonic-response", root.tag)
        return back(root, ERROR if call.error is not None else answer(call.payload))

    async def test_xml_says_the_same(self) -> None:
        """Turned back by the rules, each answer in XML is the one in JSON."""
        for call in self.table():
            if call.media:
                continue
            plain, marked = await self.said(call), await self.read_back(call)
            self.assertEqual(steady(filled(plain), call.moving), steady(marked, call.moving), call)

    async def test_jsonp_says_the_same(self) -> None:
        """The JSON, handed to a function."""
        for call in self.table():
            if call.media:
                continue
            plain, wrapped = await self.said(call), await self.answer(call, f="jsonp", callback="got")
            self.assertEqual((b"got(", b")"), (wrapped.body[:4], wrapped.body[-1:]), call.name)
            told = orjson.loads(wrapped.body[4:-1])["subsonic-response"]
            self.assertEqual(steady(plain, call.moving), steady(told, call.moving), call)

    async def test_post_says_the_same(self) -> None:
        """A form in the body is as good as a query; bytes are the same bytes."""
        for call in self.table():
            if call.body is not None:
                self.assertEqual(0, await self.nadia.error(call.name, **await call.arguments()))
                continue
            got, posted = [await self.answer(call, method, f="json") for method in ("GET", "POST")]
            self.assertEqual(
                (got.status, got.header("Content-Type")), (posted.status, posted.header("Content-Type")), call.name
            )
            if not call.media:
                one, other = (steady(said.json["subsonic-response"], call.moving) for said in (got, posted))
                self.assertEqual(one, other, call)
            elif not call.moving:
                self.assertEqual(got.body, posted.body, call.name)


# --- the protocol's description ------------------------------------------------------------------------


@cache
def description() -> Any:
    """
    The OpenSubsonic description without its known mistakes.

    :raise SkipTest: it is not here.
    """
    if not DESCRIPTION.is_file():
        raise SkipTest("the OpenSubsonic description is not beside this repository")
    told = orjson.loads(DESCRIPTION.read_bytes())
    schemas = told["components"]["schemas"]
    for name in ("JukeboxStatus", "JukeboxPlaylist"):
        for part in (schemas[name], *schemas[name].get("allOf", ())):
            _gain_for_volume(part)
    schemas["MediaType"]["enum"].append("podcast")  # what an episode is (docs/subsonic.md §10)
    return told


def _gain_for_volume(schema: Any) -> None:
    """What the description calls volume is the gain, and no whole number."""
    if "volume" in schema.get("properties", {}):
        schema["properties"]["gain"] = {**schema["properties"].pop("volume"), "type": "number"}
        schema["required"] = ["gain" if name == "volume" else name for name in schema.get("required", ())]


def described(name: str) -> Any:
    """The schema of a call's whole answer that went well; None where the answer is bytes."""
    told = description()
    [spoken] = [
        deed["responses"].get("200") or deed["responses"]["default"]
        for method, deed in told["paths"][f"/rest/{name}"].items()
        if method == ("post" if name == "getTranscodeDecision" else "get")
    ]
    if "$ref" in spoken:
        spoken = told["components"]["responses"][spoken["$ref"].rpartition("/")[2]]
    schema = spoken["content"].get("application/json", {}).get("schema")
    if schema is None:
        return None
    if name == "getTranscodeDecision":  # in the envelope, like all others
        schema = {"type": "object", "properties": {"subsonic-response": schema}}
    elif "$ref" in schema:
        choices = told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        well = choices["properties"]["subsonic-response"]["oneOf"][0]
        schema = {"type": "object", "properties": {"subsonic-response": well}}
    return {**schema, "required": ["subsonic-response"], "components": told["components"]}


class DescriptionTests(EveryCallCase):
    """The OpenSubsonic description, where its file lies beside this repository."""

    async def test_as_the_description_says(self) -> None:
        """Every answer that is no bytes; and our list of names is the description's."""
        self.assertEqual(sorted(NAMES), sorted(path.removeprefix("/rest/") for path in description()["paths"]))
        told: list[str] = []
        for call in self.table():
            schema = described(call.name)
            if schema is None or call.error is not None:
                continue
            response = await self.said(call)
            told += wrong(schema, {"subsonic-response": response}, call.name)
        self.assertEqual([], told)
