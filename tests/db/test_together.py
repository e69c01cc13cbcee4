"""Small writes share transactions: all of them last, in order, and each is told what came of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg2
from twisted.internet.defer import CancelledError, Deferred, DeferredList, gatherResults

from fwtwisted.db.pool import HeldUp, Tx
from fwtwisted.db.together import MOST_AT_ONCE, Together
from fwtwisted.model.errors import FwError, Invalid, Unavailable
from tests.database import DatabaseCase
from tests.waiting import settled

WRITE = "INSERT INTO told (word) VALUES (%s) RETURNING id"


class TogetherTests(DatabaseCase):
    """Words are written down; some cannot be."""

    async def begun(self) -> Together[str, int]:
        """A table, and who writes."""
        await self.do("CREATE TABLE told (id bigserial, word text NOT NULL CHECK (word <> 'poison'))")
        self.rounds: list[list[str]] = []
        self.after: list[str] = []
        return Together(self.database.briefly, self.write, self.database.transaction)

    async def write(self, tx: Tx, words: Sequence[str]) -> list[int | FwError]:
        """Write the words; ``no`` is refused.  It takes a turn of the reactor, however fast the database answers."""
        self.rounds.append(list(words))
        await settled(1)
        outcomes: list[int | FwError] = []
        for word in words:
            if word == "no":
                outcomes.append(Invalid.on("word", "no"))
            else:
                outcomes.append(await tx.one(int, WRITE, word))
                tx.after_commit(self.after.append, word)
        return outcomes

    async def words(self) -> list[str]:
        """What lasts."""
        words: list[str] = await self.value("SELECT coalesce(array_agg(word ORDER BY id), '{}') FROM told")
        return words

    async def test_alone(self) -> None:
        """Who comes alone is done at once, in a transaction by itself."""
        together = await self.begun()
        self.assertEqual(1, await together.done("one"))
        self.assertEqual(2, await together.done("two"))
        self.assertEqual([["one"], ["two"]], self.rounds)

    async def test_who_comes_meanwhile_goes_together(self) -> None:
        """In order, each with its own answer; what was answered is there for everybody."""
        together = await self.begun()
        seen: list[Deferred[int]] = []

        def answered(id: int) -> int:
            seen.append(self.aside.read(lambda tx: tx.one(int, "SELECT count(*) FROM told WHERE id = %s", id)))
            return id

        several = [f"word {number}" for number in range(10)]
        ids = await gatherResults([together.done(word).addCallback(answered) for word in several])
        self.assertEqual(list(range(1, 11)), ids)
        self.assertEqual([several[:1], several[1:]], self.rounds)
        self.assertEqual([1] * 10, await gatherResults(seen))
        self.assertEqual(several, await self.words())
        self.assertEqual(several, self.after)

    async def test_many(self) -> None:
        """No transaction takes more than a stated number."""
        together = await self.begun()
        await gatherResults([together.done(str(number)) for number in range(2 * MOST_AT_ONCE + 2)])
        self.assertEqual([1, MOST_AT_ONCE, MOST_AT_ONCE, 1], [len(words) for words in self.rounds])
        self.assertEqual([str(number) for number in range(2 * MOST_AT_ONCE + 2)], await self.words())

    async def test_a_refusal_is_told_to_who_asked(self) -> None:
        """The others go through."""
        together = await self.begun()
        found: list[Any] = await DeferredList(
            [together.done(word) for word in ("a", "no", "b", "no")], consumeErrors=True
        )
        self.assertEqual([True, False, True, False], [went_well for went_well, _ in found])
        self.assertTrue(all(failure.check(Invalid) for went_well, failure in found if not went_well))
        self.assertEqual(["a", "b"], await self.words())

    async def test_one_that_breaks_takes_no_other_with_it(self) -> None:
        """Each is done once more by itself, once; what follows a commit follows it once."""
        together = await self.begun()
        found: list[Any] = await DeferredList(
            [together.done(word) for word in ("a", "b", "poison", "c")], consumeErrors=True
        )
        self.assertEqual([True, True, False, True], [went_well for went_well, _ in found])
        self.assertTrue(found[2][1].check(psycopg2.errors.CheckViolation))
        self.assertEqual(["a", "b", "c"], await self.words())
        self.assertEqual(["a", "b", "c"], self.after)
        self.assertEqual([["a"], ["b", "poison", "c"], ["b"], ["poison"], ["c"]], self.rounds)

    async def test_one_that_is_held_up_steps_aside(self) -> None:
        """Others, of the same moment and later ones, are answered meanwhile; in the end it is, too."""
        await self.do("CREATE TABLE pen (name text, words int DEFAULT 0); INSERT INTO pen VALUES ('ada'), ('bob')")

        async def write(tx: Tx, names: Sequence[str]) -> list[int]:
            return [await tx.one(int, "UPDATE pen SET words = words + 1 WHERE name = %s RETURNING words", name)
                    for name in names]  # fmt: skip

        together = Together(self.database.briefly, write, self.database.transaction)
        async with self.locked("SELECT FROM pen WHERE name = 'ada' FOR UPDATE"):
            names = ("bob", "ada", "bob", "ada", "bob")
            several = [together.done(name) for name in names]
            held = [one for one, name in zip(several, names, strict=True) if name == "ada"]
            self.assertEqual([1, 2, 3], await gatherResults([one for one in several if one not in held]))
            self.assertEqual(4, await together.done("bob"))
            alone = together.done("ada")
            self.assertEqual(5, await together.done("bob"))
            self.assertFalse(any(one.called for one in (*held, alone)))
        self.assertEqual([1, 2, 3], sorted(await gatherResults([*held, alone])))
        self.assertEqual(6, await together.done("bob"))

    async def test_held_up_where_nobody_is_patient(self) -> None:
        """Who is held up is told so, and nobody else suffers."""
        await self.begun()
        together = Together(self.database.briefly, self.write)
        async with self.locked("LOCK TABLE told"):
            await self.assertFailure(together.done("a"), HeldUp)
        self.assertEqual(1, await together.done("b"))

    async def test_a_waiter_may_leave(self) -> None:
        """What it wished for is done, and the others are answered."""
        together = await self.begun()
        waiting = [together.done(word) for word in ("a", "b", "c")]
        waiting[1].cancel()
        await self.assertFailure(waiting[1], CancelledError)
        await gatherResults([waiting[0], waiting[2]])
        self.assertEqual(["a", "b", "c"], await self.words())

    async def test_who_is_answered_may_ask_again(self) -> None:
        """Also before the others have been answered."""
        together = await self.begun()
        more: list[Deferred[int]] = []
        several = [together.done(word) for word in ("a", "b", "c")]
        for one in several:
            one.addCallback(lambda id: more.append(together.done(f"after {id}")))
        await gatherResults(several)
        self.assertEqual(3, len(await gatherResults(more)))
        self.assertEqual(6, len(await self.words()))

    async def test_questions(self) -> None:
        """Those of the same moment share a statement, which began after each of them was asked."""
        await self.begun()
        asked: list[list[str]] = []

        async def count(tx: Tx, words: Sequence[str]) -> list[int]:
            asked.append(list(words))
            return [await tx.one(int, "SELECT count(*) FROM told")] * len(words)

        together = Together(self.database.read, count)
        first, second = together.done("a"), together.done("b")
        await self.aside.transaction(lambda tx: tx.do("INSERT INTO told (word) VALUES ('x')"))
        third = together.done("c")
        await gatherResults([first, second, third])
        self.assertEqual(1, await third)
        self.assertEqual("a", asked[0][0])

    async def test_without_a_database(self) -> None:
        """Everybody is told so, and the next one who comes is tried again."""
        together = await self.begun()
        await self.database.close()
        waiting = [together.done(word) for word in ("a", "b", "c")]
        for one in waiting:
            await self.assertFailure(one, Unavailable)
        await self.assertFailure(together.done("d"), Unavailable)
