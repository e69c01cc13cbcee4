"""What people of the pod say to each other."""

from __future__ import annotations

from datetime import datetime

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.together import ChatMessage

SINCE = """
    SELECT account.username, chat_message.creation_date, chat_message.message
      FROM chat_message JOIN account ON account.id = chat_message.account_id
     WHERE chat_message.creation_date > greatest(coalesce(%s::timestamptz, '-infinity'),
                                                 now() - %s * interval '1 day')
     ORDER BY chat_message.creation_date DESC, chat_message.id DESC LIMIT %s
"""


async def messages(tx: Queries, since: datetime | None, days: int, limit: int) -> list[ChatMessage]:
    """What was said after a moment, and within so many days; the newest first."""
    return await tx.many(ChatMessage, SINCE, since, days, limit)


SAY = "INSERT INTO chat_message (account_id, message) VALUES (%s, %s)"
FORGET = """
    DELETE FROM chat_message
     WHERE creation_date < now() - %s * interval '1 day'
        OR id NOT IN (SELECT id FROM chat_message ORDER BY creation_date DESC, id DESC LIMIT %s)
"""


async def say(tx: Tx, account_id: int, message: str, days: int, most: int) -> None:
    """Write a message, and forget those that are too old or too many."""
    await tx.do(SAY, account_id, message)
    await tx.do(FORGET, days, most)
