"""Who stands behind a proof, and what they may."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.defer import Deferred, DeferredList

from fwtwisted.core.people.signin import PRUNE_SESSIONS, SignIn, SignInSettings
from fwtwisted.core.people.tokens import ListenTokens
from fwtwisted.db.jobs import Job
from fwtwisted.model.accounts import ApplicationWish
from fwtwisted.model.errors import Invalid, NotFound, Throttled
from fwtwisted.model.people import TOKEN_SCOPES, USER_SCOPES, Via
from tests.core.people.case import ADDRESS, PASSWORD, PeopleCase

A_JOB = Job(1, PRUNE_SESSIONS, None, {}, 1, 0, 1, datetime(2026, 1, 1, tzinfo=UTC))


class RightsTests(PeopleCase):
    """docs/api.md §2.1."""

    async def test_a_user(self) -> None:
        """Everything of one's own, nothing of the pod's."""
        viewer = await self.a_viewer()
        self.assertEqual(USER_SCOPES, viewer.scopes)
        self.assertEqual((Via.SESSION, True, False), (viewer.via, viewer.is_local, viewer.is_superuser))

    async def test_permissions(self) -> None:
        """One's own, the pod's default ones, and all of them for a superuser."""
        self.preferences["users__default_permissions"] = ["library", "nonsense"]
        viewer = await self.a_viewer(permissions=frozenset(("moderation",)))
        self.assertTrue(viewer.may("write:instance:policies") and viewer.may("read:instance:edits"))
        self.assertFalse(viewer.may("read:instance:settings"))
        chief = await self.a_viewer("chief", is_superuser=True)
        self.assertTrue(chief.may("write:instance:settings") and chief.may("write:instance:libraries"))

    async def test_a_token_never_carries_more_than_tokens_may(self) -> None:
        """Not even a superuser's, whatever scopes its application names."""
        chief = await self.a_viewer("chief", is_superuser=True)
        wish = ApplicationWish("x", scopes="read write instance:settings read:security nonsense")
        made, _ = await self.applications.register(chief, wish)
        viewer = await self.signin.by_token(made.token or "")
        assert viewer is not None
        self.assertEqual((TOKEN_SCOPES, Via.TOKEN, frozenset()), (viewer.scopes, viewer.via, viewer.permissions))
        await self.applications.change(chief, made.client_id, {"scopes": "read:favorites"})
        viewer = await self.signin.by_token(made.token or "")
        assert viewer is not None
        self.assertEqual(frozenset(("read:favorites",)), viewer.scopes)

    async def test_many_at_once(self) -> None:
        """Each is known by its own proof, whoever asks beside; one that proves nothing hurts nobody."""
        people = [await self.a_viewer(name) for name in ("alice", "bob")]
        tokens, keys = [], []
        for viewer in people:
            made, _ = await self.applications.register(viewer, ApplicationWish("x"))
            tokens.append(made.token or "")
            keys.append((await self.signin.open_session(viewer.account_id or 0)).key)
        asked = [*tokens, "unknown", tokens[0], "not\0one", tokens[1]]
        found = await DeferredList(
            [Deferred.fromCoroutine(self.signin.by_token(one)) for one in asked], consumeErrors=True
        )
        names = [viewer and viewer.username if went_well else "refused" for went_well, viewer in found]
        self.assertEqual(["alice", "bob", None, "alice", "refused", "bob"], names)
        asked = [*keys, "unknown", *reversed(keys)]
        found = await DeferredList([Deferred.fromCoroutine(self.signin.by_session(one)) for one in asked])
        self.assertEqual(["alice", "bob", None, "bob", "alice"], [one and one.username for _, one in found])

    async def test_what_is_taken_back_opens_nothing(self) -> None:
        """Nobody is let in by a look that began before, however many ask at once."""
        viewer = await self.a_viewer()
        made, _ = await self.applications.register(viewer, ApplicationWish("x"))
        before = [Deferred.fromCoroutine(self.signin.by_token(made.token or "")) for _ in range(3)]
        await self.applications.remove(viewer, made.client_id)
        after = [Deferred.fromCoroutine(self.signin.by_token(made.token or "")) for _ in range(3)]
        await DeferredList(before)
        self.assertEqual([(True, None)] * 3, await DeferredList(after))

    async def test_a_token_of_a_closed_account(self) -> None:
        """Opens nothing, nor does one that nobody has."""
        viewer = await self.a_viewer()
        made, _ = await self.applications.register(viewer, ApplicationWish("x"))
        await self.accounts.change("alice", is_active=False)
        for token in (made.token or "", "", "unknown"):
            self.assertIsNone(await self.signin.by_token(token))


