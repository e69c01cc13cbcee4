"""From a file on somebody's disk to sound, through the whole server; and with the server killed all the time."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psycopg2

from tests import audio
from tests.pod import Answer, Client, Pod, PodCase, path_of, until

KILLS = 6
SENDERS = 3


def song(folder: Path, number: int) -> Path:
    """A file unlike all others."""
    name, title = f"{number}/{number:04}.mp3", f"Number {number}"
    return audio.make(folder, "mp3", name, title=title, artist="Ada", album="All", track=number + 1)


def digest(body: bytes) -> str:
    """What tells files apart."""
    return sha256(body).hexdigest()


class JourneyTests(PodCase):
    """Multipart upload → pending → finished → listed → heard."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.pod()
        self.server.start()
        self.ada = self.server.set_up()

    def imported(self, sent: Answer) -> Any:
        """The upload, when its import has ended."""
        self.assertEqual(201, sent.status, sent)
        place = f"/api/v1/uploads/{sent.json['uuid']}/"
        until(lambda: self.ada.get(place).json["import_status"] != "pending", "the end of the import")
        return self.ada.get(place).json

    def test_to_sound(self) -> None:
        """Every kind of file is taken, imported, found by browsing and searching, and heard byte by byte."""
        library = self.ada.make_library()
        for number, kind in enumerate(("mp3", "flac", "ogg", "opus", "m4a", "aiff", "wav", "wma")):
            tags: dict[str, Any] = {"title": f"Tone in {kind}", "artist": "Grace", "album": "Kinds"}
            file = audio.make(self.folder, kind, cover=audio.image(), track=number + 1, **tags)
            sent = self.ada.upload(library, file, import_reference="journey", source=f"upload://{file.name}")
            self.assertEqual("pending", sent.json["import_status"])
            found = self.imported(sent)
            self.assertEqual("finished", found["import_status"], found)
            self.assertEqual(tags["title"], found["track"]["title"])
            heard = self.ada.get(path_of(found["track"]["listen_url"]))
            self.assertEqual((200, file.read_bytes()), (heard.status, heard.body))
        self.assertEqual(8, len(self.ada.uploads(import_reference="journey")))
        albums = self.ada.get("/api/v1/albums/", q="kinds").json["results"]
        self.assertEqual(["Kinds"], [album["title"] for album in albums])
        tracks = self.ada.get("/api/v1/tracks/", album=albums[0]["id"], ordering="position").json["results"]
        self.assertEqual(list(range(1, 9)), [track["position"] for track in tracks])
        self.assertEqual(200, self.ada.get(path_of(albums[0]["cover"]["urls"]["original"])).status)

    def test_ranges_and_tokens(self) -> None:
        """A part of a file is served as a part; a listen token opens it without a session, a wrong one does not."""
        file = song(self.folder, 1)
        found = self.imported(self.ada.upload(self.ada.make_library(), file))
        place = path_of(found["track"]["listen_url"])
        body = file.read_bytes()
        part = self.ada.get(place, {"Range": "bytes=100-199"})
        self.assertEqual((206, body[100:200]), (part.status, part.body))
        self.assertEqual(f"bytes 100-199/{len(body)}", part.headers["content-range"])
        rest = self.ada.get(place, {"Range": f"bytes={len(body)}-"})
        self.assertEqual(416, rest.status)
        stranger = self.server.client()
        self.assertNotEqual(200, stranger.get(place).status)
        token = self.ada.me()["tokens"]["listen"]
        self.assertEqual(body, stranger.get(place, token=token).body)
        self.assertEqual(401, stranger.get(place, token=token[:-2]).status)
        self.assertEqual(401, stranger.get("/api/v1/users/me/", token=token).status, "it opens nothing else")

    def test_transcoded(self) -> None:
        """The same track in another form: it is that form, and the second listener gets the same bytes."""
        found = self.imported(self.ada.upload(self.ada.make_library(), song(self.folder, 1)))
        place = path_of(found["track"]["listen_url"])
        first = self.ada.get(place, to="opus")
        self.assertEqual((200, b"OggS"), (first.status, first.body[:4]))
        self.assertEqual(first.body, self.ada.get(place, to="opus").body)

    def test_twice(self) -> None:
        """The same file once more is skipped, and says of what it is a copy."""
        library, file = self.ada.make_library(), song(self.folder, 1)
        first = self.imported(self.ada.upload(library, file))
        second = self.imported(self.ada.upload(library, file))
        self.assertEqual(("finished", "skipped"), (first["import_status"], second["import_status"]))
        self.assertIn(first["uuid"], str(second["import_details"]))

    def test_no_music(self) -> None:
        """What is no music ends as an error with words; its bytes are kept by nobody for ever."""
        file = self.folder / "song.mp3"
        file.write_bytes(b"this is a letter, not a song\n" * 100)
        found = self.imported(self.ada.upload(self.ada.make_library(), file))
        self.assertEqual("errored", found["import_status"])
        self.assertTrue(found["import_details"]["error_code"])
        self.assertEqual(204, self.ada.ask("DELETE", f"/api/v1/uploads/{found['uuid']}/").status)
        until(lambda: not stored(self.server), "an empty store")


