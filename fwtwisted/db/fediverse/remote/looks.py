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
