"""
Imports of folders in place that somebody asks for over HTTP.

::

    pending ──job──▶ started ──▶ finished
       └────────────────┴──────▶ canceled

One at a time on the whole pod: a partial unique index holds that, and so does the one key of the job.  The row is all
that the processes share: whoever runs the import adds its words to it every second, and sees there whether it is still
wanted; it stops between two batches, and what was imported stays.  A process that is stopped or killed leaves the row
as it is, and the job comes due again: files that are known already cost next to nothing.

Source: docs/api.md §4.6, *fs-import*.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from fwtwisted.core.folders.values import Import, Progress, Reports, Wish
from fwtwisted.core.importing.walking import is_below
from fwtwisted.db import jobs
from fwtwisted.db.files import folder_imports, uploads
from fwtwisted.db.files.folder_imports import MOST_LINES
from fwtwisted.db.jobs import Job, JobKind
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import BadRequest, FwError, Invalid, Unavailable
from fwtwisted.model.folders import FolderEntry, FolderImport, FolderView, FolderWish
from fwtwisted.model.people import Viewer
from fwtwisted.model.threads import Threads

IMPORT = "folders.import"
LANE = "folders"
ATTEMPTS = 5
BEAT_SECONDS = 1.0

NOWHERE = "MUSIC_DIRECTORY_PATH is not set on this server: nothing can be imported in place."
NO_FOLDER = "There is no such file or folder."
RUNNING = "An import is already running."
GIVEN_UP = "The import ended without a word; it may be asked for again."
STOPPED = "Stopped; what was imported stays."


class _Unwanted(Exception):
    """Raised between two batches of an import that somebody has canceled."""


class FolderImports:
    """
    Shows folders that may be imported, and imports them.

    :param music: the folder below which files may be imported in place; None: nowhere.
    :param run: imports once.
    """

    def __init__(
        self, clock: IReactorTime, database: Database, threads: Threads, music: str | None, run: Import, ring: Ring
    ) -> None:
        self._clock, self._database, self._threads = clock, database, threads
        self._music, self._run_import, self._ring = music, run, ring

    async def look(self, path: str) -> FolderView:
        """What is in a folder below the root, and how the last import is doing.  :raise BadRequest: no such folder."""
        latest = await self._database.read(folder_imports.latest)
        if self._music is None:
            return FolderView(None, "", (), latest)
        try:
            content = await self._threads(_content, self._music, path)
        except Invalid as why:
            raise BadRequest("Invalid path.") from why
        return FolderView(self._music, path, content, latest)

    async def begin(self, viewer: Viewer, wish: FolderWish) -> None:
        """
        Ask for an import.

        :raise Invalid: on ``path`` or ``library``.  :raise BadRequest: another one is there.
        """
        if self._music is None:
            raise Invalid.on("path", NOWHERE)
        await self._threads(_place, self._music, wish.path)

        async def work(tx: Tx) -> None:
            library = await uploads.local_library(tx, wish.library)
            if library is None or library.owner_id != viewer.actor_id:
                raise Invalid.on("library", "This is no library of yours.")
            await folder_imports.settle_forsaken(tx, IMPORT, GIVEN_UP)
            if not await folder_imports.add(tx, library.id, wish.path, wish.reference):
                raise BadRequest(RUNNING)
            await jobs.ask(tx, IMPORT, LANE, {}, key="all")
            jobs.ring_for(tx, self._ring, LANE)

        await self._database.transaction(work)

    async def cancel(self) -> None:
        """Have the import that waits or runs stop, wherever it does; without one nothing happens."""
        await self._database.transaction(folder_imports.cancel)

    # --- the job ---------------------------------------------------------------------------------

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {IMPORT: JobKind(LANE, self._run, ATTEMPTS, time_limit=None)}

    async def _run(self, job: Job) -> None:
        """Do the import that is asked for, from the beginning or once more."""
        asked = await self._database.transaction(folder_imports.take)
        if asked is None:
            return
        words = _Words(self._database, asked.id)
        beat = LoopingCall(lambda: Deferred.fromCoroutine(words.hand_over()))
        beat.clock = self._clock
        stopped = beat.start(BEAT_SECONDS)
        try:
            await self._told(words, asked, is_last=job.failures + 1 >= ATTEMPTS)
        finally:
            beat.stop()
            await stopped
            await words.hand_over()
        await self._database.transaction(lambda tx: folder_imports.finish(tx, asked.id))

    async def _told(self, words: _Words, asked: FolderImport, *, is_last: bool) -> None:
        """Import, and say how it went; trouble that may pass is raised for the hands to try again."""
        wish = Wish(
            asked.library,
            [os.path.join(self._music or "", asked.path)],
            in_place=True,
            recursive=True,
            reference=asked.reference,
        )
        try:
            await self._run_import(wish, Reports(words.progress, words.trouble))
        except _Unwanted:
            words.say(STOPPED)
        except CancelledError:
            raise
        except FwError as why:
            words.say(str(why))
            if isinstance(why, Unavailable) and not is_last:
                raise
        except Exception:  # a bug of ours: whoever watches must not wait for ever
            if is_last:
                words.say(GIVEN_UP)
                await self._end(words, asked)
            raise

    async def _end(self, words: _Words, asked: FolderImport) -> None:
        await words.hand_over()
        await self._database.transaction(lambda tx: folder_imports.finish(tx, asked.id))


class _Words:
    """What an import says, on its way into the row that everybody sees; and whether it is still wanted."""

    def __init__(self, database: Database, id: int) -> None:
        self._database, self._id = database, id
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._is_wanted = True

    def say(self, line: str) -> None:
        """One more line."""
        self._lines.append(line)

    def trouble(self, path: str, words: str) -> None:
        """Something is wrong with a file."""
        shown = os.fsencode(path).decode(errors="replace")
        self.say(f"{shown}: {words}".replace("\0", ""))

    def progress(self, progress: Progress) -> None:
        """How far it is.  :raise _Unwanted: between two batches, once it is canceled."""
        counts = {
            "imported": progress.imported,
            "updated": progress.updated,
            "moved": progress.moved,
            "removed": progress.removed,
            "skipped": progress.skipped,
            "failed": progress.errored,
        }
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
        self.say(f"{progress.seen} files looked at: {told}{'.' if progress.is_over else ' …'}")
        if not self._is_wanted and not progress.is_over:
            raise _Unwanted

    async def hand_over(self) -> None:
        """Write what was said, and see whether the import is still wanted; later, while the database is away."""
        lines = list(self._lines)
        self._lines.clear()
        try:
            self._is_wanted = await self._database.transaction(lambda tx: folder_imports.note(tx, self._id, lines))
        except Unavailable:
            self._lines.extendleft(reversed(lines))


# --- in a thread ---------------------------------------------------------------------------------


def _place(music: str, path: str) -> str:
    """Where a path below the root really is.  :raise Invalid: on ``path``, when it is not there or not below."""
    if ".." in path.split("/") or os.path.isabs(path):
        raise Invalid.on("path", "The path must lie below the music folder.")
    try:
        place = os.path.realpath(os.path.join(music, path))
        if is_below(place, os.path.realpath(music)) and os.path.exists(place):
            return place
    except (OSError, ValueError) as why:
        raise Invalid.on("path", NO_FOLDER) from why
    raise Invalid.on("path", NO_FOLDER)


def _content(music: str, path: str) -> list[FolderEntry]:
    """What is in a folder below the root, folders first.  :raise Invalid: on ``path``."""
    try:
        with os.scandir(_place(music, path)) as entries:
            found = [FolderEntry(os.fsencode(one.name).decode(errors="replace"), one.is_dir()) for one in entries]
    except OSError as why:
        raise Invalid.on("path", NO_FOLDER) from why
    return sorted(found, key=lambda entry: (not entry.is_folder, entry.name.lower(), entry.name))
