"""
Keeping the cache within its bounds: how large, how much must stay free, how old.

When was an entry last used is kept in memory and written down once a minute, as the time of its journal; several
processes only ever move it forward.  What must go goes whole, the longest unused first.

Source: docs/storage.md S-67, S-68.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from fwtwisted.model.errors import NoRoom
from fwtwisted.outside.cache.folder import Folder, Lying
from fwtwisted.outside.cache.locks import Locks, Usage
from fwtwisted.outside.cache.settings import MediaCacheSettings

SPARE_SHARE = 0.05  # of the largest size, that making room leaves empty
LARGEST_SHARE = 0.5  # of it, that one entry may take


@frozen
class Standing:
    """How full the cache is.  :ivar damaged: entries that were put aside.  Sizes in bytes."""

    entries: int
    taken: int
    damaged: int
    free: int


class Keeper:
    """
    Everything but :meth:`used` blocks and is for threads.

    :param wall: seconds since 1970.
    """

    def __init__(self, folder: Folder, locks: Locks, settings: MediaCacheSettings, wall: Callable[[], float]) -> None:
        self._folder, self._locks, self._settings, self._wall = folder, locks, settings, wall
        self._usage = Usage(locks)
        self._used: dict[str, float] = {}

    def used(self, digest: str) -> None:
        """Somebody asks for an entry."""
        self._used[digest] = self._wall()

    def has_room_for(self, size: int) -> bool:
        """Whether an object of that size may be kept at all."""
        return size <= self._settings.max_bytes * LARGEST_SHARE

    def make_room(self, count: int, digest: str) -> None:
        """
        Have room for so many more bytes, which are counted from now on.

        :param digest: of the entry that needs them; it does not go.
        :raise NoRoom: everything that may go is gone.
        """
        if self._fits(self._usage.add(count)):
            return
        with self._locks.removing():
            if self._fits(self._usage.total):  # somebody else has made room
                return
            lying = self._lying()
            total = sum(one.taken for one in lying) + count
            self._usage.set(self._remove_oldest(lying, total, digest, count))
        if not self._fits(self._usage.total):
            self._usage.add(-count)
            raise NoRoom

    def look_after(self) -> None:
        """Once a minute: write down what was used, remove what was not, count anew."""
        self.write_down()
        before = self._wall() - self._settings.inactive_seconds
        with self._locks.removing():
            lying = self._lying()
            idle = [one for one in lying if one.used < before]
            for one in idle:
                self._folder.drop(one)
            total = sum(one.taken for one in lying) - sum(one.taken for one in idle)
            if not self._fits(total):
                total = self._remove_oldest([one for one in lying if one.used >= before], total, "", 0)
            self._usage.set(total)

    def write_down(self) -> None:
        """When entries were last used, for other processes and those after us."""
        used, self._used = self._used, {}
        for digest, moment in used.items():
            self._folder.use(digest, moment)

    def standing(self) -> Standing:
        """How full it is, counted now."""
        entries, damaged = list(self._folder.entries()), list(self._folder.damaged())
        taken = sum(one.taken for one in (*entries, *damaged))
        return Standing(len(entries), taken, len(damaged), self._folder.free)

    def clear(self) -> int:
        """Remove everything; how many entries that were."""
        with self._locks.removing():
            lying = self._lying()
            for one in lying:
                self._folder.drop(one)
            self._usage.set(0)
        return len(lying)

    def _fits(self, total: int) -> bool:
        return total <= self._settings.max_bytes and self._folder.free >= self._settings.least_free_bytes

    def _lying(self) -> list[Lying]:
        """Everything that could go, what is damaged first, then the longest unused."""
        used = self._used
        entries = [evolve(one, used=max(one.used, used.get(one.digest, 0.0))) for one in self._folder.entries()]
        damaged = sorted(self._folder.damaged(), key=lambda one: one.used)
        return [*damaged, *sorted(entries, key=lambda one: one.used)]

    def _remove_oldest(self, lying: list[Lying], total: int, kept: str, needed: int) -> int:
        """Remove until it is enough and a little more; what is left."""
        limit = self._settings.max_bytes * (1 - SPARE_SHARE)
        free = self._settings.least_free_bytes + needed
        for one in lying:
            if total <= limit and self._folder.free >= free:
                break
            if one.digest != kept:
                self._folder.drop(one)
                total -= one.taken
        return total
