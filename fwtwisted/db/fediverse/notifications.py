"""Activities, and the inboxes of our people that they reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from attrs import frozen

from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.fediverse import Activity, InboxItem, InboxQuestion
from fwtwisted.model.people import Actor

# What people are told of; other activities are kept for what else they are good for.
TOLD = ("Follow", "Accept")


@frozen
class NewActivity:
    """
    An activity as it is first written.

    :ivar fid: its federation id; None: it has none that can be trusted.
    :ivar payload: the activity itself.
    :ivar library_id: and ``target_actor_id``, ``follow_id``: what it is about.
    """

    fid: str | None
    actor_id: int
    type: str
    payload: Mapping[str, Any]
    library_id: int | None = None
    target_actor_id: int | None = None
    follow_id: int | None = None


# An activity whose federation id is known reached its readers before.
TELL = """
    WITH made AS (
        INSERT INTO activity (fid, actor_id, type, payload, library_id, target_actor_id, follow_id)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (fid) DO NOTHING
     RETURNING id)
    INSERT INTO inbox_item (actor_id, activity_id)
    SELECT account.actor_id, made.id FROM made, account WHERE account.actor_id = ANY(%s) AND account.is_active
        ON CONFLICT DO NOTHING
 RETURNING id, actor_id
"""
# The same of several that have an id, each for one reader.
TELL_EACH = """
    WITH told AS (
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
                             %s::bigint[])
                      AS told (fid, actor_id, type, payload, library_id, target_actor_id, follow_id, reader_id)),
    made AS (
        INSERT INTO activity (fid, actor_id, type, payload, library_id, target_actor_id, follow_id)
        SELECT fid, actor_id, type, payload::jsonb, library_id, target_actor_id, follow_id FROM told
            ON CONFLICT (fid) DO NOTHING
     RETURNING id, fid)
    INSERT INTO inbox_item (actor_id, activity_id)
    SELECT account.actor_id, made.id
      FROM made JOIN told USING (fid) JOIN account ON account.actor_id = told.reader_id AND account.is_active
        ON CONFLICT DO NOTHING
 RETURNING id, actor_id
"""


async def tell(tx: Tx, new: NewActivity, actor_ids: Collection[int]) -> list[tuple[int, int]]:
    """
    Put a new activity into the inboxes of those of the actors that have an account here.

    :return: id and actor of each item; none when there is an activity of that federation id.
    """
    return await tx.many(
        lambda id, actor: (id, actor), TELL, new.fid, new.actor_id, new.type, dict(new.payload), new.library_id,
        new.target_actor_id, new.follow_id, list(actor_ids),
    )  # fmt: skip


async def tell_each(tx: Tx, told: Sequence[tuple[NewActivity, int]]) -> list[tuple[int, int]]:
    """:func:`tell` for several activities, all with an id, each with its one reader."""
    rows = (
        (new.fid, new.actor_id, new.type, orjson.dumps(new.payload).decode(), new.library_id, new.target_actor_id,
         new.follow_id, reader_id)
        for new, reader_id in told
    )  # fmt: skip
    if not told:
        return []
    return await tx.many(lambda id, actor: (id, actor), TELL_EACH, *map(list, zip(*rows, strict=True)))


# --- reading -------------------------------------------------------------------------------------

_WIDTH = 15
_ITEM = f"""
    SELECT item.id, item.type, item.is_read, activity.uuid, activity.fid, activity.type, activity.payload,
           activity.creation_date, library.uuid, library.name, follow.uuid, follow.approved,
           target.preferred_username, target.domain, EXISTS (SELECT FROM channel WHERE channel.actor_id = target.id),
           {actor_columns("doer")}
      FROM inbox_item AS item
      JOIN activity ON activity.id = item.activity_id
      JOIN actor AS doer ON doer.id = activity.actor_id
      LEFT JOIN library ON library.id = activity.library_id
      LEFT JOIN follow ON follow.id = activity.follow_id
      LEFT JOIN actor AS target ON target.id = activity.target_actor_id
"""


def _item(*columns: Any) -> InboxItem:
    id, kind, is_read, uuid, fid, type, payload, created, library, name, follow, approved, who, domain, voiced = (
        columns[:_WIDTH]
    )
    activity = Activity(
        uuid=uuid,
        fid=fid,
        actor=Actor(*columns[_WIDTH : _WIDTH + ACTOR_WIDTH]),
        type=type,
        payload=payload,
        creation_date=created,
        library=None if library is None else (library, name),
        follow=None if follow is None else (follow, approved),
        target=None if who is None else f"{who}@{domain}",
        is_of_channel=voiced,
    )
    return InboxItem(id, kind, is_read, activity)


def _conditions(actor_id: int, asked: InboxQuestion) -> Iterator[tuple[str, object]]:
    yield "item.actor_id = %s", actor_id
    for sql, value in (
        ("item.is_read = %s", asked.is_read),
        ("item.id <= %s", asked.before),
        ("activity.type = %s", asked.type),
        ("activity.actor_id = %s", asked.actor),
        ("item.id = ANY(%s)", None if asked.ids is None else list(asked.ids)),
    ):
        if value is not None:
            yield sql, value


def _where(actor_id: int, asked: InboxQuestion) -> tuple[str, list[object]]:
    conditions = list(_conditions(actor_id, asked))
    told = " AND ".join((*(sql for sql, _ in conditions), "item.type = 'to' AND activity.type = ANY(%s)"))
    return told, [*(value for _, value in conditions), list(TOLD)]


async def items(
    tx: Queries, actor_id: int, asked: InboxQuestion, limit: int, offset: int
) -> tuple[int, list[InboxItem]]:
    """How many items of the actor's inbox match, and one page of them, the newest first."""
    where, values = _where(actor_id, asked)
    count = await tx.one(
        int,
        f"SELECT count(*) FROM inbox_item AS item JOIN activity ON activity.id = item.activity_id WHERE {where}",
        *values,
    )
    page = f"{_ITEM} WHERE {where} ORDER BY item.id DESC LIMIT %s OFFSET %s"
    return count, await tx.many(_item, page, *values, limit, offset) if count else []


async def item(tx: Queries, actor_id: int, id: int) -> InboxItem | None:
    """One item of the actor's inbox."""
    where, values = _where(actor_id, InboxQuestion(ids=(id,)))
    return await tx.maybe(_item, f"{_ITEM} WHERE {where}", *values)


MARK = "UPDATE inbox_item SET is_read = %s WHERE actor_id = %s AND id = %s"


async def mark(tx: Tx, actor_id: int, id: int, *, is_read: bool) -> bool:
    """Note that the actor has read an item, or not; whether there is such an item."""
    return await tx.do(MARK, is_read, actor_id, id) > 0


async def mark_read(tx: Tx, actor_id: int, asked: InboxQuestion) -> int:
    """Note that the actor has read all items that match; how many match."""
    where, values = _where(actor_id, asked)
    return await tx.do(
        f"""UPDATE inbox_item SET is_read = true
             WHERE id IN (SELECT item.id FROM inbox_item AS item JOIN activity ON activity.id = item.activity_id
                           WHERE {where})""",
        *values,
    )


FORGET_WISH = """
    DELETE FROM activity
     WHERE type = 'Follow'
       AND follow_id = (SELECT id FROM follow WHERE uuid = %s AND actor_id = %s AND approved IS NULL)
"""


async def forget_wish(tx: Tx, follow: UUID, actor_id: int) -> None:
    """Take the actor's wish to follow, which is about to be taken back unanswered, out of the inbox that it reached."""
    await tx.do(FORGET_WISH, follow, actor_id)
