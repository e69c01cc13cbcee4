"""
The spool: where received bytes lie until a row in the database speaks for them.

An upload is acknowledged once its row is committed.  The bytes must then be there once, whatever dies when; and bytes
that nobody acknowledged must not stay.  Disk and database have no common transaction, so the spool's file is the note
that says "this upload is under way" from the first byte until after the commit:

====  =================================  ======================================  ====================
step  who does what                      on disk afterwards                      killed here, next start
====  =================================  ======================================  ====================
1     ``Spool.open``                     ``SPOOL/UUID-FILE``, locked, empty      no row: all goes
2     ``SpoolFile.write`` …              the same, growing                       no row: all goes
3     ``SpoolFile.finish``               the same, whole, fsynced, 0644          no row: all goes
4     ``blobs.keep(name, file.path)``    also ``ROOT/NAME``, the same bytes      no row: all goes
5     core commits the row               the same                                row: only the note goes
6     ``SpoolFile.discard``              ``ROOT/NAME`` alone                     nothing to do
====  =================================  ======================================  ====================

"All goes" is: delete the blob, then discard the note, in this order.  The blob's name needs no other memory, for it
follows from what the note's own name tells: ``stored_name(TRACKS, file.uuid, file.filename)``.  Step 4 done again is
harmless.  If the row is there and the blob is not (a store that is away took step 5 before step 4, S-46), step 4 is
made up for before the note goes.  Between 5 and 6 the client may or may not have heard of its success; both are true.

The note is locked (``flock``) by the process that receives.  The kernel drops the lock with the process, so a note
that can be locked has nobody: :meth:`Spool.leftovers` yields exactly those, each locked by the asker, so that several
processes that start together never treat one twice and never touch a live one.

A full disk is :class:`~fwtwisted.model.errors.NoRoom`; the note is gone by the time that it is raised.  The spool stops
taking bytes while the disk still has a reserve (1 GB), for the database and the log live there too.

Source: docs/storage.md S-5, S-46, §10.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from threading import Lock
from uuid import UUID

from attrs import frozen

from fwtwisted.model.errors import NoRoom
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.wire.names import file_part

_UUID_LENGTH = 36
_BYTES_BETWEEN_LOOKS = 16 << 20


@frozen
class SpoolSettings:
    """
    How far the spool may go.

    :ivar reserve_bytes: free room on the spool's disk that is never used up.
    """

    reserve_bytes: int = 1_000_000_000


class SpoolFile:
    """
    One upload under way, locked by us.

    ``write`` blocks and is for a thread; one at a time.  ``finish`` and ``discard`` may come at any moment, also while
    a ``write`` is running: they wait for it.

    :ivar uuid: of the upload.
    :ivar filename: the uploader's name for it, made ASCII; ``stored_name`` makes the same of it as of the original.
    :ivar path: where the bytes lie, for ``blobs.keep`` and for whoever reads tags.
    """

    def __init__(self, path: str, fd: int, threads: Threads, settings: SpoolSettings) -> None:
        self.path = path
        name = os.path.basename(path)
        self.uuid = UUID(name[:_UUID_LENGTH])
        self.filename = name[_UUID_LENGTH + 1 :]
        self._fd: int | None = fd
        self._threads = threads
        self._settings = settings
        self._one_at_a_time = Lock()
        self._unlooked = 0

    def write(self, body: bytes) -> None:
        """
        Append bytes; blocks.

        :raise NoRoom: the disk is full or at its reserve; the file is gone.
        :raise ValueError: it was discarded.
        """
        with self._one_at_a_time:
            fd = self._held()
            try:
                self._look_for_room(len(body))
                disk.write_all(fd, body)
            except NoRoom:
                self._drop()
                raise

    async def finish(self) -> None:
        """
        Have every byte on the disk, under a name that stays.

        :raise NoRoom: the disk is full after all; the file is gone.
        """
        await self._threads(self._finish)

    async def discard(self) -> None:
        """Remove the note: the bytes are in the store and their row is committed, or nobody wants them."""
        await self._threads(self._discard)

    def let_go(self) -> None:
        """Drop the lock of a file that stays; after :meth:`discard` it does nothing."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _finish(self) -> None:
        """In a thread: see :meth:`finish`."""
        with self._one_at_a_time:
            fd = self._held()
            try:
                disk.settle(fd)
                disk.sync_folder(os.path.dirname(self.path))
            except NoRoom:
                self._drop()
                raise

    def _discard(self) -> None:
        """In a thread: see :meth:`discard`."""
        with self._one_at_a_time:
            self._drop()

    def _held(self) -> int:
        """The open descriptor.  :raise ValueError: it was discarded."""
        if self._fd is None:
            raise ValueError("the spool file was discarded")
        return self._fd

    def _look_for_room(self, coming: int) -> None:
        """Now and then, see that the reserve is kept.  :raise NoRoom: it is not."""
        self._unlooked += coming
        if self._unlooked >= _BYTES_BETWEEN_LOOKS:
            self._unlooked = 0
            if disk.free_bytes(self.path) < self._settings.reserve_bytes:
                raise NoRoom

    def _drop(self) -> None:
        """Remove the file first, then let go of the lock, so that no sweeper ever sees it free."""
        fd, self._fd = self._fd, None
        if fd is not None:
            disk.gone(self.path)
            os.close(fd)


