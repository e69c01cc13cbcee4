"""
What many operations of a description have in common, written once: answers and parameters become components.

Three quarters of a description are the same refusals again and again; whoever reads it follows a reference.
Source: OpenAPI 3.1.1, "Components Object".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from fwtwisted.wire.v1 import Document

LEAST: Final = 2  # times that a thing is there until it is worth a name
_REFUSALS: Final[Mapping[str, str]] = {
    "400": "Unreadable",
    "401": "Nobody",
    "403": "Forbidden",
    "404": "Absent",
    "405": "SwitchedOff",
    "413": "TooLarge",
    "415": "UnknownType",
    "429": "TooOften",
    "502": "Elsewhere",
    "503": "Away",
    "507": "NoRoom",
}


class _Shelf:
    """
    Things of one kind that are referred to by name.

    :param kind: of components, such as ``responses``.
    """

    def __init__(self, kind: str, found: Iterator[tuple[str, Document]]) -> None:
        self._kind, self.things = kind, dict[str, Document]()
        self._names: dict[bytes, str] = {}
        things = [(name, _key(thing), thing) for name, thing in found]
        times = Counter(key for _, key, _ in things)
        for name, key, thing in things:
            if times[key] >= LEAST and key not in self._names:
                self._names[key] = free = self._free(name)
                self.things[free] = thing

    def _free(self, name: str) -> str:
        """The name, with a number behind it where another thing has it."""
        number, free = 1, name
        while free in self.things:
            number += 1
            free = f"{name}{number}"
        return free

    def reference(self, thing: Document) -> Document:
        """A reference to it, or itself when it has no name."""
        name = self._names.get(_key(thing))
        return thing if name is None else {"$ref": f"#/components/{self._kind}/{name}"}


def shared(description: Document) -> Document:
    """The same description, in which what several operations have in common is a component."""
    parameters = _Shelf("parameters", _parameters(description))
    responses = _Shelf("responses", _refusals(description))
    return {
        **description,
        "paths": {path: _item(item, parameters, responses) for path, item in description["paths"].items()},
        "components": {
            **description["components"],
            "parameters": parameters.things,
            "responses": responses.things,
        },
    }


def _item(item: Document, parameters: _Shelf, responses: _Shelf) -> Document:
    """A path's."""
    return {
        name: [parameters.reference(one) for one in said]
        if name == "parameters"
        else _told(said, parameters, responses)
        for name, said in item.items()
    }


def _told(operation: Document, parameters: _Shelf, responses: _Shelf) -> Document:
    """An operation's."""
    told = {**operation}
    told["responses"] = {status: responses.reference(one) for status, one in operation["responses"].items()}
    if "parameters" in operation:
        told["parameters"] = [parameters.reference(one) for one in operation["parameters"]]
    return told


def _operations(description: Document) -> Iterator[Document]:
    for item in description["paths"].values():
        yield from (said for name, said in item.items() if name != "parameters")


def _refusals(description: Document) -> Iterator[tuple[str, Document]]:
    for operation in _operations(description):
        for status, said in operation["responses"].items():
            if status in _REFUSALS:
                yield _REFUSALS[status], said


def _parameters(description: Document) -> Iterator[tuple[str, Document]]:
    for item in description["paths"].values():
        for holder in (item, *(said for name, said in item.items() if name != "parameters")):
            for one in holder.get("parameters", ()):
                yield _word(one["name"]), one


def _word(name: str) -> str:
    """The name of a parameter as that of a component."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _key(thing: Any) -> bytes:
    return orjson.dumps(thing, option=orjson.OPT_SORT_KEYS)
