"""
Feeds from outside: subscribed to, made into channels, asked again for as long as somebody follows them.

A feed is asked once a day or as the settings say, a little earlier or later, so that not all are asked in the same
minute.  What fails is asked less and less often; a host that wants to be left alone is, with all its feeds.  A feed
that nobody follows is not asked.  One that says that it lives elsewhere (a permanent redirect, ``itunes:new-feed-url``)
is followed there once the new place has proven to be a feed, and known by both addresses ever after.

Source: docs/api.md §4.15; docs/settings.md, ``PODCASTS_…``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.people.actors import own_actor
from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.core.podcasts.asking import Asking, Had, Read, Same, Trouble
from fwtwisted.core.podcasts.channels import new_voice
from fwtwisted.core.podcasts.episodes import write_items
from fwtwisted.core.podcasts.subscriptions import Subscriptions, followed
from fwtwisted.db import jobs
from fwtwisted.db.files import doomed
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.music.tags import set_tags
from fwtwisted.db.people import people
from fwtwisted.db.podcasts import channels, feeds
from fwtwisted.db.podcasts.feeds import KnownFeed
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, Unauthenticated
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Pod, Privacy, Viewer
from fwtwisted.model.podcasts import Channel, ChannelPage, Subscription
from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching import FetchFailed

REFRESH = "feeds.refresh"
REFRESH_DUE = "feeds.refresh_due"
LANE = "fetch"
AT_ONCE = 2_000  # feeds that one round of the chore asks for
SPREAD_SECONDS = 1_800.0  # over which it spreads them
JITTER = 0.1  # of the time between two questions
FIRST_BACK_OFF, LONGEST_BACK_OFF = 3_600.0, 7 * 86_400.0
GONE_SECONDS = 30 * 86_400.0
ATTEMPTS = 3  # to subscribe to a feed that others remove meanwhile
HASTY_SECONDS = 900.0  # nobody makes us ask for a feed more often


@frozen
class FeedSettings:
    """
    What becomes of feeds of other servers.

    :ivar level: who may hear a feed that somebody subscribed to; ``me``: those who subscribed.
    :ivar refresh_seconds: between two questions.
    :ivar most_items: episodes kept of one feed.
    """

    level: Privacy = Privacy.ME
    refresh_seconds: float = 86_400.0
    most_items: int = 250


class Feeds:
    """
    Keeps feeds.

    :param draw: random numbers in [0, 1).
    """

    _log = Logger()

    def __init__(
        self,
        database: Database,
        threads: Threads,
        asking: Asking,
        service: ServiceActor,
        subscriptions: Subscriptions,
        ring: Ring,
        pod: Pod,
        now: Callable[[], datetime],
        draw: Callable[[], float],
        settings: FeedSettings,
    ) -> None:
        self._database, self._threads, self._asking = database, threads, asking
        self._service, self._subscriptions, self._ring, self._pod = service, subscriptions, ring, pod
        self._now, self._draw, self._settings = now, draw, settings

    # --- subscribing -----------------------------------------------------------------------------

    async def subscribe(self, viewer: Viewer, url: str) -> tuple[Subscription, ChannelPage]:
        """
        Follow the feed at an address; one that nobody here knows yet is asked for first.

        :raise Invalid: on ``url``: it is none that we ask, or no feed.
        """
        if viewer.actor_id is None:
            raise Unauthenticated
        actor_id = viewer.actor_id
        try:
            url = self._asking.checked(url)
        except FetchFailed as why:
            raise Invalid.on("url", str(why)) from why
        ours = self._ours(url) or await self._spoken(url)
        if ours is not None:
            return await self._subscriptions.subscribe(viewer, ours)
        for _ in range(ATTEMPTS):
            made = await self._subscribed(actor_id, url)
            if made is not None:
                return made
        raise self._no_feed(url, "This feed is removed from this pod whenever it is added.")

    async def _subscribed(self, actor_id: int, url: str) -> tuple[Subscription, ChannelPage] | None:
        """Have somebody follow a feed, made a channel if it is none yet; None: the channel was removed meanwhile."""
        known = await self._database.read(lambda tx: feeds.at(tx, [url]))
        channel_id = await self._made(url) if known is None else known

        async def work(tx: Tx) -> tuple[Subscription, ChannelPage] | None:
            if not await channels.hold(tx, channel_id):
                return None
            [channel] = await channels.by_ids(tx, [channel_id])
            made = await followed(tx, actor_id, channel)
            if known is not None:
                await self._catch_up(tx, channel)
            return made

        return await self._database.transaction(work)

    async def _spoken(self, url: str) -> str | None:
        """The channel of another pod whose feed this is."""
        found = await self._database.read(lambda tx: feeds.spoken(tx, url))
        return None if found is None else str(found)

    def _ours(self, url: str) -> str | None:
        """The name of the channel of ours whose feed lives there; None for any other address."""
        rest = url.removeprefix(f"{self._pod.url}/api/v1/channels/")
        name, _, tail = rest.partition("/")
        return name if rest != url and tail.rstrip("/") == "rss" else None

    def _no_feed(self, url: str, words: str) -> Invalid:
        """Only the host is logged, here and elsewhere: the address of a feed may be the key to it."""
        host = self._asking.host(url)
        self._log.info("a feed at {host} is not subscribed to: {words}", event="feeds.refused", host=host, words=words)
        return Invalid.on("url", words)

    async def _catch_up(self, tx: Tx, channel: Channel) -> None:
        """Ask for a feed that slept because nobody followed it."""
        known = await feeds.known(tx, channel.id)
        if known is not None and known.due <= self._now():
            await self._want(tx, channel.id, 0.0)

    async def _made(self, url: str) -> int:
        """The channel of a feed that is asked for now."""
        came = await self._asking.ask(url)
        if isinstance(came, Trouble):
            raise self._no_feed(url, came.words)
        if isinstance(came, Same):
            raise self._no_feed(url, "The server says that nothing has changed, though we have nothing.")
        if not came.feed.items:
            raise self._no_feed(url, "There is nothing to hear in this feed.")
        read, owner_id = came, await self._service.id()
        keys = await self._threads(new_keys)

        async def work(tx: Tx) -> int:
            await feeds.lock(tx)
            known = await feeds.at(tx, [read.settled_url, url])
            if known is not None:
                await feeds.know_as(tx, known, [url, read.settled_url])
                return known
            await feeds.release(tx, read.settled_url)
            return (await self._add(tx, read, owner_id, keys)).id

        return await self._database.transaction(work)

    async def _add(self, tx: Tx, read: Read, owner_id: int, keys: KeyPair) -> Channel:
        """Write a channel for a feed, with its episodes."""
        feed, uuid = read.feed, uuid4()
        username = f"rssfeed-{uuid}"
        await people.add_domain(tx, self._pod.domain)
        actor_id = await people.add_actor(tx, own_actor(self._pod, username, "Person", feed.title, "", keys))
        assert actor_id is not None, "a name of random letters is taken"
        await channels.introduce(tx, actor_id, feed.description, feed.link)
        pictures = await feeds.pictures(tx, [feed.image] if feed.image else [])
        cover_id = pictures.get(feed.image or "")
        voice = new_voice(
            self._pod, owner_id, feed.title, username, self._settings.level, "podcast", cover_id, feed.description
        )
        channel = await channels.add(tx, uuid, actor_id, voice, read.settled_url, feed.metadata)
        await set_tags(tx, Kind.ARTIST, channel.artist_id, feed.tags)
        await feeds.add(tx, channel.id, self._asking.host(read.settled_url))
        await feeds.know_as(tx, channel.id, [read.settled_url, read.url])
        known = await feeds.known(tx, channel.id)
        assert known is not None
        await write_items(tx, self._pod, known, owner_id, feed, self._now(), self._settings.most_items)
        await self._well(tx, channel.id, read)
        tx.touch("catalog", "libraries")
        return channel

    # --- asking again ----------------------------------------------------------------------------

    async def hasten(self, viewer: Viewer) -> int:
        """Ask soon for all feeds that the viewer follows, at most every quarter of an hour; for how many."""
        actor_id = viewer.actor_id
        if actor_id is None:
            raise Unauthenticated

        async def work(tx: Tx) -> int:
            found = await feeds.hasten(tx, actor_id, HASTY_SECONDS)
            for channel_id in found:
                await self._want(tx, channel_id, 0.0)
            return len(found)

        return await self._database.transaction(work)

    async def _want(self, tx: Tx, channel_id: int, due_in: float) -> None:
        await jobs.ask(tx, REFRESH, LANE, {"channel": channel_id}, key=str(channel_id), due_in=due_in)
        jobs.ring_for(tx, self._ring, LANE)

    async def refresh_due(self, _: Job) -> None:
        """Have all feeds asked for that are due, spread over a while."""

        async def work(tx: Tx) -> None:
            for channel_id in await feeds.due(tx, AT_ONCE):
                await self._want(tx, channel_id, self._draw() * SPREAD_SECONDS)

        await self._database.transaction(work)

    async def refresh(self, job: Job) -> None:
        """Ask for one feed, unless it is not due any more; done twice it is done once."""
        channel_id = int(job.args["channel"])
        known = await self._database.read(lambda tx: feeds.known(tx, channel_id))
        now = self._now()
        if known is None or not known.is_followed or known.due > now:
            return
        if known.rests_until is not None:
            seconds = (known.rests_until - now).total_seconds() + self._draw() * SPREAD_SECONDS
            await self._database.transaction(lambda tx: feeds.postpone(tx, channel_id, seconds))
            return
        came = await self._asking.ask(known.url, _had(known))
        if isinstance(came, Trouble):
            await self._wrong(known, came)
            return
        moved = came.feed.moved_to if isinstance(came, Read) else None
        if moved is not None and moved != known.url:
            came = await self._moved(came, moved)
        await self._write(known, came)

    async def _moved(self, came: Read | Same, place: str) -> Read | Same:
        """What the place says to which a feed says that it has moved; the old one where that is no feed."""
        there = await self._asking.ask(place)
        return there if isinstance(there, Read) else came

    async def _write(self, known: KnownFeed, came: Read | Same) -> None:
        owner_id = await self._service.id()

        async def work(tx: Tx) -> None:
            await feeds.lock(tx)
            if came.settled_url != known.url:
                await self._follow_it(tx, known, came.settled_url)
            if isinstance(came, Read):
                await self._write_feed(tx, known, came, owner_id)
            await self._well(tx, known.channel_id, came)

        await self._database.transaction(work)

    async def _write_feed(self, tx: Tx, known: KnownFeed, read: Read, owner_id: int) -> None:
        feed = read.feed
        [channel] = await channels.by_ids(tx, [known.channel_id])
        pictures = await feeds.pictures(tx, [feed.image] if feed.image else [])
        text = feed.description
        values = {
            "name": feed.title,
            "cover_id": pictures.get(feed.image or ""),
            "description": text and text.text,
            "description_type": text and text.content_type,
        }
        if await feeds.says_otherwise(tx, known.artist_id, values):
            await channels.change_artist(tx, channel, values)
            tx.touch("catalog")
        await channels.change_metadata(tx, channel.id, feed.metadata)
        now, most = self._now(), self._settings.most_items
        if await write_items(tx, self._pod, known, owner_id, feed, now, most):
            await doomed.ask_removal(tx, self._ring)
            tx.touch("catalog")

    async def _follow_it(self, tx: Tx, known: KnownFeed, url: str) -> None:
        """The feed has moved, unless what lives there is another that we know."""
        other = await feeds.at(tx, [url])
        if other is None or other == known.channel_id:
            await feeds.know_as(tx, known.channel_id, [known.url, url])
            await feeds.move(tx, known.channel_id, url, self._asking.host(url))

    async def _well(self, tx: Tx, channel_id: int, came: Read | Same) -> None:
        seconds = self._settings.refresh_seconds * (1 + JITTER * (2 * self._draw() - 1))
        had = came.had
        await feeds.went_well(tx, channel_id, had.etag, had.last_modified, had.digest, seconds)

    async def _wrong(self, known: KnownFeed, trouble: Trouble) -> None:
        seconds = back_off(known.failures, self._draw())
        if trouble.is_gone:
            seconds = GONE_SECONDS
        rest = trouble.rest_seconds

        async def work(tx: Tx) -> None:
            if rest:
                await feeds.rest(tx, self._asking.host(known.url), rest)
            await feeds.went_wrong(tx, known.channel_id, trouble.words, max(seconds, rest or 0.0))

        await self._database.transaction(work)
        self._log.warn(
            "the feed of channel {channel}, at {host}, cannot be read: {words}",
            event="feeds.trouble", channel=known.channel_id, host=self._asking.host(known.url), words=trouble.words,
        )  # fmt: skip

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {REFRESH: JobKind(LANE, self.refresh), REFRESH_DUE: JobKind(LANE, self.refresh_due)}

    def schedules(self) -> Mapping[str, Schedule]:
        """Hourly, as docs/operations.md §5 has it."""
        return {REFRESH_DUE: Schedule(REFRESH_DUE, LANE, next_hour)}


def back_off(failures: int, draw: float) -> float:
    """Seconds until a feed that failed is asked again: an hour, two, four, … at most a week, a little more or less."""
    return float(min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2.0 ** min(failures, 20)) * (1 + JITTER * (2 * draw - 1)))


def _had(known: KnownFeed) -> Had:
    return Had(known.etag, known.last_modified, known.digest)
