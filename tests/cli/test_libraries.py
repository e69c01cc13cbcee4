"""``fwtwisted libraries``."""

from __future__ import annotations

from uuid import UUID

from tests.cli.commands import CommandCase


class LibraryTests(CommandCase):
    """Libraries made at the shell."""

    def test_create(self) -> None:
        """The uuid is all that is printed; one of that name is found again, as it is."""
        self.make_account()
        uuid = self.make_library(level="everyone")
        self.assertEqual(str(UUID(uuid)), uuid)
        again = self.done("libraries", "create", "--user", "ada", "--name", "Music", "--privacy", "me", "--json")
        expected = {"uuid": uuid, "name": "Music", "privacy_level": "everyone", "created": False}
        self.assertEqual(expected, again.json)
        self.assertIn("its level stays everyone", again.err)
        self.make_account("bob")
        self.assertNotEqual(uuid, self.make_library(owner="bob"))

    def test_several_at_once(self) -> None:
        """Of commands that make the same library at once, one makes it and the others find it."""
        self.make_account()
        making = [self.begin("libraries", "create", "--user", "ada", "--name", "M", "--json") for _ in range(3)]
        told = [self.end(process).json for process in making]
        self.assertEqual(1, len({one["uuid"] for one in told}))
        self.assertEqual([False, False, True], sorted(one["created"] for one in told))

    def test_problems(self) -> None:
        """A name that cannot be, and an owner who is not there."""
        self.make_account()
        for name in ("", " ", "n" * 101):
            ended = self.run_command("libraries", "create", "--user", "ada", "--name", name)
            self.assertEqual((1, "name: "), (ended.status, ended.err[:6]), ended)
        ended = self.run_command("libraries", "create", "--user", "eve")
        self.assertEqual((1, "fwtwisted: There is no account named eve.\n"), (ended.status, ended.err))