def stored(pod: Pod) -> dict[str, bytes]:
    """The files of the store that hold music, by their paths below its root."""
    root = pod.data / "media"
    found: dict[str, bytes] = {}
    for folder, _, names in os.walk(root / "tracks"):  # which does not mind what is removed while we look
        for path in (Path(folder, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                found[str(path.relative_to(root))] = path.read_bytes()
    return found


def named(pod: Pod) -> Iterator[str]:
    """The names of stored files that rows know."""
    password = (pod.data / "postgres.password").read_text().strip()
    pod.secrets.add(password)
    line = psycopg2.connect(host=str(pod.data / "postgres"), user="fwtwisted", password=password, dbname="fwtwisted")
    try:
        with line.cursor() as cursor:
            cursor.execute("SELECT audio_file FROM upload WHERE audio_file <> ''")
            yield from (name for (name,) in cursor.fetchall())
    finally:
        line.close()


class Sender(threading.Thread):
    """
    Somebody who sends songs one after the other, and again when the server does not answer.

    :ivar acknowledged: upload by the digest of its file.
    """

    def __init__(self, client: Client, library: str, files: list[Path], ends: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._client, self._library, self._files, self._ends = client, library, files, ends
        self.acknowledged: dict[str, str] = {}
        self.strange: list[Answer] = []

    def run(self) -> None:
        """Send until told to end."""
        for file in self._files:
            if self._ends():
                return
            try:
                answer = self._client.upload(self._library, file)
            except (OSError, HTTPException):
                continue
            if answer.status == 201:
                self.acknowledged[digest(file.read_bytes())] = answer.json["uuid"]
            elif answer.status not in (503, 507):
                self.strange.append(answer)


class KilledTests(PodCase):
    """``kill -9`` at any moment of uploading and importing."""

    embedded = True

    def test_acknowledged_once(self) -> None:
        """After all the kills every acknowledged upload is there exactly once, whole, imported; and nothing else is."""
        pod = self.pod(settings={"JOB_LEASE": "2s"})
        pod.start()
        ada = pod.set_up()
        library = ada.make_library()
        acknowledged: dict[str, str] = {}
        for round_number in range(KILLS):
            acknowledged |= self.sent_until_killed(pod, ada, library, round_number)
            pod.start()
        self.assertGreater(len(acknowledged), KILLS, "hardly anything was sent between the kills")
        until(lambda: not ada.uploads(import_status="pending"), "the end of all imports")
        self.check(pod, ada, acknowledged)
        self.assertEqual(0, pod.stop())

    def sent_until_killed(self, pod: Pod, ada: Client, library: str, round_number: int) -> dict[str, str]:
        """Let several send at once, and kill the server at some moment; what was acknowledged."""
        over = threading.Event()
        senders = []
        for number in range(SENDERS):
            first = (round_number * SENDERS + number) * 100
            files = [song(self.folder, first + step) for step in range(60)]
            client = pod.client()
            client.cookies = dict(ada.cookies)
            senders.append(Sender(client, library, files, over.is_set))
        for sender in senders:
            sender.start()
        until(lambda: sum(len(sender.acknowledged) for sender in senders) > 1, "the first uploads")
        over.wait(random.uniform(0, 1.0))
        pod.kill()
        over.set()
        for sender in senders:
            sender.join()
            self.assertEqual([], sender.strange)
        return {key: value for sender in senders for key, value in sender.acknowledged.items()}

    def check(self, pod: Pod, ada: Client, acknowledged: dict[str, str]) -> None:
        """Nothing is lost, nothing is there twice, nothing is there that nobody knows."""
        uploads = ada.uploads()
        self.assertEqual({"finished"}, {upload["import_status"] for upload in uploads})
        self.assertLessEqual(set(acknowledged.values()), {upload["uuid"] for upload in uploads})
        until(lambda: set(stored(pod)) == set(named(pod)), "a store with exactly the files that rows know")
        found = Counter(digest(body) for body in stored(pod).values())
        self.assertEqual({1}, set(found.values()))
        self.assertLessEqual(set(acknowledged), set(found))
        tracks = ada.get("/api/v1/tracks/").json["count"]
        self.assertEqual(len(uploads), tracks)
        spooled = [path.name for path in (pod.data / "media" / ".spool").rglob("*") if path.is_file()]
        self.assertEqual([], [name for name in spooled if name != ".gate"])
