"""A pod whose media lie in an object store, through HTTP: docs/storage.md §6 and what §10 says of uncached serving."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

from PIL import Image
from twisted.internet import reactor as _reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.cutting import Cut, CutWish
from fwtwisted.worker import Hands, WorkerSettings
from tests.audio import make
from tests.faults import Fault, Faults
from tests.rest.pod import Client, PodCase
from tests.s3_server import POD, s3
from tests.web.serving import HungUp

reactor: Any = _reactor

SETTINGS = {
    "AWS_ACCESS_KEY_ID": POD.access_key,
    "AWS_SECRET_ACCESS_KEY": POD.secret_key,
    "AWS_LOCATION": "pods/ours/",
    "S3_CONNECT_TIMEOUT": "2",
    "S3_READ_TIMEOUT": "2",
}
BELOW = "pods/ours/"


def fetched(url: str) -> tuple[int, str, bytes]:
    """In a thread: what a player gets there: status, type, bytes."""
    with urlopen(url, timeout=20) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def picture_of_colour() -> bytes:
    """A PNG, large enough to be cut."""
    stream = BytesIO()
    Image.new("RGB", (700, 700), (200, 30, 60)).save(stream, "PNG")
    return stream.getvalue()


class StorePodCase(PodCase):
    """
    A pod with a bucket.

    :ivar faults: between the two.
    """

    told: dict[str, str] = {}

    async def setUp(self) -> None:  # type: ignore[override]
        self.server = s3()
        self.bucket = self.server.fresh_bucket()
        self.faults = Faults(self.server.port)
        endpoint = await self.faults.listen(self)
        self.environment = {
            **SETTINGS,
            "AWS_S3_ENDPOINT_URL": endpoint,
            "AWS_STORAGE_BUCKET_NAME": self.bucket,
            **self.told,
        }
        await super().setUp()
        self.alice = await self.person()
        assert self.alice.viewer.actor_id is not None
        self.library = await self.library_of(self.alice)

    def lies(self, name: str) -> bytes | None:
        """What lies in the bucket under a name."""
        return self.server.get(self.bucket, BELOW + name)

    async def a_song(self, kind: str = "flac") -> tuple[str, bytes, str]:
        """A file in the store that can be heard: the way to it, its bytes, its name."""
        artist = await self.an_artist("Nova")
        track = await self.a_track("First Light", artist)
        body = await self.a_file(self.library, track, kind)
        await self.do("UPDATE upload SET storage = 's3'")
        return f"listen/{await self.track_uuid(track)}/", body, f"tracks/aa/bb/{track}.{kind}"

    async def upload(self, who: Client, body: bytes, filename: str = "song.flac") -> Any:
        """Send a file; the answer."""
        uuid = await self.value("SELECT uuid FROM library WHERE id = %s", self.library)
        return await who.parts("uploads/", ("library", None, str(uuid).encode()), ("audio_file", filename, body))

    def sound(self) -> bytes:
        """A short song."""
        return make(os.path.abspath(self.mktemp()), "flac", title="Night", artist="Nova", album="Tides").read_bytes()

    async def until(self, true: Any) -> None:
        """Wait for something; the test's time-out is the limit."""
        while not await true():
            await deferLater(reactor, 0.05)


