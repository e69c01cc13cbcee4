"""
The store of blobs of a pod whose media lie in an object store: this disk first, the store second.

Reading looks here and then there, so that a pod can be moved while it runs.  Writing goes there; when the store is away
the bytes stay here, and a note says that they are owed to it:

====  ====================================  ===============================================  =====================
step  who does what                         on disk afterwards                               killed here
====  ====================================  ===============================================  =====================
1     the store does not take it            nothing                                          as if never sent
2     the note is written, locked           ``ROOT/.owed/DIGEST``, holding the name          an empty debt
3     the local store keeps the file        also ``ROOT/NAME``                               the debt stands
4     :meth:`LocalFirst.owed` finds it      the same                                         the debt stands
5     :meth:`LocalFirst.ship` sends it      the same; the object is there                    sent again: it is there
6     core says so in its row, then         nothing                                          an empty debt
      :meth:`LocalFirst.paid`
====  ====================================  ===============================================  =====================

Notes are of this disk alone, and so is the duty: whoever has the file sends it.

Source: docs/storage.md §7.2 ("local first"), S-46, S-70.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from attrs import evolve
from twisted.logger import Logger

from fwtwisted.model.errors import NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.blobs import HERE, LOCAL, Copied, Known, LocalBlobs, Place
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.blobs import S3Blobs
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import is_name

_LONGEST_NOTE = 4096


class LocalFirst:
    """
    See :class:`~fwtwisted.outside.blobs.BlobStore`.

    :param root: the folder of the local store.
    :param looks_here: whether files are looked for in it (``MEDIA_LOCAL_FIRST``); what is owed is found in any case.
    """

    _log = Logger()

    def __init__(self, local: LocalBlobs, store: S3Blobs, root: str, threads: Threads, *, looks_here: bool) -> None:
        self.local, self.store, self._threads = local, store, threads
        self._debts = os.path.join(os.path.abspath(root), ".owed")
        self._looks_here = looks_here
        self._owes = True  # until it was looked

    # --- storing ---------------------------------------------------------------------------------

    async def adopt(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.adopt`."""
        where = await self.keep(name, path, media_type)
        await self._threads(disk.gone, path)
        return where

    async def keep(self, name: str, path: str, media_type: str | None = None) -> str:
        """See :meth:`BlobStore.keep`."""
        return await self._there_or_here(
            name, lambda: self.store.keep(name, path, media_type), lambda: self.local.keep(name, path)
        )

    async def copy(self, name: str, path: str) -> str:
        """See :meth:`BlobStore.copy`."""
        return await self._there_or_here(name, lambda: self.store.copy(name, path), lambda: self.local.copy(name, path))

    async def copy_all(self, pairs: Sequence[tuple[str, str]]) -> list[Copied | None]:
        """See :meth:`BlobStore.copy_all`."""
        try:
            return await self.store.copy_all(pairs)
        except StoreAway:
            self._kept_here(len(pairs))
        notes = [await self._threads(self._note, name) for name, _ in pairs]
        try:
            copied = await self.local.copy_all(pairs)
        finally:
            for note in notes:
                os.close(note)
        return [None if one is None else evolve(one, storage=LOCAL) for one in copied]

    async def put(self, name: str, body: bytes) -> str:
        """See :meth:`BlobStore.put`."""
        return await self._there_or_here(name, lambda: self.store.put(name, body), lambda: self.local.put(name, body))

    async def _there_or_here(
        self, name: str, there: Callable[[], Awaitable[str]], here: Callable[[], Awaitable[str]]
    ) -> str:
        try:
            return await there()
        except StoreAway:
            self._kept_here(1)
        note = await self._threads(self._note, name)
        try:
            return await here()
        finally:
            os.close(note)

    def _kept_here(self, count: int) -> None:
        self._owes = True
        self._log.warn(
            "the media store is away; {count} files are kept here until it is back", event="store.owed", count=count
        )

    # --- reading ---------------------------------------------------------------------------------

    async def open(self, name: str, known: Known | None = None) -> ByteSource:
        """See :meth:`BlobStore.open`."""
        if await self._is_here(name, known):
            try:
                return await self.local.open(name)
            except NotFound:  # it was sent to the store between two looks
                pass
        return await self.store.open(name, known)

    @asynccontextmanager
    async def lent(self, name: str) -> AsyncIterator[str]:
        """See :meth:`BlobStore.lent`."""
        lender = self.local if await self._is_here(name, None) else self.store
        async with lender.lent(name) as path:
            yield path

    async def place(self, name: str, known: Known | None = None) -> Place:
        """See :meth:`BlobStore.place`."""
        return HERE if await self._is_here(name, known) else await self.store.place(name, known)

    async def size(self, name: str) -> int | None:
        """See :meth:`BlobStore.size`."""
        if self._looks_here or self._owes:
            size = await self.local.size(name)
            if size is not None:
                return size
        return await self.store.size(name)

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See :meth:`BlobStore.names`; those here, then those there, one of both once."""
        here = set()
        async for name in self.local.names(prefix):
            here.add(name)
            yield name
        async for name in self.store.names(prefix):
            if name not in here:
                yield name

    async def _is_here(self, name: str, known: Known | None) -> bool:
        """Whether a file of the right size lies on this disk.  Source: docs/storage.md §7.5."""
        if not (self._looks_here or self._owes) or (known is not None and known.is_far):
            return False
        size = await self.local.size(name)
        return size is not None and (known is None or known.size is None or size == known.size)

    # --- removing --------------------------------------------------------------------------------

    async def delete(self, name: str) -> None:
        """See :meth:`BlobStore.delete`.  :raise StoreAway: it is gone here, but perhaps not there."""
        await self.local.delete(name)
        await self.store.delete(name)

    async def sweep(self) -> int:
        """Remove what writers to the local store left behind."""
        return await self.local.sweep()

    # --- debts -----------------------------------------------------------------------------------

    async def owed(self) -> AsyncIterator[str]:
        """
        The names that are owed to the store, one by one, each locked by us until the next is asked for.

        Those that somebody else has in hand are left to them.
        """
        notes = await self._threads(self._notes)
        self._owes = bool(notes)
        for note in notes:
            taken = await self._threads(self._taken, note)
            if taken is None:
                continue
            fd, name = taken
            try:
                if is_name(name):
                    yield name
                else:  # torn while it was written; nothing was stored after it
                    await self._threads(disk.gone, note)
            finally:
                os.close(fd)

    async def ship(self, name: str) -> bool:
        """
        Send what is owed.

        :return: False when nothing lies here any more.  :raise StoreAway:  :raise Conflict: another lies there.
        """
        if await self.local.size(name) is None:
            return False
        await self.store.keep(name, self.local.path(name))
        return True

    async def paid(self, name: str) -> None:
        """The debt is settled: nothing of it need stay here."""
        await self.local.delete(name)
        await self._threads(disk.gone, self._note_path(name))

    def _note_path(self, name: str) -> str:
        return os.path.join(self._debts, hashlib.sha256(name.encode()).hexdigest())

    def _note(self, name: str) -> int:
        """In a thread: write a note; its descriptor, which holds the lock."""
        disk.make_folders(self._debts)
        place = self._note_path(name)
        disk.gone(place)
        fd = disk.claim_new(place)
        try:
            disk.write_all(fd, name.encode())
            disk.settle(fd)
            disk.sync_folder(self._debts)
        except BaseException:
            disk.gone(place)
            os.close(fd)
            raise
        return fd

    def _notes(self) -> list[str]:
        """In a thread: the paths of all notes."""
        if not os.path.isdir(self._debts):
            return []
        return sorted(os.path.join(self._debts, one) for one in os.listdir(self._debts) if one != disk.GATE)

    def _taken(self, note: str) -> tuple[int, str] | None:
        """In a thread: a note that nobody holds, held by us, and what it says."""
        fd = disk.claim_left(note)
        if fd is None:
            return None
        return fd, os.pread(fd, _LONGEST_NOTE, 0).decode(errors="replace")
