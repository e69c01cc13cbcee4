"""What deliveries cost the database."""

from __future__ import annotations

from fwtwisted.db.fediverse.deliveries import NOTE
from fwtwisted.db.pool import Tx
from tests.database import DatabaseCase

MANY = """
    WITH said AS (
        INSERT INTO outgoing (fid, actor_id, type, about) VALUES ('https://pod.example/1', %s, 'Create', 'https://x/1')
     RETURNING id)
    INSERT INTO delivery (outgoing_id, peer_class, host, inbox, about)
    SELECT said.id, 'other', 'elsewhere.example', format('https://elsewhere.example/%%s', n), 'https://x/1'
      FROM said, generate_series(1, 3000) AS n
"""


class NoteTests(DatabaseCase):
    """Writing down what came of a few."""

    async def test_reads_those_alone(self) -> None:
        """However many wait since the planner last looked, the few are found by their numbers."""
        await self.do("TRUNCATE delivery; ANALYZE delivery")
        await self.do(MANY, await self.an_actor("nadia"))
        few = [[1, 2], ["done", "done"], [0.0, 0.0], [202, 202], [None, None], [False, False]]
        plan = "\n".join(await self.run_in(Tx.many, str, f"EXPLAIN {NOTE}", *few))
        self.assertIn("delivery_pkey", plan)
        self.assertNotIn("Seq Scan on delivery", plan)
        self.assertNotIn("Bitmap", plan)
