"""Play queues and bookmarks of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.resuming import Bookmark, PlayQueue

BOOKMARKS = """
    SELECT track_id, position, comment, creation_date, modification_date FROM bookmark
     WHERE account_id = %s ORDER BY modification_date DESC, id DESC
"""
SET_BOOKMARK = """
    INSERT INTO bookmark (account_id, track_id, position, comment) VALUES (%s, %s, %s, %s)
        ON CONFLICT (account_id, track_id) DO UPDATE
       SET position = EXCLUDED.position, comment = EXCLUDED.comment, modification_date = now()
"""
REMOVE_BOOKMARK = "DELETE FROM bookmark WHERE account_id = %s AND track_id = %s"


async def bookmarks(tx: Queries, account_id: int) -> list[Bookmark]:
    """All of an account's bookmarks, the latest first."""
    return await tx.many(Bookmark, BOOKMARKS, account_id)


async def set_bookmark(tx: Tx, account_id: int, track_id: int, position: int, comment: str) -> None:
    """Put a bookmark into a song, in place of the one that is there."""
    await tx.do(SET_BOOKMARK, account_id, track_id, position, comment)


async def remove_bookmark(tx: Tx, account_id: int, track_id: int) -> None:
    """Take the bookmark out of a song, if there is one."""
    await tx.do(REMOVE_BOOKMARK, account_id, track_id)


QUEUE = "SELECT track_ids, current, position, changed, changed_by FROM play_queue WHERE account_id = %s"
SAVE_QUEUE = """
    INSERT INTO play_queue (account_id, track_ids, current, position, changed_by) VALUES (%s, %s::bigint[], %s, %s, %s)
        ON CONFLICT (account_id) DO UPDATE
       SET track_ids = EXCLUDED.track_ids, current = EXCLUDED.current, position = EXCLUDED.position,
           changed = now(), changed_by = EXCLUDED.changed_by
"""
NEVER_SAVED = "SELECT '{}'::bigint[], NULL, 0::bigint, date_joined, '' FROM account WHERE id = %s"


async def queue(tx: Queries, account_id: int) -> PlayQueue:
    """The queue of an account; who never saved one has an empty one since the account was made."""
    found = await tx.maybe(PlayQueue, QUEUE, account_id)
    return found if found is not None else await tx.one(PlayQueue, NEVER_SAVED, account_id)


async def save_queue(
    tx: Tx, account_id: int, songs: Sequence[int], current: int | None, position: int, client: str
) -> None:
    """Keep a queue in place of the one that is there."""
    await tx.do(SAVE_QUEUE, account_id, list(songs), current, position, client)
