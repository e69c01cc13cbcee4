"""
Conditions on rows, put together from pieces of SQL and the values for their placeholders.

What a search of the kind *token query* asks is decided here for every list that has one: docs/api.md §1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from fwtwisted.model.uploads import TokenQuery


@frozen
class Condition:
    """A piece of SQL and the values for its placeholders."""

    sql: str
    values: tuple[object, ...] = ()


NOTHING = Condition("false")
LONGEST_KEY = 18  # digits of a number that is surely a key

Filter = Callable[[str], Condition]
"""What a ``key:value`` of a search restricts a list to, by its value."""


def any_of(conditions: Iterable[Condition]) -> Condition:
    """At least one holds; of none, none does."""
    known = list(conditions)
    either = " OR ".join(one.sql for one in known)
    return Condition(f"({either or 'false'})", tuple(value for one in known for value in one.values))


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Every one holds; of none, all do."""
    known = list(conditions)
    both = " AND ".join(one.sql for one in known)
    return Condition(both or "true", tuple(value for one in known for value in one.values))


def same(column: str) -> Filter:
    """The column is exactly the value."""
    return lambda text: Condition(f"{column} = %s", (text,))


def same_letters(column: str) -> Filter:
    """The column is the value, whatever the case."""
    return lambda text: Condition(f"lower({column}) = lower(%s)", (text,))


def same_number(column: str) -> Filter:
    """The column is the whole number that the value writes; what writes none is nowhere."""
    return lambda text: Condition(f"{column} = %s", (int(text),)) if _is_key(text) else NOTHING


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY


def contains(column: str, text: str) -> Condition:
    """The text stands in the column, whatever the case and the accents.  :param column: folded."""
    return Condition(f"position(folded(%s) IN {column}) > 0", (text,))


def token_conditions(
    query: TokenQuery, searched: Mapping[str, str], filtered: Mapping[str, Filter]
) -> Iterator[Condition]:
    """
    What the search asks of a list.

    :param searched: by name, the folded columns in which words are looked for.
    :param filtered: by key, what a value restricts to, unless the key is in ``searched``; keys that are in neither
        mean nothing.
    """
    within = [column for name, column in searched.items() if query.within is None or name in query.within]
    for word in query.words:
        yield any_of(contains(column, word) for column in within)
    for key, value in query.pairs:
        if key in searched:
            yield contains(searched[key], value)
        elif key in filtered:
            yield filtered[key](value)


def ordered(words: Sequence[tuple[str, bool]], columns: Mapping[str, str], otherwise: str) -> str:
    """What stands behind ``ORDER BY``: names that ``columns`` knows, each rising or falling, then ``otherwise``."""
    known = [(columns[name], falls) for name, falls in words if name in columns]
    order = [f"{column} {'DESC NULLS LAST' if falls else 'ASC NULLS FIRST'}" for column, falls in known]
    return ", ".join([*order, otherwise])
