"""
Channels: made, shown, changed, removed.

A channel is an actor with a key pair, the artist that it speaks as, and a library that everybody may hear and nobody
lists.  Its name is taken under the same lock as those of accounts, for all share one space of handles.
Source: docs/api.md §4.15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from attrs import frozen

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.libraries import remove_with_uploads
from fwtwisted.core.music.questions import scopes_of
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.accounts import NEVER_FREE, USERNAME
from fwtwisted.core.people.actors import own_actor
from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.core.people.pictures import changed_picture, taken_picture
from fwtwisted.db.music import catalog, libraries
from fwtwisted.db.music.tags import set_tags
from fwtwisted.db.people import people
from fwtwisted.db.podcasts import channels
from fwtwisted.db.podcasts.channels import ChannelFilter, NewVoice
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import LongText
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Forbidden, Invalid, NotFound, NotOffered
from fwtwisted.model.music import Artist, Kind
from fwtwisted.model.people import Actor, Pod, Privacy, Viewer
from fwtwisted.model.podcasts import (
    LONGEST_CHANNEL_USERNAME,
    MOST_OUTLINES,
    Channel,
    ChannelChange,
    ChannelPage,
    ChannelQuestion,
    ChannelWish,
)
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.wire.v1.channels import checked_metadata
from fwtwisted.wire.v1.questions import uuid_or_none

TAKEN = "A user or a channel with that username already exists."


@frozen
class ChannelSettings:
    """
    What a channel may be called.

    :ivar forbidden_names: that no channel may have, beside those that are never free.
    """

    forbidden_names: tuple[str, ...] = ()


class Channels:
    """What people do with channels."""

    def __init__(
        self,
        database: Database,
        threads: Threads,
        visibility: Visibility,
        preference: ReadPreference,
        ring: Ring,
        pod: Pod,
        settings: ChannelSettings,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._threads, self._visibility = database, threads, visibility
        self._occasions = occasions
        self._preference, self._ring, self._pod = preference, ring, pod
        self._forbidden = NEVER_FREE | {name.lower() for name in settings.forbidden_names}

    async def must_be_offered(self) -> None:
        """:raise NotOffered: an administrator has switched channels off."""
        if not await self._preference("audio__channels_enabled"):
            raise NotOffered

    # --- looking ---------------------------------------------------------------------------------

    async def listed(
        self, viewer: Viewer, question: ChannelQuestion, limit: int, offset: int
    ) -> tuple[ChannelPage, int]:
        """A page of the channels that the viewer may know of, and how many there are."""

        async def work(tx: Tx) -> tuple[ChannelPage, int]:
            asked = await self._asked(tx, viewer, question)
            found = await channels.listed(tx, asked, question.ordering, limit + 1, offset)
            is_last = len(found) <= limit and (found or not offset)
            count = offset + len(found) if is_last else await channels.count(tx, asked)
            return await page_of(tx, found[:limit]), count

        return await self._database.read(work)

    async def outlined(self, viewer: Viewer, question: ChannelQuestion) -> ChannelPage:
        """All of them, as far as an OPML goes."""
        found, _ = await self.listed(viewer, question, MOST_OUTLINES, 0)
        return found

    async def _asked(self, tx: Tx, viewer: Viewer, question: ChannelQuestion) -> ChannelFilter:
        hidden: list[int] = []
        if viewer.account_id is not None and question.hidden is not None:
            hidden = await catalog.hidden_artists(tx, viewer.account_id)
        return ChannelFilter(
            visible=await self._visibility.libraries_in(tx, viewer),
            viewer_id=viewer.actor_id,
            words=question.words,
            tags=question.tags,
            scopes=await scopes_of(tx, viewer, question.scope),
            subscribed=question.subscribed,
            external=question.external,
            hidden=tuple(hidden),
            only_hidden=bool(question.hidden) and viewer.account_id is not None,
        )

    async def found(self, viewer: Viewer, name: str) -> Channel:
        """
        The channel of a uuid, a username of this pod, or ``username@domain``.

        :raise NotFound: also when it is not for this viewer to know of.
        """

        async def work(tx: Tx) -> Channel:
            return await self.found_in(tx, viewer, name)

        return await self._database.read(work)

    async def found_in(self, tx: Tx, viewer: Viewer, name: str) -> Channel:
        """The same, for who has statements of their own to run beside it."""
        found = await self._named(tx, name)
        if found is None or found.library_id not in await self._visibility.libraries_in(tx, viewer):
            raise NotFound
        return found

    async def named_in(self, tx: Tx, viewer: Viewer, name: str) -> Channel:
        """The same for who names it on purpose: one that moderators silenced, too, so that it can be followed."""
        found = await self._named(tx, name)
        if found is not None and await channels.is_silenced(tx, found.id):
            return found
        return await self.found_in(tx, viewer, name)

    async def _named(self, tx: Tx, name: str) -> Channel | None:
        uuid = uuid_or_none(name)
        if uuid is not None:
            return await channels.by_uuid(tx, uuid)
        username, _, domain = name.removeprefix("@").partition("@")
        return await channels.by_handle(tx, username, domain or self._pod.domain)

    async def one(self, viewer: Viewer, name: str) -> ChannelPage:
        """A channel, and how many follow it.  :raise NotFound:"""

        async def work(tx: Tx) -> ChannelPage:
            return await page_of(tx, [await self.named_in(tx, viewer, name)], counted=True)

        return _not_closed(await self._database.read(work))

    async def _page(self, uuid: UUID) -> ChannelPage:
        async def work(tx: Tx) -> ChannelPage:
            found = await channels.by_uuid(tx, uuid)
            if found is None:  # closed meanwhile
                raise NotFound
            return await page_of(tx, [found], counted=True)

        return _not_closed(await self._database.read(work))

    # --- making ----------------------------------------------------------------------------------

    async def create(self, viewer: Viewer, wish: ChannelWish) -> ChannelPage:
        """
        Open a channel that the viewer owns.

        :raise Invalid: on ``username``, ``cover``, or as a whole when there are too many.
        """
        owner_id = viewer.the_actor
        self._must_be_lawful(wish.username)
        most = int(await self._preference("audio__max_channels"))

        async def first_look(tx: Tx) -> None:
            await _must_have_few(tx, owner_id, most)
            if await people.actor_named(tx, wish.username, self._pod.domain) is not None:
                raise Invalid.on("username", TAKEN)

        await self._database.read(first_look)  # before anything is computed that takes long
        keys = await self._threads(new_keys)
        uuid = uuid4()

        async def work(tx: Tx) -> None:
            await libraries.lock_owner(tx, owner_id)
            await _must_have_few(tx, owner_id, most)
            await people.lock_sign_ups(tx)
            actor_id = await self._add_actor(tx, wish, keys)
            cover_id = None if wish.cover is None else await taken_picture(tx, owner_id, wish.cover, "cover")
            made = await channels.add(tx, uuid, actor_id, self._voice(wish, owner_id, cover_id), None, wish.metadata)
            await set_tags(tx, Kind.ARTIST, made.artist_id, wish.tags)
            tx.touch("catalog", "libraries")

        await self._database.transaction(work)
        return await self._page(uuid)

    def _must_be_lawful(self, username: str) -> None:
        if not USERNAME.fullmatch(username) or len(username) > LONGEST_CHANNEL_USERNAME:
            raise Invalid.on(
                "username",
                f"A name has letters of the English alphabet, digits and underscores only, at most "
                f"{LONGEST_CHANNEL_USERNAME}.",
            )
        if username.lower() in self._forbidden:
            raise Invalid.on("username", "This name is reserved.")

    async def _add_actor(self, tx: Tx, wish: ChannelWish, keys: KeyPair) -> int:
        pod = self._pod
        await people.add_domain(tx, pod.domain)
        if await people.actor_named(tx, wish.username, pod.domain) is not None:
            raise Invalid.on("username", TAKEN)
        url = f"{pod.url}/channels/{wish.username}"
        actor_id = await people.add_actor(tx, own_actor(pod, wish.username, "Person", wish.name, url, keys))
        if actor_id is None:
            raise Invalid.on("username", TAKEN)
        await channels.introduce(tx, actor_id, wish.description, url)
        return actor_id

    def _voice(self, wish: ChannelWish, owner_id: int, cover_id: int | None) -> NewVoice:
        return new_voice(
            self._pod,
            owner_id,
            wish.name,
            wish.username,
            Privacy.EVERYONE,
            wish.content_category,
            cover_id,
            wish.description,
        )

    # --- changing --------------------------------------------------------------------------------

    async def change(self, viewer: Viewer, name: str, change: ChannelChange) -> ChannelPage:
        """
        Change a channel of the viewer's.

        :raise NotFound:  :raise Forbidden: it is somebody else's.  :raise Invalid:
        """
        wanted = await self._database.read(lambda tx: self._own(tx, viewer, name))

        async def work(tx: Tx) -> None:
            channel = await self._locked(tx, viewer, wanted)
            await self._write(tx, channel, change.values)
            await self._occasions.actor_changed(tx, channel.actor_id)
            tx.touch("catalog")

        await self._database.transaction(work)
        return await self._page(wanted.uuid)

    async def _write(self, tx: Tx, channel: Channel, values: Mapping[str, Any]) -> None:
        artist = (await catalog.artists(tx, [channel.artist_id]))[channel.artist_id]
        category = values.get("content_category", artist.content_category)
        metadata = values.get("metadata", channel.metadata)
        if "metadata" in values or category != artist.content_category:
            await channels.change_metadata(tx, channel.id, checked_metadata(category, metadata))
        columns = {name: value for name, value in values.items() if name in ("name", "content_category")}
        if "description" in values:
            text: LongText | None = values["description"]
            columns["description"] = None if text is None else text.text
            columns["description_type"] = None if text is None else text.content_type
        if "cover" in values:
            owner_id = channel.attributed_to_id
            columns["cover_id"] = await changed_picture(tx, owner_id, artist.cover_id, values["cover"], "cover")
        await channels.change_artist(tx, channel, columns)
        if "tags" in values:
            await set_tags(tx, Kind.ARTIST, channel.artist_id, values["tags"])

    async def remove(self, viewer: Viewer, name: str) -> None:
        """
        Close a channel of the viewer's: what it published goes, its name stays taken.

        :raise NotFound:  :raise Forbidden: it is somebody else's.
        """
        wanted = await self._database.read(lambda tx: self._own(tx, viewer, name))

        async def work(tx: Tx) -> None:
            channel = await self._locked(tx, viewer, wanted)
            await self._occasions.actor_removed(tx, channel.actor_id)
            await remove_with_uploads(tx, [channel.library_id], self._ring)

        await self._database.transaction(work)

    async def _own(self, tx: Tx, viewer: Viewer, name: str) -> Channel:
        """:raise NotFound: :raise Forbidden:"""
        found = await self.found_in(tx, viewer, name)
        if found.attributed_to_id != viewer.the_actor:
            raise Forbidden
        return found

    async def _locked(self, tx: Tx, viewer: Viewer, channel: Channel) -> Channel:
        found = await channels.lock_own(tx, channel.id, viewer.the_actor)
        if found is None:
            raise NotFound
        return found


# --- steps ---------------------------------------------------------------------------------------


async def _must_have_few(tx: Tx, owner_id: int, most: int) -> None:
    """:raise Invalid: there are as many channels of the owner's as there may be."""
    if await channels.owned(tx, owner_id) >= most:
        raise Invalid.on(NON_FIELD, f"There are {most} channels of yours, and more are not allowed.")


