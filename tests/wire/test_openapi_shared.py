"""What operations of a description have in common is written once."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.openapi_shared import shared

PAGE = {"name": "page", "in": "query", "schema": {"type": "integer"}}
OTHER_PAGE = {"name": "page", "in": "query", "schema": {"type": "string"}}
ABSENT = {"description": "There is no such thing."}


def described(*operations: Any) -> Any:
    """A description of operations, a path each."""
    paths = {f"/{place}/": {"parameters": [], "get": one} for place, one in enumerate(operations)}
    return {"paths": paths, "components": {"schemas": {"Song": {}}}}


def operation(*parameters: Any, **responses: Any) -> Any:
    """One with such parameters, and answers by ``s`` and status."""
    return {"parameters": list(parameters), "responses": {name[1:]: said for name, said in responses.items()}}


class SharedTests(SynchronousTestCase):
    """References in the place of copies."""

    def test_what_is_there_twice_is_a_component(self) -> None:
        """Parameters and refusals; operations refer to them, schemas stay as they were."""
        told = shared(described(operation(PAGE, s404=ABSENT), operation(PAGE, s404=ABSENT)))
        self.assertEqual(
            {"schemas": {"Song": {}}, "parameters": {"page": PAGE}, "responses": {"Absent": ABSENT}},
            told["components"],
        )
        for item in told["paths"].values():
            self.assertEqual([{"$ref": "#/components/parameters/page"}], item["get"]["parameters"])
            self.assertEqual({"404": {"$ref": "#/components/responses/Absent"}}, item["get"]["responses"])

    def test_what_is_there_once_stays(self) -> None:
        """As does every answer that goes well."""
        fine = {"description": "So it is."}
        first, second = operation(PAGE, s404=ABSENT, s200=fine), operation(s200=fine)
        told = shared(described(first, second))
        self.assertEqual(first, told["paths"]["/0/"]["get"])
        self.assertEqual(second, told["paths"]["/1/"]["get"])

    def test_different_things_of_one_name(self) -> None:
        """The later one has a number behind its name."""
        told = shared(described(operation(PAGE), operation(PAGE), operation(OTHER_PAGE), operation(OTHER_PAGE)))
        self.assertEqual({"page": PAGE, "page2": OTHER_PAGE}, told["components"]["parameters"])
        self.assertEqual([{"$ref": "#/components/parameters/page2"}], told["paths"]["/3/"]["get"]["parameters"])

    def test_what_was_given_is_not_changed(self) -> None:
        """The page is written from it afterwards."""
        given = described(operation(PAGE, s404=ABSENT), operation(PAGE, s404=ABSENT))
        shared(given)
        self.assertEqual(described(operation(PAGE, s404=ABSENT), operation(PAGE, s404=ABSENT)), given)
