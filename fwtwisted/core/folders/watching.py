"""Importing what changes in folders, for as long as one likes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from fwtwisted.core.folders.values import FoldersGround, Import, Reports, Wish
from fwtwisted.core.importing.walking import is_below
from fwtwisted.model.errors import Invalid, NoRoom, Unavailable
from fwtwisted.outside.watching import Changes

# How often all is looked at when not every folder can be watched.
LOOK_SECONDS = 600.0


class Watching:
    """
    One import that goes on.

    :param run: imports once.
    """

    def __init__(self, ground: FoldersGround, run: Import, wish: Wish, reports: Reports) -> None:
        self._ground, self._run, self._wish, self._reports = ground, run, wish, reports
        self._changes = Changes()
        self._waiting: Deferred[None] | None = None
        self._watch = ground.new_watch(self._changed)

    async def all(self) -> None:
        """Import everything, then whatever changes, until cancelled."""
        paths = [os.path.abspath(path) for path in self._wish.paths]
        try:
            await self._watch.watch(paths)
            await self._run(self._wish, self._reports)
            while True:
                await self._next_changes()
                changes, self._changes = self._changes, Changes()
                wish = await self._ground.threads(wish_after, self._wish, paths, changes)
                if wish is not None:
                    await self._import(wish)
        finally:
            self._watch.stop()

    async def _import(self, wish: Wish) -> None:
        """One round more; what hinders it now may be over later."""
        try:
            await self._run(wish, self._reports)
        except (Invalid, Unavailable, NoRoom) as why:
            self._reports.trouble(", ".join(wish.paths), str(why))
            self._changes = self._changes.and_then(Changes(everything=True))

    def _changed(self, changes: Changes) -> None:
        self._changes = self._changes.and_then(changes)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _look_at_all(self) -> None:
        self._changed(Changes(everything=True))

    async def _next_changes(self) -> None:
        """Wait until something happened; or a while, when that cannot be known."""
        is_troubled = self._changes.everything
        if self._changes and not is_troubled:
            return
        look: IDelayedCall | None = None
        if is_troubled or not self._watch.is_complete:
            seconds = self._ground.settings.again_seconds if is_troubled else LOOK_SECONDS
            look = self._ground.clock.callLater(seconds, self._look_at_all)
        self._waiting = Deferred()
        try:
            await self._waiting
        finally:
            self._waiting = None
            if look is not None and look.active():
                look.cancel()


def wish_after(wish: Wish, roots: Sequence[str], changes: Changes) -> Wish | None:
    """
    In a thread: what is to be imported after changes; None when they concern nobody.

    A folder that is gone is looked for from the nearest one above it that is still there.  All in one import, so that
    what went here and came there is recognised.
    """
    if changes.everything:
        return wish
    new = _present(changes.new, roots) if wish.recursive else set()
    touched = {path for path in _present(changes.touched, roots) if not any(is_below(path, one) for one in new)}
    if not touched and not new:
        return None
    return evolve(wish, paths=sorted(touched), deep=sorted(new), recursive=False, empty_is_meant=True)


def _present(folders: Iterable[str], roots: Sequence[str]) -> set[str]:
    """The folders, or what is left above them; never above the roots."""
    found = set()
    for folder in folders:
        while not os.path.isdir(folder) and any(is_below(folder, root) and folder != root for root in roots):
            folder = os.path.dirname(folder)
        if os.path.isdir(folder):
            found.add(folder)
    return found
