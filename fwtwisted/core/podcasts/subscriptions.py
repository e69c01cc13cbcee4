"""Who follows which channel.  Source: docs/api.md §4.15."""

from __future__ import annotations

from uuid import UUID, uuid4

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.podcasts.channels import Channels, page_of
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.model.people import Viewer
from fwtwisted.model.podcasts import Channel, ChannelPage, Subscription


class Subscriptions:
    """Follows channels, and tells of it."""

    def __init__(self, database: Database, found: Channels, occasions: Occasions = NOBODY) -> None:
        self._database, self._channels, self._occasions = database, found, occasions

    async def subscribe(self, viewer: Viewer, name: str) -> tuple[Subscription, ChannelPage]:
        """
        Follow the channel of this name; who does already goes on.

        :raise NotFound:
        """
        actor_id = viewer.the_actor

        async def work(tx: Tx) -> tuple[Subscription, ChannelPage]:
            channel = await self._channels.named_in(tx, viewer, name)
            if not await channels.hold(tx, channel.id):
                raise NotFound
            return await followed(tx, actor_id, channel, self._occasions)

        return await self._database.transaction(work)

    async def unsubscribe(self, viewer: Viewer, name: str) -> None:
        """Follow it no longer, if anybody did.  :raise NotFound:"""
        channel = await self._channels.found(viewer, name)

        async def work(tx: Tx) -> None:
            follow = await channels.follow_of(tx, viewer.the_actor, channel.actor_id)
            if follow is not None:
                await self._occasions.unfollowed(tx, follow)
                await channels.unfollow(tx, follow)
                tx.touch("libraries")

        await self._database.transaction(work)

    async def listed(self, viewer: Viewer, limit: int, offset: int) -> tuple[int, list[Subscription], ChannelPage]:
        """How many channels the viewer follows, one page of them, and the channels."""

        async def work(tx: Tx) -> tuple[int, list[Subscription], ChannelPage]:
            total, found = await channels.subscriptions(tx, viewer.the_actor, limit, offset)
            page = await _channels_of(tx, found)
            there = {channel.id for channel in page.channels}
            return total, [one for one in found if one.channel_id in there], page

        return await self._database.read(work)

    async def one(self, viewer: Viewer, uuid: UUID) -> tuple[Subscription, ChannelPage]:
        """One subscription of the viewer's.  :raise NotFound:"""

        async def work(tx: Tx) -> tuple[Subscription, ChannelPage]:
            found = await channels.subscription(tx, viewer.the_actor, uuid)
            if found is None:
                raise NotFound
            page = await _channels_of(tx, [found])
            if not page.channels:  # closed meanwhile
                raise NotFound
            return found, page

        return await self._database.read(work)

    async def all(self, viewer: Viewer) -> list[tuple[UUID, UUID]]:
        """Each subscription of the viewer's that holds, and its channel: their uuids."""
        return await self._database.read(lambda tx: channels.all_subscriptions(tx, viewer.the_actor))


async def followed(
    tx: Tx, actor_id: int, channel: Channel, occasions: Occasions = NOBODY
) -> tuple[Subscription, ChannelPage]:
    """
    Have an actor follow a channel, which counts at once; one elsewhere is told.

    Source: docs/federation.md §4.4.
    """
    made, new = await channels.follow(tx, uuid4(), actor_id, channel.actor_id)
    if new is not None:
        await occasions.followed(tx, new)
    tx.touch("libraries")
    return made, await page_of(tx, [channel], counted=True)


async def _channels_of(tx: Tx, found: list[Subscription]) -> ChannelPage:
    return await page_of(tx, await channels.by_ids(tx, [one.channel_id for one in found]))