class ServingTests(StorePodCase):
    """By us, which is how it is when nobody says anything."""

    async def test_headers_and_bytes(self) -> None:
        """As from a local disk; nothing of the store's gets out, nothing of the listener's gets in."""
        path, body, _ = await self.a_song()
        self.faults.asked.clear()
        said = await self.alice.get(path, headers={"X-Amz-Foo": "1", "X-Forwarded-For": "9.9.9.9"}, x="y")
        self.assertEqual((200, body), (said.status, said.body))
        self.assertEqual("BYPASS", said.header("X-Cache-Status"))
        self.assertEqual(f'"{hashlib.sha256(body).hexdigest()[:32]}"', said.header("ETag"))
        self.assertEqual("audio/flac", said.header("Content-Type"))
        self.assertIn("attachment;", said.header("Content-Disposition") or "")
        for name, _ in said.headers.getAllRawHeaders():
            self.assertNotIn(b"amz", name.lower())
        self.assertNotIn("SeaweedFS", said.header("Server") or "")
        [asked] = self.faults.asked
        self.assertEqual(
            ("GET", f"/{self.bucket}/{BELOW}"), (asked.method, asked.path[: len(f"/{self.bucket}/{BELOW}")])
        )
        self.assertNotIn("?", asked.path)
        self.assertLessEqual(
            asked.headers.keys(), {"host", "authorization", "x-amz-date", "x-amz-content-sha256", "connection"}
        )

    async def test_ranges_and_conditions(self) -> None:
        """The same answers as for a local file, with one request to the store, or none."""
        path, body, _ = await self.a_song()
        said = await self.alice.get(path, headers={"Range": "bytes=10-19"})
        self.assertEqual((206, body[10:20]), (said.status, said.body))
        self.assertEqual(f"bytes 10-19/{len(body)}", said.header("Content-Range"))
        self.assertEqual("bytes=10-19", self.faults.asked[-1].headers["range"])
        said = await self.alice.get(path, headers={"Range": "bytes=-5"})
        self.assertEqual((206, body[-5:]), (said.status, said.body))
        before = len(self.faults.asked)
        etag = said.header("ETag") or ""
        self.assertEqual(416, (await self.alice.get(path, headers={"Range": f"bytes={len(body)}-"})).status)
        self.assertEqual(304, (await self.alice.get(path, headers={"If-None-Match": etag})).status)
        self.assertEqual(before, len(self.faults.asked))
        said = await self.alice.head(path)
        self.assertEqual((200, str(len(body)), b""), (said.status, said.header("Content-Length"), said.body))
        self.assertEqual("HEAD", self.faults.asked[-1].method)

    async def test_rights_come_first(self) -> None:
        """Who may not listen learns nothing, and the store hears nothing."""
        path, _, _ = await self.a_song()
        self.faults.asked.clear()
        self.assertEqual(401, (await self.visitor().get(path)).status)
        self.assertEqual([], self.faults.asked)

    async def test_away(self) -> None:
        """503 with Retry-After and a sentence, soon; readiness does not suffer, its details tell."""
        path, _, _ = await self.a_song()
        self.faults.refuse()
        said = await self.alice.get(path)
        self.assertEqual((503, "30"), (said.status, said.header("Retry-After")))
        self.assertEqual({"detail"}, said.json.keys())
        said = await self.alice.get(path)
        self.assertEqual(503, said.status)
        assert self.ground.store is not None
        self.assertTrue(self.ground.store.blobs.store.is_away)

    async def test_missing(self) -> None:
        """An object that should be there: 503 and a loud word; with HEAD the same."""
        path, _, name = await self.a_song()
        assert self.ground.store is not None
        await self.ground.store.blobs.store.delete(name)
        self.assertEqual(503, (await self.alice.get(path)).status)
        self.assertEqual(503, (await self.alice.head(path)).status)

    async def test_wrong_bytes(self) -> None:
        """Of a whole of the right length that is another, the end is never sent; of one of another length, nothing."""
        path, body, name = await self.a_song()
        self.faults.next(Fault(method="GET", flip_at=0.5))
        with self.assertRaises(HungUp):
            await self.alice.get(path)
        self.server.put(self.bucket, BELOW + name, body + b"!")
        self.assertEqual(503, (await self.alice.get(path)).status)

    async def test_cut_short(self) -> None:
        """What breaks on the way to us is mended on the way to the listener."""
        path, body, _ = await self.a_song()
        self.faults.always(Fault(method="GET", cut_at=3000))
        said = await self.alice.get(path)
        self.assertEqual((200, body), (said.status, said.body))

    async def test_local_first(self) -> None:
        """A file that lies here is sent from here, if it has the right size."""
        path, body, name = await self.a_song()
        assert self.ground.store is not None
        await self.ground.store.blobs.local.put(name, body)
        said = await self.alice.get(path)
        self.assertEqual((body, "LOCAL"), (said.body, said.header("X-Cache-Status")))
        await self.ground.store.blobs.local.delete(name)
        await self.ground.store.blobs.local.put(name, body[:100])
        self.assertEqual(body, (await self.alice.get(path)).body)

    async def test_transcoded(self) -> None:
        """A transcode is made of a copy, kept in the store, and served from there the next time."""
        path, _, _ = await self.a_song()
        said = await self.alice.get(path, to="mp3")
        self.assertEqual((200, "MISS"), (said.status, said.header("X-Cache-Status")))
        await self.until(lambda: self.value("SELECT count(*) FROM upload_version WHERE storage = 's3'"))
        kept = await self.value("SELECT audio_file FROM upload_version")
        self.assertEqual(said.body, self.lies(kept))
        again = await self.alice.get(path, to="mp3")
        self.assertEqual((said.body, "BYPASS"), (again.body, again.header("X-Cache-Status")))

    async def test_public_media(self) -> None:
        """Pictures by their names; whatever is private is not asked for."""
        assert self.ground.store is not None
        await self.ground.store.blobs.put("attachments/aa/bb/cc/x.png", b"picture")
        said = await self.visitor().get("/media/attachments/aa/bb/cc/x.png")
        self.assertEqual((200, b"picture", "BYPASS"), (said.status, said.body, said.header("X-Cache-Status")))
        before = len(self.faults.asked)
        for name in ("tracks/a.mp3", "unknown/x", "attachments/..%2Ftracks/a.mp3"):
            self.assertEqual(404, (await self.visitor().get(f"/media/{name}")).status)
        self.assertEqual(before, len(self.faults.asked))
        self.assertEqual(404, (await self.visitor().get("/media/attachments/none.png")).status)


