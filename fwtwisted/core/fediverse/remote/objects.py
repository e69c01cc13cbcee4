"""
Libraries elsewhere, the files in them, and the music that those are of.

Whoever calls has made sure who speaks (a signature, or the server that answered); here it is made sure that they speak
of what is theirs.  Source: docs/federation.md §3.1, §3.2, §5.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fwtwisted.core.fediverse.remote.actors import AskDocument, Permit, RemoteActors
from fwtwisted.core.fediverse.remote.shelving import UNVOUCHED, Shelving
from fwtwisted.core.fediverse.remote.vouching import Vouched, Vouching
from fwtwisted.db.fediverse import received
from fwtwisted.db.fediverse.remote import libraries, music
from fwtwisted.db.fediverse.remote.music import FarUpload, KnownUpload
from fwtwisted.db.files import importing
from fwtwisted.db.music import libraries as db_libraries
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Library, Pod
from fwtwisted.model.remote import SaidArtist, SaidTrack, SaidUpload
from fwtwisted.model.threads import Threads
from fwtwisted.wire.activitypub.reading import Doc, audio, collections
from fwtwisted.wire.activitypub.reading import music as reading
from fwtwisted.wire.activitypub.reading.music import Said
from fwtwisted.wire.activitypub.reading.places import ELSEWHERE, same_origin
from fwtwisted.wire.addresses import is_ours

FEW = 4  # documents that are read at once, without a thread
NOT_YOURS = "This belongs to somebody else."


class Taken(NamedTuple):
    """
    What came of a page.

    :ivar ids: keys of the uploads that are here now, new or known.
    :ivar errors: what could not be taken, and why; by its id, or its place on the page where it has none.
    """

    ids: tuple[int, ...]
    errors: tuple[tuple[str, Invalid], ...]


class RemoteObjects:
    """
    Takes down what is elsewhere.

    :param permit: ``Policies.permit_actor``.
    """

    def __init__(
        self,
        database: Database,
        threads: Threads,
        ask: AskDocument,
        actors: RemoteActors,
        permit: Permit,
        pod: Pod,
    ) -> None:
        self._database, self._threads, self._actors = database, threads, actors
        self._permit, self._pod = permit, pod
        self.vouching = Vouching(database, ask, actors, pod)

    # --- libraries -------------------------------------------------------------------------------

    async def take_library(self, document: Mapping[str, Any], url: str) -> Library:
        """
        Keep what a library's document says that came from ``url``, or from its owner.

        :raise Invalid:  :raise ShutOut:  :raise AskFailed: its owner cannot be asked for.
        """
        said = collections.library(Doc(document))
        self._must_be_theirs(said.fid, url)
        owner = await self._actors.get(said.owner)
        await self._permit(owner.fid, owner.domain)

        async def work(tx: Tx) -> Library:
            id = await libraries.store(tx, said, owner.id)
            if id is None:
                raise Invalid.on("attributedTo", NOT_YOURS)
            tx.touch("libraries")
            [found] = await db_libraries.libraries_by_ids(tx, [id])
            return found

        return await self._database.transaction(work)

    async def library(self, fid: str) -> Library | None:
        """A library that we know."""

        async def work(tx: Tx) -> Library | None:
            known = await libraries.owner(tx, fid)
            return None if known is None else (await db_libraries.libraries_by_ids(tx, [known[0]]))[0]

        return await self._database.read(work)

    # --- uploads ---------------------------------------------------------------------------------

    async def take_upload(self, document: Mapping[str, Any], *, sender: Actor, library: Library) -> int:
        """Keep a file of a library; the upload's key.  :raise Invalid:"""
        taken = await self.take_many([document], sender=sender, library=library)
        if taken.errors:
            raise taken.errors[0][1]
        if not taken.ids:
            raise Invalid.on("id", "This was deleted a moment ago.")
        return taken.ids[0]

    async def take_many(
        self, documents: Sequence[Mapping[str, Any]], *, sender: Actor, library: Library, as_actor: int | None = None
    ) -> Taken:
        """
        Keep a page of a library, in a handful of statements however long it is.

        What its owner deleted a moment ago is left out without a word: a page may be older than that.

        :param sender: who says so: the library's owner.
        :param as_actor: in whose name third servers are asked for what is theirs; None: the pod's.
        :raise Invalid: the library is not the sender's.
        """
        if library.owner.id != sender.id or sender.is_local:
            raise Invalid.on("library", NOT_YOURS)
        many = len(documents) > FEW
        read = await self._threads(_read, documents, library.fid) if many else _read(documents, library.fid)
        said: list[SaidUpload] = read[0]
        errors: list[tuple[str, Invalid]] = read[1]
        known, gone = await self._database.read(lambda tx: _known(tx, said, sender))
        said = [one for one in said if not gone & {one.fid, one.track.fid}]
        bare = [one.track for one in said if _needs_track(known.get(one.fid))]
        vouched = await self.vouching.vouch(library.fid, bare, as_actor)
        ids, refused = await self._database.transaction(lambda tx: _shelve(tx, said, library, vouched))
        return Taken(tuple(ids), (*errors, *refused))

    # --- music that somebody looked up -----------------------------------------------------------

    async def take_music(self, kind: Kind, document: Mapping[str, Any], url: str) -> int:
        """Keep an artist, an album or a track whose document came from ``url``; its key.  :raise Invalid:"""
        doc = Doc(document)
        said = reading.OF_KIND[kind](doc)
        self._must_be_theirs(said.fid, url)
        tracks = [said] if isinstance(said, SaidTrack) else []
        vouched = await self.vouching.vouch(said.fid, tracks)
        if not tracks:
            vouched = Vouched(said.fid, authors=await self.vouching.authors([said.about]))

        async def work(tx: Tx) -> int:
            await importing.lock(tx)
            tx.touch("catalog")
            return await _made(Shelving(tx, vouched), said)

        return await self._database.transaction(work)

    def _must_be_theirs(self, fid: str, url: str) -> None:
        if is_ours(fid, self._pod) or not same_origin(fid, url):
            raise Invalid.on("id", ELSEWHERE)


