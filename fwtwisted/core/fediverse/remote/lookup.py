"""
From what somebody pasted to something that is here: handles, ids, and addresses of pages.

::

    user@host ──▶ WebFinger ─┐            ┌─ a page: the document that it names, on its own server
    https://… ───────────────┴─▶ signed ──┤
                                   GET     └─ a document ──▶ is its id where it came from? ──▶ by its type: kept
                                                             asked for there, where it is not

Source: docs/federation.md §5.1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from twisted.logger import Logger

from fwtwisted.core.fediverse.asking import Answer, AskFailed, Page
from fwtwisted.core.fediverse.remote.actors import AskDocument, RemoteActors
from fwtwisted.core.fediverse.remote.changes import RemoteChanges
from fwtwisted.core.fediverse.remote.episodes import RemoteEpisodes
from fwtwisted.core.fediverse.remote.objects import RemoteObjects
from fwtwisted.core.fediverse.remote.outboxes import Outboxes
from fwtwisted.db.fediverse import fetches
from fwtwisted.db.fediverse.remote import music
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.fediverse import FetchStatus, Found, Outcome, Thing
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Library, Pod, Viewer
from fwtwisted.model.podcasts import Channel
from fwtwisted.wire.activitypub.reading import Doc, audio, finding
from fwtwisted.wire.activitypub.reading.actors import ACTOR_TYPES, TOMBSTONE
from fwtwisted.wire.activitypub.reading.places import ELSEWHERE, REQUIRED, id_under, is_web, same_origin
from fwtwisted.wire.addresses import Handle, handle_in, host_of, is_ours

JRD = "application/jrd+json"
LARGEST_JRD = 64 * 1024
NO_TYPE = "The document does not say what it is."
GONE = "This is gone."

Keep = Callable[[Mapping[str, Any], str, int | None], Awaitable[Found]]


class AskPage(Protocol):
    """``Asking.document_or_page``."""

    async def __call__(self, url: str, *, as_actor: int | None = None) -> Answer | Page: ...


class AskJson(Protocol):
    """``Asking.json``."""

    async def __call__(self, url: str, accept: str, largest: int = LARGEST_JRD) -> Answer: ...


class Unhandled(Exception):
    """It is of a type that nobody keeps here.  :ivar type: its name."""

    def __init__(self, type: str) -> None:
        super().__init__(type)
        self.type = type


class RemoteLookup:
    """Looks up what is elsewhere."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        ask: AskDocument,
        ask_page: AskPage,
        ask_json: AskJson,
        actors: RemoteActors,
        objects: RemoteObjects,
        episodes: RemoteEpisodes,
        changes: RemoteChanges,
        outboxes: Outboxes,
        pod: Pod,
    ) -> None:
        self._database, self._ask, self._ask_page, self._ask_json = database, ask, ask_page, ask_json
        self._actors, self._objects, self._episodes = actors, objects, episodes
        self._changes, self._outboxes, self._pod = changes, outboxes, pod
        self._keep: Mapping[str, Keep] = {
            "Artist": self._artist,
            "Album": self._album,
            "Track": self._track,
            "Library": self._library,
            "Audio": self._audio,
            **dict.fromkeys(ACTOR_TYPES, self._actor),
        }

    async def find(self, viewer: Viewer, url: str) -> Outcome:
        """See ``core.fediverse.fetches.Lookup``."""
        return await self.outcome(url, viewer.actor_id)

    async def outcome(self, url: str, as_actor: int | None) -> Outcome:
        """
        What another pod has at an address, kept here.

        :param url: ``https://…`` or ``webfinger://user@domain``.
        :param as_actor: who asks; None: the pod itself.
        """
        try:
            return Outcome(FetchStatus.FINISHED, found=await self._found(url, as_actor))
        except AskFailed as why:
            status = {} if why.status_code is None else {"status_code": why.status_code}
            return Outcome.failed(why.code, str(why), **status)
        except Invalid as why:
            return Outcome.failed("validation", str(why), validation_errors=dict(why.problems))
        except ShutOut as why:
            return Outcome.failed("blocked", str(why))
        except Unhandled as why:
            return Outcome(FetchStatus.SKIPPED, {"reason": "unhandled_type", "type": why.type})

    async def _found(self, url: str, as_actor: int | None) -> Found:
        handle = handle_in(url)
        answer = await (self._pasted(url, as_actor) if handle is None else self._called(handle, as_actor))
        doc = Doc(answer.document)
        if doc.is_a(TOMBSTONE):
            raise AskFailed("http", GONE, status_code=410)
        if doc.type is None:
            raise AskFailed("missing_jsonld_type", NO_TYPE)
        keep = next((self._keep[name] for name in doc.types if name in self._keep), None)
        if keep is None:
            raise Unhandled(doc.type)
        return await keep(answer.document, answer.url, as_actor)

    # --- the document ----------------------------------------------------------------------------

    async def _pasted(self, url: str, as_actor: int | None) -> Answer:
        """The document of what an address leads to, from its own id.  :raise AskFailed: :raise Invalid:"""
        found = await self._ask_page(url, as_actor=as_actor)
        if isinstance(found, Page):
            there = finding.alternate_in(found.html, found.url)
            if there is None:
                raise AskFailed("invalid_json", "The page does not say where its document is.")
            found = await self._ask(there, as_actor=as_actor, soon=True)
        return await self._at_its_id(found, url, as_actor)

    async def _at_its_id(self, answer: Answer, url: str, as_actor: int | None) -> Answer:
        """The same from where its id says that it is."""
        doc = Doc(answer.document)
        if doc.type is None:
            raise AskFailed("missing_jsonld_type", NO_TYPE)
        id = doc.id
        if id is None:
            raise Invalid.on("id", REQUIRED)
        if not is_web(id) or not same_origin(id, answer.url) or is_ours(id, self._pod):
            raise Invalid.on("id", ELSEWHERE)
        if id in (url, answer.url):
            return answer
        there = await self._ask(id, as_actor=as_actor, soon=True)
        if Doc(there.document).id != id or not same_origin(id, there.url):
            raise Invalid.on("id", ELSEWHERE)
        return there

    async def _called(self, handle: Handle, as_actor: int | None) -> Answer:
        """The document of whom a handle names.  :raise AskFailed: :raise Invalid:"""
        there = await self._fingered(handle)
        answer = await self._at_its_id(await self._ask(there, as_actor=as_actor, soon=True), there, as_actor)
        doc = Doc(answer.document)
        if host_of(doc.id or "") != handle.domain:
            await self._confirm(doc)
        return answer

    async def _confirm(self, doc: Doc) -> None:
        """Whoever lives on another server than their handle says must be known to it, too.  :raise AskFailed:"""
        id = doc.id or ""
        own = Handle(doc.text("preferredUsername") or "", host_of(id))
        if not own.username or await self._fingered(own) != id:
            raise AskFailed("webfinger", "The two servers of this handle tell different things.")

    async def _fingered(self, handle: Handle) -> str:
        """The id of the actor whom a handle names.  :raise AskFailed:"""
        try:
            document = await self._jrd(handle)
        except AskFailed as why:
            if why.code == "blocked":
                raise
            raise AskFailed("webfinger", str(why), status_code=why.status_code) from why
        id = finding.self_in(document)
        if id is None or is_ours(id, self._pod):
            raise AskFailed("webfinger", "The server does not say where this actor is.")
        return id

    async def _jrd(self, handle: Handle) -> Mapping[str, Any]:
        """By https; where we speak plainly ourselves, for tests, that is tried first."""
        if self._pod.url.startswith("http://"):
            try:
                return (await self._ask_json(finding.webfinger_url(handle, "http"), JRD, LARGEST_JRD)).document
            except AskFailed as why:
                if why.code not in ("request", "connection"):
                    raise
        return (await self._ask_json(finding.webfinger_url(handle), JRD, LARGEST_JRD)).document

    # --- by type ---------------------------------------------------------------------------------

    async def _artist(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        return await self._music(Kind.ARTIST, document, url)

    async def _album(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        return await self._music(Kind.ALBUM, document, url)

    async def _track(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        return await self._music(Kind.TRACK, document, url)

    async def _music(self, kind: Kind, document: Mapping[str, Any], url: str) -> Found:
        """What its own server says of a thing counts, also where we have it already."""
        if same_origin(Doc(document).id or "", url):
            await self._changes.reword(kind, document, None)
        id = await self._objects.take_music(kind, document, url)
        return Found(Thing(kind.value), id, id)

    async def _library(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        found = await self._objects.take_library(document, url)
        return Found(Thing.LIBRARY, found.id, str(found.uuid))

    async def _audio(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        doc = Doc(document)
        if not same_origin(doc.id or "", url):
            raise Invalid.on("id", ELSEWHERE)
        if audio.is_in_library(doc):
            library = await self.library(id_under(doc, "library"), as_actor)
            id = await self._objects.take_upload(document, sender=library.owner, library=library)
        else:
            id = await self._episodes.take(document, channel=await self._channel_of(doc, as_actor))
        uuid = await self._database.read(lambda tx: music.uuid_of(tx, id))
        return Found(Thing.UPLOAD, id, str(uuid))

    async def library(self, fid: str, as_actor: int | None = None) -> Library:
        """The library of this id, asked for if we do not have it.  :raise AskFailed: :raise Invalid: :raise ShutOut:"""
        known = await self._objects.library(fid)
        if known is not None:
            return known
        answer = await self._ask(fid, as_actor=as_actor)
        if Doc(answer.document).id != fid:
            raise Invalid.on("library", ELSEWHERE)
        return await self._objects.take_library(answer.document, answer.url)

    async def _channel_of(self, doc: Doc, as_actor: int | None) -> Channel:
        """The channel that published an episode.  :raise Invalid: nobody did whom we could ask for."""
        speaker = await self._actors.get(id_under(doc, "attributedTo"), as_actor=as_actor)
        found = await self._database.read(lambda tx: channels.of_actor(tx, speaker.id))
        if found is None:
            raise Invalid.on("attributedTo", "This is no channel.")
        return found

    async def _actor(self, document: Mapping[str, Any], url: str, as_actor: int | None) -> Found:
        document, url = await self._as_of_now(document, url, as_actor)
        actor = await self._actors.take(document, url)

        async def work(tx: Tx) -> tuple[Channel | None, Found | None]:
            return await channels.of_actor(tx, actor.id), await fetches.by_actor_fid(tx, actor.fid)

        channel, found = await self._database.read(work)
        if channel is not None:
            await self._outboxes.begin(channel, as_actor)
        return _there(found, actor)

    async def _as_of_now(
        self, document: Mapping[str, Any], url: str, as_actor: int | None
    ) -> tuple[Mapping[str, Any], str]:
        """The same; of somebody who said farewell, what their server tells now, not what it told before that."""
        fid = Doc(document).id
        known = None if fid is None else await self._actors.known(fid)
        if fid is None or known is None or known.type != TOMBSTONE:
            return document, url
        answer = await self._ask(fid, as_actor=as_actor, fresh=True)
        return answer.document, answer.url


def _there(found: Found | None, actor: Actor) -> Found:
    return found or Found(Thing.ACCOUNT, actor.id, actor.full_username)
