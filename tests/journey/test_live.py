"""Two web processes and a worker of one pod: what happens at one is heard at the other, by either bell."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from tests import audio
from tests.pod import PATIENCE_SECONDS, Client, Pod, PodCase
from tests.servers import Redis, postgres


class Ear:
    """A page that listens, at the process on a port."""

    def __init__(self, port: int, client: Client) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._heard: list[Any] = []
        self.code: int | None = None
        self.status: int | None = None
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = [(b"Cookie", cookies.encode()), (b"Origin", f"http://localhost:{port}".encode())]
        self._line.sendall(self._ws.send(Request(f"localhost:{port}", "/api/v1/activity", extra_headers=headers)))
        while self.status is None:
            self._read()

    def _read(self) -> None:
        """Take what has come, and wait for it."""
        data = self._line.recv(65536)
        if not data:
            raise EOFError("the connection was closed")
        self._ws.receive_data(data)
        for event in self._ws.events():
            match event:
                case AcceptConnection():
                    self.status = 101
                case RejectConnection():
                    self.status = event.status_code
                case Ping():
                    self._line.sendall(self._ws.send(event.response()))
                case TextMessage():
                    self._heard.append(json.loads(event.data))
                case CloseConnection():
                    self.code = event.code

    def hear(self, kind: str) -> Any:
        """The next message of a kind; others before it are let go."""
        while True:
            while self._heard:
                message = self._heard.pop(0)
                if message["type"] == kind:
                    return message
            self._read()

    def end(self) -> int | None:
        """Wait for the end; the code that it was closed with."""
        while self.code is None:
            self._read()
        self._line.close()
        return self.code


class LiveTests(PodCase):
    """Over PostgreSQL alone, and with Redis."""

    def setUp(self) -> None:
        super().setUp()
        self.dsn = postgres().empty_database()
        self.addCleanup(postgres().drop, self.dsn)

    def member(self, name: str, roles: str, **settings: str) -> Pod:
        """A process of the pod."""
        url = f"postgres://fwtwisted@:5432/{self.dsn.rpartition('dbname=')[2]}?host={postgres().folder}"
        shared = {
            "DATABASE_URL": url,
            "DJANGO_SECRET_KEY": "one key for all processes of this pod, long enough",
            "MEDIA_ROOT": str(self.folder / "media"),
        }
        pod = self.pod(name, {**shared, **settings}, [f"--roles={roles}"])
        pod.start()
        return pod

    def song(self, name: str) -> Path:
        """A file with tags."""
        return audio.make(self.folder, "mp3", f"{name}.mp3", title=name, artist="Ada", album="Of one pod")

    def walk(self, **settings: str) -> None:
        """Upload, like and log out at one process; hear of it at the other."""
        one = self.member("one", "web", **settings)
        ada = one.set_up()
        two, worker = self.member("two", "web", **settings), self.member("worker", "worker", **settings)
        ear = Ear(two.port, ada)
        self.assertEqual(101, ear.status)
        sent = ada.upload(ada.make_library(), self.song("first"))
        told = ear.hear("import.status_updated")
        self.assertEqual((sent.json["uuid"], "finished"), (told["upload"]["uuid"], told["new_status"]))
        track = told["upload"]["track"]["id"]
        self.assertEqual(201, ada.post("/api/v1/favorites/tracks/", track=track).status)
        self.assertEqual(track, ear.hear("Like")["object"]["local_id"])
        self.assertEqual(200, ada.post("/api/v1/users/logout").status)
        self.assertEqual(1008, ear.end())
        self.assertEqual(403, Ear(two.port, ada).status)
        ada.log_in("ada", "a horse in a hat")
        ear = Ear(two.port, ada)
        self.assertEqual(0, two.stop())
        self.assertEqual(1001, ear.end())
        self.assertEqual([0, 0], [worker.stop(), one.stop()])

    def test_over_postgresql(self) -> None:
        """NOTIFY brings it."""
        self.walk()

    def test_over_redis(self) -> None:
        """Redis brings it."""
        redis = Redis()
        self.addCleanup(redis.stop)
        self.walk(CACHE_URL=redis.url)
