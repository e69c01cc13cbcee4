"""
Two pods of ours, each its own process with its own database, that meet over the loopback interface.

::

    class MyTests(TwoPodsCase):           # one pair of pods for all tests of the class; each test has names of its own
        def test_it(self) -> None:
            library = self.library(self.here, "everyone", "Ebb")      # Ada's, with a song
            self.follow(library)                                      # Bob's wish
            self.meet(lambda: self.titles() == ["Ebb"], "the song")   # he sees it
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import psycopg2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.trial.unittest import SynchronousTestCase

from tests.audio import image, make
from tests.pod import PASSWORD, Answer, Client, Pod, form_with_file, path_of, until
from tests.servers import fresh_database, postgres, url_of
from tests.signed import a_request, by_cavage

ACTIVITY = "application/activity+json"
MEETING_SECONDS = 90.0
HASTE = "2000"  # a minute before something is sent again becomes 30 ms


class Side:
    """
    A pod that federates over plain HTTP with others of this machine, and the person who set it up.

    :ivar host: what other pods know it by.  :ivar me: the person.
    :param settings: more of the environment.
    """

    me: Client

    def __init__(self, folder: Path, person: str, settings: Mapping[str, str]) -> None:
        self.folder, self.person = folder, person
        self.dsn = fresh_database()
        self.pod = Pod(folder / person, settings)
        self.host = f"127.0.0.1:{self.pod.port}"
        self.pod.be(self.host)
        self.pod.settings |= {
            "FEDERATION_ALLOW_PRIVATE": "127.0.0.1",
            "FEDERATION_DELIVERY_HASTE": HASTE,
            "EXTERNAL_REQUESTS_TIMEOUT": "60s",
            "DATABASE_URL": url_of(self.dsn),
            **settings,
        }

    def close(self) -> None:
        """Nothing of it lives any longer.  :raise AssertionError: a secret stands in its log."""
        log = self.pod.log
        self.pod.remove()
        postgres().drop(self.dsn)
        told = [line for line in log.splitlines() if any(secret in line for secret in self.pod.secrets)]
        assert not told, f"a secret stands in the log: {told[0]}"

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What a statement finds in its database."""
        connection = psycopg2.connect(self.dsn)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def fill(self, statement: str, values: Mapping[str, object]) -> None:
        """Put something into its database, and let everybody know."""
        connection = psycopg2.connect(self.dsn)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                cursor.execute("UPDATE area SET version = version + 1")
        finally:
            connection.close()

    @property
    def actor(self) -> str:
        """The federation id of the person."""
        return self.actor_of(self.person)

    def actor_of(self, name: str) -> str:
        """The federation id of anybody here."""
        return f"http://{self.host}/federation/actors/{name}"

    def handle(self, name: str | None = None) -> str:
        """Of anybody here; if left out, of the person."""
        return f"{name or self.person}@{self.host}"

    def joins(self, name: str) -> Client:
        """Somebody else, who is let in by invitation."""
        code = self.said(201, "/api/v1/manage/users/invitations/")["code"]
        account = {"username": name, "email": f"{name}@pod.example", "password1": PASSWORD, "password2": PASSWORD}
        client = self.pod.client()
        answer = client.post("/api/v1/auth/registration/", invitation=code, **account)
        assert answer.status == 204, answer
        return client

    # --- asking ----------------------------------------------------------------------------------

    def one(self, path: str, **query: object) -> Any:
        """What a path tells the person."""
        answer = self.me.get(path, None, **query)
        assert answer.status == 200, answer
        return answer.json

    def said(self, status: int, path: str, **document: object) -> Any:
        """What comes of a wish of the person's."""
        return self.changed(status, "POST", path, **document)

    def changed(self, status: int, method: str, path: str, **document: object) -> Any:
        """What comes of a wish by any method."""
        answer = self.me.ask(method, path, json.dumps(document).encode(), {"Content-Type": "application/json"})
        assert answer.status == status, answer
        return answer.json if answer.body else None

    def fetch(self, url: str) -> Any:
        """The look-up of an address or a handle, made anew."""
        return self.said(201, "/api/v1/federation/fetches/", object=url, force=True)

    def fetched(self, url: str) -> Any:
        """What the person finds by an address or a handle."""
        fetch = self.fetch(url)
        assert fetch["status"] == "finished", fetch
        return fetch["object"]

    def tracks(self, artist: str, who: Client | None = None) -> list[Any]:
        """An artist's songs that somebody, else the person, can see and play; by title."""
        told = (who or self.me).get(
            "/api/v1/tracks/", None, playable="true", ordering="title", page_size=500, include_channels="true"
        )
        assert told.status == 200, told
        return [track for track in told.json["results"] if track["artist"]["name"] == artist]

    def heard(self, track: Any, who: Client | None = None) -> Answer:
        """What comes of listening to a track."""
        return (who or self.me).get(path_of(track["listen_url"]))

    def signs(self, name: str, method: str, url: str, document: object = None) -> Answer:
        """What another pod answers to a request that somebody here has signed, around this pod's own manners."""
        [(private,)] = self.rows("SELECT private_key FROM actor WHERE fid = %s", self.actor_of(name))
        key = load_pem_private_key(private.encode(), None)
        assert isinstance(key, RSAPrivateKey)
        there = urlsplit(url)
        body = None if document is None else json.dumps(document).encode()
        target = there.path + (f"?{there.query}" if there.query else "")
        request = a_request(
            method, target, body, time.time(), host=there.netloc, content_type=ACTIVITY, accept=ACTIVITY
        )
        names = "(request-target) host date" + ("" if body is None else " digest")
        signed = by_cavage(request, key, names, key_id=f"{self.actor_of(name)}#main-key")
        client = Client(there.port or 80, host=there.netloc)
        told = {name: values[0] for name, values in signed.headers.items() if name != "host"}  # which the client says
        return client.ask(method, target, body, told)

    # --- having ----------------------------------------------------------------------------------

    def picture(self, red: int = 200) -> str:
        """A picture of the person's, not in use yet: its uuid."""
        path = self.folder / "cover.png"
        path.write_bytes(image(80, 80, red))
        body, head = form_with_file({}, path)
        answer = self.me.ask("POST", "/api/v1/attachments/", body.replace(b'"audio_file"', b'"file"'), head)
        assert answer.status == 201, answer
        return str(answer.json["uuid"])

    def edited(self, kind: str, id: int, **payload: object) -> None:
        """Have something of the person's another way."""
        wish = {"type": "update", "payload": payload, "is_approved": True}
        self.said(201, f"/api/v1/{kind}s/{id}/mutations/", **wish)

    def finished(self, reference: str) -> int:
        """How many uploads of one batch of the person's are imported."""
        uploads = self.me.uploads(import_reference=reference, include_channels="true")
        assert not [one for one in uploads if one["import_status"] in ("errored", "skipped")], uploads
        return sum(1 for one in uploads if one["import_status"] == "finished")

    def told(self, kind: str) -> list[Any]:
        """The activities of a type that came in from elsewhere, oldest first."""
        found = self.rows("SELECT body FROM received WHERE type = %s ORDER BY id", kind)
        return [json.loads(body) for [body] in found]


