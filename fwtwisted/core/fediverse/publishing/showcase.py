"""
Every document of ours that other servers may ask for, for the one who asks.

Who asks was found out before (``gate``).  Here is decided what they may see of private libraries, by the one rule for
whose content somebody may see (``core.music.visibility``).  What many readers get alike is kept as the bytes it was
written as, for as long as music and libraries do not change; long pages are written in a thread.
Source: docs/federation.md §2.1, §2.7, §3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Final
from uuid import UUID

import orjson
from attrs import evolve, frozen

from fwtwisted.core.fediverse.publishing.gate import Reader
from fwtwisted.core.fediverse.publishing.outboxes import Outboxes, for_audio, posted
from fwtwisted.core.fediverse.publishing.papers import Papers, works_of
from fwtwisted.core.listening.answers import Answers
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db.areas import versions
from fwtwisted.db.fediverse import published
from fwtwisted.db.fediverse.published import ToldDeed
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Privacy
from fwtwisted.model.published import Persona, Post, Role, Shelf
from fwtwisted.model.shown import Sort
from fwtwisted.model.threads import Threads
from fwtwisted.wire.activitypub.activities import like, listen
from fwtwisted.wire.activitypub.contexts import PLAIN, served
from fwtwisted.wire.activitypub.writing import actors, collections, libraries, music, posts
from fwtwisted.wire.activitypub.writing.collections import Leaf, leaf
from fwtwisted.wire.v1 import Document

PLURALS: Final = {Kind.TRACK: "tracks", Kind.ALBUM: "albums", Kind.ARTIST: "artists"}
HIDDEN: Final = "Only those who follow this library may see what is in it."


@frozen
class Sheet:
    """
    A document, ready to be sent.

    :ivar page: where people look at the same thing.
    :ivar is_gone: it says that there was something.
    :ivar is_private: somebody else might get another one, or none.
    """

    body: bytes
    page: str
    is_gone: bool = False
    is_private: bool = False

    def without_null(self) -> Sheet:
        """The same for one who trips over members that are null; no cache may give it to others."""
        told = {name: value for name, value in orjson.loads(self.body).items() if value is not None}
        return evolve(self, body=orjson.dumps(told), is_private=True)


class Showcase:
    """Shows what there is."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        papers: Papers,
        service: ServiceActor,
        answers: Answers,
        threads: Threads,
        outboxes: Outboxes,
    ) -> None:
        self._database, self._visibility, self._outboxes = database, visibility, outboxes
        self._papers, self._service = papers, service
        self._answers, self._threads = answers, threads
        self._paper = papers.paper
        self._terms = orjson.dumps(served())

    def context(self) -> bytes:
        """The terms of our documents."""
        return self._terms

    # --- actors ----------------------------------------------------------------------------------

    async def persona(self, username: str) -> Persona:
        """An actor of ours, in any case of letters; also one that is gone.  :raise NotFound:"""
        if self._service.is_called(username):
            await self._service.id()  # which makes it, should nobody have asked before
        domain = self._paper.pod.domain
        found = await self._database.read(lambda tx: published.persona_named(tx, username, domain))
        if found is None:
            raise NotFound
        return found

    async def actor(self, username: str) -> Sheet:
        """An actor's document."""
        return self.introduced(await self._exactly(username))

    def introduced(self, persona: Persona) -> Sheet:
        """The same, of an actor that was looked up already."""
        is_gone = persona.actor.type == actors.TOMBSTONE
        return self._sheet(self._papers.persona(persona), actors.page(persona, self._paper), is_gone=is_gone)

    async def followers(self, username: str) -> Sheet:
        """How many follow an actor."""
        return await self._counted(username, "followers", published.followers)

    async def following(self, username: str) -> Sheet:
        """How many an actor follows."""
        return await self._counted(username, "following", published.following)

    async def outbox(self, reader: Reader, username: str, asked: str | None) -> Sheet:
        """What an actor said to everybody or to those who follow it, or a page of that."""
        persona = await self._exactly(username)
        if persona.actor.type == actors.TOMBSTONE:
            return self.introduced(persona)
        wanted = leaf(asked, await self._papers.page_size())

        document = await self._database.read(lambda tx: self._outboxes.written(tx, persona, reader, wanted))
        is_private = wanted is not None or persona.role is Role.PERSON
        return self._sheet(document, actors.page(persona, self._paper), is_private=is_private)

    async def _exactly(self, username: str) -> Persona:
        """An actor whose id has exactly this name."""
        persona = await self.persona(username)
        if persona.actor.preferred_username != username:
            raise NotFound
        return persona

    async def _counted(self, username: str, what: str, count: Callable[[Tx, int], Awaitable[int]]) -> Sheet:
        persona = await self._exactly(username)
        if persona.actor.type == actors.TOMBSTONE:
            return self.introduced(persona)
        fid = persona.actor.fid
        total = await self._database.read(lambda tx: count(tx, persona.actor.id))
        document = collections.counted(f"{fid}/{what}", total, owner=fid)
        return self._sheet(document, actors.page(persona, self._paper))

    # --- libraries -------------------------------------------------------------------------------

    async def library(self, reader: Reader, uuid: UUID, asked: str | None) -> Sheet:
        """
        A library, or a page of it.

        :raise NotFound:  :raise Forbidden: its pages are for those who follow it.
        """
        size = await self._papers.page_size()
        wanted = leaf(asked, size)

        async def look(tx: Tx) -> tuple[Shelf, Hashable]:
            shelf = await self._shelf(tx, uuid)
            if wanted is not None and not shelf.is_public and not await self._sees(tx, reader, shelf.id):
                raise Forbidden(HIDDEN)
            return shelf, await _mark(tx)

        shelf, mark = await self._database.read(look)
        is_old = reader.peer is PeerClass.G1
        question = ("library", shelf.id, size, wanted, is_old, mark)
        body = await self._answers.get(question, partial(self._library, shelf, wanted, size, reader.peer))
        return Sheet(body, self._paper.page(Sort.LIBRARY, shelf.uuid), is_private=wanted is not None)

    async def _library(self, shelf: Shelf, wanted: Leaf | None, size: int, peer: PeerClass | None) -> bytes:
        async def count(tx: Tx) -> Shelf:
            return evolve(shelf, total=(await published.count_files(tx, [shelf.id])).get(shelf.id, 0))

        if wanted is None:
            return orjson.dumps(libraries.library(await self._database.read(count), size))
        page = wanted

        async def read(tx: Tx) -> Callable[[], bytes]:
            counted = await count(tx)
            page.check(counted.total)
            ids = await published.files_in(tx, shelf.id, page.size, page.offset)
            files = await published.shared_files(tx, ids)
            works = await works_of(tx, tracks=[one.track_id for one in files.values()])

            def written() -> bytes:
                documents = self._papers.files(files, works, peer)
                items = [documents[one] for one in ids if one in documents]
                return orjson.dumps(libraries.library_page(counted, page, items))

            return written

        return await self._threads(await self._database.read(read))

    async def library_followers(self, uuid: UUID) -> Sheet:
        """How many follow a library.  :raise NotFound:"""

        async def read(tx: Tx) -> tuple[Shelf, int]:
            shelf = await self._shelf(tx, uuid)
            return shelf, await published.library_followers(tx, shelf.id)

        shelf, total = await self._database.read(read)
        document = collections.counted(actors.followers(shelf.fid), total, owner=shelf.owner)
        return self._sheet(document, self._paper.page(Sort.LIBRARY, shelf.uuid))

    async def _shelf(self, tx: Tx, uuid: UUID) -> Shelf:
        found = await published.shelf(tx, uuid)
        if found is None:
            raise NotFound
        return found

    async def _sees(self, tx: Tx, reader: Reader, library_id: int) -> bool:
        """Whether what is in a library is for the one who asks."""
        return library_id in await self._visibility.libraries_in(tx, reader.viewer)

    # --- files and posts -------------------------------------------------------------------------

    async def upload(self, reader: Reader, uuid: UUID) -> Sheet:
        """A file of a library, or a post of a channel.  :raise NotFound: also where it is not for them to see."""
        return await self._database.read(lambda tx: self._upload(tx, reader, uuid))

    async def _upload(self, tx: Tx, reader: Reader, uuid: UUID) -> Sheet:
        id = await self._upload_id(tx, uuid)
        file = (await published.shared_files(tx, [id])).get(id)
        if file is None:
            post, document = await self._post(tx, id, reader, for_audio(reader.peer))
            page = self._paper.page(Sort.TRACK, post.track_id)
            return self._sheet(posts.audio_whole(document), page, is_private=True)
        if not file.is_public and not await self._sees(tx, reader, file.library_id):
            raise NotFound
        document = (await self._papers.uploads(tx, [id], reader.peer))[id]
        page = self._paper.page(Sort.TRACK, file.track_id)
        return self._sheet(music.whole(document), page, is_private=True)

    async def upload_activity(self, reader: Reader, uuid: UUID) -> Sheet:
        """The activity by which a channel published something.  :raise NotFound:"""

        async def read(tx: Tx) -> Sheet:
            id = await self._upload_id(tx, uuid)
            post, document = await self._post(tx, id, reader, for_audio(reader.peer))
            page = self._paper.page(Sort.TRACK, post.track_id)
            return self._sheet(posted(post, document), page, is_private=True)

        return await self._database.read(read)

    async def upload_note(self, reader: Reader, uuid: UUID) -> Sheet:
        """The Note that stands for a post.  :raise NotFound:"""

        async def read(tx: Tx) -> Sheet:
            post, document = await self._post(tx, await self._upload_id(tx, uuid), reader, PeerClass.NOTE)
            return self._sheet(posts.note_whole(document), self._paper.page(Sort.TRACK, post.track_id))

        return await self._database.read(read)

    async def reactions(self, uuid: UUID, what: str) -> Sheet:
        """How many like a post, or told theirs of it.  :param what: ``likes`` or ``shares``.  :raise NotFound:"""

        async def read(tx: Tx) -> Post:
            id = await self._upload_id(tx, uuid)
            post = (await published.posts(tx, [id])).get(id)
            if post is None:
                raise NotFound
            return post

        post = await self._database.read(read)
        document = posts.reactions(post)[what]
        return self._sheet({"@context": list(PLAIN), **document}, self._paper.page(Sort.TRACK, post.track_id))

    async def _post(self, tx: Tx, id: int, reader: Reader, peer: PeerClass | None) -> tuple[Post, Document]:
        post = (await published.posts(tx, [id])).get(id)
        if post is None:
            raise NotFound
        return post, (await self._papers.for_reader(reader).episodes(tx, [id], peer))[id]

    async def _upload_id(self, tx: Tx, uuid: UUID) -> int:
        id = await published.upload_id(tx, uuid)
        if id is None:
            raise NotFound
        return id

    # --- works -----------------------------------------------------------------------------------

    async def work(self, kind: Kind, uuid: UUID) -> Sheet:
        """A track, an album or an artist of ours: public, whoever has files of it.  :raise NotFound:"""

        async def look(tx: Tx) -> tuple[int | None, Hashable]:
            return await published.work_named(tx, kind, uuid, f"{self._paper.pod.url}/"), await _mark(tx)

        id, mark = await self._database.read(look)
        if id is None:
            raise NotFound
        return await self._work(kind, id, mark)

    async def _work(self, kind: Kind, id: int, mark: Hashable) -> Sheet:
        write = {Kind.TRACK: self._papers.track, Kind.ALBUM: self._papers.album, Kind.ARTIST: self._papers.artist}

        async def written() -> bytes:
            document = await self._database.read(lambda tx: write[kind](tx, id))
            if document is None:  # gone meanwhile
                raise NotFound
            return orjson.dumps(document)

        body = await self._answers.get((kind, id, mark), written)
        return Sheet(body, self._paper.page(Sort(kind.value), id))

    async def credit(self, uuid: UUID) -> Sheet:
        """A name on a track or an album.  :raise NotFound:"""

        async def read(tx: Tx) -> Sheet:
            found = await published.credited(tx, uuid)
            if found is None:
                raise NotFound
            kind, id = found
            works = await (works_of(tx, tracks=[id]) if kind is Kind.TRACK else works_of(tx, albums=[id]))
            of = works.tracks[id] if kind is Kind.TRACK else works.albums[id]
            one = next((one for one in music.credits_of(of, works) if one.uuid == uuid), None)
            if one is None:
                raise NotFound
            document = music.whole(music.credit(one, works, of.creation_date, self._paper))
            return self._sheet(document, self._paper.page(Sort.ARTIST, one.artist_id))

        return await self._database.read(read)

    # --- deeds -----------------------------------------------------------------------------------

    async def like(self, reader: Reader, uuid: UUID) -> Sheet:
        """Somebody likes a track.  :raise NotFound: also where it is not for them to know."""
        return await self._deed(reader, uuid, published.like, "likes", like)

    async def listening(self, reader: Reader, uuid: UUID) -> Sheet:
        """Somebody heard a track.  :raise NotFound: as for :meth:`like`."""
        return await self._deed(reader, uuid, published.listening, "listenings", listen)

    async def _deed(
        self,
        reader: Reader,
        uuid: UUID,
        find: Callable[[Tx, UUID], Awaitable[ToldDeed | None]],
        kind: str,
        write: Callable[[str, str, str, str, str], Document],
    ) -> Sheet:
        async def read(tx: Tx) -> ToldDeed:
            told = await find(tx, uuid)
            if told is None or not await _may_know(tx, reader, told):
                raise NotFound
            return told

        told = await self._database.read(read)
        deed, id = told.deed, self._paper.music(kind, uuid)
        document = write(id, deed.actor, deed.track, actors.followers(deed.actor), deed.audience.value)
        is_private = deed.audience is not Privacy.EVERYONE
        return self._sheet(document, self._paper.page(Sort.PERSON, told.username), is_private=is_private)

    def _sheet(self, document: Document, page: str, *, is_gone: bool = False, is_private: bool = False) -> Sheet:
        return Sheet(orjson.dumps(document), page, is_gone=is_gone, is_private=is_private)


async def _mark(tx: Tx) -> Hashable:
    """What stays the same for as long as no document of music or libraries changes."""
    seen = await versions(tx)
    return seen["catalog"], seen["libraries"]


async def _may_know(tx: Tx, reader: Reader, told: ToldDeed) -> bool:
    """Whether the one who asks may know what somebody did."""
    if told.deed.audience is Privacy.EVERYONE:
        return True
    return reader.signer is not None and await published.follows(tx, reader.signer.actor.id, told.actor_id)
