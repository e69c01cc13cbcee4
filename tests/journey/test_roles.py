"""Several processes of one pod: some serve, some work, all on one database."""

from __future__ import annotations

from pathlib import Path

from tests import audio
from tests.pod import Client, Pod, PodCase, path_of, until
from tests.servers import postgres


class RolesCase(PodCase):
    """Processes of one pod over one ``DATABASE_URL``."""

    def setUp(self) -> None:
        super().setUp()
        self.dsn = postgres().empty_database()
        self.addCleanup(postgres().drop, self.dsn)

    def member(self, name: str, roles: str, **settings: str) -> Pod:
        """A process of the pod, with a data folder of its own and the media of all."""
        place = postgres().folder
        url = f"postgres://fwtwisted@:5432/{self.dsn.rpartition('dbname=')[2]}?host={place}"
        shared = {
            "DATABASE_URL": url,
            "DJANGO_SECRET_KEY": "one key for all processes of this pod, long enough",
            "MEDIA_ROOT": str(self.folder / "media"),
        }
        pod = self.pod(name, {**shared, **settings}, [f"--roles={roles}"])
        pod.secrets.add(shared["DJANGO_SECRET_KEY"])
        return pod


class RolesTests(RolesCase):
    """Uploads, sessions and jobs."""

    def status(self, client: Client, upload: str) -> str:
        """What became of an upload."""
        return str(client.get(f"/api/v1/uploads/{upload}/").json["import_status"])

    def song(self, name: str) -> Path:
        """A file with tags."""
        return audio.make(self.folder, "mp3", f"{name}.mp3", title=name, artist="Ada", album="Of one pod")

    def test_one_serves_another_works(self) -> None:
        """What the web process takes in, the worker imports, and the web process plays."""
        web = self.member("web", "web")
        web.start()
        self.assertIsNone(web.postgres_pid())
        ada = web.set_up()
        sent = ada.upload(ada.make_library(), self.song("first"))
        self.assertEqual((201, "pending"), (sent.status, sent.json["import_status"]))
        worker = self.member("worker", "worker,beat")
        worker.start()
        self.assertFalse(worker.is_ready(), "a worker does not listen")
        until(lambda: self.status(ada, sent.json["uuid"]) == "finished", "the import")
        track = ada.get(f"/api/v1/uploads/{sent.json['uuid']}/").json["track"]
        self.assertEqual(self.song("first").read_bytes(), ada.get(path_of(track["listen_url"])).body)
        self.assertEqual([0, 0], [worker.stop(), web.stop()])

    def test_rolling_restart(self) -> None:
        """Sessions are known to every web process, and a job left by a dead worker is done by the next."""
        one, two = self.member("one", "web"), self.member("two", "web")
        one.start()
        ada = one.set_up()
        two.start()
        there = two.client()
        there.cookies = dict(ada.cookies)
        self.assertEqual("ada", there.me()["username"])
        worker = self.member("worker", "worker", JOB_LEASE="2s")
        worker.start()
        library = ada.make_library()
        sent = [ada.upload(library, self.song(f"song {number}")).json["uuid"] for number in range(8)]
        worker.kill()
        self.assertEqual(0, one.stop())
        worker.start()
        until(lambda: all(self.status(there, uuid) == "finished" for uuid in sent), "all imports")
        self.assertEqual(8, there.get("/api/v1/tracks/").json["count"])
