"""Importing files where they lie: what is there, what changed, what moved, what is gone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from uuid import uuid4

from attrs import evolve

from fwtwisted.core.folders.run import Looked, Run, Sifted
from fwtwisted.core.importing.filing import beyond_the_catalog
from fwtwisted.core.importing.importer import Piece, Settled
from fwtwisted.core.importing.settling import Outcome
from fwtwisted.core.importing.walking import Spotted, is_below, is_empty, missing_of
from fwtwisted.db.files import importing as known
from fwtwisted.db.files import uploads
from fwtwisted.db.files.uploads import InPlace
from fwtwisted.db.pool import Tx
from fwtwisted.model.uploads import IN_PLACE

ODD_NAME = "The file's name is not valid UTF-8. Rename the file, then import it again."
EMPTY = (
    "This folder is empty, but files from it are known. Is its disk away? Nothing was forgotten. "
    "If it is meant to be empty, put any file into it and import it again."
)
PAGE = 2000
REMOVED_AT_ONCE = 500


class InPlaceRun(Run):
    """An import in place."""

    _missing: dict[str, list[InPlace]]

    async def begin(self) -> None:
        """Find out which known files are gone, so that those that turn up elsewhere are recognised."""
        self._missing = {}
        for path in _apart([*self.wish.paths, *self.wish.deep]):
            after = ""
            while page := await self._known_at(path, after):
                await self._note_missing(page)
                after = page[-1].source

    async def _known_at(self, path: str, after: str) -> list[InPlace]:
        """A page of the files that are known at a path or below it."""
        if not _is_utf8(path):
            return []
        source = IN_PLACE + path

        async def look(tx: Tx) -> list[InPlace]:
            if not after and (at := await uploads.in_place_at(tx, self.library.id, [source])):
                return list(at.values())
            return await uploads.in_place_below(tx, self.library.id, source.rstrip(os.sep) + os.sep, after, PAGE)

        return await self.ground.database.read(look)

    async def _note_missing(self, page: Sequence[InPlace]) -> None:
        gone = await self.ground.threads(missing_of, [_path(one) for one in page])
        for one in page:
            if _path(one) in gone:
                self._missing.setdefault(one.checksum or "", []).append(one)

    async def sift(self, batch: list[Spotted]) -> Sifted:
        """New files, and those whose size or time is another."""
        sound = [one for one in batch if _is_utf8(one.path)]
        for one in batch:
            if not _is_utf8(one.path):
                self.errored(_shown(one.path), ODD_NAME)
        at = await self.ground.database.read(
            lambda tx: uploads.in_place_at(tx, self.library.id, [IN_PLACE + one.path for one in sound])
        )
        found = [(one, at.get(IN_PLACE + one.path)) for one in sound]
        fresh = [(one, before) for one, before in found if before is None or _differs(one, before)]
        self.progress.unchanged += len(sound) - len(fresh)
        return fresh

    async def take(self, looked: list[Looked]) -> None:
        """Settle new and changed files, note those that were only touched, recognise those that moved."""
        touched: list[Looked] = []
        moved: list[tuple[InPlace, Looked]] = []
        pieces: list[Piece] = []
        for one in looked:
            if one.seen.is_gone:
                continue
            if not one.seen.checksum:  # it could not be read at all: perhaps next time
                self.errored(one.spotted.path, one.seen.trouble)
            elif one.known is not None and one.known.checksum == one.seen.checksum:
                touched.append(one)
            elif one.known is None and (before := self._found_again(one)) is not None:
                moved.append((before, one))
            else:
                pieces.append(self._piece(one))
        await self._note(touched, moved)
        if pieces:
            again = {one.known.uuid for one in looked if one.known is not None}

            async def write(tx: Tx, settled: Settled) -> None:
                await uploads.add(tx, [self._new(*one) for one in settled if one[0].upload not in again])
                await uploads.settle(tx, [_again(*one) for one in settled if one[0].upload in again])

            await self.settle(await self.ground.importer.prepare(pieces), write)

    def _found_again(self, one: Looked) -> InPlace | None:
        """The upload whose file this was when it lay elsewhere."""
        same = self._missing.get(one.seen.checksum)
        return same.pop() if same else None

    def _piece(self, one: Looked) -> Piece:
        upload, was = (one.known.uuid, one.known.track_id) if one.known else (uuid4(), None)
        return Piece(upload, self.library.owner_id, one.spotted.path, one.seen, was=was)

    def _new(self, piece: Piece, outcome: Outcome) -> uploads.NewUpload:
        return evolve(
            self.row(piece, outcome),
            source=IN_PLACE + piece.path,
            in_place_size=piece.seen.size,
            in_place_mtime_ns=piece.seen.mtime_ns,
        )

    async def _note(self, touched: Sequence[Looked], moved: Sequence[tuple[InPlace, Looked]]) -> None:
        """The same bytes at another time or place."""
        if not touched and not moved:
            return

        async def work(tx: Tx) -> None:
            seen = [(one.known.uuid, one.seen.size, one.seen.mtime_ns) for one in touched if one.known]
            await uploads.seen_again(tx, seen)
            for before, one in moved:
                source = IN_PLACE + one.spotted.path
                await uploads.move_in_place(tx, before.uuid, source, one.seen.size, one.seen.mtime_ns)
            if moved:  # who keeps where a file lies looks again
                tx.touch("catalog")

        await self.ground.database.transaction(work)
        self.progress.unchanged += len(touched)
        self.progress.moved += len(moved)

    async def end(self) -> None:
        """Forget what is gone."""
        gone = [one for same in self._missing.values() for one in same]
        for path in self.wish.paths if gone and not self.wish.empty_is_meant else ():
            if await self.ground.threads(is_empty, path):
                self.complain(path, EMPTY)
                gone = [one for one in gone if not _path(one).startswith(path + os.sep)]
        for start in range(0, len(gone), REMOVED_AT_ONCE):
            await self._forget(gone[start : start + REMOVED_AT_ONCE])

    async def _forget(self, gone: Sequence[InPlace]) -> None:
        async def work(tx: Tx) -> int:
            await known.lock(tx)
            uuids = [one.uuid for one in gone]
            tracks = await uploads.tracks_of(tx, uuids)
            artists, albums = await known.named_by(tx, tracks)
            await self.ground.occasions.uploads_removed(tx, uuids)
            count = await uploads.remove(tx, uuids)
            if self.wish.prune:
                await known.prune(tx, tracks, albums, artists)
            tx.touch("catalog")
            return count

        self.progress.removed += await self.ground.database.transaction(work)


def _apart(paths: Iterable[str]) -> set[str]:
    """The paths without those that lie below another one."""
    several = set(paths)
    return {path for path in several if not any(path != other and is_below(path, other) for other in several)}


def _path(one: InPlace) -> str:
    return one.source.removeprefix(IN_PLACE)


def _differs(spotted: Spotted, before: InPlace) -> bool:
    return (spotted.size, spotted.mtime_ns) != (before.size, before.mtime_ns)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(path: str) -> str:
    """A path that is no text, as good as it can be shown."""
    return os.fsencode(path).decode(errors="replace")


def _again(piece: Piece, outcome: Outcome) -> uploads.Settled:
    """What is to be written of a file that was known."""
    seen, audio = piece.seen, piece.seen.audio
    return uploads.Settled(
        uuid=piece.upload,
        track_id=outcome.track_id,
        import_status=outcome.status,
        import_details=dict(outcome.details),
        metadata=beyond_the_catalog(audio) if audio else {},
        mimetype=audio.media_type if audio else None,
        bitrate=audio.bitrate_bps if audio else None,
        duration=audio.duration_seconds if audio else None,
        size=seen.size,
        checksum=seen.checksum,
        in_place_size=seen.size,
        in_place_mtime_ns=seen.mtime_ns,
    )
