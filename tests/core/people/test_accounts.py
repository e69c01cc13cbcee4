"""Getting an account."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from fwtwisted.core.people.accounts import Accounts, AccountsSettings
from fwtwisted.core.people.password_rules import PasswordRules
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.model.accounts import SignUp
from fwtwisted.model.errors import Forbidden, Invalid, NotFound
from fwtwisted.model.people import Account
from tests.core.people.case import ADDRESS, PASSWORD, POD, PeopleCase
from tests.threads import pooled

ROOT = SignUp("chief", "chief@mail.example", PASSWORD, is_superuser=True)


def started(work: Any) -> Deferred[Any]:
    """Run a coroutine beside others."""
    return Deferred.fromCoroutine(work)


class SignUpTests(PeopleCase):
    """``Accounts.create``."""

    async def refused(self, **wish: Any) -> dict[str, Any]:
        given = {"username": "bob", "email": "bob@mail.example", "password": PASSWORD, **wish}
        with self.assertRaises(Invalid) as caught:
            await self.accounts.create(SignUp(**given))
        return dict(caught.exception.problems)

    async def test_an_account_has_an_actor_with_keys(self) -> None:
        """Federation id, addresses and a key pair of 2048 bits come with it."""
        account = await self.an_account("Alice_1")
        self.assertEqual("https://pod.example/federation/actors/Alice_1", account.actor.fid)
        self.assertEqual("Alice_1@pod.example", account.actor.full_username)
        self.assertTrue(account.actor.is_local)
        self.assertFalse(account.is_superuser)
        row = await self.value(
            "SELECT array[key_id, inbox_url, shared_inbox_url, public_key, private_key, url] FROM actor"
        )
        self.assertEqual(account.actor.fid + "#main-key", row[0])
        self.assertEqual(account.actor.fid + "/inbox", row[1])
        self.assertEqual("https://pod.example/federation/shared/inbox", row[2])
        self.assertIn("BEGIN PUBLIC KEY", row[3])
        self.assertIn("BEGIN PRIVATE KEY", row[4])
        self.assertEqual("https://pod.example/@Alice_1", row[5])

    async def test_the_password_is_kept_as_argon2id(self) -> None:
        """Never as it was typed."""
        await self.an_account()
        kept = await self.value("SELECT password FROM account")
        self.assertTrue(kept.startswith("$argon2id$"), kept)

    async def test_names_that_cannot_be(self) -> None:
        """Letters, digits and underscores only, and none of the reserved names in any case."""
        for name in ("", "a b", "a-b", "ü", "a@b", "a.b", "a" * 151, "ROOT", "service", "Taboo", "login"):
            self.assertEqual(["username"], list(await self.refused(username=name)), name)

    async def test_addresses_that_cannot_be(self) -> None:
        """Something before and something behind one @."""
        for email in ("", "bob", "@mail.example", "bob@", "a b@mail.example", "a@b@c", "a@b..c", "<a@b.c>"):
            self.assertEqual(["email"], list(await self.refused(email=email)), email)

    async def test_passwords_that_are_weak(self) -> None:
        """Short, common, only digits, or like the name."""
        for password in ("short", "password", "123456789", "bob@mail.example", "qwertyuiop1"):
            self.assertEqual(["password"], list(await self.refused(password=password)), password)

    async def test_rules_can_be_switched_off(self) -> None:
        """``DISABLE_PASSWORD_VALIDATORS``: any password will do."""
        settings = AccountsSettings(POD, rules=PasswordRules(enforced=False))
        accounts = Accounts(self.database, pooled(self), self.passwords, SubsonicSeal("x"), self.ring, settings)
        await accounts.create(SignUp("bob", "bob@mail.example", "1"))

    async def test_everything_wrong_is_told_at_once(self) -> None:
        """One answer, all fields."""
        found = await self.refused(username="-", email="-", password="-")
        self.assertEqual({"username", "email", "password"}, set(found))

    async def test_names_and_addresses_are_unique_in_any_case(self) -> None:
        """Among accounts, and names among all local actors."""
        await self.an_account("alice")
        await self.an_actor("voice")
        self.assertEqual(["username"], list(await self.refused(username="ALICE")))
        self.assertEqual(["username"], list(await self.refused(username="Voice")))
        self.assertEqual(["email"], list(await self.refused(email="Alice@Mail.example")))

    async def test_a_foreign_actor_takes_no_name(self) -> None:
        """Somebody elsewhere may be called the same."""
        await self.an_actor("bob", "away.example")
        await self.an_account("bob")

    async def test_of_two_at_the_same_time_one_wins(self) -> None:
        """The other is told that the name is taken; nothing of it stays."""
        wishes = [SignUp("bob", f"bob{n}@mail.example", PASSWORD) for n in range(2)]
        results = await DeferredList([started(self.accounts.create(w)) for w in wishes], consumeErrors=True)
        self.assertEqual([False, True], sorted(ok for ok, _ in results))
        (failure,) = [found for ok, found in results if not ok]
        self.assertEqual({"username"}, set(failure.value.problems))
        self.assertEqual(1, await self.value("SELECT count(*) FROM actor"))


class SetUpTests(PeopleCase):
    """The first administrator."""

    async def test_an_empty_pod_gives_a_token_that_makes_a_superuser(self) -> None:
        """Once; afterwards there is neither token nor use for the old one."""
        token = await self.accounts.issue_setup_token()
        assert token is not None
        made = await self.accounts.set_up(token, ROOT)
        self.assertTrue(made.is_superuser and made.is_staff and made.is_active)
        self.assertIsNone(await self.accounts.issue_setup_token())
        with self.assertRaises(Forbidden):
            await self.accounts.set_up(token, SignUp("bob", "bob@mail.example", PASSWORD))
        self.assertEqual(0, await self.value("SELECT count(*) FROM setup_token"))

    async def test_only_the_latest_token_holds(self) -> None:
        """A restart makes a new one."""
        old = await self.accounts.issue_setup_token()
        await self.accounts.issue_setup_token()
        assert old is not None
        for wrong in (old, "", "x" * 43):
            with self.assertRaises(Forbidden):
                await self.accounts.set_up(wrong, ROOT)

    async def test_a_token_is_kept_as_its_digest(self) -> None:
        """Who reads the table cannot use it."""
        token = await self.accounts.issue_setup_token()
        assert token is not None
        self.assertNotIn(token.encode(), bytes(await self.value("SELECT digest FROM setup_token")))

    async def test_a_wrong_field_leaves_the_token_valid(self) -> None:
        """People may try again."""
        token = await self.accounts.issue_setup_token()
        assert token is not None
        with self.assertRaises(Invalid):
            await self.accounts.set_up(token, SignUp("chief", "chief@mail.example", "1"))
        await self.accounts.set_up(token, ROOT)

    async def test_an_account_made_meanwhile_voids_the_token(self) -> None:
        """Somebody used the command."""
        token = await self.accounts.issue_setup_token()
        assert token is not None
        await self.an_account()
        with self.assertRaises(Forbidden):
            await self.accounts.set_up(token, ROOT)

    async def test_of_many_at_the_same_time_one_becomes_administrator(self) -> None:
        """The others are forbidden, and leave nothing behind."""
        token = await self.accounts.issue_setup_token()
        assert token is not None
        wishes = [SignUp(f"chief{n}", f"chief{n}@mail.example", PASSWORD, is_superuser=True) for n in range(4)]
        results = await DeferredList(
            [started(self.accounts.set_up(token, wish)) for wish in wishes], consumeErrors=True
        )
        self.assertEqual(1, sum(ok for ok, _ in results))
        for ok, found in results:
            if not ok:
                found.trap(Forbidden)
        self.assertEqual(1, await self.value("SELECT count(*) FROM account"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM actor"))


class AdministrationTests(PeopleCase):
    """What the command at the machine does."""

    async def test_a_new_password_signs_everybody_out(self) -> None:
        """And the rules hold for it, too."""
        account = await self.an_account()
        session = await self.signin.open_session(account.id)
        await self.accounts.set_password("ALICE", "another horse")
        self.assertIsNone(await self.signin.by_session(session.key))
        await self.signin.authenticate("alice", "another horse", ADDRESS)
        with self.assertRaises(Invalid):
            await self.accounts.set_password("alice", "1")
        with self.assertRaises(NotFound):
            await self.accounts.set_password("nobody", PASSWORD)

    async def test_the_last_superuser_stays_one(self) -> None:
        """With two, one may go."""
        await self.an_account("first", is_superuser=True)
        for change in ({"is_superuser": False}, {"is_active": False}):
            with self.assertRaises(Invalid):
                await self.accounts.change("first", **change)
        await self.an_account("second", is_superuser=True)
        changed = await self.accounts.change("first", is_superuser=False)
        self.assertFalse(changed.is_superuser)

    async def test_two_superusers_cannot_both_resign(self) -> None:
        """Not even at the same time."""
        for name in ("first", "second"):
            await self.an_account(name, is_superuser=True)
        results = await DeferredList(
            [started(self.accounts.change(name, is_superuser=False)) for name in ("first", "second")],
            consumeErrors=True,
        )
        self.assertEqual(1, sum(ok for ok, _ in results))
        self.assertEqual(1, await self.value("SELECT count(*) FROM account WHERE is_superuser"))

    async def test_a_closed_account_is_signed_out(self) -> None:
        """Its sessions end, its password opens nothing."""
        account = await self.an_account()
        session = await self.signin.open_session(account.id)
        await self.accounts.change("alice", is_active=False)
        self.assertIsNone(await self.signin.by_session(session.key))
        with self.assertRaises(Invalid):
            await self.signin.authenticate("alice", PASSWORD, ADDRESS)

    async def test_accounts_are_listed_in_their_order(self) -> None:
        """The oldest first."""
        for name in ("zoe", "adam"):
            await self.an_account(name)
        everybody: list[Account] = await self.accounts.everybody()
        self.assertEqual(["zoe", "adam"], [one.username for one in everybody])

    async def test_only_known_columns_change(self) -> None:
        """A wrong name is a bug, told as one."""
        await self.an_account()
        with self.assertRaises(ValueError):
            await self.accounts.change("alice", password="x")
