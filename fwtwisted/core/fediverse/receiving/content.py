"""
Music elsewhere that is new or another way now.

::

    Create, Update ─┬─ Audio in a library ─▶ its owner says so, somebody here follows it  ─▶ upload and track
                    ├─ Audio of a channel ─▶ the channel says so, somebody here follows it ─▶ episode
                    ├─ Track Album Artist ─▶ its author, or who speaks for its server      ─▶ what they say of it
                    ├─ Library            ─▶ its owner                                     ─▶ its label
                    └─ Person …           ─▶ themselves                                    ─▶ asked for anew, and what
                                                                                              they hide now is forgotten

What nobody here follows is not taken.  Source: docs/federation.md §4.5–§4.8.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from fwtwisted.core.fediverse.receiving.removals import may_speak_for
from fwtwisted.core.fediverse.receiving.told import ACTORS, BARE, Deeds, Told
from fwtwisted.db.fediverse import held, received, remote_deeds
from fwtwisted.db.jobs import Later
from fwtwisted.db.music import libraries
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.federation import Answer
from fwtwisted.model.people import Actor, Library, Pod
from fwtwisted.model.podcasts import Channel
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.addresses import is_ours

REFETCH_SECONDS: Final = 61.0
MOST_ITEMS: Final = 100
WORKS: Final = ("Track", "Album", "Artist")
HIDING: Final = ("me", "instance")  # as Funkwhale 2 tells who may see what a person likes and hears

Document = Mapping[str, Any]


class Objects(Protocol):
    """Keeps music of other servers: ``core.fediverse.remote.objects``."""

    async def take_library(self, document: Document, url: str) -> Library: ...

    async def take_upload(self, document: Document, *, sender: Actor, library: Library) -> int: ...

    async def take_many(self, documents: Sequence[Document], *, sender: Actor, library: Library) -> object: ...

    async def take_episode(self, document: Document, *, channel: Channel) -> int: ...

    async def update(self, kind: str, document: Document, sender: Actor) -> None: ...


class People(Protocol):
    """Knows actors of other servers: ``core.fediverse.remote.actors``."""

    async def refetched(self, fid: str) -> Actor | None: ...


class Ask(Protocol):
    """Asks other servers for documents: ``Asking.document``."""

    async def __call__(self, url: str, *, as_actor: int | None = None) -> Answer: ...


Rejects = Callable[[str, str | None], Awaitable[bool]]


class Content:
    """
    Create and Update.

    :param rejects_media: ``Policies.rejects_media``: what an activity only names was not judged by its type when it
        came in.
    """

    def __init__(
        self, database: Database, objects: Objects, people: People, ask: Ask, rejects_media: Rejects, pod: Pod
    ) -> None:
        self._database, self._objects, self._people = database, objects, people
        self._ask, self._rejects_media, self._pod = ask, rejects_media, pod

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(
            slow={
                ("Create", "Audio"): self.create,
                ("Update", "Audio"): self.create,
                ("Update", "AudioCollection"): self.collect,
                ("Update", "Library"): self.relabel,
                **dict.fromkeys((("Update", kind) for kind in WORKS), self.rework),
                **dict.fromkeys((("Update", kind) for kind in ACTORS), self.change_person),
                ("Create", BARE): self.bare_create,
                ("Update", BARE): self.bare_update,
            }
        )

    # --- audio -----------------------------------------------------------------------------------

    async def create(self, told: Told) -> None:
        """A file is there, or is another one."""
        document = _embedded(told)
        if document is not None:
            await self._take_audio(told, document)

    async def _take_audio(self, told: Told, document: Document) -> None:
        doc = Doc(document)
        fid = doc.id
        if fid is None or not self._is_theirs(told, fid):
            return
        if await self._database.read(lambda tx: received.is_stillborn(tx, fid, told.actor.id)):
            return
        library = doc.link("library")
        if library is not None:
            await self._into_library(told, document, library)
        elif told.actor.fid in (doc.ids("attributedTo") or (told.actor.fid,)):
            await self._onto_channel(told, document)

    async def _into_library(self, told: Told, document: Document, fid: str) -> None:
        library = await self._followed_library(told, fid)
        if library is not None:
            await self._objects.take_upload(document, sender=told.actor, library=library)

    async def _onto_channel(self, told: Told, document: Document) -> None:
        channel = await self._followed_channel(told)
        if channel is not None:
            await self._objects.take_episode(document, channel=channel)

    async def collect(self, told: Told) -> None:
        """Several files of one library, as Funkwhale 2 tells of them."""
        whole = told.act.object
        named = [] if whole is None else whole.docs("items")[:MOST_ITEMS]
        items = [one for one in named if self._is_theirs(told, one.id)]
        by_library: dict[str, list[Document]] = {}
        for item in items:
            library = item.link("library") or (whole and whole.link("library"))
            if library and item.is_a("Audio"):
                by_library.setdefault(library, []).append(_with_context(told, item))
        for fid, documents in by_library.items():
            found = await self._followed_library(told, fid)
            if found is not None:
                await self._objects.take_many(documents, sender=told.actor, library=found)

    async def _followed_library(self, told: Told, fid: str) -> Library | None:
        """A library of the actor's that somebody here follows."""

        async def work(tx: Tx) -> Library | None:
            for one in await held.held(tx, [fid]):
                if (
                    one.kind == "library"
                    and told.actor.id in one.owners
                    and await held.is_followed(tx, library_id=one.id)
                ):
                    return next(iter(await libraries.libraries_by_ids(tx, [one.id])), None)
            return None

        return await self._database.read(work)

    async def _followed_channel(self, told: Told) -> Channel | None:
        """The channel that the actor is, if somebody here follows it."""

        async def work(tx: Tx) -> Channel | None:
            channel = await channels.of_actor(tx, told.actor.id)
            return channel if channel is not None and await held.is_followed(tx, actor_id=told.actor.id) else None

        return await self._database.read(work)

    # --- what is said of things ------------------------------------------------------------------

    async def relabel(self, told: Told) -> None:
        """A library has another name, or another audience."""
        document = _embedded(told)
        if document is not None and await self._owns(told, Doc(document)):
            await self._objects.take_library(document, str(Doc(document).id))

    async def rework(self, told: Told) -> None:
        """Something else is said of a track, an album or an artist; whether by whom it is, ``objects`` sees."""
        document = _embedded(told)
        if document is not None:
            await self._rework(told, document)

    async def _rework(self, told: Told, document: Document) -> None:
        doc = Doc(document)
        kind = next((kind.lower() for kind in WORKS if doc.is_a(kind)), None)
        if kind is not None:
            await self._objects.update(kind, document, told.actor)

    async def _owns(self, told: Told, doc: Doc) -> bool:
        """Whether we hold the library, and the actor may change it."""
        fid = doc.id
        if fid is None or is_ours(fid, self._pod):
            return False

        async def work(tx: Tx) -> bool:
            things = [one for one in await held.held(tx, [fid]) if one.kind == "library"]
            return bool(things) and await may_speak_for(tx, told, things[0])

        return await self._database.read(work)

    async def change_person(self, told: Told) -> None:
        """An actor says something else of themselves; their own server is asked what."""
        if told.act.about != told.actor.fid:
            return
        if told.act.object is not None and told.act.object.text("audience") in HIDING:
            await self._database.transaction(lambda tx: remote_deeds.hide(tx, told.actor.id))
        known = await self._people.refetched(told.actor.fid)
        if known is not None and known.last_fetch_date < told.arrived:
            raise Later(REFETCH_SECONDS, "the actor was asked for a moment before")

    # --- what is only named ----------------------------------------------------------------------

    async def bare_create(self, told: Told) -> None:
        """Something is there; what it is, its server is asked, if anybody here could care."""
        fid = told.act.about
        if fid is None or not self._is_theirs(told, fid):
            return
        listener = await self._listener(told)
        if listener is None or await self._rejects(told):
            return
        answer = await self._ask(fid, as_actor=listener)
        if Doc(answer.document).is_a("Audio") and Doc(answer.document).id == fid:
            await self._take_audio(told, answer.document)

    async def bare_update(self, told: Told) -> None:
        """Something is another way now; what of it, its server is asked, if we hold it."""
        fid = told.act.about
        if fid is None or not self._is_theirs(told, fid):
            return
        if fid == told.actor.fid:
            await self.change_person(told)
            return
        if not await self._database.read(lambda tx: held.held(tx, [fid])) or await self._rejects(told):
            return
        document = (await self._ask(fid, as_actor=await self._listener(told))).document
        doc = Doc(document)
        if doc.id != fid:
            return
        if doc.is_a("Library"):
            if await self._owns(told, doc):
                await self._objects.take_library(document, fid)
        elif doc.is_a("Audio"):
            await self._take_audio(told, document)
        else:
            await self._rework(told, document)

    async def _listener(self, told: Told) -> int | None:
        """Somebody here to whom the actor plays: in whose name that is asked for which is not for everybody."""
        return await self._database.read(lambda tx: held.listener(tx, told.actor.id))

    async def _rejects(self, told: Told) -> bool:
        return await self._rejects_media(told.actor.domain, told.actor.fid)

    def _is_theirs(self, told: Told, fid: str | None) -> bool:
        """Whether an id is of the actor's server, and none of ours."""
        return fid is not None and same_origin(fid, told.actor.fid) and not is_ours(fid, self._pod)


def _embedded(told: Told) -> dict[str, Any] | None:
    """What the activity is about, as a document that stands by itself."""
    inner = told.act.object
    return None if inner is None else _with_context(told, inner)


def _with_context(told: Told, inner: Doc) -> dict[str, Any]:
    return {"@context": told.act.doc.raw.get("@context"), **inner.raw}
