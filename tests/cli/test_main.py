"""The command line as such: options before and after, statuses, signals, one line for what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import fwtwisted
from fwtwisted.cli.main import GROUPS, parser
from fwtwisted.cli.storage.group import AREAS
from tests.cli.commands import CommandCase
from tests.pod import PASSWORD, until


class LineTests(CommandCase):
    """What is typed, and what is answered."""

    def test_usage(self) -> None:
        """What cannot be meant ends with status 2 and one line, and touches nothing."""
        ended = self.run_command("jobs", "retry", "x")
        self.assertEqual((2, 1, ""), (ended.status, len(ended.err.splitlines()), ended.out), ended)
        for words in ((), ("users",), ("users", "dance"), ("users", "list", "x"), ("import", "--library", "a")):
            said = StringIO()
            with redirect_stderr(said), self.assertRaises(SystemExit) as exit:
                parser().parse_args(words)
            self.assertEqual((2, 1), (exit.exception.code, len(said.getvalue().splitlines())), said.getvalue())
        self.assertFalse(self.data.exists())

    def test_help(self) -> None:
        """Every group and command tells what there is."""
        for line in ("", "users", "users create", "libraries create", "import", "db migrate", "config", "jobs retry"):
            said = StringIO()
            with redirect_stdout(said), self.assertRaises(SystemExit) as exit:
                parser().parse_args([*line.split(), "--help"])
            self.assertEqual(0, exit.exception.code)
            self.assertIn(f"usage: fwtwisted {line}".strip(), said.getvalue())

    def test_only_what_is_needed(self) -> None:
        """A command line says the same, whether all commands were loaded for it or only those that it names."""
        lines = [[group] for group in GROUPS] + [["storage", name] for name in AREAS]
        for line in lines:
            told = []
            for words in ((), line):
                said = StringIO()
                with redirect_stdout(said), self.assertRaises(SystemExit) as exit:
                    parser(words).parse_args([*line, "--help"])
                self.assertEqual(0, exit.exception.code)
                told.append(said.getvalue())
            if line != ["storage"]:  # whose own help tells of all its commands
                self.assertEqual(*told)
        loads = "import sys; from fwtwisted.cli.main import parser; parser(['storage', 'migrate'])"
        check = f"{loads}; sys.exit('fwtwisted.parts' in sys.modules)"
        env = os.environ | {"PYTHONPATH": str(Path(fwtwisted.__file__).parent.parent)}
        self.assertEqual(0, subprocess.run([sys.executable, "-c", check], env=env).returncode)

    def test_options_stand_anywhere(self) -> None:
        """``--data`` and ``--env-file`` may stand before the command, within it and after it; the last one counts."""
        file = self.folder / "settings"
        file.write_text("FUNKWHALE_HOSTNAME=music.example\n")
        name = {"name": "FUNKWHALE_HOSTNAME", "value": "music.example", "origin": str(file)}
        self.assertIn(
            name, self.done("--env-file", "/nowhere", "config", "show", "--json", "--env-file", str(file)).json
        )
        for line in (
            "--data d users list",
            "users --data d list",
            "users list --data d",
            "--data x users list --data d",
        ):
            self.assertEqual("d", parser().parse_args(line.split()).data)
        other = self.folder / "other"
        self.done("db", "migrate", "--data", str(other))
        self.assertTrue(other.exists())
        self.assertFalse(self.data.exists())

    def test_settings_that_cannot_work(self) -> None:
        """A wrong setting ends every command with status 78 and a line that names it."""
        for words in (("users", "list"), ("config", "check")):
            ended = self.run_command(*words, DATABASE_URL="mysql://localhost/x")
            self.assertEqual((78, ""), (ended.status, ended.out))
            self.assertEqual(1, len(ended.err.splitlines()), ended)
            self.assertIn("DATABASE_URL", ended.err)

    def test_no_database(self) -> None:
        """A database that does not answer is told in one line, soon."""
        ended = self.run_command("users", "list", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        self.assertEqual((1, ""), (ended.status, ended.out))
        self.assertIn("database", ended.err)

    def test_nobody_listens(self) -> None:
        """When the reader of the answer leaves, the command ends without a word."""
        self.make_account()
        process = self.begin("users", "list", "--json")
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate()
        self.assertEqual((1, ""), (process.returncode, err))

    def test_console_script(self) -> None:
        """The script that the package installs is this program."""
        script = Path(sys.executable).with_name("fwtwisted")
        if not script.exists():
            self.skipTest("the package is not installed beside this Python")
        told = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(told.stdout, r"^fwtwisted \d")


class EmptyFolderTests(CommandCase):
    """A folder that was never used."""

    embedded = True

    def test_nothing_there(self) -> None:
        """What needs a pod says that there is none, and makes none."""
        for words in (
            ("users", "list"),
            ("import", "--library", "a", "."),
            ("jobs", "list"),
        ):
            ended = self.run_command(*words)
            self.assertEqual((1, ""), (ended.status, ended.out))
            self.assertIn("There is no pod in", ended.err)
        self.assertFalse(self.data.exists())

    def test_several_at_once(self) -> None:
        """Commands that start together on an empty folder share one PostgreSQL; the last one out stops it."""
        making = [
            self.begin("users", "create", "-u", name, "-e", f"{name}@pod.example", "-p", PASSWORD)
            for name in ("ada", "bob", "cyd")
        ]
        for process in making:
            self.assertEqual(0, self.end(process).status)
        names = {account["username"] for account in self.done("users", "list", "--json").json}
        self.assertEqual({"ada", "bob", "cyd"}, names)
        self.assertIsNone(self.server.postgres_pid())

    def test_stopped_while_it_starts(self) -> None:
        """SIGTERM while PostgreSQL is made ends the command with status 143, and nothing of it lives on."""
        process = self.begin("db", "migrate")
        until(lambda: (self.data / "postgres.turn").exists(), "the first sign of life")
        os.killpg(process.pid, signal.SIGTERM)
        self.assertEqual(143, self.end(process).status)
        self.assertIsNone(self.server.postgres_pid())
        self.done("db", "migrate")
