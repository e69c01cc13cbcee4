"""
The rules of a playlist as a document, read with everything that is wrong with them, and written.

::

    {"all": [{"is": {"genre": "Ambient"}}, {"any": [{"gt": {"rating": 3}}, {"is": {"starred": true}}]}],
     "sort": "-lastplayed,title", "limit": 100}

Source: docs/api.md §4.12.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from fwtwisted.model.errors import Invalid
from fwtwisted.model.smart import (
    ALSO,
    DEEPEST,
    FIELDS,
    IN_DAYS,
    LARGEST,
    LONGEST_TEXT,
    MOST_CONDITIONS,
    MOST_SONGS,
    OPERATORS,
    RANDOM,
    USUAL_SONGS,
    Condition,
    Group,
    Measure,
    Order,
    Rules,
    Scalar,
    Value,
)
from fwtwisted.wire.v1 import Document

JOINTS = ("all", "any")
KNOWN = frozenset((*JOINTS, "sort", "order", "limit", "name", "comment"))  # the last two, as files of rules have them
_OPERATORS = {name.lower(): name for names in OPERATORS.values() for name in names}


def rules(document: object) -> Rules:
    """The rules that a document says.  :raise Invalid: on ``rules``, with all that is wrong."""
    return _Reader().rules(document)


class _Wrong(Exception):
    """This part is none."""


class _Reader:
    """Reads one document, and notes what is wrong with it."""

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._conditions = 0

    def rules(self, document: object) -> Rules:
        if not isinstance(document, Mapping):
            raise Invalid.on("rules", "Expected an object with “all” or “any”.")
        unknown = sorted(str(name) for name in document if name not in KNOWN)[:5]
        self._problems += [f"{name[:50]}: there is no such setting." for name in unknown]
        group = self._group({name: document[name] for name in JOINTS if name in document}, "", 1)
        read = Rules(group, self._orders(document), self._limit(document))
        if self._problems:
            raise Invalid.on("rules", *self._problems[:20])
        return read

    def _refuse(self, place: str, words: str) -> None:
        self._problems.append(f"{place}: {words}" if place else words)

    # --- conditions --------------------------------------------------------------------------------

    def _group(self, document: Mapping[str, Any], place: str, depth: int) -> Group:
        nothing = Group(True, ())
        if len(document) != 1:
            self._refuse(place, "Expected one of “all” and “any”.")
            return nothing
        ((joint, parts),) = document.items()
        here = f"{place}.{joint}" if place else joint
        if not isinstance(parts, list):
            self._refuse(here, "Expected a list of conditions.")
            return nothing
        if depth > DEEPEST:
            self._refuse(here, f"Groups may be {DEEPEST} deep.")
            return nothing
        read = [self._part(part, f"{here}[{nth}]", depth) for nth, part in enumerate(parts[: MOST_CONDITIONS + 1])]
        return Group(joint == "all", tuple(part for part in read if part is not None))

    def _part(self, part: object, place: str, depth: int) -> Condition | Group | None:
        self._conditions += 1
        if self._conditions == MOST_CONDITIONS + 1:
            self._refuse("", f"At most {MOST_CONDITIONS} conditions.")
        if self._conditions > MOST_CONDITIONS:
            return None
        if not isinstance(part, Mapping) or len(part) != 1:
            self._refuse(place, "Expected an object with one operator, “all” or “any”.")
            return None
        if next(iter(part)) in JOINTS:
            return self._group(part, place, depth + 1)
        try:
            return self._condition(part)
        except _Wrong as why:
            self._refuse(place, str(why))
            return None

    def _condition(self, part: Mapping[str, Any]) -> Condition:
        ((word, asked),) = part.items()
        operator = _OPERATORS.get(str(word).lower())
        if operator is None:
            raise _Wrong(f"“{_short(word)}” is no operator.")
        if not isinstance(asked, Mapping) or len(asked) != 1:
            raise _Wrong("Expected an object with one field.")
        ((name, value),) = asked.items()
        field = _field(name)
        measure = FIELDS[field]
        if operator not in OPERATORS[measure]:
            raise _Wrong(f"“{field}” knows {', '.join(OPERATORS[measure])}, not {operator}.")
        return Condition(field, operator, _value(value, measure, operator))

    # --- order and number --------------------------------------------------------------------------

    def _orders(self, document: Mapping[str, Any]) -> tuple[Order, ...]:
        text, order = document.get("sort") or "", document.get("order") or "asc"
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            self._refuse("sort", "Expected fields with commas between them.")
            return ()
        if order not in ("asc", "desc"):
            self._refuse("order", "Expected asc or desc.")
        found = []
        for word in filter(None, (piece.strip() for piece in text.split(","))):
            try:
                name = word.lstrip("+-")
                found.append(Order(_field(name, RANDOM), word.startswith("-") is not (order == "desc")))
            except _Wrong as why:
                self._refuse("sort", str(why))
        return tuple(found)

    def _limit(self, document: Mapping[str, Any]) -> int:
        limit = document.get("limit")
        if limit is None:
            return USUAL_SONGS
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_SONGS:
            self._refuse("limit", f"Expected a number from 1 to {MOST_SONGS}.")
            return USUAL_SONGS
        return limit


def _field(name: object, *further: str) -> str:
    """The field of this name, whatever its case.  :raise _Wrong:"""
    plain = str(name).lower().replace("_", "").replace(" ", "")
    field = ALSO.get(plain, plain)
    if field not in FIELDS and field not in further:
        raise _Wrong(f"There is no field “{_short(name)}”.")
    return field


def _value(value: object, measure: Measure, operator: str) -> Value:
    if operator in IN_DAYS:
        days = _scalar(value, Measure.NUMBER)
        if not isinstance(days, float) or not 0 < days <= 36_500:
            raise _Wrong("Expected a number of days.")
        return days
    if operator != "inTheRange":
        return _scalar(value, measure)
    if not isinstance(value, list) or len(value) != 2:
        raise _Wrong("Expected a list of the first and the last.")
    return _scalar(value[0], measure), _scalar(value[1], measure)


def _scalar(value: object, measure: Measure) -> Scalar:
    """A value of the measure.  :raise _Wrong:"""
    if measure is Measure.TRUTH and isinstance(value, bool):
        return value
    if measure is Measure.TEXT and isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
        return value.replace("\0", "")
    if measure is Measure.NUMBER and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.inf
        if math.isfinite(number) and abs(number) <= LARGEST:
            return number
    if measure is Measure.DATE and isinstance(value, str):
        try:
            found = date.fromisoformat(value[:10])
        except ValueError:
            found = date.min
        if 1 < found.year < 9999:
            return found
    raise _Wrong(f"Expected {measure.value}.")


def _short(name: object) -> str:
    return str(name)[:50]


# --- writing -------------------------------------------------------------------------------------------


def document(rules: Rules) -> Document:
    """The document that says the rules."""
    told: Document = _written(rules.group)
    if rules.orders:
        told["sort"] = ",".join(f"{'-' if order.down else ''}{order.field}" for order in rules.orders)
    return {**told, "limit": rules.limit}


def _written(part: Group | Condition) -> Document:
    if isinstance(part, Group):
        return {"all" if part.is_all else "any": [_written(one) for one in part.parts]}
    value = [_plain(one) for one in part.value] if isinstance(part.value, tuple) else _plain(part.value)
    return {part.operator: {part.field: value}}


def _plain(value: Scalar) -> str | float | bool:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
