"""``fwtwisted storage``, on a real database, a real disk and a real store."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import psycopg2

from tests.audio import make
from tests.cli.commands import CommandCase, Process
from tests.pod import until
from tests.s3_server import BLIND, POD, s3

LIBRARY = """
    INSERT INTO domain (name) VALUES ('pod.example') ON CONFLICT DO NOTHING;
    INSERT INTO actor (fid, domain, preferred_username, private_key)
    VALUES ('https://x/ada', 'pod.example', 'ada', 'PEM');
    INSERT INTO library (fid, followers_url, actor_id, name)
    SELECT 'https://x/l', 'https://x/l/f', max(id), 'm' FROM actor;
"""
UPLOAD = """
    INSERT INTO upload (fid, library_id, audio_file, storage, size, checksum, mimetype, import_status, import_reference)
    SELECT %s, max(id), %s, 'local', %s, %s, 'audio/mpeg', 'finished', 'test' FROM library
"""

# Two uploads of another pod: one that can be had, one that cannot.
FAR = """
    INSERT INTO domain (name) VALUES ('far.example');
    INSERT INTO actor (fid, domain, preferred_username) VALUES ('https://far.example/f', 'far.example', 'f');
    INSERT INTO library (fid, followers_url, actor_id, name)
    SELECT 'https://far.example/l', 'https://far.example/l/f', id, 'm' FROM actor WHERE domain = 'far.example';
    INSERT INTO artist (fid, name) VALUES ('https://far.example/a', 'Ada');
    INSERT INTO track (fid, title, artist_id) SELECT 'https://far.example/t', 'Far', id FROM artist;
    INSERT INTO upload (fid, library_id, track_id, source, import_status, import_reference)
    SELECT 'https://far.example/' || file, library.id, track.id, '{base}/' || file, 'finished', 'test'
      FROM library, track, unnest(ARRAY['a.mp3', 'b.mp3']) AS file WHERE library.fid = 'https://far.example/l';
"""


def serving(bodies: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    """What a far end does: it has these files, by path."""

    class Far(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "audio/mpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Not a word."""

    return Far


class StorageCase(CommandCase):
    """A pod with songs on its disk, and a bucket."""

    keys = POD

    def setUp(self) -> None:
        super().setUp()
        self.bucket = s3().fresh_bucket()
        self.settings |= {
            "AWS_ACCESS_KEY_ID": self.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
            "AWS_STORAGE_BUCKET_NAME": self.bucket,
            "AWS_S3_ENDPOINT_URL": s3().endpoint,
            "FUNKWHALE_HOSTNAME": "pod.example",
        }
        self.media = self.data / "media"
        self.execute(LIBRARY)
        self.bodies: dict[str, bytes] = {}

    def songs(self, count: int, size: int = 20_000) -> None:
        """Uploads with their files."""
        draw = random.Random(count)
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            for number in range(count):
                name, body = f"tracks/{number % 7:02}/aa/bb/song-{number:04}.mp3", draw.randbytes(size)
                self.bodies[name] = body
                path = self.media / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
                digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
                cursor.execute(UPLOAD, (f"https://x/{uuid4()}", name, size, digest))
        connection.close()

    def lying(self) -> dict[str, bytes]:
        """What is in the bucket."""
        return {key: s3().get(self.bucket, key) or b"" for key in s3().keys(self.bucket) if key[0] != "."}

    def lines(self, *words: str, status: int = 0) -> list[Any]:
        """The answer, line by line in JSON."""
        ended = self.run_command("storage", *words, "--json")
        self.assertEqual(status, ended.status, ended)
        return [json.loads(line) for line in ended.out.splitlines()]