class UploadTests(StorePodCase):
    """Files coming in."""

    async def test_into_the_bucket(self) -> None:
        """Object first, row second; imported from what is at hand; gone with its row."""
        body = self.sound()
        said = await self.upload(self.alice, body)
        self.assertEqual(201, said.status, said)
        name, storage = [await self.value(f"SELECT {column} FROM upload") for column in ("audio_file", "storage")]
        self.assertEqual(("s3", body), (storage, self.lies(name)))
        hands = Hands(reactor, self.database, self.parts.jobs(), self.ground.bell.listen, WorkerSettings())
        hands.startService()
        await self.until(lambda: self.value("SELECT count(*) FROM upload WHERE import_status = 'finished'"))
        await hands.stopService()
        self.assertEqual(0, self.faults.count("GET", "tracks/"))
        await self.alice.delete(f"uploads/{said.json['uuid']}/")
        while await self.parts.stored_files.remove_due():
            continue
        self.assertIsNone(self.lies(name))

    async def test_while_the_store_is_away(self) -> None:
        """201; served from here; in the bucket when the store is back, and only there."""
        body = self.sound()
        self.faults.refuse()
        said = await self.upload(self.alice, body)
        self.assertEqual(201, said.status, said)
        name, storage = [await self.value(f"SELECT {column} FROM upload") for column in ("audio_file", "storage")]
        self.assertEqual(("local", None), (storage, self.lies(name)))
        self.faults.admit()
        assert self.parts.shipping is not None and self.ground.store is not None
        self.assertTrue(await self.ground.store.blobs.store.revive())
        await self.parts.shipping.pay()
        self.assertEqual(body, self.lies(name))
        self.assertEqual("s3", await self.value("SELECT storage FROM upload"))
        self.assertIsNone(await self.ground.store.blobs.local.size(name))

    async def test_removed_before_it_was_sent(self) -> None:
        """What is owed and deleted is not sent, and leaves nothing."""
        self.faults.refuse()
        said = await self.upload(self.alice, self.sound())
        await self.alice.delete(f"uploads/{said.json['uuid']}/")
        while await self.parts.stored_files.remove_due():
            continue
        self.faults.admit()
        assert self.parts.shipping is not None and self.ground.store is not None
        await self.ground.store.blobs.store.revive()
        await self.parts.shipping.pay()
        await self.do("UPDATE doomed_file SET doomed = now()")  # it could not be seen to be gone, and was put off
        await self.parts.stored_files.remove_due()
        await self.parts.shipping.pay()
        self.assertEqual([], self.server.keys(self.bucket))
        self.assertEqual([], [name async for name in self.ground.store.blobs.owed()])

    async def test_pictures(self) -> None:
        """A picture and its sizes lie in the bucket."""
        picture = picture_of_colour()
        said = await self.alice.parts("attachments/", ("file", "cover.png", picture))
        self.assertEqual(201, said.status, said)
        for url in said.json["urls"].values():
            if url:
                self.assertEqual(200, (await self.visitor().get(urlsplit(url).path)).status, url)
        self.assertEqual(3, len(self.server.keys(self.bucket)))