class TwoPodsCase(SynchronousTestCase):
    """
    Ada's pod (``here``) and Bob's (``there``), for all tests of a class.

    :cvar settings: more of the environment of both.
    """

    settings: ClassVar[Mapping[str, str]] = {}
    here: ClassVar[Side]
    there: ClassVar[Side]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="fw-two-pods-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        sides = []
        for person in ("ada", "bob"):
            side = Side(Path(folder.name), person, cls.settings)
            cls.addClassCleanup(side.close)
            side.pod.launch()
            sides.append(side)
        for side in sides:
            side.pod.until_logged("house.ready")
            side.me = side.pod.set_up(side.person)
        cls.here, cls.there = sides

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="fw-songs-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.artist = self.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")

    def meet(self, true: Callable[[], object], what: str) -> None:
        """Wait until one pod has heard of what happened on the other."""
        try:
            until(true, what, MEETING_SECONDS)
        except AssertionError:
            for side in (self.here, self.there):
                print(side.host, *[line for line in side.pod.log.splitlines() if "web.request" not in line], sep="\n")
                print(side.rows("SELECT type, host, state, status, error FROM delivery JOIN outgoing AS said"
                                " ON said.id = outgoing_id ORDER BY delivery.id DESC LIMIT 10"))  # fmt: skip
                print(side.rows("SELECT type, host, state, error FROM received ORDER BY id DESC LIMIT 10"))
            raise

    # --- libraries -------------------------------------------------------------------------------

    def library(self, side: Side, privacy: str, *titles: str, **tags: Any) -> Any:
        """A library with songs in it, imported; by the artist whose name is that of the test."""
        library = side.said(201, "/api/v1/libraries/", name=f"{side.person}'s", privacy_level=privacy)
        for place, title in enumerate(titles, 1):
            self.upload(side, library, title, place, **tags)
        until(lambda: side.finished(library["uuid"]) >= len(titles), "the import")
        return library

    def upload(self, side: Side, library: Any, title: str, place: int, **tags: Any) -> None:
        """Send a song."""
        words = {"title": title, "artist": self.artist, "album": f"Sea of {self.artist}", "track": place, **tags}
        song = make(self.folder, "mp3", f"{title}.mp3", pitch=300 + 50 * place, **words)
        assert side.me.upload(library["uuid"], song, import_reference=library["uuid"]).status == 201

    def follow(self, library: Any, who: Client | None = None) -> Any:
        """Bob, or somebody else of his pod, finds a library of Ada's and asks to follow it."""
        found = self.there.fetched(library["fid"])
        made = (who or self.there.me).post("/api/v1/federation/follows/library/", target=found["uuid"])
        assert made.status == 201, made
        return made.json

    def titles(self, who: Client | None = None) -> list[str]:
        """The songs of this test that Bob, or somebody else of his pod, can see and play."""
        return [track["title"] for track in self.there.tracks(self.artist, who)]

    # --- channels --------------------------------------------------------------------------------

    def channel(self, name: str, **words: Any) -> Any:
        """A channel of Ada's."""
        wish: dict[str, Any] = {
            "username": name,
            "name": self.artist,
            "description": None,
            "tags": [],
            "content_category": "other",
        }
        return self.here.said(201, "/api/v1/channels/", **{**wish, "metadata": {}, **words})

    def publish(self, channel: Any, title: str, place: int = 1, **words: Any) -> Any:
        """An episode of a channel of Ada's, imported: its upload."""
        sound = make(self.folder, "mp3", f"{title}.mp3", pitch=300 + 50 * place)
        fields = {
            "channel": channel["uuid"],
            "import_status": "pending",
            "import_reference": f"{channel['uuid']} {title}",
            "import_metadata": json.dumps({"title": title, **words}),
        }
        answer = self.here.me.ask("POST", "/api/v1/uploads/", *form_with_file(fields, sound))
        assert answer.status == 201, answer
        until(lambda: self.here.finished(fields["import_reference"]) == 1, "the import")
        return self.here.one(f"/api/v1/uploads/{answer.json['uuid']}/")