class MigrateTests(StorageCase):
    """``storage migrate``."""

    def test_there_and_back(self) -> None:
        """There, verified, counted, back; a dry run before; everything is said in words and in JSON."""
        self.songs(5)
        [dry] = self.lines("migrate", "--to", "s3", "--dry-run")
        self.assertEqual((5, 100_000, {}), (dry["moved"], dry["moved_bytes"], self.lying()))
        ended = self.done("storage", "migrate", "--to", "s3", "--delete-source")
        self.assertIn("5 files (100 kB) moved, 5 sources deleted", ended.out)
        self.assertEqual(self.bodies, self.lying())
        self.assertFalse((self.media / "tracks").exists())
        self.assertIn("5 of 5 files: all right", self.done("storage", "verify", "--read").out)
        [used] = self.lines("usage", "--users", "--scan")
        self.assertEqual({"name": "total", "count": 5, "size": 100_000}, used["total"])
        self.assertEqual(("tracks", "pod.example", "ada", 0), (
            used["roots"][0]["name"], used["domains"][0]["name"], used["users"][0]["name"], used["difference"]
        ))  # fmt: skip
        self.assertIn("pod.example", self.done("storage", "usage").out)
        self.done("storage", "migrate", "--to", "local", "--delete-source", "--verify", "read-back")
        self.assertEqual({}, self.lying())
        self.assertEqual(self.bodies, {name: (self.media / name).read_bytes() for name in self.bodies})
        self.assertEqual([("local", 5)], self.asked("SELECT storage, count(*) FROM upload GROUP BY 1"))

    def test_killed_again_and_again(self) -> None:
        """Killed at any moment and begun again: nothing is lost, nothing goes there twice but what was in flight."""
        self.songs(60, 50_000)
        draw, kills = random.Random(3), 0
        before = {name: (self.media / name).stat().st_mtime_ns for name in self.bodies}
        while True:
            process = self.begin("storage", "migrate", "--to", "s3", "--limit-rate", "1m")
            if kills == 8:
                self.assertEqual(0, self.end(process).status)
                break
            self.wait_for_life(process, draw.uniform(0.0, 0.5))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            self.sound(set(self.lying()))
        self.assertEqual(self.bodies, self.lying())
        self.assertEqual([("s3", 60)], self.asked("SELECT storage, count(*) FROM upload GROUP BY 1"))
        self.assertEqual(before, {name: (self.media / name).stat().st_mtime_ns for name in self.bodies})
        self.assertEqual([], [key for key in s3().keys(self.bucket) if key[0] == "."])

    def sound(self, there: set[str]) -> None:
        """What a row says to be there is there."""
        said = {name for (name,) in self.asked("SELECT audio_file FROM upload WHERE storage = 's3'")}
        self.assertLessEqual(said, there)

    def wait_for_life(self, process: Process, more: float) -> None:
        """Until a command has moved something more than those before it, or ended, and a moment longer."""
        had = len(s3().keys(self.bucket))
        while process.poll() is None and len(s3().keys(self.bucket)) == had:
            time.sleep(0.02)
        time.sleep(more)

    def test_interrupted(self) -> None:
        """Ctrl-C ends it with what was done; the same command goes on."""
        self.songs(40, 50_000)
        process = self.begin("storage", "migrate", "--to", "s3", "--limit-rate", "150k", "--json")
        until(lambda: self.asked("SELECT count(*) FROM upload WHERE storage = 's3'")[0][0], "the first that is moved")
        process.send_signal(signal.SIGINT)
        ended = self.end(process)
        self.assertEqual(130, ended.status, ended)
        last = json.loads(ended.out.splitlines()[-1])
        self.assertEqual(("end", True), (last["event"], last["interrupted"]))
        self.assertLess(0, last["moved"])
        self.assertEqual(last["moved"], self.asked("SELECT count(*) FROM upload WHERE storage = 's3'")[0][0])
        self.done("storage", "migrate", "--to", "s3")
        self.assertEqual(self.bodies, self.lying())

    def test_wrong_words(self) -> None:
        """What cannot be meant is said in a sentence."""
        for words in (
            (),
            ("--to", "moon"),
            ("--to", "s3", "--limit-rate", "fast"),
            ("--in-place", "/music"),
            ("--in-place", "/music", "--target", "attachments/x"),
            ("--in-place", "/music", "--target", "../x"),
        ):
            self.assertEqual(2, self.run_command("storage", "migrate", *words).status, words)
        ended = self.run_command("storage", "migrate", "--to", "local", "--delete-source", MEDIA_LOCAL_FIRST="false")
        self.assertEqual(2, ended.status)
        ended = self.run_command("storage", "migrate", "--to", "s3", AWS_ACCESS_KEY_ID="")
        self.assertEqual((2, True), (ended.status, "AWS_ACCESS_KEY_ID" in ended.err))

    def test_damage(self) -> None:
        """A damaged file is named, the rest is moved, the status tells."""
        self.songs(3)
        name = min(self.bodies)
        (self.media / name).write_bytes(b"rotten")
        *errors, end = self.lines("migrate", "--to", "s3", "--delete-source", status=1)
        self.assertEqual([name], [one["name"] for one in errors if one["event"] == "error"])
        self.assertEqual((2, 1), (end["moved"], end["errors"]))
        self.assertEqual(b"rotten", (self.media / name).read_bytes())
        *errors, end = self.lines("verify", "--read", status=1)
        self.assertEqual([name], [one["name"] for one in errors])

    def test_in_place(self) -> None:
        """Files in place are copied, their rows rewritten, the files stay; or only the rows, as Funkwhale has it."""
        path = self.music / "a b" / "ä.mp3"
        path.parent.mkdir()
        path.write_bytes(b"in place")
        row = "INSERT INTO upload (fid, library_id, source, in_place_size, import_status, import_reference) SELECT"
        self.execute(f"{row} 'https://x/p', max(id), 'file://{path}', 8, 'finished', 'test' FROM library")
        words = ("migrate", "--in-place", str(self.music), "--target", "tracks/here")
        self.assertEqual(1, self.lines(*words, "--dry-run")[-1]["moved"])
        self.assertEqual({}, self.lying())
        self.assertEqual(1, self.lines(*words)[-1]["moved"])
        self.assertEqual(b"in place", s3().get(self.bucket, "tracks/here/a b/ä.mp3"))
        told = self.asked("SELECT audio_file, storage, source, size FROM upload")
        self.assertEqual([("tracks/here/a b/ä.mp3", "s3", None, 8)], told)
        self.assertEqual(b"in place", path.read_bytes())
        self.execute(f"UPDATE upload SET audio_file = NULL, source = 'file://{path}'")
        ended = self.done("inplace_to_s3", "--source", str(self.music), "--target", "tracks/here")
        self.assertIn("--no-dry-run", ended.err)
        self.done("inplace_to_s3", "--source", str(self.music), "--target", "tracks/here", "--no-dry-run")
        self.assertEqual(told, self.asked("SELECT audio_file, storage, source, size FROM upload"))

    def test_labels(self) -> None:
        """Objects that somebody else put there get our labels, once; the bytes stay."""
        self.songs(2)
        for name, body in self.bodies.items():
            s3().put(self.bucket, name, body)
        self.execute("UPDATE upload SET storage = 's3'")
        [end] = self.lines("migrate", "--acl-only")
        self.assertEqual((2, 0), (end["moved"], end["already"]))
        [end] = self.lines("migrate", "--acl-only")
        self.assertEqual((0, 2), (end["moved"], end["already"]))
        self.assertEqual(self.bodies, self.lying())


