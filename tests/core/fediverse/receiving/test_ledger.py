"""Accepted posts are written down together, each once."""

from __future__ import annotations

import hashlib
from typing import Any

from attrs import evolve
from psycopg2.errors import ForeignKeyViolation
from twisted.internet.defer import gatherResults

from fwtwisted.core.fediverse.receiving.ledger import ALONE, DRAIN, LANE, MOST_WAITING
from fwtwisted.db import jobs
from fwtwisted.db.fediverse.received import NewPost
from fwtwisted.model.errors import Unavailable
from tests.core.fediverse.receiving.case import AWAY, ReceivingCase
from tests.waiting import settled


class LedgerTests(ReceivingCase):
    """The group commit."""

    def a_post(self, name: str, **more: Any) -> NewPost:
        """A post."""
        facts: dict[str, Any] = {
            "sameness": hashlib.sha256(name.encode()).digest(), "fid": f"https://far.example/{name}", "host": AWAY,
            "actor_id": self.bob, "inbox_of_id": None, "type": "Like", "object_fid": None, "body": "{}",
        }  # fmt: skip
        return NewPost(**facts | more)

    async def count(self) -> int:
        """How many were written."""
        found: int = await self.value("SELECT count(*) FROM received")
        return found

    async def test_many_at_once(self) -> None:
        """What comes together is written together, in its order; one job stands for all of a host."""
        posts = [self.a_post(str(n), host=f"h{n % 3}.example") for n in range(250)]
        await gatherResults([self.ledger.write(post) for post in posts])
        self.assertEqual(250, await self.count())
        in_order = await self.value("SELECT array_agg(fid ORDER BY id) FROM received")
        self.assertEqual([post.fid for post in posts], in_order)
        self.assertEqual(3, await self.value("SELECT count(*) FROM job"))
        self.assertLess(await self.value("SELECT count(DISTINCT arrived) FROM received"), 10)

    async def test_rings(self) -> None:
        """Hands are rung for, unless all that is to be done is in hands that will look again by themselves."""
        rung: list[bytes] = []
        self.addCleanup(self.bell.listen(jobs.BELL, rung.append))
        await self.ledger.write(self.a_post("a"))
        [job] = await self.run_in(jobs.claim, LANE, [DRAIN], 1, 60.0)
        await self.ledger.write(self.a_post("b"))
        self.assertEqual([LANE.encode()], rung)
        await gatherResults([self.ledger.write(self.a_post(name, host=name)) for name in ("c", AWAY)])
        await self.database.alone(lambda tx: jobs.later(tx, job, 30.0, failed=False))
        await self.ledger.write(self.a_post("d"))
        await settled(3)
        self.assertEqual([LANE.encode()] * 3, rung)
        self.assertTrue(await self.value("SELECT bool_and(due <= now()) FROM job"))
        await self.do("UPDATE job SET lane = %s WHERE key = %s", ALONE, AWAY)
        await gatherResults([self.ledger.write(self.a_post(name)) for name in ("e", "f")])
        await settled(3)
        self.assertEqual([ALONE.encode()] * 2, rung[3:])

    async def test_once(self) -> None:
        """The same again is no news, in the same moment or later."""
        await gatherResults([self.ledger.write(self.a_post("a")) for _ in range(3)])
        await self.do("UPDATE received SET state = 'done'; DELETE FROM job")
        await self.ledger.write(self.a_post("a"))
        self.assertEqual((1, 0), (await self.count(), await self.value("SELECT count(*) FROM job")))

    async def test_follow_undo_follow(self) -> None:
        """Follow and Undo come again by the ids of the first time, as Misskey has it; neither twice in a row."""
        wish = evolve(self.a_post("wish", type="Follow"), sameness=hashlib.sha256(b"https://far.example/wish").digest())
        for number in range(3):
            undo = self.a_post("undo", type="Undo", object_fid=wish.fid, body=f'{{"published": {number}}}')
            for post in (wish, wish, undo, undo):
                await self.ledger.write(post)
                await self.do("UPDATE received SET state = 'done'")
            self.assertEqual(["Follow"] * (number + 1) + ["Undo"], await self.types())
            self.assertEqual(undo.body, await self.value("SELECT body FROM received WHERE type = 'Undo'"))

    async def test_undo_by_somebody_else(self) -> None:
        """An Undo of somebody else's Follow does not have that come again."""
        wish = evolve(self.a_post("wish", type="Follow"), sameness=hashlib.sha256(b"https://far.example/wish").digest())
        carol = await self.an_actor("carol", AWAY)
        for post in (wish, self.a_post("undo", type="Undo", object_fid=wish.fid, actor_id=carol), wish):
            await self.ledger.write(post)
        self.assertEqual(["Follow", "Undo"], await self.types())

    async def types(self) -> list[str]:
        """What was written, in order."""
        found: list[str] = await self.value("SELECT array_agg(type ORDER BY id) FROM received")
        return found

    async def test_without_id_for_a_day(self) -> None:
        """What has no id may come again after a day, and has its effect then."""
        post = self.a_post("a", fid=None)
        await self.ledger.write(post)
        await self.do("UPDATE received SET state = 'done', arrived = now() - interval '23 hours'")
        await self.ledger.write(post)
        self.assertEqual(["done"], await self.states())
        await self.do("UPDATE received SET arrived = now() - interval '25 hours'")
        await self.ledger.write(post)
        self.assertEqual(["waiting"], await self.states())

    async def test_without_id_contradicted(self) -> None:
        """What has no id counts again once something else was said of the same: a name that is what it was."""
        old, new = (self.a_post(name, fid=None, object_fid="https://far.example/o", body=name) for name in ("a", "b"))
        for posts in ([old, old], [new], [old, old]):
            for post in posts:
                await self.ledger.write(post)
            await self.do("UPDATE received SET state = 'done'")
        self.assertEqual(["b", "a"], await self.bodies())
        await gatherResults([self.ledger.write(post) for post in (old, new, old, new)])
        self.assertEqual(["a", "b"], await self.bodies())
        another = self.a_post("c")
        await gatherResults([self.ledger.write(post) for post in (another, old, new)])  # two come while one is written
        self.assertEqual(["{}", "a", "b"], await self.bodies())

    async def bodies(self) -> list[str]:
        """What was written, in order."""
        found: list[str] = await self.value("SELECT array_agg(body ORDER BY id) FROM received")
        return found

    async def test_one_that_cannot_be_written(self) -> None:
        """One that cannot be written harms none that come with it."""
        good, bad = self.ledger.write(self.a_post("a")), self.a_post("b", inbox_of_id=0)
        rest = [self.ledger.write(post) for post in (bad, self.a_post("c"))]  # these two wait for the first
        await good
        with self.assertRaises(ForeignKeyViolation):
            await rest[0]
        await rest[1]
        self.assertEqual(2, await self.count())

    async def test_who_was_removed_meanwhile(self) -> None:
        """What somebody tells who was purged since they were believed has no effect, and fails nobody."""
        posts = [self.a_post("a", actor_id=0), *(self.a_post(str(n)) for n in range(5))]
        await gatherResults([self.ledger.write(post) for post in posts])
        in_order = await self.value("SELECT array_agg(fid ORDER BY id) FROM received")
        self.assertEqual([post.fid for post in posts[1:]], in_order)

    async def test_who_leaves(self) -> None:
        """A client that leaves takes nothing with it."""
        left = [self.ledger.write(self.a_post(str(n))) for n in range(3)]
        for one in left:
            one.addErrback(lambda _: None)
            one.cancel()
        await self.ledger.close()
        self.assertEqual(3, await self.count())

    async def test_too_much(self) -> None:
        """When too much waits, nothing more is promised."""
        written = [self.ledger.write(self.a_post(str(n))) for n in range(MOST_WAITING + 1)]
        waiting = written[: MOST_WAITING + 1]
        refused = self.ledger.write(self.a_post("late"))
        with self.assertRaises(Unavailable):
            await refused
        await gatherResults(waiting)
        self.assertEqual(MOST_WAITING + 1, await self.count())

    async def test_database_away(self) -> None:
        """Without a database nothing is promised."""
        await self.database.close()
        with self.assertRaises(Unavailable):
            await self.ledger.write(self.a_post("a"))
