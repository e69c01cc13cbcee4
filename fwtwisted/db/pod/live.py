"""Messages that are too large for a ring of the bell: laid down here for a moment, so that every process finds them."""

from __future__ import annotations

from fwtwisted.db.pool import Queries, Tx

KEEP_MESSAGE = """
    WITH old AS (DELETE FROM live_message WHERE created < now() - %s * interval '1 second')
    INSERT INTO live_message (body) VALUES (%s) RETURNING id
"""


async def keep_message(tx: Tx, body: str, seconds: float) -> int:
    """Lay a message down; what is older than so many seconds goes.  Its id."""
    return await tx.one(int, KEEP_MESSAGE, seconds, body)


KEPT_MESSAGE = "SELECT body FROM live_message WHERE id = %s"


async def kept_message(tx: Queries, id: int) -> str | None:
    """A message that was laid down; None when it is gone."""
    return await tx.maybe(str, KEPT_MESSAGE, id)
