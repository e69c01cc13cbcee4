"""Reading the fields that somebody sent."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.wire.fields import Fields

ANY_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=5,
)


class Colour(enum.StrEnum):
    """Some choices."""

    RED = "red"
    BLUE = "blue"


class FieldsTests(SynchronousTestCase):
    """``Fields``."""

    def refused(self, read: Any, value: object) -> list[str]:
        """What is told about the field ``x`` with this value."""
        fields = Fields({"x": value})
        read(fields)
        caught = self.assertRaises(Invalid, fields.check)
        self.assertEqual(["x"], list(caught.problems))
        return list(caught.problems["x"])

    def test_text(self) -> None:
        """Trimmed, numbers as text, the last of several."""
        for value, text in ((" a ", "a"), (5, "5"), (1.5, "1.5"), (["a", "b"], "b")):
            fields = Fields({"x": value})
            self.assertEqual(text, fields.text("x", 10))
            fields.check()
        self.assertEqual(" a ", Fields({"x": " a "}).text("x", 10, trimmed=False))
        self.assertEqual("", Fields({"x": ""}).text("x", 10, blank=True))
        self.assertIsNone(Fields({}).text_or_none("x", 10))

    def test_text_that_is_none(self) -> None:
        """Each with its own sentence, once."""
        for value, told in (
            (None, "This field may not be null."),
            ("", "This field may not be blank."),
            ("  ", "This field may not be blank."),
            (True, "Not a valid string."),
            ({}, "Not a valid string."),
            ([], "Not a valid string."),
            ("x" * 11, "Ensure this field has no more than 10 characters."),
        ):
            self.assertEqual([told], self.refused(lambda fields: fields.text("x", 10), value))

    def test_choices(self) -> None:
        """One of them, or the usual one when nothing was sent."""
        self.assertIs(Colour.RED, Fields({"x": "red"}).choice("x", Colour, Colour.BLUE))
        self.assertIs(Colour.BLUE, Fields({}).choice("x", Colour, Colour.BLUE))
        wrong: object
        for wrong in ("green", "", 1, None, [], {}):
            self.refused(lambda fields: fields.choice("x", Colour, Colour.BLUE), wrong)
        self.refused(lambda fields: fields.choice("x", Colour, Colour.BLUE, without=(Colour.RED,)), "red")

    def test_flags(self) -> None:
        """As JSON or forms write them."""
        for value, flag in ((True, True), ("true", True), ("1", True), (False, False), ("off", False), ("", False)):
            self.assertEqual(flag, Fields({"x": value}).flag("x"))
        self.assertTrue(Fields({}).flag("x", default=True))
        wrong: object
        for wrong in ("perhaps", 7, None, [], {}):
            self.refused(lambda fields: fields.flag("x"), wrong)

    def test_uuids_and_moments(self) -> None:
        """Absent, null and empty are none."""
        uuid = "0a1b2c3d-0000-4000-8000-000000000000"
        self.assertEqual(UUID(uuid), Fields({"x": uuid}).uuid_or_none("x"))
        moment = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
        for text in ("2027-01-02T03:04:05Z", "2027-01-02T03:04:05", "2027-01-02T04:04:05+01:00"):
            self.assertEqual(moment, Fields({"x": text}).moment_or_none("x"))
        for value in (None, ""):
            self.assertIsNone(Fields({"x": value}).uuid_or_none("x"))
            self.assertIsNone(Fields({"x": value}).moment_or_none("x"))
        wrong: object
        for wrong in ("x", 5, [], {}, True, "0001-01-01T00:00:00+14:00"):
            self.refused(lambda fields: fields.moment_or_none("x"), wrong)
            self.refused(lambda fields: fields.uuid_or_none("x"), wrong)

    @given(ANY_JSON)
    def test_any_document_is_read_or_refused(self, value: object) -> None:
        """Whatever the value, the outcome is a value or Invalid."""
        fields = Fields({"x": value})
        fields.text("x", 10)
        fields.text_or_none("x", 10)
        fields.choice("x", Colour, Colour.RED)
        fields.flag("x")
        fields.uuid_or_none("x")
        fields.moment_or_none("x")
        fields.document_or_none("x")
        self.assertRaises(Invalid, fields.check)
