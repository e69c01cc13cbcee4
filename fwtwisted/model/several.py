"""Several things that are waited for at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults

T = TypeVar("T")


async def all_of(several: Sequence[Deferred[T]]) -> list[T]:
    """
    What comes of each of them, in order.

    The first failure is raised as what it is, and the others are broken off; so are all when nobody waits any more.
    """
    try:
        return list(await gatherResults(several, consumeErrors=True))
    except FirstError as first:
        for one in several:
            one.cancel()
        why = first.subFailure.value
        assert why is not None
        raise why from None
