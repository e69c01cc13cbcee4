"""
Renditions of every picture, and beside it: looked for, made where they are missing, and noted in the picture's row.

Where clients are sent to the object store for pictures, they must find renditions there that nobody has asked us for:
of pictures that came with imported files, from before there was a store, or of another quality.  So there it is done
every hour, for those that nobody has looked at.  Elsewhere it is only done on request, for renditions are made when
they are asked for.

Source: docs/storage.md §2.2, §3.4, §4 (``media generate-thumbnails``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.files.attachments import Attachments
from fwtwisted.core.files.stored_files import LANE
from fwtwisted.core.storage.crew import Crew
from fwtwisted.db.files import attachments
from fwtwisted.db.files.attachments import Cuttable
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database
from fwtwisted.db.storage import places
from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import IN_STORE, BlobStore
from fwtwisted.wire.names import BANNERS, renditions_prefix

CUT = "attachments.cut"
ROWS_AT_ONCE = 200
AT_ONCE = 4


@frozen
class CutWish:
    """
    :ivar after: go on behind the picture of this name.
    :ivar anew: what is there goes first, also of other qualities.
    :ivar but: leave out pictures of which this is noted.
    """

    after: str = ""
    anew: bool = False
    dry_run: bool = False
    but: Collection[int] = ()


@define
class Cut:
    """
    How far it is.

    :ivar total: pictures.  :ivar seen: of them, so far.
    :ivar there: renditions that were there.  :ivar made:  :ivar removed:
    :ivar failed: pictures of which none can be made, and why.
    :ivar goes_on_after: before this everything is done.
    """

    total: int = 0
    seen: int = 0
    there: int = 0
    made: int = 0
    removed: int = 0
    failed: list[tuple[str, str]] = field(factory=list)
    goes_on_after: str = ""
    interrupted: bool = False


@frozen
class CuttingGround:
    """
    What it stands on.

    :ivar lies: whether a file of that name lies in a storage, :data:`IN_STORE` or here.
    :ivar quality: of renditions.
    :ivar is_regular: clients are sent to the store, so that it is done every hour.
    """

    clock: IReactorTime
    database: Database
    blobs: BlobStore
    attachments: Attachments
    lies: Callable[[str, str], Awaitable[bool]]
    quality: int
    is_regular: bool = False


class Cutting:
    """Walks along the pictures."""

    _log = Logger()

    def __init__(self, ground: CuttingGround) -> None:
        self._ground = ground
        self._database, self._blobs, self._attachments = ground.database, ground.blobs, ground.attachments

    async def run(self, wish: CutWish, cut: Cut, stops: Callable[[], bool] = lambda: False) -> Cut:
        """
        See to all pictures.

        :param cut: is told how far it is.  :param stops: asked between two pictures.
        :raise StoreAway:  :raise NoRoom:
        """
        cut.goes_on_after = after = wish.after
        cut.total = await self._database.read(attachments.count_stored)
        crew = Crew(self._ground.clock, AT_ONCE)
        try:
            while page := await self._page(after, wish.but):
                for picture in page:
                    if stops():
                        cut.interrupted = True
                        break
                    await crew.begin(partial(self._one, picture, wish, cut))
                await crew.finish()
                if cut.interrupted:
                    break
                cut.goes_on_after = after = page[-1].file
        except BaseException:
            await crew.drop()
            raise
        return cut

    async def _page(self, after: str, but: Collection[int]) -> list[Cuttable]:
        return await self._database.read(lambda tx: attachments.cuttable(tx, after, ROWS_AT_ONCE, but))

    async def _one(self, picture: Cuttable, wish: CutWish, cut: Cut) -> None:
        """Have all renditions of a picture, where it lies."""
        try:
            if wish.anew:
                removed = await self._removed(picture, dry_run=wish.dry_run)
                cut.removed += removed
            are_beside = True
            for name, size in self._attachments.renditions(picture.file):
                are_beside &= await self._rendition(picture, name, size, wish, cut)
            if are_beside and not wish.dry_run:
                await self._attachments.has_cut(picture.file, picture.storage)
        except NotFound:
            await self._not_cut(picture, wish, cut)
        cut.seen += 1

    async def _rendition(self, picture: Cuttable, name: str, size: int, wish: CutWish, cut: Cut) -> bool:
        """Have one; whether it is known to lie with the picture.  :raise NotFound: it cannot be made."""
        if not wish.anew and await self._ground.lies(name, picture.storage):
            cut.there += 1
            return True
        if wish.dry_run:
            cut.made += 1
            return True
        storage = await self._attachments.make(name, picture.file, size)
        cut.made += 1
        return storage == picture.storage

    async def _not_cut(self, picture: Cuttable, wish: CutWish, cut: Cut) -> None:
        """It is no picture that we can read, or not there at all."""
        is_there = await self._blobs.size(picture.file) is not None
        cut.failed.append((picture.file, "cannot be read" if is_there else "missing"))
        if is_there and not wish.dry_run:
            await self._attachments.has_cut(picture.file, picture.storage, can_be=False)

    async def _removed(self, picture: Cuttable, *, dry_run: bool) -> int:
        """Remove what was cut from a picture; how many that were."""
        prefix, count = renditions_prefix(picture.file), 0
        if prefix is not None:
            async for name in self._blobs.names(prefix):
                count += 1
                if not dry_run:
                    await self._blobs.delete(name)
        return count

    # --- each hour -------------------------------------------------------------------------------

    async def _chore(self, _: Job) -> None:
        """See to those that nobody has looked at.  :raise StoreAway: it is tried again."""
        quality = self._ground.quality
        cut = await self.run(CutWish(but=(quality, -quality)), Cut())
        await self.look_at_banner()
        if cut.made or cut.failed:
            self._log.info(
                "{made} renditions made, {failed} pictures cannot be cut",
                event="attachments.cut",
                made=cut.made,
                failed=len(cut.failed),
            )

    async def look_at_banner(self) -> None:
        """Note that the banner lies in the store, when it does."""
        for name in await self._database.read(places.pictures_here):
            if name.startswith(f"{BANNERS}/") and await self._ground.lies(name, IN_STORE):
                await self._database.transaction(partial(places.moved, name=name, storage=IN_STORE))

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {CUT: JobKind(LANE, self._chore, time_limit=None)}

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {CUT: Schedule(CUT, LANE, next_hour)} if self._ground.is_regular else {}
