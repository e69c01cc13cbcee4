"""
Pictures: taken from people, cut to the two sizes that pages show, removed when nothing needs them.

A picture is stored before its row is written, and doomed until then (``db/files/doomed.py``): whoever dies in between
leaves nothing behind.  Renditions have no rows.  They are made when a picture is taken (``CREATE_IMAGE_THUMBNAILS``) or
first asked for, once for all who ask at the same time, and go with their original.

Source: docs/api.md §4.5; docs/storage.md §2.2, S-5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.core.files.stored_files import LANE, REMOVE
from fwtwisted.db.files import attachments, doomed, importing
from fwtwisted.db.jobs import Job, JobKind, Schedule, ask, next_hour, ring_for
from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Conflict, Forbidden, FwError, Invalid, NotFound, Unavailable
from fwtwisted.model.music import Attachment
from fwtwisted.model.people import Viewer
from fwtwisted.outside.blobs import BlobStore, Known
from fwtwisted.outside.images import Images, Picture
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import ATTACHMENTS, is_public, original_name, rendition_name, stored_name

PRUNE = "attachments.prune"
PRUNED_AT_ONCE = 200
HOPE_SECONDS = 3600.0  # how long a picture may wait in the store for its row
DRAWS = 5  # of a name, until one is free
SIZES = (200, 600)


@frozen
class AttachmentSettings:
    """
    :ivar loose_seconds: age at which a picture that nothing refers to is removed.
    :ivar quality: of JPEG renditions, part of their names.
    :ivar cuts_at_once: renditions are made when a picture is taken; else when they are first asked for.
    """

    loose_seconds: float = 86_400.0
    quality: int = 95
    cuts_at_once: bool = True


class Attachments:
    """Takes, shows and removes pictures."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        images: Images,
        ring: Ring,
        settings: AttachmentSettings,
    ) -> None:
        self._database, self._blobs, self._images = database, blobs, images
        self._ring, self._settings = ring, settings
        self._making: dict[str, list[Deferred[str | None]]] = {}

    # --- rows ------------------------------------------------------------------------------------

    async def take(self, viewer: Viewer, path: str, filename: str) -> Attachment:
        """
        Keep a picture that somebody sent, cleaned of what a camera wrote into it.

        :param path: where it arrived; the file stays the caller's.
        :raise Invalid: on ``file``, when it is no picture that we show.  :raise NoRoom: the store is full.
        """
        actor_id = viewer.the_actor
        picture = await self._images.checked_file(path)
        uuid, name, storage = await self._store(picture, filename)

        async def write(tx: Tx) -> Attachment:
            if await doomed.spare(tx, [name]) != 1:
                raise Unavailable("This took too long; try again.")
            digest = hashlib.sha256(picture.body).digest()
            size, media_type = len(picture.body), picture.media_type
            return await attachments.add(tx, uuid, actor_id, name, size, media_type, digest, storage)

        taken = await self._database.transaction(write)
        if self._settings.cuts_at_once:
            await self._cut_early(name, storage)
        return taken

    async def fill(self, found: Attachment, body: bytes) -> Attachment:
        """
        Keep what another server has for a picture of its.

        :raise Invalid: on ``file``: it is no picture that we show.  :raise NotFound: nobody needs it any more.
        """
        picture = await self._images.checked(body)
        _, name, storage = await self._store(picture, f"{found.uuid}.{picture.suffix}")
        sha256 = hashlib.sha256(picture.body).digest()

        async def write(tx: Tx) -> Attachment | None:
            filled = await attachments.fill(tx, found.id, name, len(picture.body), picture.media_type, sha256, storage)
            if filled is not None and await doomed.spare(tx, [name]) != 1:
                raise Unavailable("This took too long; try again.")
            tx.touch("catalog")
            return filled

        filled = await self._database.transaction(write)
        if filled is None:  # another process was quicker; the doom of what we stored stands
            return await self.one(found.uuid)
        if self._settings.cuts_at_once:
            await self._cut_early(name, storage)
        return filled

    async def _store(self, picture: Picture, filename: str) -> tuple[UUID, str, str]:
        """
        Bring a picture into the store, doomed for the time being; the uuid for its row, its name, where it lies.

        :raise Conflict: no free name could be drawn.
        """
        for draws_left in reversed(range(DRAWS)):
            uuid = uuid4()
            name = stored_name(ATTACHMENTS, uuid, _named(filename, picture))
            await self._doom_for_now(name)
            try:
                storage = await self._blobs.put(name, picture.body)
            except Conflict:  # the other's file stays: nothing that a row names is removed
                if not draws_left:
                    raise
            else:
                break
        return uuid, name, storage

    async def _doom_for_now(self, name: str) -> None:
        await self._database.transaction(lambda tx: doomed.doom(tx, [name], HOPE_SECONDS))

    async def _cut_early(self, name: str, storage: str) -> None:
        """Make the renditions of a picture that is just taken; where that fails they are made when asked for."""
        try:
            if all([await self.make(rendition, name, size) == storage for rendition, size in self.renditions(name)]):
                await self.has_cut(name, storage)
        except FwError as why:
            self._log.warn("cannot cut {name}: {why}", event="attachments.uncut", name=name, why=str(why))

    def renditions(self, name: str) -> list[tuple[str, int]]:
        """The names of a picture's renditions, and their sizes."""
        return [(rendition_name(name, size, self._settings.quality), size) for size in SIZES]

    async def has_cut(self, name: str, storage: str, *, can_be: bool = True) -> None:
        """Remember that all renditions of a picture lie where it lies, or that it can have none."""
        cut = self._settings.quality if can_be else -self._settings.quality
        await self._database.transaction(lambda tx: attachments.has_cut(tx, name, storage, cut))

    async def one(self, uuid: UUID) -> Attachment:
        """:raise NotFound:"""
        found = await self._database.read(lambda tx: catalog.attachment(tx, uuid))
        if found is None:
            raise NotFound
        return found

    async def remove(self, viewer: Viewer, uuid: UUID) -> None:
        """
        Remove one's own picture.

        :raise Forbidden: it is somebody else's.  :raise NotFound: there is none.
        """
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> None:
            if await catalog.attachment(tx, uuid) is None:
                raise NotFound
            if await attachments.owner(tx, uuid) != actor_id:
                raise Forbidden
            await self._doom(tx, [await attachments.remove(tx, uuid)])
            tx.touch("catalog")

        await self._database.transaction(work)

    async def _doom(self, tx: Tx, files: Iterable[str | None]) -> None:
        """Have the files removed; ``stored_files`` takes their renditions along."""
        await doomed.doom(tx, [file for file in files if file])
        await ask(tx, REMOVE, LANE, {}, key="all")
        ring_for(tx, self._ring, LANE)

    # --- bytes -----------------------------------------------------------------------------------

    async def open(self, name: str, *, only_looks: bool = False) -> ByteSource:
        """
        The bytes of a public file by its stored name.

        :param only_looks: they are not wanted, only what is to be told of them.
        :raise NotFound: there is none, or it is nobody's business.
        """
        if not is_public(name):
            raise NotFound
        known = Known(only_looks=only_looks)
        try:
            return await self._blobs.open(name, known)
        except NotFound:
            original = original_name(name, SIZES, self._settings.quality)
            if original is None:
                raise
        await self.make(name, *original)
        return await self._blobs.open(name, known)

    async def make(self, name: str, original: str, size: int) -> str | None:
        """
        Have a rendition made, once for all who wait; the work goes on when some of them leave.

        :return: where it lies; None: another process made it.
        :raise NotFound: it cannot be made.  :raise NoRoom:
        """
        turn: Deferred[str | None] = Deferred()
        is_first = name not in self._making
        self._making.setdefault(name, []).append(turn)
        if is_first:
            making = Deferred.fromCoroutine(self._make(name, original, size))
            making.addBoth(lambda result: self._made(name, result))
        return await turn

    def is_making(self, name: str) -> bool:
        """Whether a rendition is being made just now."""
        return name in self._making

    def _made(self, name: str, result: Failure | str | None) -> None:
        """Tell all who still wait."""
        for turn in self._making.pop(name):
            if not turn.called:
                turn.callback(result)

    async def _make(self, name: str, original: str, size: int) -> str | None:
        try:
            async with self._blobs.lent(original) as path:
                square = await self._images.rendition_file(path, size)
        except (OSError, Invalid) as unreadable:
            raise NotFound from unreadable
        try:
            storage = await self._blobs.put(name, square)
        except Conflict:
            return None  # another process was quicker
        # The original may have been removed meanwhile; then nobody else will remove this.
        if await self._blobs.size(original) is None:
            await self._blobs.delete(name)
            raise NotFound
        return storage

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Remove pictures that nothing refers to and that are older than the setting says."""

        async def some(tx: Tx) -> int:
            await importing.lock(tx)  # an import may be about to refer to one
            files = await attachments.remove_loose(tx, self._settings.loose_seconds, PRUNED_AT_ONCE)
            await self._doom(tx, files)
            return len(files)

        while await self._database.transaction(some) == PRUNED_AT_ONCE:
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {PRUNE: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Hourly, as docs/operations.md §5 has it."""
        return {PRUNE: Schedule(PRUNE, LANE, next_hour)}


def _named(filename: str, picture: Picture) -> str:
    base = filename.rpartition("/")[2].rpartition(".")[0] or "picture"
    return f"{base}.{picture.suffix}"
