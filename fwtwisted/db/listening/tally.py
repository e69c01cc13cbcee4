"""
How many favourites and listenings everybody has, kept beside them.

Triggers add a row for what a statement changed (0032_counting.sql), so that nobody who writes waits for another;
whoever reads adds up.  Now and then :func:`gather` makes one row again of many.
"""

from __future__ import annotations

from fwtwisted.db.pool import Tx

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4920713300593)::text"
# One statement, hence one view of the world: what others add meanwhile is not looked at, and stays.
GATHER = """
    WITH gone AS (DELETE FROM deed_tally RETURNING kind, actor_id, deeds)
    INSERT INTO deed_tally
    SELECT kind, actor_id, sum(deeds) FROM gone GROUP BY kind, actor_id HAVING sum(deeds) <> 0
"""


async def gather(tx: Tx) -> None:
    """Put the tally together again."""
    await tx.do(ONE_AT_A_TIME)
    await tx.do(GATHER)