class RedirectTests(StorePodCase):
    """``PROXY_MEDIA=false``."""

    told = {"PROXY_MEDIA": "false", "AWS_QUERYSTRING_EXPIRE": "60"}

    async def test_to_a_signed_url(self) -> None:
        """302, signed for this one file, with our type and name in it; nobody keeps it."""
        path, body, _ = await self.a_song()
        said = await self.alice.get(path)
        self.assertEqual((302, b""), (said.status, said.body))
        self.assertEqual(("no-store", "no-referrer"), (said.header("Cache-Control"), said.header("Referrer-Policy")))
        url = said.header("Location") or ""
        query = parse_qs(urlsplit(url).query)
        self.assertEqual((["60"], ["audio/flac"]), (query["X-Amz-Expires"], query["response-content-type"]))
        self.assertIn("filename*=UTF-8''", query["response-content-disposition"][0])
        self.assertEqual((200, "audio/flac", body), await deferToThread(fetched, url))
        said = await self.alice.get(path, download="false")
        self.assertNotIn("disposition", said.header("Location") or "")

    async def test_only_with_the_right(self) -> None:
        """No URL for nobody."""
        path, _, _ = await self.a_song()
        said = await self.visitor().get(path)
        self.assertEqual((401, None), (said.status, said.header("Location")))

    async def test_what_is_here_is_sent_from_here(self) -> None:
        """Files on this disk are not looked for elsewhere; a HEAD, for which a URL is no good, is answered."""
        path, body, name = await self.a_song()
        self.assertEqual(200, (await self.alice.head(path)).status)
        assert self.ground.store is not None
        await self.ground.store.blobs.local.put(name, body)
        self.assertEqual((200, body), ((said := await self.alice.get(path)).status, said.body))

    async def test_pictures_are_signed(self) -> None:
        """Documents tell signed URLs, the same for a while; they open the picture."""
        said = await self.alice.parts("attachments/", ("file", "cover.png", picture_of_colour()))
        url = said.json["urls"]["original"]
        self.assertIn("X-Amz-Signature", url)
        self.assertEqual((200, "image/png"), (await deferToThread(fetched, url))[:2])
        again = await self.alice.get(f"attachments/{said.json['uuid']}/")
        self.assertEqual(url, again.json["urls"]["original"])

    async def test_pictures_that_are_not_there_yet(self) -> None:
        """What lies on this disk is shown by us, in all sizes, and so is everything while the store is away."""
        said = await self.alice.parts("attachments/", ("file", "cover.png", picture_of_colour()))
        place = f"attachments/{said.json['uuid']}/"
        assert self.parts.not_shipped is not None and self.ground.store is not None
        await self.do("UPDATE attachment SET storage = 'local'")
        await self.parts.not_shipped.look()
        urls = (await self.alice.get(place)).json["urls"]
        for which in ("original", "medium_square_crop", "large_square_crop"):
            self.assertNotIn("X-Amz", urls[which])
            self.assertEqual(200, (await self.visitor().get(urlsplit(urls[which]).path)).status)
        await self.do("UPDATE attachment SET storage = 's3'")
        await self.parts.not_shipped.look()
        self.assertIn("X-Amz", (await self.alice.get(place)).json["urls"]["original"])
        self.faults.refuse()
        while not self.ground.store.blobs.store.is_away:
            await self.alice.parts("attachments/", ("file", "cover.png", picture_of_colour()))
        self.assertNotIn("X-Amz", (await self.alice.get(place)).json["urls"]["original"])

    async def test_renditions_that_are_not_there(self) -> None:
        """They are shown, and made, by us, until somebody has seen that they lie there."""
        said = await self.alice.parts("attachments/", ("file", "cover.png", picture_of_colour()))
        place, sizes = f"attachments/{said.json['uuid']}/", ("medium_square_crop", "large_square_crop")
        assert self.parts.not_shipped is not None
        await self.parts.not_shipped.look()
        for url in self.shown((await self.alice.get(place)).json, ("original", *sizes)):
            self.assertIn("X-Amz", url)
            self.assertEqual(200, (await deferToThread(fetched, url))[0])
        await self.do("UPDATE attachment SET cut = NULL")  # as pictures are that came with imported files
        for key in self.server.keys(self.bucket):
            if "__sized__" in key:
                await self.ground.blobs.delete(key.removeprefix(BELOW))
        await self.parts.not_shipped.look()
        document = (await self.alice.get(place)).json
        self.assertIn("X-Amz", document["urls"]["original"])
        medium, large = self.shown(document, sizes)
        self.assertEqual(200, (await self.visitor().get(urlsplit(medium).path)).status)
        self.assertNotIn("X-Amz", medium + large)
        cut = await self.parts.cutting.run(CutWish(), Cut())
        self.assertEqual((1, 1), (cut.there, cut.made))
        await self.parts.not_shipped.look()
        for url in self.shown((await self.alice.get(place)).json, sizes):
            self.assertIn("X-Amz", url)
            self.assertEqual(200, (await deferToThread(fetched, url))[0])

    def shown(self, document: Any, which: Sequence[str]) -> list[str]:
        """The addresses of a picture."""
        return [document["urls"][one] for one in which]

    async def test_the_banner(self) -> None:
        """It is shown by us until somebody has seen that it lies there."""
        name = "dynamic_preferences/instance__banner/a/b/c/d.png"
        assert self.parts.not_shipped is not None
        await self.do("INSERT INTO preference VALUES ('instance__banner', to_jsonb(%s::text))", name)
        await self.parts.not_shipped.look()
        self.assertIsNone(self.parts.not_shipped.url(name))
        await self.parts.cutting.look_at_banner()
        await self.parts.not_shipped.look()
        self.assertIsNone(self.parts.not_shipped.url(name))
        await self.ground.blobs.put(name, picture_of_colour())
        await self.parts.cutting.look_at_banner()
        await self.parts.not_shipped.look()
        self.assertEqual((200, "image/png"), (await deferToThread(fetched, self.parts.not_shipped.url(name) or ""))[:2])


