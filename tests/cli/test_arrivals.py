"""``fwtwisted users invite``, ``requests``, ``approve``, ``refuse``."""

from __future__ import annotations

import re

from tests.cli.commands import CommandCase
from tests.pod import PASSWORD

ASKS = """
    UPDATE account SET is_active = false WHERE username = 'omar';
    INSERT INTO user_request (submitter_id, metadata)
    SELECT actor_id, '{"Why?": "Music"}' FROM account WHERE username = 'omar'
"""


class ArrivalsTests(CommandCase):
    """Who may come in, decided at the shell."""

    def chief(self) -> None:
        self.done("users", "create", "-u", "chief", "-e", "chief@pod.example", "-p", PASSWORD, "--superuser")

    def test_inviting(self) -> None:
        """A link on standard output, in an administrator's name or another's; a code is taken once."""
        nobody = self.run_command("users", "invite", "--username", "eve")
        self.assertEqual((1, "fwtwisted: There is no account named so.\n"), (nobody.status, nobody.err))
        self.chief()
        told = self.done("users", "invite")
        self.assertTrue(re.fullmatch(r"\S+/signup\?invitation=[A-Z]{10}\n", told.out), told)
        made = self.done("users", "invite", "-u", "chief", "--code", "Welcome", "--json").json
        self.assertEqual(("Welcome", "chief"), (made["code"], made["owner"]))
        again = self.run_command("users", "invite", "--code", "welcome")
        self.assertEqual((1, "code"), (again.status, again.err.partition(":")[0]))

    def test_requests(self) -> None:
        """Listed until they are answered; approved is approved."""
        self.chief()
        self.make_account("omar")
        self.assertEqual("", self.done("users", "requests").out)
        self.execute(ASKS)
        self.assertIn("Why?: Music", self.done("users", "requests").out)
        self.assertEqual("omar stays outside.\n", self.done("users", "refuse", "omar").out)
        self.assertEqual([], self.done("users", "requests", "--json").json)
        self.assertEqual("approved", self.done("users", "approve", "OMAR", "--json").json["status"])
        self.assertEqual(
            ["approved"], [one["status"] for one in self.done("users", "requests", "--all", "--json").json]
        )
        late = self.run_command("users", "refuse", "omar")
        self.assertEqual((1, "fwtwisted: There is no open request of omar.\n"), (late.status, late.err))
        (omar,) = [one for one in self.done("users", "list", "--json").json if one["username"] == "omar"]
        self.assertTrue(omar["is_active"])
