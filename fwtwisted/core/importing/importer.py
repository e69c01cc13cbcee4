"""
From files that were looked at to settled uploads: the way that every import takes, one file or hundreds.

A batch whose transaction fails is taken apart until the file is found that it failed over; that one is told as errored,
the others are filed.  So no file can keep another from its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from attrs import field, frozen
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.importing.covers import CoverOf, Covers, Shelved
from fwtwisted.core.importing.filing import UNKNOWN_ERROR, Filing, FilingRules, Refused, filed_as
from fwtwisted.core.importing.settling import Arrival, Outcome, settle
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NoRoom, Unavailable
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.model.uploads import NOTHING_SAID, ImportMetadata, Status
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.reading import Examined

OUR_FAULT = "The server failed over this file. Its administrator finds the reason in the log."


@frozen
class ImportingSettings:
    """
    What imports are told.

    :ivar base_url: of this pod, without a slash at its end.
    :ivar most_tags: genre tags kept of one file.
    """

    base_url: str
    most_tags: int = 30


@frozen
class Piece:
    """
    One file on its way.

    :ivar upload: its upload, whose row exists already or is written with the outcome.
    :ivar owner_id: the actor who owns the library.
    :ivar path: where it lies.
    :ivar was: the track it was filed as before.
    """

    upload: UUID
    owner_id: int
    path: str
    seen: Examined
    told: ImportMetadata = NOTHING_SAID
    was: int | None = None


@frozen
class Prepared:
    """
    Pieces of which is known where they belong.

    :ivar filings: of those that can be filed, by upload.
    :ivar refused: why not, for all others.
    """

    pieces: tuple[Piece, ...]
    filings: dict[UUID, Filing] = field(factory=dict)
    refused: dict[UUID, Refused] = field(factory=dict)

    @property
    def fileable(self) -> list[Piece]:
        """Those that can be filed."""
        return [piece for piece in self.pieces if piece.upload in self.filings]

    def without(self, uploads: Sequence[UUID], why: Refused) -> Prepared:
        """The same, but some cannot be filed after all."""
        if not uploads:
            return self
        filings = {upload: filing for upload, filing in self.filings.items() if upload not in uploads}
        return Prepared(self.pieces, filings, self.refused | dict.fromkeys(uploads, why))


Settled: TypeAlias = Sequence[tuple[Piece, Outcome]]
Write: TypeAlias = Callable[[Tx, Settled], Awaitable[None]]
"""Writes the rows of uploads, in the transaction that settles them."""


class Importer:
    """Files what was looked at."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        threads: Threads,
        preference: ReadPreference,
        settings: ImportingSettings,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._preference, self._settings = database, preference, settings
        self._occasions = occasions
        self._covers = Covers(database, blobs, threads)

    @property
    def base_url(self) -> str:
        """Of this pod, without a slash at its end."""
        return self._settings.base_url

    async def rules(self) -> FilingRules:
        """What is to be regarded just now."""
        only = await self._preference("music__only_allow_musicbrainz_tagged_files")
        return FilingRules(self._settings.most_tags, bool(only))

    async def prepare(self, pieces: Sequence[Piece]) -> Prepared:
        """Decide what each piece is to be filed as, or why it cannot be."""
        rules = await self.rules()
        prepared = Prepared(tuple(pieces))
        for piece in pieces:
            try:
                prepared.filings[piece.upload] = self._filing(piece, rules)
            except Refused as why:
                prepared.refused[piece.upload] = why
        return prepared

    async def settle(self, prepared: Prepared, write: Write) -> Settled:
        """
        File the pieces and write their uploads; what became of them, in order.

        :raise Unavailable: the database is away; most likely nothing happened.
        :raise NoRoom: the store is full; nothing happened.
        """
        filings = prepared.filings
        pictures = await self._covers.shelve(
            [
                CoverOf(piece.path, piece.owner_id, filings[piece.upload], piece.seen.cover)
                for piece in prepared.fileable
                if piece.seen.cover is not None
            ]
        )

        async def work(some: Sequence[Piece]) -> Settled:
            return await self._transaction(some, prepared, pictures, write)

        return await self._apart(prepared.pieces, work, write)

    def _filing(self, piece: Piece, rules: FilingRules) -> Filing:
        seen = piece.seen
        if seen.audio is None:
            raise Refused(UNKNOWN_ERROR, seen.trouble)
        return filed_as(seen.audio, piece.told, rules, seen.cover.sha256 if seen.cover else None)

    async def _transaction(
        self, pieces: Sequence[Piece], prepared: Prepared, pictures: Mapping[bytes, Shelved], write: Write
    ) -> Settled:
        filings, refused = prepared.filings, prepared.refused
        arrivals = [
            Arrival(piece.upload, piece.owner_id, filings[piece.upload], piece.was)
            for piece in pieces
            if piece.upload in filings
        ]

        async def work(tx: Tx) -> Settled:
            filed = await settle(tx, arrivals, self._settings.base_url, pictures, self._occasions.edited)
            found = {one.upload: outcome for one, outcome in zip(arrivals, filed, strict=True)}
            outcomes = [(one, found.get(one.upload) or _errored(one, refused[one.upload])) for one in pieces]
            await write(tx, outcomes)
            finished = [one.upload for one, outcome in outcomes if outcome.status is Status.FINISHED]
            await self._occasions.uploads_ready(tx, finished)
            return outcomes

        return await self._database.transaction(work)

    async def _apart(
        self, pieces: Sequence[Piece], work: Callable[[Sequence[Piece]], Awaitable[Settled]], write: Write
    ) -> Settled:
        """The pieces together, or in halves, or one by one, as far as it takes."""
        try:
            return await work(pieces)
        except (Unavailable, NoRoom, CancelledError):
            raise
        except Exception as error:  # whatever one file makes the database say must not touch the others
            if len(pieces) > 1:
                middle = len(pieces) // 2
                first = await self._apart(pieces[:middle], work, write)
                return [*first, *await self._apart(pieces[middle:], work, write)]
            return await self._once_more(pieces[0], work, write, error)

    async def _once_more(
        self, piece: Piece, work: Callable[[Sequence[Piece]], Awaitable[Settled]], write: Write, first: Exception
    ) -> Settled:
        """One file alone, again: it may have failed over what others did at the same moment."""
        try:
            return await work([piece])
        except (Unavailable, NoRoom, CancelledError):
            raise
        except Exception:
            self._log.failure("filing {path} failed", event="import.broke", path=piece.path)
            return await self._given_up(piece, write, first)

    async def _given_up(self, piece: Piece, write: Write, error: Exception) -> Settled:
        """Write down that a file cannot be filed."""
        outcomes = [(piece, _errored(piece, Refused(UNKNOWN_ERROR, OUR_FAULT)))]
        try:
            await self._database.transaction(lambda tx: write(tx, outcomes))
        except Exception:
            raise error from None  # not even that: the trouble is not the file's
        return outcomes


def _errored(piece: Piece, why: Refused) -> Outcome:
    return Outcome(Status.ERRORED, piece.was, why.import_details)
