"""Answers to several who asked at once are put down by one statement, each for one inbox."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.fediverse.sending.announcing import Announcing
from fwtwisted.db.pool import Tx
from tests.core.fediverse.sending.case import SendingCase


class LetterTests(SendingCase):
    """Accepts to several."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        await self.begin()
        self.announcing = Announcing(self.outbox, self.bell.ring)

    async def accept(self, *followers: int) -> None:
        """Tell them that they may follow."""

        async def work(tx: Tx) -> None:
            sql = "SELECT id FROM follow WHERE actor_id = ANY(%s)"
            await self.announcing.accepted(tx, *await tx.many(int, sql, list(followers)))

        await self.database.transaction(work)

    async def counts(self) -> tuple[Any, ...]:
        """What was said, how many bytes of it are kept, deliveries, and jobs."""
        tables = "outgoing", "outgoing_body", "delivery", "job"
        return tuple([await self.value(f"SELECT count(*) FROM {table}") for table in tables])

    async def test_each_by_their_own_inbox(self) -> None:
        """Everybody finds their own Accept in their own inbox, put down in the order of asking, with a job a host."""
        near, far = await self.a_peer(), await self.a_peer("gotosocial", "0.20")
        names = {"eve": near, "ida": far, "ove": near}
        ids = [await self.a_follower(name, peer) for name, peer in names.items()]
        await self.accept(*ids)
        self.assertEqual((3, 3, 3, 2), await self.counts())
        inboxes = await self.run_in(Tx.many, str, "SELECT split_part(inbox, '/', 4) FROM delivery ORDER BY id")
        self.assertEqual(list(names), inboxes)
        await self.deliver()
        self.assertEqual({"/eve/inbox", "/ove/inbox"}, {heard.path for heard in near.heard})
        for heard in (*near.heard, *far.heard):
            name = heard.path.split("/")[1]
            self.assertEqual("Accept", heard.document["type"])
            self.assertTrue(heard.document["object"]["actor"].endswith(f"/{name}"), heard)
            self.assertEqual([heard.document["object"]["actor"]], heard.document["to"])

    async def test_not_welcome(self) -> None:
        """Nothing is put down for who is blocked, gone, has no inbox, or whose server is not written to any more."""
        peer, still = await self.a_peer(), await self.a_peer()
        names = ("eve", "ida", "ove", "una")
        ids = [await self.a_follower(name, peer) for name in names] + [await self.a_follower("kai", still)]
        await self.do("UPDATE actor SET blocked = true WHERE id = %s", ids[0])
        await self.do("UPDATE actor SET type = 'Tombstone' WHERE id = %s", ids[1])
        await self.do("UPDATE actor SET inbox_url = NULL WHERE id = %s", ids[2])
        await self.do("INSERT INTO peer_line (host, stopped) VALUES (%s, true)", still.host)
        await self.accept(*ids)
        self.assertEqual((1, 1, 1, 1), await self.counts())
        self.assertEqual(ids[3], await self.value("SELECT recipient_id FROM delivery"))
        await self.do("DELETE FROM outgoing; DELETE FROM job")
        await self.accept(*ids[:3])
        self.assertEqual((0, 0, 0, 0), await self.counts())