class BucketTests(StorageCase):
    """``storage check`` and ``init``."""

    def findings(self, *words: str, status: int = 0) -> dict[str, str]:
        """Level by subject."""
        [told] = self.lines(*words, status=status)
        return {one["about"]: one["level"] for one in told.get("findings", told.get("done"))}

    def test_check(self) -> None:
        """A good and closed bucket passes, and is as empty afterwards; the lines are for people."""
        self.assertEqual(set(), {"error"} & set(self.findings("check").values()))
        self.assertEqual([], s3().keys(self.bucket))
        out = self.done("storage", "check").out
        for about in ("credentials", "region", "clock", "list", "put", "get", "ranges", "presign", "public", "delete"):
            self.assertIn(f"OK       {about}: ", out)

    def test_bad_keys(self) -> None:
        """Wrong keys and a bucket that is none are said."""
        for settings, about in (
            ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "credentials"),
            ({"AWS_ACCESS_KEY_ID": "unknown"}, "credentials"),
            ({"AWS_STORAGE_BUCKET_NAME": "nowhere"}, "bucket"),
        ):
            ended = self.run_command("storage", "check", **settings)
            self.assertEqual(1, ended.status)
            self.assertIn(f"ERROR    {about}: ", ended.out)
            self.assertNotIn(POD.secret_key, ended.out + ended.err)
        ended = self.run_command("storage", "check", **self.without_list())
        self.assertIn("WARNING  list: ", ended.out)

    def without_list(self) -> dict[str, str]:
        """Somebody who may not list."""
        return {"AWS_ACCESS_KEY_ID": BLIND.access_key, "AWS_SECRET_ACCESS_KEY": BLIND.secret_key}

    def test_policies(self) -> None:
        """The policy that we recommend opens pictures and not audio; Funkwhale's opens all, which is an error."""
        self.assertEqual({"policy": "note"}, self.findings("init", "--policy", "--dry-run"))
        self.assertEqual({"policy": "ok"}, self.findings("init", "--policy"))
        ended = self.done("storage", "check")
        self.assertIn("pictures are readable by anyone, audio only by us", ended.out)
        self.assertIn("is there", self.done("storage", "init", "--policy").out)
        ended = self.run_command("storage", "init", "--policy", AWS_LOCATION="elsewhere")
        self.assertEqual((1, True), (ended.status, "--yes" in ended.out))
        self.done("storage", "init", "--policy", "--yes", AWS_LOCATION="elsewhere")
        self.assertIn("closed", self.done("storage", "check").out)

    def test_init(self) -> None:
        """A bucket is made, with its rules; once more changes nothing."""
        name = f"made-{uuid4().hex[:8]}"
        self.addCleanup(s3().remove_bucket, name)
        self.settings["AWS_STORAGE_BUCKET_NAME"] = name
        words = ("init", "--create-bucket", "--cors", "--lifecycle")
        self.assertEqual({"bucket": "ok", "cors": "ok", "lifecycle": "ok"}, self.findings(*words))
        ended = self.done("storage", *words)
        self.assertIn("bucket: is there", ended.out)
        self.assertEqual(2, self.run_command("storage", "init").status)