async def _made(shelving: Shelving, said: Said) -> int:
    if isinstance(said, SaidTrack):
        found = (await shelving.tracks([said]))[said.fid]
        if isinstance(found, Invalid):
            raise found
        return found
    keys = await shelving.artists([said]) if isinstance(said, SaidArtist) else await shelving.albums([said])
    if said.fid not in keys:
        raise Invalid.on("artists", UNVOUCHED)
    return keys[said.fid]


def _read(documents: Sequence[Mapping[str, Any]], library: str) -> tuple[list[SaidUpload], list[tuple[str, Invalid]]]:
    """What the documents of a page say, each id once, and what is wrong with the others."""
    said: dict[str, SaidUpload] = {}
    errors: list[tuple[str, Invalid]] = []
    for place, document in enumerate(documents):
        doc = Doc(document)
        try:
            one = _of_library(audio.upload(doc), library)
        except Invalid as why:
            errors.append((doc.id or str(place), why))
        else:
            said.setdefault(one.fid, one)
    return list(said.values()), errors


def _of_library(said: SaidUpload, library: str) -> SaidUpload:
    if said.library != library:
        raise Invalid.on("library", "This is in another library.")
    if not same_origin(said.fid, library):
        raise Invalid.on("id", ELSEWHERE)
    return said


async def _known(
    tx: Queries, said: Sequence[SaidUpload], sender: Actor
) -> tuple[Mapping[str, KnownUpload], frozenset[str]]:
    """Which of a page are here, and which of them, or of their tracks, were deleted a moment ago."""
    fids = [one.fid for one in said]
    both = [*fids, *(one.track.fid for one in said)]
    return await music.known_uploads(tx, fids), await received.stillborn_among(tx, both, sender.id)


async def _shelve(
    tx: Tx, said: Sequence[SaidUpload], library: Library, vouched: Vouched
) -> tuple[list[int], list[tuple[str, Invalid]]]:
    """Write a page: the uploads that are here now, and what could not be written."""
    await importing.lock(tx)
    known = await music.known_uploads(tx, [one.fid for one in said])
    foreign = {fid for fid, one in known.items() if one.owner_id != library.owner.id}
    errors = [(fid, Invalid.on("id", NOT_YOURS)) for fid in sorted(foreign)]
    bare = [one for one in said if one.fid not in foreign and _needs_track(known.get(one.fid))]
    tracks = await Shelving(tx, vouched).tracks([one.track for one in bare])
    new: list[FarUpload] = []
    again: list[FarUpload] = []
    for one in said:
        track = tracks.get(one.track.fid) if _needs_track(known.get(one.fid)) else None
        if one.fid in foreign:
            continue
        if isinstance(track, Invalid):
            errors.append((one.fid, track))
            continue
        (again if one.fid in known else new).append(FarUpload.of(one.fid, one.sound, track, one.published, one.updated))
    made = await music.add_uploads(tx, library.id, new)
    if await music.refresh_uploads(tx, library.id, again) or made:
        tx.touch("catalog")
    return [*made.values(), *(known[one.fid].id for one in again)], errors


def _needs_track(known: KnownUpload | None) -> bool:
    return known is None or known.track_id is None
