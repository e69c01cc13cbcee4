"""
Where those sit whose key another server is being asked for: a bounded number of them.

What they brought is in memory meanwhile, and whose server answers slowly sits for long.  So whoever names a server that
never answers must not be able to fill the house: there is so much room in all, and so much of it for the posts of one
address and for those in the name of one server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from fwtwisted.model.federation import StillAsked

MOST, MOST_OF_ONE = 512, 128  # small posts
SMALL_BYTES = 8 * 1024  # a post of eight times as much takes the room of nine


def room_of(size_bytes: int) -> int:
    """How many small posts one of this size counts for."""
    return 1 + size_bytes // SMALL_BYTES


class Anteroom:
    """
    Counts who sits there.

    :param most: small posts in all.  :param most_of_one: of those, under one name.
    """

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[str] = Counter()
        self._in_all = 0

    @contextmanager
    def seat(self, names: Collection[str], room: int = 1) -> Iterator[None]:
        """
        Sit there as long as the block lasts.

        :param names: different ones, under each of which the room is counted.
        :param room: as :func:`room_of` tells; nobody needs more than all that there is for one.
        :raise StillAsked: there is no room left.
        """
        room = min(room, self._most_of_one)
        if self._in_all + room > self._most or any(self._taken[name] + room > self._most_of_one for name in names):
            raise StillAsked("Too many wait for other servers to tell their keys.")
        self._count(names, room)
        try:
            yield
        finally:
            self._count(names, -room)

    def _count(self, names: Collection[str], room: int) -> None:
        self._in_all += room
        for name in names:
            self._taken[name] += room
            if not self._taken[name]:
                del self._taken[name]
