"""``fwtwisted users``."""

from __future__ import annotations

import os
import pty

from tests.cli.commands import CommandCase
from tests.pod import PASSWORD

OTHER = "another horse, without"


class UserTests(CommandCase):
    """Accounts made and changed at the shell."""

    def test_create_and_list(self) -> None:
        """Accounts are as they were asked for, and told as JSON and in columns."""
        self.make_account()
        told = self.done(
            "users", "create", "-u", "bob", "-e", "bob@pod.example", "-p", PASSWORD, "--superuser", "-q", "50",
            "--permission", "library", "--json",
        ).json  # fmt: skip
        self.assertEqual(
            ("bob", True, True, 50), tuple(told[k] for k in ("username", "is_superuser", "is_staff", "upload_quota"))
        )
        listed = self.done("users", "list", "--json").json
        self.assertEqual(["ada", "bob"], [one["username"] for one in listed])
        self.assertEqual(told, listed[1])
        lines = self.done("users", "list").out.splitlines()
        self.assertEqual(3, len(lines))
        self.assertIn("superuser library", lines[2])

    def test_problems(self) -> None:
        """Everything that is wrong is told by field, one a line, with status 1."""
        ended = self.run_command("users", "create", "-u", "no name", "-e", "nowhere", "-p", "x")
        self.assertEqual(1, ended.status)
        self.assertEqual(["username", "email", "password"], [line.split(":")[0] for line in ended.err.splitlines()])
        self.make_account()
        again = self.run_command("users", "create", "-u", "ADA", "-e", "other@pod.example", "-p", PASSWORD)
        self.assertEqual((1, "username: A user with that username already exists.\n"), (again.status, again.err))

    def test_password_from_the_environment(self) -> None:
        """A password in the environment needs no option."""
        env = {"FUNKWHALE_CLI_USER_PASSWORD": PASSWORD}
        self.done("users", "create", "-u", "ada", "-e", "ada@pod.example", **env)
        self.done("users", "set-password", "-u", "ada", FUNKWHALE_CLI_USER_UPDATE_PASSWORD=OTHER, **env)

    def test_nobody_to_ask(self) -> None:
        """Without a terminal, what is missing is a usage error."""
        for words in (
            ("create", "-e", "a@pod.example"),
            ("create", "-u", "ada", "-e", "a@b.c"),
            ("set-password", "-u", "ada"),
        ):
            ended = self.run_command("users", *words)
            self.assertEqual((2, 1), (ended.status, len(ended.err.splitlines())), ended)

    def test_set_password(self) -> None:
        """A new password follows the rules; an unknown account is told."""
        self.make_account()
        self.done("users", "set-password", "--username", "ada", "--password", OTHER)
        weak = self.run_command("users", "set-password", "--username", "ada", "--password", "12345678")
        self.assertEqual(1, weak.status)
        self.assertTrue(weak.err.startswith("password: "), weak)
        unknown = self.run_command("users", "set-password", "--username", "eve", "--password", OTHER)
        self.assertEqual((1, "fwtwisted: There is no account named eve.\n"), (unknown.status, unknown.err))

    def test_remove(self) -> None:
        """Who is removed is gone for good; never by accident, never the last who administers, never nobody."""
        env = {"FUNKWHALE_CLI_USER_PASSWORD": PASSWORD}
        self.done("users", "create", "-u", "ada", "-e", "ada@pod.example", "--superuser", **env)
        self.done("users", "create", "-u", "eve", "-e", "eve@pod.example", **env)
        careless = self.run_command("users", "remove", "-u", "eve")
        self.assertEqual((2, 1), (careless.status, len(careless.err.splitlines())), careless)
        self.done("users", "remove", "-u", "eve", "--yes")
        closed = {one["username"]: one["is_active"] for one in self.done("users", "list", "--json").json}
        self.assertEqual({"ada": True, "eve": False}, closed)
        for name in ("ada", "nobody"):
            self.assertEqual(1, self.run_command("users", "remove", "-u", name, "--yes").status, name)


class TerminalTests(CommandCase):
    """What is asked at a terminal."""

    def at_terminal(self, typed: str, *words: str) -> tuple[int, str]:
        """Status and everything on the screen, of a command that is typed to, a line after each question."""
        pid, screen = pty.fork()
        if pid == 0:  # the child: a terminal of its own is its standard input, output and error
            self.become(*words)
        seen = b""
        lines = typed.splitlines(keepends=True)
        while True:
            try:
                piece = os.read(screen, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if lines and seen.rstrip(b" ").endswith(b":"):
                os.write(screen, lines.pop(0).encode())
                seen += b"\n"
        _, status = os.waitpid(pid, 0)
        os.close(screen)
        return os.waitstatus_to_exitcode(status), seen.decode()

    def test_everything_is_asked_for(self) -> None:
        """Name, address and password are asked for; the password is typed twice and never shown."""
        status, screen = self.at_terminal(f"ada\nada@pod.example\n{PASSWORD}\n{PASSWORD}\n", "users", "create")
        self.assertEqual(0, status, screen)
        self.assertNotIn(PASSWORD, screen)
        self.assertIn("ada is a member", screen)

    def test_two_different_ones(self) -> None:
        """Two different passwords change nothing."""
        status, screen = self.at_terminal(f"{PASSWORD}\n{OTHER}\n", "users", "set-password", "-u", "ada")
        self.assertEqual(2, status, screen)
        self.assertIn("two different passwords", screen)

    def test_drawn(self) -> None:
        """Who types no password gets one, which is printed and works."""
        status, screen = self.at_terminal("\n", "users", "create", "-u", "ada", "-e", "ada@pod.example")
        self.assertEqual(0, status, screen)
        self.assertRegex(screen, r"Password: \S{16}")
