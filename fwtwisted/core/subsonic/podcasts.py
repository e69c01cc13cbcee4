"""
Podcasts in an app: the channels that somebody follows, and those that they speak through.

Following and feeds are the podcasts' own affair (``core/podcasts``); here is how they look to a Subsonic app.  Where
an administrator has switched channels off, there are none, and nothing can be changed.

Source: docs/subsonic.md §8.9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote
from uuid import UUID

from fwtwisted.core.listening.remote_audio import RemoteAudio
from fwtwisted.core.music.kept import Kept
from fwtwisted.core.podcasts.area import Podcasts
from fwtwisted.core.subsonic.arriving import Arrival, Arriving
from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import podcasts
from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.heard import HeardChannel, HeardEpisode, Sight
from fwtwisted.model.people import Viewer
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.wire.markup import plain
from fwtwisted.wire.subsonic.documents import Paper, cover_of
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.names import Name, Prefix
from fwtwisted.wire.subsonic.podcasts import channel as channel_document
from fwtwisted.wire.subsonic.podcasts import coming, episode_fields
from fwtwisted.wire.subsonic.podcasts import episode as episode_document

MOST_EPISODES = 500  # of one channel
MOST_IN_ALL = 20_000
MOST_TEXTS = 20_000  # kept

OFF = "Podcasts are switched off on this pod."
ORIGINAL = "This is the original, not a copy: it is removed on the page of its channel."


class PodcastsHeard:
    """Shows podcasts, and follows them."""

    def __init__(
        self,
        database: Database,
        threads: Threads,
        hearing: Hearing,
        paper: Paper,
        area: Podcasts,
        arriving: Arriving,
        remote: RemoteAudio,
        preference: ReadPreference,
        public_url: str,
    ) -> None:
        self._database, self._threads, self._hearing, self._paper = database, threads, hearing, paper
        self._area, self._arriving, self._preference, self._public_url = area, arriving, preference, public_url
        self._remote = remote
        self._texts: Kept[str] = Kept("", MOST_TEXTS)

    async def is_on(self) -> bool:
        """Whether the pod has channels at all."""
        return bool(await self._preference("audio__channels_enabled"))

    # --- looking ---------------------------------------------------------------------------------

    async def all(self, sight: Sight, *, with_episodes: bool) -> list[Payload]:
        """Every podcast of the listener's, by name; then those that are on their way."""
        found = await self._channels(sight)
        documents = await self._documents(sight, found, with_episodes=with_episodes)
        actor_id = sight.viewer.actor_id
        if actor_id is None or not await self.is_on():
            return documents
        here = {document["url"] for document in documents}
        for url in here:
            self._arriving.arrived(actor_id, url)
        waiting = self._arriving.of(actor_id)
        more: Payload = {"episode": []} if with_episodes else {}
        return [*documents, *({**_arriving_document(one), **more} for one in waiting if one.url not in here)]

    async def one(self, sight: Sight, uuid: UUID, *, with_episodes: bool) -> list[Payload]:
        """A podcast of the listener's.  :raise NotFound:"""
        found = None
        if await self.is_on():
            found = await self._database.read(lambda tx: podcasts.channel(tx, sight, uuid))
        if found is None:
            raise NotFound
        return await self._documents(sight, [found], with_episodes=with_episodes)

    async def newest(self, sight: Sight, count: int) -> list[Piece]:
        """The newest episodes of all podcasts of the listener's."""
        found = await self._channels(sight)
        return [piece for _, piece in await self._episodes(sight, found, count)]

    async def episode(self, sight: Sight, upload: UUID) -> tuple[HeardEpisode, Piece]:
        """An episode that the listener may hear.  :raise NotFound:"""
        found = None
        if await self.is_on():
            found = await self._database.read(lambda tx: podcasts.episode(tx, sight, upload))
        if found is None:
            raise NotFound
        channel = await self._database.read(lambda tx: podcasts.channel(tx, sight, found.channel))
        written = await self._written(sight, [found], {} if channel is None else {channel.uuid: channel})
        if not written:
            raise NotFound
        return written[0]

    async def _channels(self, sight: Sight) -> Sequence[HeardChannel]:
        if not await self.is_on():
            return ()
        return await self._database.read(lambda tx: podcasts.channels(tx, sight))

    async def _documents(self, sight: Sight, found: Sequence[HeardChannel], *, with_episodes: bool) -> list[Payload]:
        texts = await self._threads(_plain_texts, [(one.id, one.text or "", one.text_type) for one in found])
        documents = [channel_document(one, self._paper, texts[one.id]) for one in found]
        if not with_episodes:
            return documents
        by_channel: dict[UUID, list[Piece]] = {one.uuid: [] for one in found}
        for episode, piece in await self._episodes(sight, found, MOST_IN_ALL):
            by_channel[episode.channel].append(piece)
        return [{**document, "episode": by_channel[one.uuid]} for one, document in zip(found, documents, strict=True)]

    async def _episodes(
        self, sight: Sight, channels: Sequence[HeardChannel], limit: int
    ) -> list[tuple[HeardEpisode, Piece]]:
        """Episodes of these channels, the newest first."""
        if not channels or not limit:
            return []
        of_each, ids = min(limit, MOST_EPISODES), [one.id for one in channels]
        found = await self._database.read(lambda tx: podcasts.episodes(tx, ids, of_each, limit))
        return await self._written(sight, found, {one.uuid: one for one in channels})

    async def _written(
        self, sight: Sight, found: Sequence[HeardEpisode], channels: Mapping[UUID, HeardChannel]
    ) -> list[tuple[HeardEpisode, Piece]]:
        """Episodes as documents; those that may not be heard are left out."""
        texts = await self._texts_of(sight, [one.upload_id for one in found])
        more = {one.song: episode_fields(one, texts[one.upload_id]) for one in found}
        songs = await self._hearing.audible(sight, [one.song for one in found])
        pieces = dict(zip(songs, await self._hearing.songs_by_id(sight, songs, more), strict=True))
        return [
            (one, episode_document(pieces[one.song], one, _cover(channels.get(one.channel))))
            for one in found
            if one.song in pieces
        ]

    async def _texts_of(self, sight: Sight, uploads: Collection[int]) -> Mapping[int, str]:
        """What is written about episodes, plain; kept for as long as nothing changes."""

        async def load(missing: Collection[int]) -> Mapping[int, str]:
            written = await self._database.read(lambda tx: podcasts.descriptions(tx, list(missing)))
            texts: Mapping[int, str] = await self._threads(_plain_texts, written)
            return texts

        return await self._texts.get(sight.catalog, None, uploads, load)

    # --- following -------------------------------------------------------------------------------

    async def must_be_on(self) -> None:
        """:raise Forbidden: an administrator has switched channels off."""
        if not await self.is_on():
            raise Forbidden(OFF)

    async def follow(self, viewer: Viewer, place: str) -> None:
        """
        Follow a podcast: a feed's address, the page of a channel here, or ``name@domain``.

        A feed that is slow to answer is not waited for: it comes later.

        :raise Invalid: nothing to hear there.  :raise NotFound: there is no such channel.
        """
        name = self._name_of(place)
        if name is None:
            await self._arriving.subscribe(viewer, place)
        else:
            await self._area.subscriptions.subscribe(viewer, name)

    def _name_of(self, place: str) -> str | None:
        """The name of a channel, when that is what was given; None for an address elsewhere."""
        if "://" not in place:
            return place.removeprefix("@")
        rest = place.removeprefix(f"{self._public_url}/channels/")
        return None if rest == place else unquote(rest.strip("/").partition("/")[0])

    async def leave(self, viewer: Viewer, uuid: UUID) -> None:
        """Follow a podcast no longer.  :raise NotFound:"""
        if viewer.actor_id is None or not self._arriving.give_up(viewer.actor_id, uuid):
            await self._area.subscriptions.unsubscribe(viewer, str(uuid))

    async def refresh(self, viewer: Viewer) -> None:
        """Have the feeds asked for that the viewer follows; soon, and at most every quarter of an hour."""
        await self._area.feeds.hasten(viewer)

    # --- copies ----------------------------------------------------------------------------------

    async def keep(self, sight: Sight, upload: UUID) -> None:
        """
        See to it that an episode lies here.

        What lies on another server is brought by the hands; the episode tells how far that is.

        :raise NotFound:
        """
        found, _ = await self.episode(sight, upload)
        if not found.is_here:
            await self._remote.ask_for(found.upload_id)

    async def drop(self, sight: Sight, upload: UUID) -> None:
        """
        See to it that no copy of an episode lies here; it stays listed.

        :raise NotFound:  :raise Forbidden: what lies here is the original.
        """
        found, _ = await self.episode(sight, upload)
        if not found.is_elsewhere:
            raise Forbidden(ORIGINAL)
        if found.is_here:
            await self._remote.forget(found.upload_id)


def _arriving_document(arrival: Arrival) -> Payload:
    """A podcast that is not there yet, as a channel."""
    return coming(arrival.uuid, arrival.url, arrival.trouble)


def _cover(channel: HeardChannel | None) -> str | None:
    if channel is None or channel.picture is None:
        return None
    return cover_of(Name(Prefix.CHANNEL, channel.uuid), channel.picture)


def _plain_texts(written: Sequence[tuple[int, str, str | None]]) -> dict[int, str]:
    """Each text without its markup, by id."""
    return {id: plain(text, kind) for id, text, kind in written}
