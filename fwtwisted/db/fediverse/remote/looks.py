"""When things elsewhere were last looked at."""

from __future__ import annotations

from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind

STALE = {
    kind: f"""
    UPDATE {kind} SET last_fetch_date = now()
     WHERE id = %s AND last_fetch_date < now() - %s * interval '1 second'
 RETURNING fid
"""
    for kind in Kind
}


async def look_again(tx: Tx, kind: Kind, id: int, age_seconds: float) -> str | None:
    """The id of a thing elsewhere that nobody looked at for so long, and nobody else will from now on."""
    return await tx.maybe(str, STALE[kind], id, age_seconds)


STALE_CHANNEL = """
    UPDATE channel SET outbox_fetch_date = now()
      FROM actor
     WHERE channel.id = %s AND actor.id = channel.actor_id AND actor.private_key IS NULL
       AND coalesce(channel.outbox_fetch_date, '-infinity') < now() - %s * interval '1 second'
 RETURNING actor.fid
"""
STALE_LIBRARY = """
    UPDATE library SET last_fetch_date = now()
     WHERE id = %s AND last_fetch_date < now() - %s * interval '1 second'
 RETURNING fid
"""


async def look_again_at_channel(tx: Tx, id: int, age_seconds: float) -> str | None:
    """The id of the actor of a channel elsewhere whose outbox nobody read for so long."""
    return await tx.maybe(str, STALE_CHANNEL, id, age_seconds)


async def look_again_at_library(tx: Tx, id: int, age_seconds: float) -> str | None:
    """The id of a library elsewhere that nobody looked at for so long; what is in it is another matter."""
    return await tx.maybe(str, STALE_LIBRARY, id, age_seconds)
