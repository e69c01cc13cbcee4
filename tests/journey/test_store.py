"""A pod whose media lie in an object store, from outside: killed all the time, and with the store gone for a while."""

from __future__ import annotations

from collections import Counter

from tests.journey import test_uploads as journeys
from tests.pod import Client, Pod, PodCase, path_of, until
from tests.s3_server import POD, SeaweedFs, s3


def told(server: SeaweedFs, bucket: str) -> dict[str, str]:
    """The settings of a pod that keeps its media there."""
    return {
        "AWS_ACCESS_KEY_ID": POD.access_key,
        "AWS_SECRET_ACCESS_KEY": POD.secret_key,
        "AWS_STORAGE_BUCKET_NAME": bucket,
        "AWS_S3_ENDPOINT_URL": server.endpoint,
        "JOB_LEASE": "2s",
    }


class StoreKilledTests(journeys.KilledTests):
    """``kill -9`` at any moment of uploading and importing: object first, row second."""

    def pod(self, *args: object, **kw: object) -> Pod:
        """With a bucket."""
        self.bucket = s3().fresh_bucket()
        pod = super().pod(settings=told(s3(), self.bucket))
        pod.secrets.add(POD.secret_key)
        return pod

    def lying(self) -> dict[str, bytes]:
        """The music in the bucket."""
        return {key: s3().get(self.bucket, key) or b"" for key in s3().keys(self.bucket) if key.startswith("tracks/")}

    def check(self, pod: Pod, ada: Client, acknowledged: dict[str, str]) -> None:
        """Nothing is lost, nothing is there twice, nothing is there that nobody knows, nothing is here."""
        uploads = ada.uploads()
        self.assertEqual({"finished"}, {upload["import_status"] for upload in uploads})
        self.assertLessEqual(set(acknowledged.values()), {upload["uuid"] for upload in uploads})
        until(lambda: set(self.lying()) == set(journeys.named(pod)), "a bucket with exactly the files that rows know")
        found = Counter(journeys.digest(body) for body in self.lying().values())
        self.assertEqual({1}, set(found.values()))
        self.assertLessEqual(set(acknowledged), set(found))
        self.assertEqual({}, journeys.stored(pod))


class StoreGoneTests(PodCase):
    """The store is away for a while."""

    def test_away_and_back(self) -> None:
        """Uploads are taken and heard; readiness stays; what was taken is in the bucket soon after it is back."""
        server = SeaweedFs()
        self.addCleanup(server.stop)
        bucket = server.fresh_bucket()
        pod = self.pod(settings=told(server, bucket))
        pod.start()
        ada = pod.set_up()
        library = ada.make_library()
        server.kill()
        file = journeys.song(self.folder, 1)
        sent = ada.upload(library, file)
        self.assertEqual(201, sent.status, sent)
        place = f"/api/v1/uploads/{sent.json['uuid']}/"
        until(lambda: ada.get(place).json["import_status"] == "finished", "the import")
        heard = ada.get(path_of(ada.get(place).json["track"]["listen_url"]))
        self.assertEqual((200, file.read_bytes(), "LOCAL"), (heard.status, heard.body, heard.headers["x-cache-status"]))
        ready = pod.client().get("/health/ready")
        self.assertEqual(200, ready.status)
        self.assertIn("degraded", ready.json["checks"]["storage"]["detail"])
        server.start()
        until(lambda: file.read_bytes() in [server.get(bucket, key) for key in server.keys(bucket)], "the song", 180)
        until(lambda: not journeys.stored(pod), "an empty disk")
        heard = ada.get(path_of(ada.get(place).json["track"]["listen_url"]))
        self.assertEqual(
            (200, file.read_bytes(), "BYPASS"), (heard.status, heard.body, heard.headers["x-cache-status"])
        )