class CommandTests(PeopleCase):
    """The machine's own shell."""

    async def test_anybody_can_be_acted_for(self) -> None:
        """By name, in any case, without a password."""
        account = await self.an_account("alice", is_superuser=True)
        viewer = await self.signin.by_command("ALICE")
        self.assertEqual((account.id, account.actor.id, "alice"), (viewer.account_id, viewer.actor_id, viewer.username))
        self.assertEqual((USER_SCOPES, Via.COMMAND, True), (viewer.scopes, viewer.via, viewer.is_local))
        with self.assertRaises(NotFound):
            await self.signin.by_command("nobody")


class SessionTests(PeopleCase):
    """Cookies."""

    async def test_only_a_digest_is_kept(self) -> None:
        """Who reads the table cannot sign in."""
        account = await self.an_account()
        session = await self.signin.open_session(account.id)
        self.assertGreaterEqual(len(session.key), 43)
        self.assertNotIn(session.key.encode(), bytes(await self.value("SELECT digest FROM session")))
        self.assertNotIn(session.key, repr(session))

    async def test_the_lifetime_is_a_setting(self) -> None:
        """``SESSION_COOKIE_AGE``."""
        account = await self.an_account()
        signin = SignIn(
            self.database, self.passwords, self.preference, self.listen_tokens, self.limits, SignInSettings(60)
        )
        await signin.open_session(account.id)
        self.assertEqual(60, await self.value("SELECT extract(epoch FROM expires - created)::int FROM session"))

    async def test_activity_is_noted_now_and_then(self) -> None:
        """Not at every request."""
        account = await self.an_account()
        session = await self.signin.open_session(account.id)
        for ago, moved in (("14 minutes", False), ("16 minutes", True)):
            await self.do("UPDATE account SET last_activity = now() - %s::interval", ago)
            before = await self.value("SELECT last_activity FROM account")
            await self.signin.by_session(session.key)
            self.assertEqual(moved, before != await self.value("SELECT last_activity FROM account"), ago)

    async def test_what_ran_out_is_forgotten(self) -> None:
        """By the chore, and only that."""
        account = await self.an_account()
        for _ in range(3):
            await self.signin.open_session(account.id)
        await self.do("UPDATE session SET expires = now() WHERE digest IN (SELECT digest FROM session LIMIT 2)")
        await self.signin.jobs()[PRUNE_SESSIONS].run(A_JOB)
        self.assertEqual(1, await self.value("SELECT count(*) FROM session"))

    def test_the_chore_is_hourly(self) -> None:
        """At the full hour."""
        schedule = self.signin.schedules()[PRUNE_SESSIONS]
        self.assertIn(schedule.kind, self.signin.jobs())
        now = datetime(2026, 12, 31, 23, 59, 59, 5, UTC)
        self.assertEqual(datetime(2027, 1, 1, tzinfo=UTC), schedule.next_after(now))
        self.assertEqual(datetime(2027, 1, 1, 1, tzinfo=UTC), schedule.next_after(schedule.next_after(now)))