class TidyTests(StorageCase):
    """``storage orphans``, ``prune``, ``refresh``."""

    def old(self, name: str, body: bytes = b"lost") -> Path:
        """A file that has been lying on the disk for long."""
        path = self.media / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        past = time.time() - 3 * 86400
        os.utime(path, (past, past))
        return path

    def test_orphans(self) -> None:
        """Found, told, and removed when wished; what is young, foreign or named is left alone."""
        self.songs(4)
        lost, foreign = self.old("tracks/zz/zz/zz/lost.mp3"), self.old("mine/notes.txt")
        young = self.media / "tracks/zz/zz/zz/young.mp3"
        young.write_bytes(b"just came")
        words = ("orphans", "--where", "local")
        *found, end = self.lines(*words)
        self.assertEqual(["tracks/zz/zz/zz/lost.mp3"], [one["name"] for one in found])
        self.assertEqual((7, 1, {"mine": 1}, 0), (end["listed"], end["young"], end["unknown_roots"], end["deleted"]))
        self.assertTrue(lost.exists())
        self.assertEqual(1, self.lines(*words, "--delete")[-1]["deleted"])
        self.assertEqual((False, True, True), (lost.exists(), young.exists(), foreign.exists()))
        self.assertTrue(all((self.media / name).exists() for name in self.bodies))
        self.assertIn("0 of 6 files", self.done("storage", *words).out)

    def test_too_many(self) -> None:
        """More than half is not believed without force, and an empty database not at all."""
        self.songs(1)
        files = [self.old(f"tracks/zz/zz/zz/{number}.mp3") for number in range(5)]
        words = ("storage", "orphans", "--where", "local", "--delete")
        ended = self.run_command(*words)
        self.assertEqual((1, True), (ended.status, "--force" in ended.err))
        self.assertTrue(all(file.exists() for file in files))
        self.done(*words, "--force")
        self.assertFalse(any(file.exists() for file in files))
        self.execute("DELETE FROM upload")
        kept = self.old("tracks/zz/zz/zz/again.mp3")
        ended = self.run_command(*words, "--force")
        self.assertEqual((1, True, True), (ended.status, "right one" in ended.err, kept.exists()))

    def test_orphans_in_the_bucket(self) -> None:
        """Objects that came just now are too young to judge; the run can begin behind a name."""
        self.songs(2)
        self.done("storage", "migrate", "--to", "s3")
        s3().put(self.bucket, "tracks/zz/zz/zz/lost.mp3", b"lost")
        [end] = self.lines("orphans", "--delete", "--force")
        self.assertEqual((3, 1, 0), (end["listed"], end["young"], end["deleted"]))
        [end] = self.lines("orphans", "--start-after", max(self.bodies))
        self.assertEqual(1, end["listed"])

    def test_prune(self) -> None:
        """Old transcodes go, and those beyond the budget; uploads never."""
        self.songs(1)
        for number in range(4):
            name = f"transcoded/aa/bb/cc/{number}.ogg"
            self.old(name, b"x" * 100)
            self.execute(
                "INSERT INTO upload_version (upload_id, mimetype, bitrate, audio_file, size, accessed_date)"
                f" SELECT id, 'audio/ogg', {number}, '{name}', 100, now() - interval '{number * 4} days' FROM upload"
            )
        settings = {"STORAGE_BUDGET_TRANSCODES": "150"}
        dry = self.run_command("storage", "prune", "--dry-run", "--json", **settings).json
        told = [(one["kind"], one["count"]) for one in dry["pruned"]]
        self.assertEqual([("transcodes", 2), ("remote audio", 0), ("transcodes", 3)], told)
        self.assertEqual(4, self.asked("SELECT count(*) FROM upload_version")[0][0])
        self.assertIn("transcodes: 3 files", self.done("storage", "prune", **settings).out)
        self.assertEqual([("transcoded/aa/bb/cc/0.ogg",)], self.asked("SELECT audio_file FROM upload_version"))
        self.assertEqual(["0.ogg"], [path.name for path in self.media.rglob("*.ogg")])
        self.assertTrue((self.media / min(self.bodies)).exists())

    def test_refresh(self) -> None:
        """What lies elsewhere is brought; what is here is skipped unless forced; what fails is told."""
        self.assertEqual(2, self.run_command("storage", "refresh").status)
        self.assertIn("0 uploads of other servers", self.done("storage", "refresh", "--domain", "far.example").out)
        body = make(Path(self.mktemp()).absolute(), "mp3", title="Far").read_bytes()
        far = ThreadingHTTPServer(("127.0.0.1", 0), serving({"/a.mp3": body}))
        self.addCleanup(far.server_close)
        self.addCleanup(far.shutdown)
        Thread(target=far.serve_forever, daemon=True).start()
        self.execute(FAR.format(base=f"http://127.0.0.1:{far.server_port}"))
        settings = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "AWS_ACCESS_KEY_ID": ""}
        words = ("storage", "refresh", "--domain", "far.example", "--json")
        told = json.loads(self.done(*words, "--dry-run", **settings).out)
        self.assertEqual((2, 2, 0), (told["matching"], told["wanted"], told["fetched"]))
        run = self.run_command(*words, **settings)
        told = json.loads(run.out)
        self.assertEqual((1, 1, 1), (run.status, told["fetched"], len(told["failed"])), run)
        [name] = [row[0] for row in self.asked("SELECT audio_file FROM upload WHERE audio_file IS NOT NULL")]
        self.assertEqual(body, (self.media / name).read_bytes())
        told = json.loads(self.run_command(*words, **settings).out)
        self.assertEqual((1, 1, 0), (told["here"], told["wanted"], told["fetched"]))
        told = json.loads(self.run_command(*words, "--force", **settings).out)
        self.assertEqual((2, 1), (told["wanted"], told["fetched"]))
        self.assertNotIn(name, [row[0] for row in self.asked("SELECT audio_file FROM upload")])
