"""
What was counted once and holds until the catalog changes.

Like ``core/music/orders.py``, but by id: how many tracks an album has, how many of them somebody may play.
Everything is forgotten when the version moves; within one version only what is missing is asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """
    Facts by id.

    :param most: how many are kept; when there are more, all are forgotten.
    :param nothing: what stands for an id of which nothing is known.
    """

    def __init__(self, nothing: T, most: int = 200_000) -> None:
        self._nothing, self._most = nothing, most
        self._version = -1
        self._facts: dict[Hashable, dict[int, T]] = {}
        self._count = 0

    async def get(
        self,
        version: int,
        seen_by: Hashable,
        ids: Collection[int],
        load: Callable[[Collection[int]], Awaitable[Mapping[int, T]]],
    ) -> Mapping[int, T]:
        """
        The facts of these ids.

        :param version: of the catalog, read before this call.
        :param seen_by: whatever else the facts depend on, such as the libraries that a viewer may see.
        :param load: asks for some ids.
        """
        if version != self._version or self._count > self._most:
            self._version, self._facts, self._count = version, {}, 0
        known = self._facts.setdefault(seen_by, {})
        missing = [id for id in ids if id not in known]
        if missing:
            found = await load(missing)
            known.update((id, found.get(id, self._nothing)) for id in missing)
            self._count += len(missing)
        return known