class PasswordTests(PeopleCase):
    """Names with passwords."""

    async def test_basic_is_counted_once(self) -> None:
        """While the password stays what it was, no further attempt is counted; then it is."""
        await self.an_account()
        for _ in range(40):
            viewer = await self.signin.by_password("alice", PASSWORD, ADDRESS)
            assert viewer is not None
            self.assertEqual(Via.BASIC, viewer.via)
        await self.accounts.set_password("alice", "another horse")
        self.assertIsNone(await self.signin.by_password("alice", PASSWORD, ADDRESS))
        self.assertIsNotNone(await self.signin.by_password("ALICE@mail.example", "another horse", ADDRESS))
        await self.accounts.change("alice", is_active=False)
        self.assertIsNone(await self.signin.by_password("alice@mail.example", "another horse", ADDRESS))

    async def test_attempts_are_counted_before_the_password_is_looked_at(self) -> None:
        """Per name and address; another name, or another address, is free."""
        await self.an_account()
        await self.an_account("bob")
        for _ in range(30):
            with self.assertRaises(Invalid):
                await self.signin.authenticate("alice", "wrong", ADDRESS)
        for name in ("alice", "ALICE"):
            with self.assertRaises(Throttled) as caught:
                await self.signin.authenticate(name, PASSWORD, ADDRESS)
            self.assertEqual(113, caught.exception.retry_after)  # a thirtieth of an hour, about
        with self.assertRaises(Throttled):
            await self.signin.by_password("alice", PASSWORD, ADDRESS)
        await self.signin.authenticate("bob", PASSWORD, ADDRESS)
        await self.signin.authenticate("alice", PASSWORD, "192.0.2.2")

    async def test_an_address_has_its_limit_too(self) -> None:
        """Guessing through many names ends after five times as many; an IPv6 network counts as one."""
        for number in range(150):
            with self.assertRaises(Invalid):
                await self.signin.authenticate(f"name{number}", "wrong", f"2001:db8::{number:x}")
        with self.assertRaises(Throttled):
            await self.signin.authenticate("alice", "wrong", "2001:db8::ffff")
        with self.assertRaises(Invalid):
            await self.signin.authenticate("alice", "wrong", "2001:db8:0:1::1")


class ListenTokenTests(PeopleCase):
    """What ``users/me`` hands to players."""

    async def test_it_opens_listening_and_nothing_else(self) -> None:
        """For three days."""
        account = await self.an_account(is_superuser=True)
        token = self.listen_tokens.issue(account)
        viewer = await self.signin.by_listen_token(token)
        assert viewer is not None
        self.assertEqual(frozenset(("read:libraries",)), viewer.scopes)
        self.assertEqual(
            (account.id, Via.LISTEN_TOKEN, frozenset()), (viewer.account_id, viewer.via, viewer.permissions)
        )
        self.assertIsNone(await self.signin.by_token(token))
        self.clock.advance(3 * 24 * 3600)
        self.assertIsNone(await self.signin.by_listen_token(token))

    async def test_it_is_void_with_the_account(self) -> None:
        """Closed, or with a new password."""
        account = await self.an_account()
        token = self.listen_tokens.issue(account)
        await self.accounts.set_password("alice", "another horse")
        self.assertIsNone(await self.signin.by_listen_token(token))
        fresh = self.listen_tokens.issue(await self.accounts.named("alice"))
        self.assertIsNotNone(await self.signin.by_listen_token(fresh))
        await self.accounts.change("alice", is_active=False)
        self.assertIsNone(await self.signin.by_listen_token(fresh))

    async def test_forgeries(self) -> None:
        """Another account, another hour, another server, or no token at all."""
        account, other = await self.an_account(), await self.an_account("bob")
        _, expires, signature = self.listen_tokens.issue(account).split(".")
        elsewhere = ListenTokens("another server", self.clock.seconds)
        for token in (
            f"{other.id}.{expires}.{signature}",
            f"{account.id}.{int(expires) + 1}.{signature}",
            f"{account.id}.{expires}.",
            f"{account.id}.{expires}.ü",
            f"99.{expires}.{signature}",
            f"{'9' * 40}.{expires}.{signature}",
            elsewhere.issue(account),
            "",
            "..",
            "a.b.c",
        ):
            self.assertIsNone(await self.signin.by_listen_token(token), token)
