"""``fwtwisted import``."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.audio import make_many
from tests.cli.commands import CommandCase, Ended, files_in
from tests.pod import PATIENCE_SECONDS, until

MANY = 900
LIBRARY = """
    INSERT INTO domain (name) VALUES ('pod.example') ON CONFLICT DO NOTHING;
    INSERT INTO actor (fid, domain, preferred_username, private_key)
    VALUES ('https://pod.example/ada', 'pod.example', 'ada', 'PEM');
    INSERT INTO account (actor_id, username, email, password)
    SELECT id, 'ada', 'ada@pod.example', '!' FROM actor;
    INSERT INTO library (fid, followers_url, actor_id, name)
    SELECT 'https://pod.example/l', 'https://pod.example/l/f', id, 'Music' FROM actor RETURNING uuid::text
"""


class ImportCase(CommandCase):
    """With an account and a library, which other tests make by commands."""

    def setUp(self) -> None:
        super().setUp()
        self.library = self.asked(LIBRARY)[0][0]

    def imported(self, *words: str, library: str = "") -> dict[str, Any]:
        """What an import of our music says; it must go well."""
        line = ("import", "--library", library or self.library, "--recursive", "--json", *words, str(self.music))
        told: dict[str, Any] = self.done(*line).json
        return told

    def counts(self, told: dict[str, Any]) -> dict[str, int]:
        """The counts of an answer that are not zero."""
        names = ("imported", "updated", "skipped", "errored", "unchanged", "moved", "removed")
        return {name: told[name] for name in names if told[name]}


class ImportTests(ImportCase):
    """Files come in, once."""

    def test_copies(self) -> None:
        """Files are copied into the store; the same again, by a beginning of the uuid, changes nothing."""
        make_many(self.music, 12)
        told = self.imported("--reference", "first")
        self.assertEqual({"imported": 12}, self.counts(told))
        self.assertEqual(
            ("first", self.library, False, []),
            tuple(told[k] for k in ("reference", "library", "interrupted", "troubles")),
        )
        stored = files_in(self.data / "media" / "tracks")
        self.assertEqual(12, len(stored))
        again = self.imported(library=self.library[:8].upper())
        self.assertEqual({"unchanged": 12}, self.counts(again))
        self.assertTrue(again["reference"].startswith("cli-2"))
        self.assertEqual(stored, files_in(self.data / "media" / "tracks"))

    def test_in_place(self) -> None:
        """Files stay where they are; changed, moved and vanished ones are noticed."""
        first, second, third, *_ = make_many(self.music, 12)
        self.assertEqual({"imported": 12}, self.counts(self.imported("--in-place")))
        self.assertEqual(set(), files_in(self.data / "media" / "tracks"))
        self.assertEqual({"unchanged": 12}, self.counts(self.imported("--in-place")))
        first.unlink()
        second.rename(second.with_name(f"moved{second.suffix}"))
        os.utime(third, (1, 1))
        told = self.counts(self.imported("--in-place", "--prune"))
        self.assertEqual({"unchanged": 10, "moved": 1, "removed": 1}, told)

    def test_not_recursive(self) -> None:
        """Without ``--recursive`` folders within folders are left alone; ``--extension`` takes only such files."""
        files = make_many(self.folder / "made", 8)
        for file in files[:4]:
            shutil.copy(file, self.music / f"{file.stat().st_size}-{file.name}")
        (self.music / "below").mkdir()
        shutil.copy(files[5], self.music / "below")
        wanted = [file for file in self.music.iterdir() if file.suffix == files[0].suffix]
        line = ("import", "--library", self.library, "--json", str(self.music))
        self.assertEqual({"imported": len(wanted)}, self.counts(self.done(*line, "-e", files[0].suffix).json))
        self.assertEqual(4, self.done(*line).json["seen"])

    def test_troubles(self) -> None:
        """A file that cannot be imported is told by its path, the others come in, and the status is 1."""
        make_many(self.music, 3)
        (self.music / "noise\x1b[2J.mp3").write_bytes(b"no music at all")
        line = ("import", "--library", self.library, "--recursive", str(self.music))
        ended = self.run_command(*line, "--json")
        self.assertEqual({"imported": 3, "errored": 1}, self.counts(ended.json))
        self.assertEqual((1, 1), (ended.status, len(ended.err.splitlines())))
        self.assertIn(r"noise\x1b[2J.mp3: ", ended.err)
        self.assertEqual([str(self.music / "noise\x1b[2J.mp3")], [one["path"] for one in ended.json["troubles"]])

    def test_refusals(self) -> None:
        """Unknown libraries, paths that are not there, places that are not allowed: one line each, status 1."""
        self.make_library("Other")
        for words, said in (
            (("--library", "no-such", "."), "fwtwisted: There is no library no-such of an account of this pod."),
            (("--library", "", "."), "fwtwisted: There is no library"),
            (("--library", self.library, "/no/such"), "paths: /no/such: there is no such file or folder."),
            (("--library", self.library, "--in-place", "/etc"), "paths: /etc: this does not lie below"),
        ):
            ended = self.run_command("import", *words)
            self.assertEqual((1, 1), (ended.status, len(ended.err.splitlines())), ended)
            self.assertIn(said, ended.err)


class InterruptedTests(ImportCase):
    """Imports that are stopped, and two at once."""

    def stopped(self, number: signal.Signals, *words: str) -> Ended:
        """An import that was told to stop when some files were in."""
        line = ("import", "--library", self.library, "--recursive", *words, str(self.music))
        process = self.begin(*line)
        tracks = self.data / "media" / "tracks"
        until(lambda: tracks.exists() and len(files_in(tracks)) > 50, "the first copies")
        os.killpg(process.pid, number)  # as a terminal does it: everybody in the group hears it
        return self.end(process)

    def test_interrupt(self) -> None:
        """SIGINT ends an import between two batches; what it says is what is there, and a second run does the rest."""
        make_many(self.music, MANY)
        ended = self.stopped(signal.SIGINT, "--json")
        self.assertEqual((130, ""), (ended.status, ended.err))
        told = ended.json
        self.assertTrue(told["interrupted"])
        self.assertLess(told["imported"], MANY)
        done = told["imported"] + told["skipped"]
        again = self.imported()
        self.assertEqual((MANY, done), (again["seen"], again["unchanged"]))
        self.assertEqual({"unchanged": MANY}, self.counts(self.imported()))

    def test_terminate(self) -> None:
        """SIGTERM does the same, with a status of its own, and people are told how to go on."""
        make_many(self.music, MANY)
        ended = self.stopped(signal.SIGTERM)
        self.assertEqual(143, ended.status)
        self.assertTrue(ended.out.startswith("stopped; "), ended)
        self.assertIn("The same command goes on from here.", ended.out)

    def test_two_at_once(self) -> None:
        """Two imports of the same folder at once leave every file there once."""
        make_many(self.music, 200)
        line = ("import", "--library", self.library, "--recursive", "--in-place", "--json", str(self.music))
        both = [self.end(process) for process in (self.begin(*line), self.begin(*line))]
        self.assertEqual([0, 0], [ended.status for ended in both], both)
        self.assertEqual({"unchanged": 200}, self.counts(self.imported("--in-place")))

    def test_bar(self) -> None:
        """On a terminal a bar is drawn while it runs, and taken away in the end."""
        make_many(self.music, 400)
        screen, theirs = pty.openpty()
        with os.fdopen(theirs, "wb") as stream:
            line = ("import", "--library", self.library, "--recursive", str(self.music))
            process = self.begin_on(stream, *line, TERM="xterm")
        drawn = read_all(screen)
        ended = self.end(process)
        self.assertEqual((0, "400 files: "), (ended.status, ended.out[:11]), ended)
        self.assertIn("%  ", drawn)
        self.assertTrue(drawn.endswith("\r\x1b[K"), drawn)


class WatchTests(ImportCase):
    """``--watch`` goes on."""

    def test_watch(self) -> None:
        """What comes later is imported soon, what goes is forgotten, each told in a line; SIGINT ends it."""
        files = make_many(self.folder / "made", 3)
        shutil.copy(files[0], self.music)
        said = self.folder / "said"
        line = ("import", "--library", self.library, "--recursive", "--in-place", "--watch", "--json", str(self.music))
        with said.open("wb") as stream:
            process = subprocess.Popen(self._line(line), env=self._environment(), stdout=stream, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        until(lambda: said.read_text().count("\n") == 1, "the first round")
        shutil.copy(files[1], self.music)
        until(lambda: said.read_text().count("\n") == 2, "the second round")
        (self.music / Path(files[0]).name).unlink()
        until(lambda: said.read_text().count("\n") == 3, "the third round")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual((130, b""), (process.returncode, err))
        self.assertIn('"removed":1', said.read_text().splitlines()[2])


def read_all(screen: int) -> str:
    """Everything that is written to a terminal until nobody has it open."""
    seen = b""
    while True:
        try:
            piece = os.read(screen, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(screen)
    return seen.decode()
