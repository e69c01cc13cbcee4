"""Leaving for good."""

from __future__ import annotations

from datetime import UTC, datetime

from fwtwisted.core.people.profiles import REMOVE_ACCOUNT
from fwtwisted.db.jobs import Job
from fwtwisted.model.accounts import ApplicationWish, LibraryWish, SignUp
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.people import Account
from tests.core.people.case import PASSWORD, PeopleCase


class LeavingTests(PeopleCase):
    """``Profiles.leave`` and the job that follows."""

    def a_job(self, account: Account) -> Job:
        return Job(1, REMOVE_ACCOUNT, None, {"account": account.id}, 1, 0, 1, datetime(2026, 1, 1, tzinfo=UTC))

    async def test_everything_goes_but_the_name(self) -> None:
        """Libraries, files, deeds, follows and tokens; the actor is a tombstone that keeps its keys."""
        viewer = await self.a_viewer()
        account = await self.accounts.of(viewer)
        fan = await self.an_actor("fan", "away.example")
        for name in ("one", "two"):
            library = await self.libraries.create(viewer, LibraryWish(name))
            await self.a_follow(fan, library=library.id)
            await self.do(
                "INSERT INTO upload (fid, library_id, audio_file, import_reference) VALUES (%s, %s, %s, 'x')",
                name, library.id, f"tracks/aa/bb/cc/{name}.mp3",
            )  # fmt: skip
        await self.a_follow(fan, actor=account.actor.id)
        await self.a_follow(account.actor.id, actor=fan)
        made, _ = await self.applications.register(viewer, ApplicationWish("x"))
        await self.profiles.leave(viewer, PASSWORD)
        self.assertIsNone(await self.signin.by_token(made.token or ""))
        self.assertEqual([("jobs", b"maintenance"), ("sessions", b"")], sorted(self.rung[-2:]))
        for _ in range(2):
            await self.profiles.jobs()[REMOVE_ACCOUNT].run(self.a_job(account))
        for table in ("account", "library", "upload", "follow", "session", "application"):
            self.assertEqual(0, await self.value(f"SELECT count(*) FROM {table}"), table)
        self.assertEqual(2, await self.value("SELECT count(*) FROM doomed_file"))
        tombstone = await self.value(
            "SELECT array[type, preferred_username, private_key] FROM actor WHERE domain = %s", "pod.example"
        )
        self.assertEqual(["Tombstone", "alice"], tombstone[:2])
        self.assertIn("PRIVATE KEY", tombstone[2])
        with self.assertRaises(Invalid) as caught:
            await self.an_account("alice")
        self.assertEqual(["username"], list(caught.exception.problems))

    async def test_the_address_is_free_again(self) -> None:
        """Only the name stays taken."""
        viewer = await self.a_viewer()
        account = await self.accounts.of(viewer)
        await self.profiles.leave(viewer, PASSWORD)
        await self.profiles.remove(self.a_job(account))
        await self.accounts.create(SignUp("alicia", "alice@mail.example", PASSWORD))

    async def test_the_job_leaves_open_accounts_alone(self) -> None:
        """Whoever asked for it."""
        viewer = await self.a_viewer()
        account = await self.accounts.of(viewer)
        await self.libraries.create(viewer, LibraryWish("mine"))
        await self.profiles.remove(self.a_job(account))
        self.assertEqual(1, await self.value("SELECT count(*) FROM library"))
        self.assertEqual(viewer.username, (await self.profiles.me(viewer)).account.username)

    async def test_who_is_gone_is_not_found(self) -> None:
        """A request that was under way meanwhile."""
        viewer = await self.a_viewer()
        account = await self.accounts.of(viewer)
        await self.profiles.leave(viewer, PASSWORD)
        await self.profiles.remove(self.a_job(account))
        with self.assertRaises(NotFound):
            await self.profiles.me(viewer)
        with self.assertRaises(NotFound):
            await self.profiles.merge_settings(viewer, {})

    async def test_a_wrong_password_closes_nothing(self) -> None:
        """Told on its field."""
        viewer = await self.a_viewer()
        with self.assertRaises(Invalid) as caught:
            await self.profiles.leave(viewer, "wrong")
        self.assertEqual(["password"], list(caught.exception.problems))
        self.assertEqual(0, await self.value("SELECT count(*) FROM job"))


class QuotaTests(PeopleCase):
    """``Quotas``."""

    async def test_the_pods_default_and_ones_own(self) -> None:
        """Megabytes; one's own counts before the pod's."""
        account = await self.an_account()
        self.assertEqual(1000, (await self.quotas.status(account)).max)
        changed = await self.accounts.change("alice", upload_quota=0)
        status = await self.quotas.status(changed)
        self.assertEqual((0, 0.0, 0.0), (status.max, status.current, status.remaining))
