"""
How much libraries hold, kept beside the uploads.

Triggers add a row for what a statement changed (0029_tally.sql), so that nobody who writes uploads waits for another;
whoever reads adds up.  Now and then :func:`recount` makes one row again of many, from the uploads themselves.
"""

from __future__ import annotations

from fwtwisted.db.pool import Tx

# What a library holds, beside the library's own row.
HELD = """
    CROSS JOIN LATERAL (SELECT coalesce(sum(tally.uploads), 0)::bigint AS count,
                               CASE WHEN sum(tally.sized) > 0 THEN sum(tally.bytes)::bigint END AS size
                          FROM upload_tally AS tally WHERE tally.library_id = library.id) AS held
"""

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4920713300592)::text"
# One statement, hence one view of the world: what others write meanwhile is in neither half of it, and stays.
RECOUNT = """
    WITH gone AS (DELETE FROM upload_tally)
    INSERT INTO upload_tally
    SELECT library_id, import_status, coalesce(source LIKE 'file://%', false), count(*), count(size),
           coalesce(sum(size), 0)
      FROM upload GROUP BY 1, 2, 3
"""


async def recount(tx: Tx) -> None:
    """Put the tally together again."""
    await tx.do(ONE_AT_A_TIME)
    await tx.do(RECOUNT)
