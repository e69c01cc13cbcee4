"""
What a channel published before we knew of it: its outbox, page by page.

The first page is read while somebody waits for the channel; further ones by a job, as far as the settings go.
Source: docs/federation.md §2.7, §5.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.asking import AskFailed
from fwtwisted.core.fediverse.remote.actors import AskDocument
from fwtwisted.core.fediverse.remote.episodes import RemoteEpisodes
from fwtwisted.db import jobs
from fwtwisted.db.fediverse.remote import actors, libraries
from fwtwisted.db.jobs import Job, JobKind, Schedule
from fwtwisted.db.people import people
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import Actor
from fwtwisted.model.podcasts import Channel
from fwtwisted.model.remote import SaidPage
from fwtwisted.wire.activitypub.reading import Doc, audio, collections
from fwtwisted.wire.activitypub.reading.places import is_web
from fwtwisted.wire.addresses import host_of

READ = "outboxes.read"
LANE = "fetch"
LARGEST_PAGE = 4 << 20  # bytes
MOST_NAMED = 20  # activities of a page that are only named, and asked for one by one


@frozen
class OutboxesSettings:
    """:ivar most_pages: read of one outbox."""

    most_pages: int = 5


class Outboxes:
    """Reads what channels elsewhere published."""

    _log = Logger()

    def __init__(
        self, database: Database, ask: AskDocument, episodes: RemoteEpisodes, ring: Ring, settings: OutboxesSettings
    ) -> None:
        self._database, self._ask, self._episodes = database, ask, episodes
        self._ring, self._settings = ring, settings

    async def begin(self, channel: Channel, as_actor: int | None = None) -> int:
        """
        Read the first page now and the others soon; how many episodes are here now.

        What cannot be read leaves the channel as it is.
        """
        try:
            page = await self._first(channel, as_actor)
        except (AskFailed, Invalid) as why:
            self._log.info("the outbox of a channel cannot be read: {why}", event="outboxes.unread", why=str(why))
            return 0
        if page is None:
            return 0
        count = await self._take(page, channel, as_actor)
        await self._database.transaction(lambda tx: self._ask_on(tx, channel, page.next, as_actor))
        return count

    async def ask_for(self, tx: Tx, channel_id: int) -> None:
        """Have an outbox read from its beginning, after the commit."""
        await jobs.ask(tx, READ, LANE, {"channel": channel_id, "url": None, "by": None}, key=str(channel_id))
        jobs.ring_for(tx, self._ring, LANE)

    async def read(self, job: Job) -> None:
        """Read further pages; where none is named, the outbox from its beginning."""
        id, url, as_actor = job.args["channel"], job.args["url"], job.args["by"]
        found = await self._database.read(lambda tx: channels.by_ids(tx, [id]))
        if not found:
            return
        [channel] = found
        seen: set[str] = set()
        if url is None:
            first = await self._first(channel, as_actor, fresh=True)
            if first is None:
                return
            await self._take(first, channel, as_actor)
            url = first.next
        while url is not None and url not in seen and len(seen) < self._settings.most_pages - 1:
            seen.add(url)
            page = await self._page(url, channel, as_actor, fresh=True)
            await self._take(page, channel, as_actor)
            url = page.next

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {READ: JobKind(LANE, self._read_or_leave, attempts=3)}

    def schedules(self) -> Mapping[str, Schedule]:
        """None."""
        return {}

    async def _read_or_leave(self, job: Job) -> None:
        try:
            await self.read(job)
        except (AskFailed, Invalid) as why:
            self._log.info("the outbox of a channel cannot be read: {why}", event="outboxes.unread", why=str(why))

    async def _ask_on(self, tx: Tx, channel: Channel, url: str | None, as_actor: int | None) -> None:
        await libraries.read_outbox(tx, channel.id)
        if url is not None and self._settings.most_pages > 1:
            args = {"channel": channel.id, "url": url, "by": as_actor}
            await jobs.ask(tx, READ, LANE, args, key=str(channel.id))
            jobs.ring_for(tx, self._ring, LANE)

    # --- pages -----------------------------------------------------------------------------------

    async def _first(self, channel: Channel, as_actor: int | None, *, fresh: bool = False) -> SaidPage | None:
        """:param fresh: not what it was a minute ago.  :raise AskFailed: :raise Invalid:"""
        url = await self._database.read(lambda tx: actors.outbox_of(tx, channel.actor_id))
        if url is None:
            return None
        speaker = await self._speaker(channel)
        answer = await self._ask(url, as_actor=as_actor, largest=LARGEST_PAGE, fresh=fresh)
        first = collections.first_page(Doc(answer.document))
        if isinstance(first, Doc):
            return collections.page(first, speaker.fid)
        if first is None or not is_web(first) or host_of(first) != host_of(speaker.fid):
            return None
        return await self._page(first, channel, as_actor, fresh=fresh)

    async def _page(self, url: str, channel: Channel, as_actor: int | None, *, fresh: bool) -> SaidPage:
        speaker = await self._speaker(channel)
        answer = await self._ask(url, as_actor=as_actor, largest=LARGEST_PAGE, fresh=fresh)
        return collections.page(Doc(answer.document), speaker.fid)

    async def _speaker(self, channel: Channel) -> Actor:
        return (await self._database.read(lambda tx: people.actors(tx, [channel.actor_id])))[channel.actor_id]

    async def _take(self, page: SaidPage, channel: Channel, as_actor: int | None) -> int:
        """Keep the episodes of a page; how many there are.  What is none, or no good one, is passed over."""
        speaker = await self._speaker(channel)
        named = [await self._named(url, as_actor) for url in page.ids[:MOST_NAMED]]
        count, refused = 0, list[Invalid]()
        for document in (*page.items, *filter(None, named)):
            said = published(document, speaker.fid)
            if said is None:
                continue
            try:
                await self._episodes.take(said, channel=channel)
            except Invalid as why:
                refused.append(why)
            else:
                count += 1
        for first in refused[:1]:  # a line for each would be a way to fill the disk
            text = "{count} episodes of channel {id} are passed over, one of them since: {why}"
            self._log.info(text, event="outboxes.invalid", count=len(refused), id=channel.id, why=str(first))
        return count

    async def _named(self, url: str, as_actor: int | None) -> Mapping[str, Any] | None:
        """An activity that a page only names."""
        try:
            answer = await self._ask(url, as_actor=as_actor)
        except AskFailed:
            return None
        return answer.document if host_of(answer.url) == host_of(url) else None


def published(document: Mapping[str, Any], speaker: str) -> Mapping[str, Any] | None:
    """The episode that an activity of an outbox published; None of any other activity."""
    doc = Doc(document)
    if not doc.is_a("Create") or doc.link("actor") not in (None, speaker):
        return None
    inner = doc.doc("object")
    if inner is None or not inner.is_a("Audio") or audio.is_in_library(inner):
        return None
    return inner.raw