async def page_of(tx: Tx, found: Sequence[Channel], *, counted: bool = False) -> ChannelPage:
    """
    Channels with all that their documents refer to, in a handful of statements however many they are.

    :param counted: tell how many follow each.
    """
    artist_ids = [channel.artist_id for channel in found]
    actor_ids = {id for channel in found for id in (channel.actor_id, channel.attributed_to_id)}
    artists = await catalog.artists(tx, artist_ids)
    actors = await people.actors(tx, sorted(actor_ids)) if actor_ids else {}
    heard = await channels.counted(tx, artist_ids)
    return ChannelPage(
        channels=[one for one in found if _is_whole(one, artists, actors)],
        artists=artists,
        actors=actors,
        covers=await catalog.attachments(tx, {one.cover_id for one in artists.values() if one.cover_id is not None}),
        tags=await catalog.tags(tx, Kind.ARTIST, artist_ids),
        tracks={id: tracks for id, (tracks, _) in heard.items()},
        downloads={id: downloads for id, (_, downloads) in heard.items()},
        subscriptions=await channels.subscribers(tx, [one.actor_id for one in found]) if counted else {},
    )


def _not_closed(page: ChannelPage) -> ChannelPage:
    """The page of one channel.  :raise NotFound: it was closed while we looked."""
    if not page.channels:
        raise NotFound
    return page


def _is_whole(channel: Channel, artists: Mapping[int, Artist], actors: Mapping[int, Actor]) -> bool:
    """Whether it was not removed between two statements."""
    return channel.artist_id in artists and {channel.actor_id, channel.attributed_to_id} <= actors.keys()


def new_voice(
    pod: Pod,
    owner_id: int,
    name: str,
    username: str,
    level: Privacy,
    category: str,
    cover_id: int | None,
    description: LongText | None,
) -> NewVoice:
    """The artist and the library of a new channel."""
    artist, library = uuid4(), uuid4()
    return NewVoice(
        artist, pod.fid(f"music/artists/{artist}"), library, pod.fid(f"music/libraries/{library}"),
        owner_id, name, username[:100], level.value, category, cover_id, description,
    )  # fmt: skip