class Spool:
    """
    The folder of uploads under way.

    :param folder: made when first needed; best on the disk of the blob store, then handing over costs nothing.
    """

    def __init__(self, folder: str, threads: Threads, settings: SpoolSettings | None = None) -> None:
        self._folder = os.path.abspath(folder)
        self._threads = threads
        self._settings = settings or SpoolSettings()

    async def room(self, size: int) -> None:
        """
        Make sure that so many more bytes would fit, before the first is read.

        :raise NoRoom: they would not, or would use up the reserve.
        """
        if await self._threads(self._free) - self._settings.reserve_bytes < size:
            raise NoRoom

    async def open(self, uuid: UUID, filename: str) -> SpoolFile:
        """
        Begin to receive.

        :param uuid: of the upload, a fresh one.
        :param filename: what the uploader calls the file, in any script.
        :raise NoRoom: not even an empty file fits.
        """
        path = os.path.join(self._folder, f"{uuid}-{file_part(filename)}")
        return await self._threads(self._opened, path)

    async def leftovers(self) -> AsyncIterator[SpoolFile]:
        """
        The files of receivers that are gone, one by one, each locked by us until the next is asked for.

        Core decides about each as the table above says.  One that it does not discard stays for the next start.
        """
        for name in await self._threads(self._names):
            left = await self._threads(self._taken_over, os.path.join(self._folder, name))
            if left is not None:
                yield left
                left.let_go()

    def _free(self) -> int:
        """In a thread: free bytes where the spool is."""
        disk.make_folders(self._folder)
        return disk.free_bytes(self._folder)

    def _opened(self, path: str) -> SpoolFile:
        """In a thread: a new file, locked."""
        disk.make_folders(self._folder)
        return SpoolFile(path, disk.claim_new(path), self._threads, self._settings)

    def _names(self) -> list[str]:
        """In a thread: the names in the folder that are of our making."""
        if not os.path.isdir(self._folder):
            return []
        return sorted(name for name in os.listdir(self._folder) if _is_note(name))

    def _taken_over(self, path: str) -> SpoolFile | None:
        """In a thread: the file, if its receiver is gone."""
        fd = disk.claim_left(path)
        return None if fd is None else SpoolFile(path, fd, self._threads, self._settings)


def _is_note(name: str) -> bool:
    """Whether a file's name is one that :meth:`Spool.open` gives."""
    try:
        return str(UUID(name[:_UUID_LENGTH])) == name[:_UUID_LENGTH] and name[_UUID_LENGTH] == "-"
    except (ValueError, IndexError):
        return False
