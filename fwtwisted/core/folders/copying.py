"""Importing files by copying them into the store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

from attrs import evolve

from fwtwisted.core.folders.run import Looked, Run, Sifted
from fwtwisted.core.importing.filing import UNKNOWN_ERROR, Refused
from fwtwisted.core.importing.importer import Piece, Prepared, Settled
from fwtwisted.core.importing.settling import Outcome
from fwtwisted.core.importing.walking import Spotted
from fwtwisted.db.files import doomed, uploads
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.uploads import SENT, Status
from fwtwisted.outside.blobs import LOCAL
from fwtwisted.wire.names import TRACKS, stored_name

CHANGED_MEANWHILE = "The file changed while it was imported. Import it again."


class CopyRun(Run):
    """An import that copies.  A file that cannot be filed is told, and its bytes are not kept."""

    async def sift(self, batch: list[Spotted]) -> Sifted:
        """All: only their bytes tell."""
        return [(spotted, None) for spotted in batch]

    async def take(self, looked: list[Looked]) -> None:
        """Leave out what the library has, copy and settle the rest."""
        pieces: dict[str, Piece] = {}
        for one in looked:
            if not one.seen.checksum:
                if not one.seen.is_gone:
                    self.errored(one.spotted.path, one.seen.trouble)
            elif one.seen.checksum in pieces:
                self.progress.unchanged += 1
            else:
                pieces[one.seen.checksum] = Piece(uuid4(), self.library.owner_id, one.spotted.path, one.seen)
        held = await self.ground.database.read(lambda tx: uploads.held_copies(tx, self.library.id, pieces))
        self.progress.unchanged += len(held)
        new = [piece for checksum, piece in pieces.items() if checksum not in held]
        for some in _by_weight(new, self.ground.settings.batch_bytes):
            await self._settle_copies(await self.ground.importer.prepare(some))

    async def _settle_copies(self, prepared: Prepared) -> None:
        names = {piece.upload: stored_name(TRACKS, piece.upload, _filename(piece)) for piece in prepared.fileable}
        prepared, storage = await self._copy(prepared, names)

        async def write(tx: Tx, settled: Settled) -> None:
            rows = [
                self._new(piece, outcome, names.get(piece.upload), storage.get(piece.upload, LOCAL))
                for piece, outcome in settled
            ]
            await uploads.add(tx, rows)
            kept = [row.audio_file for row in rows if row.audio_file]
            if await doomed.spare(tx, kept) != len(kept):
                raise Unavailable("The import took too long; it is tried again.")

        await self.settle(prepared, write)

    async def _copy(self, prepared: Prepared, names: dict[UUID, str]) -> tuple[Prepared, dict[UUID, str]]:
        """
        Bring the bytes into the store; those that are others by now are refused.

        :return: what is still to be filed, and where the bytes of each lie.
        :raise NoRoom: the store is full; nothing was stored.
        """
        if not names:
            return prepared, {}
        pieces = prepared.fileable
        stored = [names[piece.upload] for piece in pieces]
        await self.ground.database.transaction(lambda tx: doomed.doom(tx, stored, doomed.HOPE_SECONDS))
        pairs = list(zip(stored, [piece.path for piece in pieces], strict=True))
        copied = await self.ground.blobs.copy_all(pairs)
        changed = [
            piece.upload
            for piece, told in zip(pieces, copied, strict=True)
            if told is None or told.checksum != piece.seen.checksum
        ]
        storage = {piece.upload: told.storage for piece, told in zip(pieces, copied, strict=True) if told is not None}
        return prepared.without(changed, Refused(UNKNOWN_ERROR, CHANGED_MEANWHILE)), storage

    def _new(self, piece: Piece, outcome: Outcome, name: str | None, storage: str) -> uploads.NewUpload:
        row = evolve(self.row(piece, outcome), source=SENT + _filename(piece))
        if outcome.status == Status.ERRORED:
            return evolve(row, size=None)
        return evolve(row, audio_file=name, storage=storage)


def _filename(piece: Piece) -> str:
    """What the file is called, as text."""
    return os.fsencode(os.path.basename(piece.path)).decode(errors="replace")


def _by_weight(pieces: Sequence[Piece], most_bytes: int) -> Iterator[list[Piece]]:
    """The pieces in lots of about so many bytes."""
    lot: list[Piece] = []
    weight = 0
    for piece in pieces:
        if lot and weight + piece.seen.size > most_bytes:
            yield lot
            lot, weight = [], 0
        lot.append(piece)
        weight += piece.seen.size
    if lot:
        yield lot
