"""
Writes what ``announcing`` asked to be told, as it is when the job runs, and puts it into the outbox.

What is gone by then is not told of: its own Delete was put down when it went.  A job that is run twice says the same
activities again, by the same ids, and who has them already takes no notice.

Source: docs/federation.md §3, §4.5 to §4.11, §7.3.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from fwtwisted.core.fediverse.publishing.papers import Papers, works_of
from fwtwisted.core.fediverse.sending import announcing as events
from fwtwisted.core.fediverse.sending.outbox import LANE, Outbox, Outgoing, same_for_all
from fwtwisted.core.fediverse.sending.recipients import (
    PODS_WITH_FOLLOWERS,
    Recipients,
    actors,
    followers_of,
    in_person,
    library_followers,
)
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import announced, published
from fwtwisted.db.fediverse.announced import Told, ToldActor, ids_of
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.music import Kind
from fwtwisted.wire.activitypub import activities
from fwtwisted.wire.activitypub.contexts import MUSIC, PLAIN, POSTED, PUBLIC, SPELLED_OUT
from fwtwisted.wire.activitypub.writing import posts
from fwtwisted.wire.activitypub.writing.actors import followers
from fwtwisted.wire.v1 import Document

AGAIN: Final = "federation.again"
# Misskey goes by a key that it has read for twelve hours more, whatever it has been told meanwhile; it answers 202 to
# what another key signs, and drops it.
AGAIN_SECONDS: Final = 12 * 3600.0 + 900.0
# What does no harm where it was heard the first time.
SAID_AGAIN: Final = ("Accept", "Create", "Update", "Delete")
AT_ONCE: Final = 20  # uploads in one transaction: their documents are written between two turns of the reactor

Written = Callable[[PeerClass], "Document | None"]


@frozen
class TellingGround:
    """What this stands on.  :ivar papers: writes documents of our things."""

    database: Database
    outbox: Outbox
    papers: Papers
    service: ServiceActor


class Telling:
    """Does what was asked to be told."""

    def __init__(self, ground: TellingGround) -> None:
        self._database, self._outbox = ground.database, ground.outbox
        self._papers, self._service = ground.papers, ground.service

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {events.TELL: JobKind(LANE, self._tell), AGAIN: JobKind(LANE, self._again)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Nothing with a beat."""
        return {}

    async def _tell(self, job: Job) -> None:
        """Tell of one event."""
        event, _, kind = str(job.args["event"]).partition(":")
        ids, tag = ids_of(job.args), str(job.args["tag"])
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            events.CREATED: lambda: self._uploads(ids, None),
            events.UPDATED: lambda: self._uploads(ids, tag),
            events.EDITED: lambda: self._edited(Kind(kind), ids[0], tag),
            events.SHELF: lambda: self._within(self._library, ids[0], tag),
            events.PERSONA: lambda: self._within(self._persona, ids[0], tag),
            events.FAVORED: lambda: self._within(self._favored, int(job.args["actor"]), ids, tag),
            events.LISTENED: lambda: self._within(self._listened, int(job.args["actor"]), ids),
            events.REPORTED: lambda: self._reported(ids[0]),
        }
        await deeds[event]()

    async def _within(self, work: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Do it in one transaction."""

        async def run(tx: Tx) -> None:
            await work(tx, *args)

        await self._database.transaction(run)

    async def key_replaced(self, tx: Tx, actor_id: int, former_key: str) -> None:
        """
        An actor has another key: say so by the one that it had to those who would not ask for it.

        :param former_key: PEM.
        """
        told, document = await announced.actor(tx, actor_id), await self._papers.actor(tx, actor_id)
        if told is None or document is None or document["type"] == "Tombstone":
            return
        id = f"{told.fid}#updates/{secrets.token_hex(4)}"
        written = partial(_only_instead_of_asking, _renewed(told, document, id))
        met = {*await announced.followed_by(tx, actor_id), *await announced.acquainted(tx, actor_id)}
        to = followers_of(actor_id) | PODS_WITH_FOLLOWERS | actors(*sorted(met))
        outgoing = Outgoing("Update", id, actor_id, told.fid, written, former_key=former_key)
        await self._outbox.send(tx, outgoing, to)
        if PeerClass.BARE in await self._outbox.readers(tx, to):
            await jobs.ask(tx, AGAIN, LANE, {"actor": actor_id}, key=str(actor_id), due_in=AGAIN_SECONDS)

    async def _again(self, job: Job) -> None:
        """What an actor said with its new key is said once more to those who may have gone by the old one."""
        actor_id = int(job.args["actor"])
        await self._database.transaction(lambda tx: self._outbox.say_again(tx, actor_id, PeerClass.BARE, SAID_AGAIN))

    # --- uploads ---------------------------------------------------------------------------------

    async def _uploads(self, ids: Sequence[int], tag: str | None) -> None:
        """
        Uploads are there, or are another way.

        :param tag: of the change; None: they are new.
        """
        for start in range(0, len(ids), AT_ONCE):
            await self._within(self._some_uploads, ids[start : start + AT_ONCE], tag)

    async def _some_uploads(self, tx: Tx, ids: Sequence[int], tag: str | None) -> None:
        told = await announced.uploads(tx, ids)
        of_channels = [id for id, one in told.items() if one.is_channel]
        of_libraries = [id for id, one in told.items() if not one.is_channel]
        if of_libraries and tag is None:
            await self._files(tx, [told[id] for id in sorted(of_libraries)])
        if of_channels:
            await self._posts(tx, [told[id] for id in sorted(of_channels)], tag)

    async def _files(self, tx: Tx, told: Sequence[Told]) -> None:
        """Create of library Audio, one each; the object repeats the context, else Funkwhale 1.x loses it."""
        files = await published.shared_files(tx, [one.id for one in told])
        works = await works_of(tx, tracks=[one.track_id for one in files.values()])
        old, new = (self._papers.files(files, works, peer) for peer in (PeerClass.G1, PeerClass.OTHER))
        for one in told:
            if one.id not in files:
                continue
            to = [one.followers, PUBLIC] if one.is_public else [one.followers]
            moment = files[one.id].published

            def written(peer: PeerClass, one: Told = one, to: list[str] = to, moment: Any = moment) -> Document:
                document = (old if peer is PeerClass.G1 else new)[one.id]
                made = partial(activities.create, posts.activity_id(one.fid), one.speaker, document, to)
                return _of_music(partial(made, published=moment), peer)

            outgoing = Outgoing("Create", posts.activity_id(one.fid), one.speaker_id, one.fid, written)
            await self._outbox.send(tx, outgoing, library_followers(one.library_id))

    async def _posts(self, tx: Tx, told: Sequence[Told], tag: str | None) -> None:
        """Create or Update of what channels published: Audio, and a Note for those who take none."""
        if tag is not None:
            await announced.edited(tx, [one.id for one in told])
        found = await published.posts(tx, [one.id for one in told])
        works = await works_of(tx, tracks=[one.track_id for one in found.values()])
        forms = {peer: self._papers.for_followers(peer).posts(found, works, peer) for peer in PeerClass}
        for one in told:
            if one.id in found:
                documents = {peer: form[one.id] for peer, form in forms.items()}
                type = "Create" if tag is None else "Update"
                id = posts.activity_id(one.fid) + ("" if tag is None else f"/{tag}")
                written = _posted(one, documents, tag, found[one.id].published)
                to = followers_of(one.speaker_id)
                # What changed concerns servers that have it without following, too.
                reach = to if tag is None else to | PODS_WITH_FOLLOWERS
                await self._outbox.send(tx, Outgoing(type, id, one.speaker_id, one.fid, written), reach)

    # --- works, libraries, actors ----------------------------------------------------------------

    async def _edited(self, kind: Kind, id: int, tag: str) -> None:
        """A work is another way; one that a channel published is told of by the channel."""
        speaker = await self._service.id()
        await self._within(self._work, kind, id, tag, speaker)

    async def _work(self, tx: Tx, kind: Kind, id: int, tag: str, service_id: int) -> None:
        if kind is Kind.TRACK and (told := await announced.posts_of_track(tx, id)):
            await self._posts(tx, told, tag)
            return
        if kind is Kind.ARTIST and (voice := await announced.voice_of_artist(tx, id)) is not None:
            await self._persona(tx, voice, tag)
            return
        write = {Kind.TRACK: self._papers.track, Kind.ALBUM: self._papers.album, Kind.ARTIST: self._papers.artist}
        document, service = await write[kind](tx, id), await announced.actor(tx, service_id)
        if document is not None and service is not None:
            fid = str(document["id"])
            made = partial(activities.update, f"{fid}/activity/{tag}", service.fid, document, [PUBLIC])
            outgoing = Outgoing("Update", f"{fid}/activity/{tag}", service_id, fid, partial(_of_music, made))
            await self._outbox.send(tx, outgoing, PODS_WITH_FOLLOWERS)

    async def _library(self, tx: Tx, id: int, tag: str) -> None:
        told, document = await announced.library(tx, id), await self._papers.library(tx, id)
        if told is not None and document is not None:
            made = partial(activities.update, f"{told.fid}/activity/{tag}", told.owner, document, [told.followers])
            outgoing = Outgoing(
                "Update", f"{told.fid}/activity/{tag}", told.owner_id, told.fid, partial(_of_music, made)
            )
            await self._outbox.send(tx, outgoing, library_followers(id))

    async def _persona(self, tx: Tx, id: int, tag: str) -> None:
        told, document = await announced.actor(tx, id), await self._papers.actor(tx, id)
        if told is not None and document is not None and document["type"] != "Tombstone":
            made = f"{told.fid}#updates/{tag}"
            level = await announced.privacy(tx, id)

            def written(peer: PeerClass) -> Document:
                shown = level is not None and peer is PeerClass.G2  # which forgets what is shown no longer
                return _renewed(told, {**document, "audience": level} if shown else document, made)

            outgoing = Outgoing("Update", made, id, told.fid, written)
            await self._outbox.send(tx, outgoing, followers_of(id) | PODS_WITH_FOLLOWERS)

    async def _send_same(self, tx: Tx, made: Document, actor_id: int, about: str, to: Recipients) -> None:
        outgoing = Outgoing(made["type"], made["id"], actor_id, about, same_for_all(made))
        await self._outbox.send(tx, outgoing, to)

    # --- what people do --------------------------------------------------------------------------

    async def _favored(self, tx: Tx, actor_id: int, track_ids: Sequence[int], tag: str) -> None:
        """Like, or Dislike, which takes a Like back, as it is now."""
        told, audience = await announced.actor(tx, actor_id), await announced.audience(tx, actor_id)
        if told is None or audience is None:
            return
        for track in await announced.favorites(tx, actor_id, track_ids):
            if track.favorite is not None:
                id = self._papers.paper.music("likes", track.favorite)
                made = activities.like(id, told.fid, track.fid, told.followers, audience)
            else:
                id = f"{told.fid}#dislikes/{track.id}/{tag}"
                made = activities.dislike(id, told.fid, track.fid, told.followers, audience)
            await self._send_same(tx, made, actor_id, f"{told.fid} {track.fid}", followers_of(actor_id))

    async def _listened(self, tx: Tx, actor_id: int, ids: Sequence[int]) -> None:
        told, audience = await announced.actor(tx, actor_id), await announced.audience(tx, actor_id)
        if told is None or audience is None:
            return
        for heard in await announced.listenings(tx, actor_id, ids):
            assert heard.favorite is not None
            id = self._papers.paper.music("listenings", heard.favorite)
            made = activities.listen(id, told.fid, heard.fid, told.followers, audience)
            await self._send_same(tx, made, actor_id, id, followers_of(actor_id))

    async def _reported(self, report_id: int) -> None:
        """Flag, by the pod itself: who reported stays unnamed."""
        service_id = await self._service.id()
        await self._within(self._flag, report_id, service_id)

    async def _flag(self, tx: Tx, report_id: int, service_id: int) -> None:
        told, service = await announced.report(tx, report_id), await announced.actor(tx, service_id)
        if told is None or service is None:
            return
        id = self._papers.paper.pod.fid(f"reports/{told.uuid}")

        def written(peer: PeerClass) -> Document:
            objects = [told.target]
            if peer is PeerClass.G1 and "/music/uploads/" in told.target:
                objects = [told.owner]  # which 1.x can read; of an episode it loses the report
            elif peer in events.OTHERS and told.owner != told.target:
                objects = [told.owner, told.target]
            return activities.flag(id, service.fid, objects, told.summary or "", told.type, told.owner)

        await self._outbox.send(tx, Outgoing("Flag", id, service_id, id, written), in_person(told.owner_id))


def _renewed(told: ToldActor, document: Document, id: str) -> Document:
    """That an actor shows something else of itself.  :param id: of the activity."""
    return activities.update(
        id, told.fid, document, [PUBLIC], cc=[told.followers], context=document.get("@context", list(PLAIN)),
        repeats_context=True,
    )  # fmt: skip


def _only_instead_of_asking(document: Document, peer: PeerClass) -> Document | None:
    return document if peer in (PeerClass.NOTE, PeerClass.BARE) else None


def _of_music(write: Callable[..., Document], peer: PeerClass) -> Document:
    """An activity about something of Funkwhale's own types, for a kind of peer."""
    return write(context=SPELLED_OUT if peer in events.OTHERS else MUSIC, repeats_context=True)


def _posted(told: Told, documents: Mapping[PeerClass, Document], tag: str | None, moment: Any) -> Written:
    """The activity around a post, for each kind of peer."""
    write = activities.create if tag is None else activities.update

    def written(peer: PeerClass) -> Document:
        is_note = peer is PeerClass.NOTE
        about = posts.note_id(told.fid) if is_note else told.fid
        id = posts.activity_id(about) + ("" if tag is None else f"/{tag}")
        return write(
            id, told.speaker, documents[peer], [PUBLIC], cc=[followers(told.speaker)], published=moment,
            context=PLAIN if is_note else POSTED, repeats_context=tag is not None,
        )  # fmt: skip

    return written
