"""
The inboxes of our people: what reached them, and what of it they have read.

Who has something to tell says so within the transaction that it is part of; pages that are connected hear of it after
the commit.  Source: docs/api.md §4.16 and §5.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fwtwisted.core.pod.live import Audience, Facts, Happened
from fwtwisted.db.fediverse import notifications
from fwtwisted.db.fediverse.notifications import NewActivity
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound, Unauthenticated
from fwtwisted.model.fediverse import InboxItem, InboxQuestion
from fwtwisted.model.people import Viewer
from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1 import notifications as v1_notifications

ITEM = "inbox.item_added"


class Inbox:
    """Brings activities to our people, and shows them what came."""

    def __init__(self, database: Database, happened: Happened) -> None:
        self._database, self._happened = database, happened

    async def deliver(self, tx: Tx, new: NewActivity, actor_ids: Collection[int]) -> None:
        """Tell those of the actors that have an account here; an activity that is known already is told once."""
        self._announce(tx, await notifications.tell(tx, new, actor_ids))

    async def deliver_each(self, tx: Tx, told: Sequence[tuple[NewActivity, int]]) -> None:
        """The same for several activities that have an id, each with the actor who is told."""
        self._announce(tx, await notifications.tell_each(tx, told))

    def _announce(self, tx: Tx, items: Sequence[tuple[int, int]]) -> None:
        for id, actor_id in items:
            tx.after_commit(self._happened, Audience(actor_id), ITEM, {"actor": actor_id, "item": id})

    async def page(
        self, viewer: Viewer, question: InboxQuestion, limit: int, offset: int
    ) -> tuple[int, list[InboxItem]]:
        """How many items of the viewer's inbox match, and one page of them, the newest first."""
        actor = _owner(viewer)
        return await self._database.read(lambda tx: notifications.items(tx, actor, question, limit, offset))

    async def one(self, viewer: Viewer, id: int) -> InboxItem:
        """An item of the viewer's inbox.  :raise NotFound:"""
        actor = _owner(viewer)
        return _known(await self._database.read(lambda tx: notifications.item(tx, actor, id)))

    async def mark(self, viewer: Viewer, id: int, *, is_read: bool) -> InboxItem:
        """Note whether the viewer has read an item.  :raise NotFound:"""
        actor = _owner(viewer)

        async def work(tx: Tx) -> InboxItem:
            await notifications.mark(tx, actor, id, is_read=is_read)
            return _known(await notifications.item(tx, actor, id))

        return await self._database.transaction(work)

    async def read(self, viewer: Viewer, question: InboxQuestion) -> int:
        """Note that the viewer has read all that matches; how many items that are.  :raise Invalid: none at all."""
        actor = _owner(viewer)
        count = await self._database.transaction(lambda tx: notifications.mark_read(tx, actor, question))
        if not count:
            raise Invalid.on(NON_FIELD, "No object matching this request.")
        return count

    async def item_added(self, facts: Facts) -> Document | None:
        """What a page is told of a new item: ``actor`` and ``item``; None when it is gone."""
        found = await self._database.read(lambda tx: notifications.item(tx, facts["actor"], facts["item"]))
        return None if found is None else {"type": ITEM, "item": v1_notifications.inbox_item(found)}


def _owner(viewer: Viewer) -> int:
    if viewer.actor_id is None:
        raise Unauthenticated
    return viewer.actor_id


def _known(item: InboxItem | None) -> InboxItem:
    if item is None:
        raise NotFound
    return item
