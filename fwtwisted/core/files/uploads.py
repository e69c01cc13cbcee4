"""
Uploads of single files: taking them in, showing them to their owners, changing and removing them.

A file is in the store before its row is written, and its row, its job and its place in the quota are one transaction.
Whoever dies in between leaves a name that is doomed (``db/files/doomed.py``) and a note in the spool
(``outside/spool.py``); either removes the file.  Source: docs/api.md §4.7; docs/storage.md S-5.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import orjson
from attrs import evolve, frozen

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.files.upload_jobs import IMPORT, LANE, Places
from fwtwisted.core.importing.filing import beyond_the_catalog
from fwtwisted.core.music.questions import scopes_of
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.taking_away import take_uploads
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db import jobs
from fwtwisted.db.files import doomed, upload_lists, uploads
from fwtwisted.db.files.upload_lists import Asked
from fwtwisted.db.files.uploads import NewUpload
from fwtwisted.db.music import libraries
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import BadRequest, Conflict, Invalid, NotFound, QuotaExceeded, Unauthenticated, Unavailable
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.model.uploads import SENT, Act, Status, Upload, UploadChange, UploadQuestion, UploadWish
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.reading import Examined, examine, whole_tags
from fwtwisted.wire.audiotags import AudioFile, NotAudio
from fwtwisted.wire.names import TRACKS, stored_name
from fwtwisted.wire.v1.uploads import UploadPage

MB = 1_000_000
RELAUNCHED = (Status.PENDING, Status.SKIPPED, Status.ERRORED)


@frozen
class Incoming:
    """
    A file that has arrived in the spool, which still has it.

    :ivar uuid: becomes the upload's.
    :ivar filename: the sender's name for it.
    :ivar size: bytes.  :ivar sha256: of the content, in hex.
    """

    uuid: UUID
    path: str
    filename: str
    size: int
    sha256: str


class Uploads:
    """What people do with uploads."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        threads: Threads,
        visibility: Visibility,
        shelves: Shelves,
        places: Places,
        preference: ReadPreference,
        ring: Ring,
        pod: Pod,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._blobs, self._threads = database, blobs, threads
        self._occasions = occasions
        self._visibility, self._shelves, self._places = visibility, shelves, places
        self._preference, self._ring, self._pod = preference, ring, pod

    # --- taking in -------------------------------------------------------------------------------

    async def admit(self, viewer: Viewer, size: int) -> None:
        """:raise QuotaExceeded: when so many bytes more are too many, before any of them is read."""
        limit = await self._quota(viewer)
        await self._database.read(lambda tx: _must_have_room(tx, viewer.the_actor, limit, size))

    async def receive(self, viewer: Viewer, wish: UploadWish, incoming: Incoming) -> tuple[Upload, UploadPage]:
        """
        Take a file in; its import follows by itself unless it is a draft.

        :raise Invalid: on ``library`` or ``channel``, when it is not the viewer's.
        :raise QuotaExceeded:  :raise NoRoom: nothing is kept.
        """
        library_id = await self._database.read(lambda tx: _target(tx, viewer, wish))
        limit = await self._quota(viewer)
        await self._database.read(lambda tx: _must_have_room(tx, viewer.the_actor, limit, incoming.size))
        name = stored_name(TRACKS, incoming.uuid, incoming.filename)
        seen = await self._threads(examine, incoming.path, incoming.filename, checksum=f"sha256:{incoming.sha256}")
        new = self._row(wish, incoming, library_id, name, seen)

        async def work(tx: Tx) -> None:
            await uploads.lock_quota(tx, viewer.the_actor)
            await _must_have_room(tx, viewer.the_actor, limit, incoming.size)
            await uploads.add(tx, [new])
            if await doomed.spare(tx, [name]) != 1:
                raise Unavailable("Storing the file took too long. Send it again.")
            if wish.status is Status.PENDING:
                await self._ask_import(tx, [incoming.uuid])

        await self._database.transaction(lambda tx: doomed.doom(tx, [name], doomed.HOPE_SECONDS))
        try:
            new = evolve(new, storage=await self._blobs.keep(name, incoming.path, new.mimetype))
            await self._database.transaction(work)
        except Conflict as taken:  # somebody else's file has the name that was drawn, and stays
            raise Unavailable("The file could not be stored. Send it again.") from taken
        except Unavailable:  # perhaps it was committed after all; if not, its doom removes it
            raise
        except Exception:
            await self._blobs.delete(name)
            raise
        return await self.one(viewer, incoming.uuid)

    def _row(self, wish: UploadWish, incoming: Incoming, library_id: int, name: str, seen: Examined) -> NewUpload:
        audio = seen.audio
        return NewUpload(
            uuid=incoming.uuid,
            fid=self._pod.fid(f"music/uploads/{incoming.uuid}"),
            library_id=library_id,
            track_id=None,
            audio_file=name,
            source=wish.source or f"{SENT}{incoming.filename}",
            in_place_size=None,
            in_place_mtime_ns=None,
            size=incoming.size,
            checksum=f"sha256:{incoming.sha256}",
            mimetype=audio.media_type if audio else None,
            bitrate=audio.bitrate_bps if audio else None,
            duration=audio.duration_seconds if audio else None,
            import_status=wish.status,
            import_details={},
            import_metadata=dict(wish.said),
            import_reference=wish.reference or str(uuid4()),
            metadata=beyond_the_catalog(audio) if audio else {},
            settled=False,
        )

    async def _quota(self, viewer: Viewer) -> int:
        """How much the viewer may upload, megabytes."""
        account_id = viewer.account_id
        if account_id is None:
            raise Unauthenticated
        own = await self._database.read(lambda tx: upload_lists.own_quota(tx, account_id))
        return int(await self._preference("users__upload_quota")) if own is None else own

    async def _ask_import(self, tx: Tx, uuids: Sequence[UUID]) -> None:
        """Have uploads imported after this transaction."""
        keys = [str(uuid) for uuid in uuids]
        args = [orjson.dumps({"upload": key}).decode() for key in keys]
        await jobs.ask_many(tx, IMPORT, LANE, keys, args)
        jobs.ring_for(tx, self._ring, LANE)

    # --- showing ---------------------------------------------------------------------------------

    async def listed(self, viewer: Viewer, question: UploadQuestion, limit: int, offset: int) -> tuple[int, UploadPage]:
        """How many of the viewer's own uploads match, and one page of them."""

        async def work(tx: Tx) -> tuple[int, UploadPage]:
            asked = await self._asked(tx, viewer, question)
            found = await upload_lists.page(tx, asked, limit, offset)
            return await upload_lists.count(tx, asked), await self._page(tx, found)

        return await self._database.read(work)

    async def one(self, viewer: Viewer, uuid: UUID) -> tuple[Upload, UploadPage]:
        """An upload of the viewer's own, or one that the viewer may play.  :raise NotFound:"""

        async def work(tx: Tx) -> tuple[Upload, UploadPage]:
            found = None
            if viewer.actor_id is not None:
                found = await upload_lists.own(tx, uuid, viewer.actor_id)
            if found is None:
                visible = await self._visibility.libraries_in(tx, viewer)
                found = await upload_lists.playable(tx, uuid, visible)
            if found is None:
                raise NotFound
            return found, await self._page(tx, [found])

        return await self._database.read(work)

    async def _asked(self, tx: Tx, viewer: Viewer, question: UploadQuestion) -> Asked:
        return Asked(viewer.the_actor, question, await scopes_of(tx, viewer, question.scope))

    async def _page(self, tx: Tx, found: Sequence[Upload]) -> UploadPage:
        ids = list(dict.fromkeys(one.track_id for one in found if one.track_id is not None))
        tracks, shelf = await self._shelves.tracks(tx, ids, ())
        holders = await libraries.libraries_by_ids(tx, sorted({one.library_id for one in found}))
        return UploadPage(found, {one.id: one for one in holders}, {track.id: track for track in tracks}, shelf)

    async def file_metadata(self, viewer: Viewer, uuid: UUID) -> AudioFile:
        """
        What the file of the viewer's own upload says, its picture included.

        :raise NotFound: :raise BadRequest: it cannot be read.
        """
        upload = await self._database.read(lambda tx: upload_lists.own(tx, uuid, viewer.the_actor))
        if upload is None:
            raise NotFound
        try:
            async with self._places.lent(upload.audio_file, upload.source) as path:
                return await self._threads(whole_tags, path, upload.audio_file or path)
        except NotAudio as why:
            raise BadRequest(str(why)) from why
        except OSError as why:
            raise NotFound from why

    # --- changing --------------------------------------------------------------------------------

    async def change(self, viewer: Viewer, uuid: UUID, change: UploadChange) -> tuple[Upload, UploadPage]:
        """Change a draft of the viewer's.  :raise NotFound: also when it is no draft any more."""

        async def work(tx: Tx) -> None:
            upload = await upload_lists.lock_own(tx, uuid, viewer.the_actor)
            if upload is None or upload.import_status != Status.DRAFT:
                raise NotFound
            await upload_lists.change(tx, uuid, change.said, change.status, change.reference)
            if change.status is Status.PENDING:
                await self._ask_import(tx, [uuid])

        await self._database.transaction(work)
        return await self.one(viewer, uuid)

    async def remove(self, viewer: Viewer, uuid: UUID) -> None:
        """Remove an upload of the viewer's; its file follows.  :raise NotFound:"""

        async def work(tx: Tx) -> None:
            if await upload_lists.lock_own(tx, uuid, viewer.the_actor) is None:
                raise NotFound
            await self._remove(tx, [uuid])

        await self._database.transaction(work)

    async def act(self, viewer: Viewer, act: Act, question: UploadQuestion) -> int:
        """
        Do something to many of the viewer's uploads; to how many.

        :raise Invalid: nothing matches.
        """

        async def work(tx: Tx) -> int:
            found = await upload_lists.uuids(tx, await self._asked(tx, viewer, question))
            if not found:
                raise Invalid.on("non_field_errors", "No object matching this request.")
            if act is Act.DELETE:
                return await self._remove(tx, found)
            among = (Status.DRAFT,) if act is Act.PUBLISH else RELAUNCHED
            pending = await upload_lists.make_pending(tx, found, among)
            await self._ask_import(tx, pending)
            return len(pending)

        return await self._database.transaction(work)

    async def _remove(self, tx: Tx, uuids: Sequence[UUID]) -> int:
        return await take_uploads(tx, uuids, self._ring, self._occasions)


async def _target(tx: Queries, viewer: Viewer, wish: UploadWish) -> int:
    """The library that a file is to go to, a channel's own where one is named.  :raise Invalid: not the viewer's."""
    if wish.library is None:
        spoken = None if wish.channel is None else await channels.own_library(tx, wish.channel, viewer.the_actor)
        if spoken is None:
            raise Invalid.on("channel", "This is no channel of yours.")
        return spoken
    library = await uploads.local_library(tx, wish.library)
    if library is None or library.owner_id != viewer.actor_id:
        raise Invalid.on("library", "This is no library of yours.")
    return library.id


async def _must_have_room(tx: Queries, actor_id: int, limit_mb: int, size: int) -> None:
    """:raise QuotaExceeded:"""
    used = sum((await libraries.usage(tx, actor_id)).values())
    if used + size > limit_mb * MB:
        raise QuotaExceeded(used / MB, limit_mb)