class VersionTests(StorePodCase):
    """Transcodes that are kept in the store."""

    async def transcoded(self) -> tuple[str, bytes]:
        """A song that was heard as MP3, and is kept as such: the way to it, its bytes."""
        path, _, _ = await self.a_song()
        body = (await self.alice.get(path, to="mp3")).body

        async def is_kept() -> bool:
            return bool(await self.value("SELECT count(*) FROM upload_version WHERE storage = 's3'"))

        await self.until(is_kept)
        return path, body

    async def test_one_request(self) -> None:
        """A listener of a kept transcode costs one request to the store, as for the file itself."""
        path, body = await self.transcoded()
        self.faults.asked.clear()
        said = await self.alice.get(path, to="mp3")
        self.assertEqual((200, body, str(len(body))), (said.status, said.body, said.header("Content-Length")))
        self.assertEqual(["GET"], [asked.method for asked in self.faults.asked])

    async def test_made_anew(self) -> None:
        """One that the store has lost is forgotten, and made again."""
        path, _ = await self.transcoded()
        name = await self.value("SELECT audio_file FROM upload_version")
        self.server.remove_bucket(f"{self.bucket}/{BELOW}{name}")
        said = await self.alice.get(path, to="mp3")
        self.assertEqual((200, "audio/mpeg"), (said.status, said.header("Content-Type")))
        self.assertTrue(said.body)


class NginxTests(StorePodCase):
    """``REVERSE_PROXY_TYPE=nginx`` with ``S3_NGINX_DIRECT=true``."""

    told = {"REVERSE_PROXY_TYPE": "nginx", "S3_NGINX_DIRECT": "true"}

    async def test_a_signed_url_for_the_front(self) -> None:
        """Once more percent-encoded; it opens a closed bucket, for a minute."""
        path, body, _ = await self.a_song()
        said = await self.alice.get(path)
        self.assertEqual((200, b""), (said.status, said.body))
        prefix = "/_protected/media/"
        inner = unquote((said.header("X-Accel-Redirect") or "").removeprefix(prefix))
        self.assertIn("X-Amz-Expires=60", inner)
        self.assertEqual(body, (await deferToThread(fetched, inner))[2])

    async def test_local_files(self) -> None:
        """Are the front's as ever."""
        path, body, name = await self.a_song()
        assert self.ground.store is not None
        await self.ground.store.blobs.local.put(name, body)
        said = await self.alice.get(path)
        self.assertEqual(f"/_protected/media/{name}", said.header("X-Accel-Redirect"))


class BehindNginxTests(StorePodCase):
    """``REVERSE_PROXY_TYPE=nginx`` alone."""

    told = {"REVERSE_PROXY_TYPE": "nginx"}

    async def test_we_send_what_lies_in_the_store(self) -> None:
        """Nothing need be edited in the front."""
        path, body, _ = await self.a_song()
        said = await self.alice.get(path)
        self.assertEqual((body, None), (said.body, said.header("X-Accel-Redirect")))
