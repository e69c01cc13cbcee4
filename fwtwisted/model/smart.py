"""
Rules by which a playlist fills itself: conditions on songs, joined, and the order and number of those that meet them.

The words are those that people know from other servers; docs/api.md §4.12 lists them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from attrs import frozen

MOST_SONGS = 5_000
USUAL_SONGS = 500
MOST_CONDITIONS = 100
DEEPEST = 5
LONGEST_TEXT = 255
LARGEST = 1_000_000_000_000
RANDOM = "random"


class Measure(enum.Enum):
    """What a field holds."""

    TEXT = "a text"
    NUMBER = "a number"
    DATE = "a date such as 2026-01-31"
    TRUTH = "true or false"


FIELDS: Mapping[str, Measure] = {
    "title": Measure.TEXT,
    "artist": Measure.TEXT,
    "album": Measure.TEXT,
    "albumartist": Measure.TEXT,
    "genre": Measure.TEXT,
    "year": Measure.NUMBER,
    "tracknumber": Measure.NUMBER,
    "discnumber": Measure.NUMBER,
    "duration": Measure.NUMBER,  # seconds
    "bitrate": Measure.NUMBER,  # kbit/s
    "dateadded": Measure.DATE,
    "rating": Measure.NUMBER,  # the owner's; 0: none
    "playcount": Measure.NUMBER,  # how often the owner heard it
    "lastplayed": Measure.DATE,
    "starred": Measure.TRUTH,
    "datestarred": Measure.DATE,
}
# What the playlist's owner notes, and nobody else.
NOTES = frozenset(("rating", "playcount", "lastplayed", "starred", "datestarred"))
# Other names of fields, as other servers know them.
ALSO = {"loved": "starred", "dateloved": "datestarred", "favorite": "starred", "added": "dateadded"}

OPERATORS: Mapping[Measure, tuple[str, ...]] = {
    Measure.TEXT: ("is", "isNot", "contains", "notContains", "startsWith", "endsWith"),
    Measure.NUMBER: ("is", "isNot", "gt", "lt", "inTheRange"),
    Measure.DATE: ("before", "after", "inTheRange", "inTheLast", "notInTheLast"),
    Measure.TRUTH: ("is", "isNot"),
}
IN_DAYS = ("inTheLast", "notInTheLast")

Scalar: TypeAlias = "str | float | bool | date"
Value: TypeAlias = "Scalar | tuple[Scalar, Scalar]"


@frozen
class Condition:
    """
    What is asked of a song.

    :ivar value: of the field's measure; of :data:`IN_DAYS`: days; of ``inTheRange``: the first and the last.
    """

    field: str
    operator: str
    value: Value


@frozen
class Group:
    """Conditions that must hold, all of them or any.  One without parts holds for every song."""

    is_all: bool
    parts: Sequence[Condition | Group]

    def conditions(self) -> Iterator[Condition]:
        """Every condition, however deep."""
        for part in self.parts:
            if isinstance(part, Condition):
                yield part
            else:
                yield from part.conditions()


@frozen
class Order:
    """Songs by a field, or by :data:`RANDOM`.  :ivar down: the largest first."""

    field: str
    down: bool


@frozen
class Rules:
    """What a playlist that fills itself goes by.  :ivar limit: songs at most."""

    group: Group
    orders: Sequence[Order]
    limit: int

    @property
    def fields(self) -> frozenset[str]:
        """Every field that is asked for."""
        return frozenset(one.field for one in self.group.conditions()) | {order.field for order in self.orders}
