"""``fwtwisted import``: files and folders into a library, copied or where they lie.  Source: docs/commands.md."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

from attrs import asdict
from twisted.internet.defer import CancelledError, Deferred

from fwtwisted.cli.choosing import Commands, Parser
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped
from fwtwisted.cli.progress import Display, counted, in_words
from fwtwisted.cli.whole import parts_of
from fwtwisted.core.folders import Folders, Progress, Reports, Wish
from fwtwisted.wire.audiotags import EXTENSIONS


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how this command is written."""
    new = groups.add_parser("import", parents=[everywhere], help="import files and folders into a library")
    new.add_argument("--library", required=True, metavar="UUID", help="where to; a beginning of the uuid will do")
    new.add_argument("-i", "--in-place", action="store_true", help="do not copy; only below MUSIC_DIRECTORY_PATH")
    new.add_argument("--recursive", action="store_true", help="also what is in folders within the folders")
    new.add_argument("--watch", action="store_true", help="go on with whatever changes, until stopped")
    new.add_argument("--prune", action="store_true", help="remove tracks, albums, artists whose last file is gone")
    new.add_argument("--reference", metavar="R", help="name of this import (default: cli-<time>)")
    new.add_argument(
        "-e", "--extension", action="append", metavar="EXT", help="take only such files from folders; repeatable"
    )
    new.add_argument("--json", action="store_true", help="answer in JSON; with --watch a line after every change")
    new.add_argument("paths", nargs="+", metavar="PATH", help="file or folder")
    new.set_defaults(command=import_)


async def import_(told: Namespace, desk: Desk) -> int:
    """Import, show how far it is, say what was done."""
    parts = await parts_of(desk)
    library = await parts.libraries.beginning_with(told.library)
    return await ImportRun(told, desk, library).all(parts.folders, _wish(told, library))


def _wish(told: Namespace, library: UUID) -> Wish:
    return Wish(
        library,
        told.paths,
        in_place=told.in_place,
        recursive=told.recursive,
        reference=told.reference or f"cli-{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        prune=told.prune,
        extensions=frozenset(one.lower().removeprefix(".") for one in told.extension or EXTENSIONS),
    )


class ImportRun:
    """One import, as the person at the terminal sees it."""

    def __init__(self, told: Namespace, desk: Desk, library: UUID) -> None:
        self._told, self._desk, self._library = told, desk, library
        self._display = Display(desk.reactor, sys.stderr)
        self._latest: Progress | None = None
        self._troubles: list[dict[str, str]] = []
        self._rounds = 0
        self._has_failed = False

    async def all(self, folders: Folders, wish: Wish) -> int:
        """From beginning to end; the exit status."""
        self._desk.stops_soon = self._is_at_work
        run = folders.watch if self._told.watch else folders.import_folder
        enough = Event()
        counting = Deferred.fromCoroutine(self._count(wish, enough))
        self._display.at(Progress(wish.reference))
        self._display.start()
        try:
            await run(wish, Reports(self._progressed, self._trouble))
        except (Stopped, CancelledError):
            if self._latest is None or not self._latest.is_over:
                self._tell(interrupted=True)
            raise
        finally:
            enough.set()
            await counting
            self._display.stop()
        return FAILED if self._has_failed else FINE

    async def _count(self, wish: Wish, enough: Event) -> None:
        """Find out how long the bar is, where there is one."""
        if self._display.is_terminal and not self._told.watch:
            count = await self._desk.threads(counted, wish.paths, wish.recursive, wish.extensions, enough)
            self._display.total = None if enough.is_set() else count

    def _is_at_work(self) -> bool:
        """Whether a batch is under way, after which we are told."""
        return self._latest is not None and not self._latest.is_over

    def _progressed(self, progress: Progress) -> None:
        """Note how far it is.  :raise Stopped: between two batches, when that is wanted."""
        self._latest = progress
        self._display.at(progress)
        if progress.is_over:
            self._rounds += 1
            if self._rounds == 1 or has_changed(progress) or self._troubles:
                self._tell(interrupted=False)
        if self._desk.stopped_by is not None and (self._told.watch or not progress.is_over):
            raise Stopped

    def _trouble(self, path: str, words: str) -> None:
        self._has_failed = True
        self._display.remark(f"{path}: {words}")
        self._troubles.append({"path": os.fsencode(path).decode(errors="replace"), "text": words})

    def _tell(self, *, interrupted: bool) -> None:
        """Say what was done."""
        self._display.wipe()
        troubles, self._troubles = self._troubles, []
        if self._told.json:
            self._desk.document(self._document() | {"interrupted": interrupted, "troubles": troubles})
        elif interrupted:
            done = in_words(self._latest) if self._latest else "nothing was imported"
            self._desk.say(f"stopped; {done}")
            self._desk.say("What was imported stays.  The same command goes on from here.")
        elif self._latest is not None:
            self._desk.say(in_words(self._latest))

    def _document(self) -> dict[str, object]:
        told = asdict(self._latest or Progress(self._told.reference or ""))
        del told["is_over"]
        return {"library": self._library, **told}


def has_changed(progress: Progress) -> bool:
    """Whether anything is not as it was before."""
    counts = (progress.imported, progress.updated, progress.moved, progress.removed, progress.skipped, progress.errored)
    return any(counts)
