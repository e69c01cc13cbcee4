"""
Statements that are asked with nearly every request, of which the database keeps the plan.

Making a plan costs more than following it where one row is looked up, and a long text takes its time on the way.  Such
a statement is told to a connection once, with its first question, and called by name from then on.

Source: PostgreSQL's manual, PREPARE and EXECUTE.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import count

from attrs import field, frozen
from attrs.validators import matches_re


@frozen(slots=False)
class Often:
    """
    A statement.

    :ivar name: of its own in this program.
    :ivar sql: with ``%s`` for each value.
    :ivar types: of its values, as PostgreSQL names them.
    """

    name: str = field(validator=matches_re(r"[a-z_]+"))
    sql: str
    types: tuple[str, ...]

    @cached_property
    def call(self) -> str:
        """What asks it of a connection that knows it."""
        return f"EXECUTE {self.name}{_listed(['%s'] * len(self.types))}"

    @cached_property
    def first_call(self) -> str:
        """What tells a connection of it, and asks it."""
        numbers = count(1)
        pieces = self.sql.split("%s")
        numbered = pieces[0] + "".join(f"${next(numbers)}{piece}" for piece in pieces[1:])
        return f"PREPARE {self.name}{_listed(self.types)} AS {numbered};{self.call}"


def _listed(words: Sequence[str]) -> str:
    return f" ({', '.join(words)})" if words else ""
