"""Query parameters that many operations read, and how a table of operations is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fwtwisted.wire.openapi import Operation, Parameter, Table
from fwtwisted.wire.schema import FLAG, ID, UUID, choice
from fwtwisted.wire.v1 import PAGE_SIZE

_FROM_ONE = {"type": "integer", "minimum": 1}


def paging(largest: int = PAGE_SIZE) -> tuple[Parameter, ...]:
    """Which page of a list."""
    return (
        Parameter("page", "Which page, from 1.", _FROM_ONE),
        Parameter("page_size", f"How many on a page; {PAGE_SIZE} unless told, {largest} at most.", _FROM_ONE),
    )


PAGES: Final = paging()
SEARCH: Final = Parameter("q", "Words that must all be found; a phrase in quotes counts as one.")
SCOPE: Final = Parameter(
    "scope", "Whose: `me`, `subscribed`, `all`, `actor:name@pod`, `domain:pod`; several are divided by commas."
)
HIDDEN: Final = Parameter("hidden", "What the caller hides: left out (`false`, the default) or alone (`true`).", FLAG)


def token_search(*keys: str) -> Parameter:
    """A search by words and by ``key:value``."""
    return Parameter("q", f"Words, and `key:value` for {', '.join(f'`{key}`' for key in keys)}.")


def order(names: Iterable[str], *, strict: bool = False) -> Parameter:
    """How a list is ordered.  :param strict: other names are refused, not ignored."""
    known = list(dict.fromkeys(names))
    pattern = f"^-?({'|'.join(known)})(,-?({'|'.join(known)}))*$"
    schema = {"type": "string", "pattern": pattern} if strict else {"type": "string"}
    return Parameter("ordering", f"Any of {', '.join(known)}, divided by commas; with `-` in front falling.", schema)


def flag(name: str, text: str) -> Parameter:
    """A yes or no."""
    return Parameter(name, text, FLAG)


def number(name: str, text: str) -> Parameter:
    """A reference by number."""
    return Parameter(name, text, ID)


def uuid(name: str, text: str) -> Parameter:
    """A reference by uuid."""
    return Parameter(name, text, UUID)


def word(name: str, text: str, *choices: str) -> Parameter:
    """One of several words, or any text."""
    return Parameter(name, text, choice(choices)) if choices else Parameter(name, text)


def several(name: str, text: str) -> Parameter:
    """A parameter that may be repeated."""
    return Parameter(name, text, several=True)


def below(prefix: str, table: Table) -> dict[str, Mapping[str, Operation]]:
    """The table of what hangs at a prefix, by whole path."""
    return {f"{prefix}{path}": operations for path, operations in table.items()}


def alike(methods: str, operation: Operation) -> dict[str, Operation]:
    """The same for several methods: ``PUT PATCH``."""
    return dict.fromkeys(methods.split(), operation)
