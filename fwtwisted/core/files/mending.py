"""
What an import has not found out, or what has changed since: mended on an administrator's request.

:class:`Mending` finds out what rows do not tell of their files (media type, length, bit rate, size, digest), which
happens in databases of older programs.  :class:`LostInPlace` finds uploads in place whose files are gone, and forgets
them.  Both go along the rows by number, and may be stopped anywhere: what is mended is not looked at again.

Source: docs/storage.md §4 (``fix_uploads``, ``check_inplace_files``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from attrs import define, evolve, field, frozen

from fwtwisted.core.fediverse.sending.occasions import Occasions
from fwtwisted.core.files.upload_jobs import Places
from fwtwisted.core.importing.walking import is_below, is_empty, missing_of
from fwtwisted.db.files import importing, mending, uploads
from fwtwisted.db.files.mending import InPlaceFile, Lacking, Wanting
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.audio import EXTENSION, media_type_for
from fwtwisted.model.errors import FwError, NotFound
from fwtwisted.model.threads import Threads
from fwtwisted.model.uploads import IN_PLACE
from fwtwisted.outside.reading import examine

USUAL_BATCH = 1000


@define
class Mended:
    """
    How far it is.

    :ivar total: uploads of which something is not known.  :ivar seen: of them, so far.  :ivar mended:
    :ivar failed: uploads of which it could not be found out, and why.
    """

    total: int = 0
    seen: int = 0
    mended: int = 0
    failed: list[tuple[str, str]] = field(factory=list)
    interrupted: bool = False


class Mending:
    """Finds out what rows do not tell."""

    def __init__(self, database: Database, places: Places, threads: Threads) -> None:
        self._database, self._places, self._threads = database, places, threads

    async def run(
        self,
        wanting: Wanting,
        mended: Mended,
        *,
        batch: int = USUAL_BATCH,
        dry_run: bool = False,
        stops: Callable[[], bool] = lambda: False,
    ) -> Mended:
        """
        Go along the uploads.

        :param mended: is told how far it is.  :param batch: rows in one page, which are written together.
        :param stops: asked between two files.
        """
        mended.total = await self._database.read(lambda tx: mending.count_lacking(tx, wanting))
        after = 0
        while page := await self._page(wanting, after, batch):
            found = []
            for one in page:
                if stops():
                    mended.interrupted = True
                    break
                told = await self._looked(one, wanting, mended)
                mended.seen += 1
                if told is not None and told != one:
                    found.append(told)
            mended.mended += len(found) if dry_run else await self._written(found)
            if mended.interrupted:
                break
            after = page[-1].id
        return mended

    async def _page(self, wanting: Wanting, after: int, limit: int) -> list[Lacking]:
        return await self._database.read(lambda tx: mending.lacking(tx, wanting, after, limit))

    async def _written(self, found: Sequence[Lacking]) -> int:
        async def work(tx: Tx) -> int:
            return sum([await mending.mend(tx, one) for one in found])

        return await self._database.transaction(work) if found else 0

    async def _looked(self, one: Lacking, wanting: Wanting, mended: Mended) -> Lacking | None:
        """The upload with what could be found out; None when it could not be looked at."""
        named = _typed_by_name(one)
        if not _is_to_be_read(one, wanting):
            if named is None:
                mended.failed.append((str(one.uuid), "its name tells no media type"))
            return named
        try:
            async with self._places.lent(one.audio_file, one.source) as path:
                return await self._read(named or one, path, wanting, mended)
        except NotFound:
            mended.failed.append((str(one.uuid), "its file is missing"))
        except FwError as why:
            mended.failed.append((str(one.uuid), str(why)))
        return None

    async def _read(self, one: Lacking, path: str, wanting: Wanting, mended: Mended) -> Lacking | None:
        if not (wanting.audio or wanting.checksum):
            size = await self._threads(_size, path)
            if size is None:
                raise NotFound
            return evolve(one, size=size)
        seen = await self._threads(examine, path, os.path.basename(one.audio_file or one.source or ""))
        if seen.is_gone:
            raise NotFound
        if not seen.checksum:
            mended.failed.append((str(one.uuid), seen.trouble))
            return None
        if seen.audio is None and wanting.audio:
            mended.failed.append((str(one.uuid), seen.trouble))
        told = evolve(one, size=one.size or seen.size) if wanting.size else one
        told = evolve(told, checksum=one.checksum or seen.checksum) if wanting.checksum else told
        if seen.audio is None or not wanting.audio:
            return told
        audio = seen.audio
        return evolve(
            told,
            mimetype=told.mimetype if _is_audio(told.mimetype) else audio.media_type,
            bitrate=audio.bitrate_bps if told.bitrate is None else told.bitrate,
            duration=audio.duration_seconds if told.duration is None else told.duration,
        )


def _is_audio(media_type: str | None) -> bool:
    return (media_type or "") in EXTENSION or (media_type or "").startswith("audio/")


def _typed_by_name(one: Lacking) -> Lacking | None:
    """The upload with the media type that its name tells, if it has none; None when the name tells none."""
    if _is_audio(one.mimetype):
        return one
    extension = os.path.splitext(one.audio_file or one.source or "")[1].removeprefix(".").lower()
    told = media_type_for(extension)
    return None if told is None else evolve(one, mimetype=told)


def _is_to_be_read(one: Lacking, wanting: Wanting) -> bool:
    """Whether something is wanted that only the file tells."""
    wanted_and_there = (
        (wanting.audio, one.bitrate is not None and one.duration is not None),
        (wanting.size, one.size is not None),
        (wanting.checksum, one.checksum is not None),
    )
    return any(is_wanted and not is_there for is_wanted, is_there in wanted_and_there)


def _size(path: str) -> int | None:
    """In a thread."""
    try:
        return os.stat(path).st_size
    except OSError:
        return None


# --- in place ------------------------------------------------------------------------------------


class NothingThere(FwError):
    """All files in place seem to be gone: most likely their disk is away."""


@define
class Lost:
    """
    How far it is.

    :ivar seen: uploads in place.  :ivar outside: of them, whose files do not lie below the music folder; left alone.
    :ivar gone: whose files are gone.  :ivar removed: that were forgotten.
    """

    seen: int = 0
    outside: int = 0
    gone: list[InPlaceFile] = field(factory=list)
    removed: int = 0
    interrupted: bool = False


@frozen
class LostGround:
    """:ivar music: the folder below which files may be used in place; None: nowhere."""

    database: Database
    threads: Threads
    occasions: Occasions
    music: str | None


class LostInPlace:
    """Finds uploads in place whose files are gone, and forgets them."""

    def __init__(self, ground: LostGround) -> None:
        self._ground = ground

    async def find(self, lost: Lost, stops: Callable[[], bool] = lambda: False, batch: int = USUAL_BATCH) -> Lost:
        """Look for the file of each."""
        after = 0
        while page := await self._page(after, batch):
            if stops():
                lost.interrupted = True
                break
            ours = [one for one in page if self._is_ours(one)]
            gone = await self._ground.threads(missing_of, [_path(one) for one in ours])
            lost.seen += len(page)
            lost.outside += len(page) - len(ours)
            lost.gone += [one for one in ours if _path(one) in gone]
            after = page[-1].id
        return lost

    async def _page(self, after: int, limit: int) -> list[InPlaceFile]:
        return await self._ground.database.read(lambda tx: mending.in_place(tx, after, limit))

    def _is_ours(self, one: InPlaceFile) -> bool:
        music = self._ground.music
        return music is not None and is_below(_path(one), music)

    async def see_sense(self, lost: Lost) -> None:
        """:raise NothingThere: the music folder is empty, or not one of the files is there."""
        music = self._ground.music
        found = lost.seen - lost.outside - len(lost.gone)
        if lost.gone and (not found or (music is not None and await self._ground.threads(is_empty, music))):
            raise NothingThere(
                f"None of the {len(lost.gone):,} files is there. If their disk is not away, say --force."
            )

    async def forget(self, lost: Lost, stops: Callable[[], bool] = lambda: False, batch: int = USUAL_BATCH) -> None:
        """Remove the uploads whose files are gone, and still are."""
        for start in range(0, len(lost.gone), batch):
            if stops():
                lost.interrupted = True
                return
            some = lost.gone[start : start + batch]
            gone = await self._ground.threads(missing_of, [_path(one) for one in some])
            lost.removed += await self._forgotten([one for one in some if _path(one) in gone])

    async def _forgotten(self, gone: Sequence[InPlaceFile]) -> int:
        async def work(tx: Tx) -> int:
            await importing.lock(tx)
            uuids = [one.uuid for one in gone if await mending.still_in_place(tx, one)]
            await self._ground.occasions.uploads_removed(tx, uuids)
            count = await uploads.remove(tx, uuids)
            tx.touch("catalog")
            return count

        return await self._ground.database.transaction(work)


def _path(one: InPlaceFile) -> str:
    return one.source.removeprefix(IN_PLACE)
