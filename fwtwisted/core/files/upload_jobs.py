"""
The import of single uploads, as a job: read the tags, file it, tell the owner.

Whatever happens, an upload does not wait for ever: a file that cannot be filed is errored at once, one over which we
fail again and again is errored in the end, and one that nobody was asked for is asked for again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.importing.filing import UNKNOWN_ERROR, Refused, beyond_the_catalog
from fwtwisted.core.importing.importer import OUR_FAULT, Importer, Piece, Settled
from fwtwisted.core.importing.settling import Outcome
from fwtwisted.core.podcasts.publishing import published
from fwtwisted.db import jobs
from fwtwisted.db.files import tally, upload_lists, uploads
from fwtwisted.db.files.upload_lists import Waiting
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.podcasts import channels
from fwtwisted.db.podcasts.channels import Voice
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import FwError, NotFound, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.model.uploads import IN_PLACE, Status
from fwtwisted.outside.blobs import BlobStore, path_below
from fwtwisted.outside.reading import VANISHED, Examined, examine
from fwtwisted.wire.v1.uploads import stored_metadata

IMPORT = "uploads.import"
STRANDED = "uploads.stranded"
TALLY = "uploads.tally"
LANE, TALLY_LANE = "import", "maintenance"
STATUS_BELL = "import.status_updated"

ATTEMPTS = 5
# A file over which the process died so often is the reason.
MOST_CLAIMS = 20
STRANDED_SECONDS = 900.0
STRANDED_AT_ONCE = 1000
BEAT = timedelta(minutes=15)
TALLY_BEAT = timedelta(hours=1)


class Places:
    """
    Knows where the bytes of an upload lie on this machine.

    :param music: the folder below which files may be used in place; None: nowhere.
    """

    def __init__(self, blobs: BlobStore, threads: Threads, music: str | None) -> None:
        self._blobs, self._threads, self._music = blobs, threads, music

    @asynccontextmanager
    async def lent(self, audio_file: str | None, source: str | None) -> AsyncIterator[str]:
        """
        The path of an upload's file, which stays inside the block; whether it is there must still be seen.

        :raise NotFound: it has none, or one that may not be used.  :raise Unavailable: it lies in a store that is away.
        """
        if audio_file:
            async with self._blobs.lent(audio_file) as path:
                yield path
        elif source and source.startswith(IN_PLACE) and self._music is not None:
            yield await path_below(self._threads, self._music, source.removeprefix(IN_PLACE))
        else:
            raise NotFound


class UploadJobs:
    """Imports what was uploaded."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        threads: Threads,
        importer: Importer,
        places: Places,
        ring: Ring,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._threads, self._importer = database, threads, importer
        self._places, self._ring, self._occasions = places, ring, occasions

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            IMPORT: JobKind(LANE, self._import, ATTEMPTS),
            STRANDED: JobKind(LANE, self._find_stranded),
            TALLY: JobKind(TALLY_LANE, self._recount),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {STRANDED: Schedule(STRANDED, LANE, _next_after), TALLY: Schedule(TALLY, TALLY_LANE, _next_tally)}

    async def _import(self, job: Job) -> None:
        """Import one upload, unless it does not wait any more."""
        uuid = UUID(job.args["upload"])
        upload = await self._database.read(lambda tx: upload_lists.waiting(tx, uuid))
        if upload is None:
            return
        if job.claims > MOST_CLAIMS:
            await self._give_up(upload, OUR_FAULT)
            return
        try:
            await self._file(upload)
        except (Unavailable, CancelledError):
            raise
        except FwError as why:
            if job.failures + 1 < ATTEMPTS:
                raise
            await self._give_up(upload, str(why))
        except Exception:
            if job.failures + 1 < ATTEMPTS:
                raise
            self._log.failure("upload {upload} cannot be imported", event="import.given_up", upload=str(uuid))
            await self._give_up(upload, OUR_FAULT)

    async def _file(self, upload: Waiting) -> None:
        async with AsyncExitStack() as stack:
            try:
                path = await stack.enter_async_context(self._places.lent(upload.audio_file, upload.source))
            except NotFound:
                path, seen = "", Examined(trouble=VANISHED, is_gone=True)
            else:
                seen = await self._look(upload, path)
            await self._settle(upload, path, seen)

    async def _settle(self, upload: Waiting, path: str, seen: Examined) -> None:
        said = stored_metadata(upload.import_metadata)
        piece = Piece(upload.uuid, upload.owner_id, path, seen, said, upload.track_id)
        voice = await self._database.read(lambda tx: channels.voice(tx, upload.uuid))
        if voice is not None:
            await self._publish(piece, voice)
            return
        prepared = await self._importer.prepare([piece])

        async def write(tx: Tx, settled: Settled) -> None:
            for one, outcome in settled:
                if not await upload_lists.still_waits(tx, one.upload):
                    raise _NotWaiting
                await self._write(tx, one, outcome)

        try:
            await self._importer.settle(prepared, write)
        except _NotWaiting:
            return

    async def _publish(self, piece: Piece, voice: Voice) -> None:
        """File an upload of a channel."""
        music_url = f"{self._importer.base_url}/federation/music"

        async def work(tx: Tx) -> None:
            if await upload_lists.still_waits(tx, piece.upload):
                outcome = await published(tx, voice, piece.told, piece.seen, piece.was, music_url)
                await self._write(tx, piece, outcome)
                tell = self._occasions.uploads_ready if piece.was is None else self._occasions.episodes_updated
                await tell(tx, [piece.upload])

        await self._database.transaction(work)

    async def _look(self, upload: Waiting, path: str) -> Examined:
        is_stored = upload.audio_file is not None
        checksum = (upload.checksum or "") if is_stored else ""
        return await self._threads(examine, path, upload.audio_file or "", checksum=checksum)

    async def _write(self, tx: Tx, piece: Piece, outcome: Outcome) -> None:
        audio = piece.seen.audio
        await uploads.settle(
            tx,
            [
                uploads.Settled(
                    uuid=piece.upload,
                    track_id=outcome.track_id,
                    import_status=outcome.status,
                    import_details=dict(outcome.details),
                    metadata=beyond_the_catalog(audio) if audio else {},
                    mimetype=audio.media_type if audio else None,
                    bitrate=audio.bitrate_bps if audio else None,
                    duration=audio.duration_seconds if audio else None,
                )
            ],
        )
        told = {
            "owner": piece.owner_id,
            "upload": str(piece.upload),
            "old_status": Status.PENDING,
            "new_status": outcome.status,
        }
        tx.after_commit(self._ring, STATUS_BELL, orjson.dumps(told))

    async def _give_up(self, upload: Waiting, words: str) -> None:
        """Write down that nothing helps."""
        details = Refused(UNKNOWN_ERROR, words).import_details
        piece = Piece(upload.uuid, upload.owner_id, "", Examined())
        outcome = Outcome(Status.ERRORED, upload.track_id, details)

        async def work(tx: Tx) -> None:
            if await upload_lists.still_waits(tx, upload.uuid):
                await self._write(tx, piece, outcome)

        await self._database.transaction(work)

    async def _find_stranded(self, _: Job) -> None:
        """Ask again for imports that nobody is asked for any more."""

        async def work(tx: Tx) -> None:
            found = await upload_lists.stranded(tx, IMPORT, STRANDED_SECONDS, STRANDED_AT_ONCE)
            keys = [str(uuid) for uuid in found]
            await jobs.ask_many(tx, IMPORT, LANE, keys, [orjson.dumps({"upload": key}).decode() for key in keys])
            jobs.ring_for(tx, self._ring, LANE)

        await self._database.transaction(work)

    async def _recount(self, _: Job) -> None:
        """Keep what is known of libraries' fill short."""
        await self._database.transaction(tally.recount)


class _NotWaiting(Unavailable):
    """The upload was removed or settled meanwhile; what was made for it is undone."""


def _next_after(moment: datetime) -> datetime:
    """Every quarter of an hour."""
    return moment + BEAT


def _next_tally(moment: datetime) -> datetime:
    """Every hour."""
    return moment + TALLY_BEAT
