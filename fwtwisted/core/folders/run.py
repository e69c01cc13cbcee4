"""One import of folders: what both kinds of it share."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from fwtwisted.core.folders.values import FoldersGround, Progress, Reports, Wish
from fwtwisted.core.importing.filing import beyond_the_catalog
from fwtwisted.core.importing.importer import Piece, Prepared, Settled, Write
from fwtwisted.core.importing.settling import Outcome
from fwtwisted.core.importing.walking import Spotted, Walk
from fwtwisted.db.files import uploads
from fwtwisted.db.files.uploads import InPlace, NewUpload, OwnedLibrary
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.uploads import Status
from fwtwisted.outside.reading import Examined

MANY = 250  # changes after which PostgreSQL's statistics are of another catalog
AHEAD = 2  # batches that the readers have while one is settled


@frozen
class Looked:
    """A file that was looked at.  :ivar known: what was known of it, in place."""

    spotted: Spotted
    seen: Examined
    known: InPlace | None


Sifted = Sequence[tuple[Spotted, InPlace | None]]


class Run(ABC):
    """One import; its kinds say which files must be read, and what becomes of those that were."""

    def __init__(self, ground: FoldersGround, library: OwnedLibrary, wish: Wish, reports: Reports) -> None:
        self.ground, self.library, self.wish = ground, library, wish
        self.progress = Progress(wish.reference or str(uuid4()))
        self._reports = reports
        self._measured = 0  # changes, when PostgreSQL last counted
        self._began = ground.clock.seconds()
        music = ground.settings.music if wish.in_place else None
        within = os.path.realpath(music) if music else None
        self._walk = Walk(wish.paths, wish.recursive, wish.extensions, within, wish.deep)
        self._troubles: deque[tuple[str, str]] = deque()

    async def all(self) -> Progress:
        """From beginning to end."""
        await self.begin()
        batches = self._walk.batches(self.ground.settings.batch_files, self.complain)
        looking: deque[Deferred[list[Looked]]] = deque()
        more = True
        while more or looking:
            while more and len(looking) < AHEAD:
                batch = await self.ground.threads(next, batches, None)
                more = batch is not None
                if batch is not None:
                    self.progress.seen += len(batch)
                    looking.append(self._look(await self.sift(batch)))
            if looking:
                await self.take(await looking.popleft())
                await self._measure(self._measured * 2)
                self._tell()
        await self.end()
        await self._measure(self._measured)
        self.progress.is_over = True
        self._tell()
        return self.progress

    async def begin(self) -> None:
        """What comes before the first file."""
        return

    @abstractmethod
    async def sift(self, batch: list[Spotted]) -> Sifted:
        """Which files must be read, each with what is known of it."""

    @abstractmethod
    async def take(self, looked: list[Looked]) -> None:
        """File what was read."""

    async def end(self) -> None:
        """What comes after the last file."""
        return

    async def _measure(self, enough: int) -> None:
        """
        Have PostgreSQL plan for a catalog of this size at once: its own round would come to it too late.

        :param enough: changes from which on it is worth it.
        """
        progress = self.progress
        changes = progress.imported + progress.updated + progress.removed
        if changes >= max(enough, MANY):
            self._measured = changes
            await self.ground.database.transaction(uploads.measure)

    def _look(self, batch: Sifted) -> Deferred[list[Looked]]:
        looking = gatherResults([self.ground.examine(spotted.path) for spotted, _ in batch])

        def together(seen: list[Examined]) -> list[Looked]:
            return [Looked(spotted, one, known) for (spotted, known), one in zip(batch, seen, strict=True)]

        return looking.addCallback(together)

    # Telling.

    def _tell(self) -> None:
        while self._troubles:
            self._reports.trouble(*self._troubles.popleft())
        self.progress.seconds = self.ground.clock.seconds() - self._began
        self._reports.progress(self.progress)

    def complain(self, path: str, words: str) -> None:
        """Something is wrong with a path; from any thread."""
        self._troubles.append((path, words))

    def errored(self, path: str, words: str) -> None:
        """A file cannot be imported."""
        self.progress.errored += 1
        self.complain(path, words)

    # Settling.

    async def settle(self, prepared: Prepared, write: Write) -> Settled:
        """
        Settle and count; again for a while when the database is away.

        :raise Unavailable: it stays away.
        """
        for attempt in range(self.ground.settings.attempts):
            try:
                settled = await self.ground.importer.settle(prepared, write)
                break
            except Unavailable:
                if attempt + 1 == self.ground.settings.attempts:
                    raise
                await deferLater(self.ground.clock, attempt + 1.0)
                if before := await self._was_settled(prepared):
                    settled = before
                    break
        self._count(settled)
        return settled

    async def _was_settled(self, prepared: Prepared) -> Settled:
        """What an attempt wrote whose commit was not heard of any more; nothing when it wrote nothing."""
        new = [piece.upload for piece in prepared.pieces if piece.was is None]
        try:
            found = await self.ground.database.read(lambda tx: uploads.outcomes(tx, new))
        except Unavailable:
            return []
        return [
            (piece, Outcome(Status(found[piece.upload][0]), found[piece.upload][1], {}))
            for piece in prepared.pieces
            if piece.upload in found
        ]

    def _count(self, settled: Settled) -> None:
        for piece, outcome in settled:
            if outcome.status == Status.ERRORED:
                self.errored(piece.path, in_words(outcome.details))
            elif outcome.status == Status.SKIPPED:
                self.progress.skipped += 1
            elif piece.was is not None:
                self.progress.updated += 1
            else:
                self.progress.imported += 1

    def row(self, piece: Piece, outcome: Outcome) -> NewUpload:
        """The row of a new file, as yet without a word on where its bytes are."""
        seen, audio = piece.seen, piece.seen.audio
        return NewUpload(
            uuid=piece.upload,
            fid=f"{self.ground.settings.base_url}/federation/music/uploads/{piece.upload}",
            library_id=self.library.id,
            track_id=outcome.track_id,
            audio_file=None,
            source=None,
            in_place_size=None,
            in_place_mtime_ns=None,
            size=seen.size,
            checksum=seen.checksum,
            mimetype=audio.media_type if audio else None,
            bitrate=audio.bitrate_bps if audio else None,
            duration=audio.duration_seconds if audio else None,
            import_status=outcome.status,
            import_details=dict(outcome.details),
            import_metadata={},
            import_reference=self.progress.reference,
            metadata=beyond_the_catalog(audio) if audio else {},
            settled=True,
        )


def in_words(details: Mapping[str, Any]) -> str:
    """What ``import_details`` say, in one line."""
    detail = details.get("detail")
    if isinstance(detail, Mapping):
        return " ".join(_leaves(detail))
    return str(detail or details.get("error_code", ""))


def _leaves(problems: object) -> list[str]:
    if isinstance(problems, Mapping):
        return [leaf for value in problems.values() for leaf in _leaves(value)]
    return [str(one) for one in problems] if isinstance(problems, list) else [str(problems)]
