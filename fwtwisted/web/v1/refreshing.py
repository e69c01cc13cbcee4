"""``?refresh=true``: something of another server is looked at again there, then shown.  docs/federation.md §5.1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fwtwisted.model.people import Viewer
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest

YES = ("true", "True", "1")

RefreshThing: TypeAlias = Callable[[Viewer, int], Awaitable[bool]]
"""Has a thing looked at again, if it is time; whether it may say something else now."""


def wants_refresh(request: LeanRequest) -> bool:
    """Whether somebody asks for it."""
    return Query.of(request).get("refresh") in YES


async def as_it_is(_: Viewer, id: int) -> bool:
    """Nothing is looked at again."""
    return False
