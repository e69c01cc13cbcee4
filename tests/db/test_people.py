"""Actors and accounts in their tables."""

from __future__ import annotations

from fwtwisted.db.people import people
from fwtwisted.db.people.people import Change, Credentials, NewAccount, NewActor
from fwtwisted.db.pool import Tx
from tests.database import HOME, DatabaseCase


class PeopleTablesTests(DatabaseCase):
    """``db/people/people.py``."""

    def new_actor(self, name: str) -> NewActor:
        fid = f"https://{HOME}/federation/actors/{name}"
        return NewActor(fid, HOME, name, "Person", name, "https://x", "https://x/inbox", "PUBLIC", "PRIVATE")

    async def an_account(self, name: str) -> int:
        async def work(tx: Tx) -> int:
            await people.add_domain(tx, HOME)
            actor_id = await people.add_actor(tx, self.new_actor(name))
            assert actor_id is not None
            new = NewAccount(actor_id, name, f"{name}@x", True, "HASH", False, False, frozenset(), None, 15, 15)
            return await people.add_account(tx, new)

        return await self.database.transaction(work)

    async def test_a_name_is_taken_in_any_case(self) -> None:
        """Told by None, and the transaction goes on."""

        async def work(tx: Tx) -> tuple[int | None, int | None]:
            await people.add_domain(tx, HOME)
            return await people.add_actor(tx, self.new_actor("Bob")), await people.add_actor(tx, self.new_actor("bOB"))

        first, second = await self.database.transaction(work)
        self.assertIsNotNone(first)
        self.assertIsNone(second)

    async def test_actors_by_id_and_by_name(self) -> None:
        """Unknown ones are left out."""
        here, there = await self.an_actor("bob"), await self.an_actor("bob", "away.example")
        found = await self.run_in(people.actors, [here, there, 99])
        self.assertEqual({here: True, there: False}, {id: actor.is_local for id, actor in found.items()})
        named = await self.run_in(people.actor_named, "BOB", "AWAY.example")
        self.assertEqual(there, named.id if named else None)
        self.assertIsNone(await self.run_in(people.actor_named, "bob", "elsewhere.example"))

    async def test_credentials_by_name_or_address(self) -> None:
        """One row, in any case."""
        id = await self.an_account("bob")
        for name in ("bob", "BOB", "Bob@X"):
            self.assertEqual(Credentials(id, "HASH", True, True), await self.run_in(people.credentials_named, name))
        self.assertIsNone(await self.run_in(people.credentials_named, ""))

    async def test_a_rehash_loses_against_a_new_password(self) -> None:
        """What was read before the change is not written over it."""
        id = await self.an_account("bob")
        old = await self.run_in(people.credentials_named, "bob")
        await self.run_in(people.set_password, id, "NEW", b"sealed")
        await self.run_in(people.rehash, old, "OLD, AGAIN")
        self.assertEqual("NEW", await self.value("SELECT password FROM account"))

    async def test_a_change_names_known_columns(self) -> None:
        """Others are a bug; no change at all is none."""
        await self.an_account("bob")
        account = await self.run_in(people.account_named, "BOB")
        for change in (Change({"password": "x"}, {}), Change({}, {"private_key": "x"})):
            with self.assertRaises(ValueError):
                await self.run_in(people.change_account, account, change)
        await self.run_in(people.change_account, account, Change({}, {}))
        self.assertEqual(account, await self.run_in(people.account_named, "bob"))
