"""
Reading the fields of a document that somebody sent.

::

    fields = Fields(document)
    name = fields.text("name", longest=100)
    level = fields.choice("privacy_level", Privacy, Privacy.ME)
    fields.check()                      # raises Invalid with everything that was wrong

Each reader notes what is wrong and goes on, so that a person is told everything at once.  Values of forms are text;
where several were sent for a name that takes one, the last counts.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from fwtwisted.model.errors import Invalid

E = TypeVar("E", bound=enum.StrEnum)

REQUIRED = "This field is required."
NOT_NULL = "This field may not be null."
NOT_BLANK = "This field may not be blank."
NO_STRING = "Not a valid string."
NO_BOOLEAN = "Must be a valid boolean."
NO_UUID = "Must be a valid UUID."
NO_NUMBER = "A valid integer is required."
NO_LIST = "Expected a list of items."
LARGEST_NUMBER = 2**63 - 1
NO_MOMENT = "Datetime has wrong format. Use ISO 8601, for example 2026-01-31T12:00:00Z."
YES = (True, "true", "True", "1", 1, "on", "yes")
NO = (False, "false", "False", "0", 0, "off", "no", "")


def must_name(document: Mapping[str, Any], *names: str) -> None:
    """:raise Invalid: for every field that is absent or null."""
    absent = [name for name in names if document.get(name) is None]
    if absent:
        raise Invalid({name: [REQUIRED] for name in absent})


class Fields:
    """The fields of one document, and what is wrong with them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._problems: dict[str, list[str]] = {}
        self._within: dict[str, Mapping[str, list[str]]] = {}

    def has(self, name: str) -> bool:
        """The field was sent, be it as null."""
        return name in self._document

    def refuse(self, name: str, *messages: str) -> None:
        """Note that something is wrong with a field."""
        self._problems.setdefault(name, []).extend(messages)

    def refuse_items(self, name: str, problems: Mapping[int, str]) -> None:
        """Note what is wrong with items of a list, by their place in it."""
        self._within[name] = {str(place): [message] for place, message in problems.items()}

    def check(self) -> None:
        """:raise Invalid: when anything was wrong."""
        if self._problems or self._within:
            raise Invalid({**self._within, **self._problems})

    def text(self, name: str, longest: int, *, blank: bool = False, trimmed: bool = True) -> str:
        """A text that must be there; without :meth:`check` it may come out empty."""
        if not self.has(name):
            self.refuse(name, REQUIRED)
            return ""
        found = self._text(name, longest, trimmed)
        if found is None:
            if name not in self._problems:
                self.refuse(name, NOT_NULL)
            return ""
        if not found and not blank:
            self.refuse(name, NOT_BLANK)
        return found

    def text_or_none(self, name: str, longest: int) -> str | None:
        """A text that may be absent or null."""
        return self._text(name, longest, trimmed=True)

    def choice(self, name: str, choices: type[E], default: E, without: tuple[E, ...] = ()) -> E:
        """One of the choices; ``default`` when the field is absent."""
        if not self.has(name):
            return default
        value = self._last(name)
        for choice in choices:
            if choice == value and choice not in without:
                return choice
        self.refuse(name, NOT_NULL if value is None else f'"{_shown(value)}" is not a valid choice.')
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no."""
        if not self.has(name):
            return default
        value = self._last(name)
        if isinstance(value, bool | str | int) and value in YES:
            return True
        if not (isinstance(value, bool | str | int) and value in NO):
            self.refuse(name, NOT_NULL if value is None else NO_BOOLEAN)
        return False

    def number(self, name: str) -> int:
        """A whole number from 0 on that must be there; without :meth:`check` it may come out 0."""
        if not self.has(name):
            self.refuse(name, REQUIRED)
            return 0
        found = whole_number(self._last(name))
        if found is None:
            self.refuse(name, NO_NUMBER)
        return found or 0

    def numbers(self, name: str, most: int) -> list[int]:
        """A list of at most so many whole numbers from 0 on that must be there; a single one is a list, too."""
        if not self.has(name):
            self.refuse(name, REQUIRED)
            return []
        value = self._document[name]
        items = value if isinstance(value, list) else [value]
        if value is None or isinstance(value, dict) or len(items) > most:
            self.refuse(name, NO_LIST if value is None or isinstance(value, dict) else f"At most {most} items.")
            return []
        found = [whole_number(item) for item in items]
        if None in found:
            self.refuse(name, NO_NUMBER)
        return [number for number in found if number is not None]

    def uuid_or_none(self, name: str) -> UUID | None:
        """A UUID that may be absent or null."""
        value = self._last(name)
        if value is None or value == "":
            return None
        try:
            return UUID(value)
        except (ValueError, AttributeError, TypeError):
            self.refuse(name, NO_UUID)
            return None

    def moment_or_none(self, name: str) -> datetime | None:
        """A time that may be absent or null; one without a zone is UTC."""
        value = self._last(name)
        if value is None or value == "":
            return None
        try:
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            self.refuse(name, NO_MOMENT)
            return None

    def document_or_none(self, name: str) -> Mapping[str, Any] | None:
        """A document within the document; absent or null is None."""
        value = self._last(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            trouble = f"Invalid data. Expected a dictionary, but got {type(value).__name__}."
            self._within[name] = {"non_field_errors": [trouble]}
            return None
        return value

    def _last(self, name: str) -> Any:
        value = self._document.get(name)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return value[-1]
        return value

    def _text(self, name: str, longest: int, trimmed: bool) -> str | None:
        value = self._last(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.refuse(name, NO_STRING)
            return None
        text = str(value).strip() if trimmed else str(value)
        if len(text) > longest:
            self.refuse(name, f"Ensure this field has no more than {longest} characters.")
            return text[:longest]
        return text


def whole_number(value: object) -> int | None:
    """The whole number from 0 on that a value is, or that its text writes; None for all else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST_NUMBER)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        return None
    return value


def _shown(value: object) -> str:
    return str(value)[:100]
