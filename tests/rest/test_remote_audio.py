"""Audio of other servers through HTTP, with far ends that are not always kind (docs/federation.md §5.5)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures.keys import private_key, signed
from fwtwisted.wire.signatures.outgoing import Order, headers
from fwtwisted.wire.targets import target
from tests.audio import make
from tests.database import HOME
from tests.hostile import FarEnd, Line, headers_of, moved, ok
from tests.rest.pod import PodCase
from tests.rest.test_feeds import FeedCase, feed, item
from tests.rest.test_store import StorePodCase
from tests.web.serving import Answer, HungUp

reactor: Any = the_reactor
KIND = "audio/mpeg"
TAG = '"v1"'


def a_sound(folder: str, kind: str = "mp3") -> bytes:
    """A real file."""
    path: Path = make(folder, kind, title="Far Light", artist="Ada")
    return path.read_bytes()


@cache
def keys() -> KeyPair:
    """A pair of keys; one is enough for all tests."""
    return new_keys()


def in_pieces(far: FarEnd, path: str, body: bytes, kind: str = KIND, *, step: int = 2000, every: float = 0.01) -> None:
    """Have a far end send a file slowly, or the part that is asked for, at once."""

    def deed(line: Line) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers_of(far.heads[-1]).get("range", ""))
        if asked:
            start, stop = int(asked[1]), int(asked[2] or len(body) - 1) + 1
            span = f"bytes {start}-{stop - 1}/{len(body)}"
            line.write(ok(body[start:stop], kind, "206 Partial Content", Content_Range=span, ETag=TAG))
            line.end()
            return
        line.write(ok(body, kind, ETag=TAG)[: -len(body)])
        drip(line, body)

    def drip(line: Line, rest: bytes) -> None:
        line.write(rest[:step])
        if rest[step:] and not line.is_gone:
            line._ticking = reactor.callLater(every, drip, line, rest[step:])
        else:
            line.end()

    far.does(path, deed)


class RemoteCase(PodCase):
    """A pod, and a track that lies at a far end."""

    environment: Mapping[str, str] = {
        "FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "EXTERNAL_REQUESTS_TIMEOUT": "1",
    }  # fmt: skip

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far = await FarEnd.on(self)
        self.nora = await self.person("nora")
        await self.give_key(self.nora.viewer.actor_id)
        self.body = a_sound(os.path.abspath(self.mktemp()))
        self.library, self.track, self.path = await self.a_far_track(self.far.url("/song"))

    async def give_key(self, actor: int | None) -> KeyPair:
        """An actor with a real pair of keys."""
        pair = keys()
        ours = await self.value("SELECT private_key IS NOT NULL FROM actor WHERE id = %s", actor)
        await self.do(
            "UPDATE actor SET key_id = fid || '#main-key', public_key = %s, private_key = %s WHERE id = %s",
            pair.public, pair.private if ours else None, actor,
        )  # fmt: skip
        return pair

    async def a_far_track(self, source: str, **columns: Any) -> tuple[int, int, str]:
        """A track of another pod: its library, its id, where it is listened to."""
        owner = await self.an_actor("far", f"127.0.0.1:{self.far.port}")
        library = await self.a_library(owner, "everyone")
        artist = await self.an_artist("Ada")
        track = await self.a_track("Far Light", artist, await self.an_album("Beyond", artist))
        facts: dict[str, Any] = {"source": source, "mimetype": KIND, "size": 1, "duration": 9} | columns
        self.far_upload = await self.an_upload(library, track, **facts)
        await self.changed("libraries", "catalog")
        return library, track, f"listen/{await self.track_uuid(track)}/"

    async def row(self, *columns: str) -> tuple[Any, ...]:
        """Columns of the upload."""
        return tuple(
            [await self.value(f"SELECT {one} FROM upload WHERE uuid = %s", self.far_upload) for one in columns]
        )

    async def until(self, true: Any) -> None:
        """Wait for something to become true."""
        while not await true():  # the test's time-out is the limit
            await deferLater(reactor, 0.02, int)

    async def is_kept(self) -> bool:
        """The copy is here."""
        return (await self.row("audio_file"))[0] is not None

    async def failed(self, said: Answer) -> None:
        """An answer tells that the file cannot be had."""
        self.assertEqual((503, {"detail": "Remote track is unavailable"}), (said.status, said.json))
        self.assertTrue(int(said.header("Retry-After") or 0) > 0)
        self.assertFalse(await self.is_kept())


class HearingTests(RemoteCase):
    """What listeners get."""

    async def test_heard_and_kept(self) -> None:
        """The first hears it as it comes, the second from here; the row tells what the file really is."""
        self.far.says("/song", ok(self.body, KIND, ETag=TAG))
        said = await self.nora.get(self.path)
        self.assertEqual((200, self.body, "MISS"), (said.status, said.body, said.header("X-Cache-Status")))
        self.assertEqual(str(len(self.body)), said.header("Content-Length"))
        await self.until(self.is_kept)
        name, size, kind, duration, bitrate, storage = await self.row(
            "audio_file", "size", "mimetype", "duration", "bitrate", "storage"
        )
        self.assertRegex(name, r"^federation_cache/tracks/../../../far-light---beyond---ada\.mp3$")
        self.assertEqual((len(self.body), KIND, 2, "local"), (size, kind, duration, storage))
        self.assertGreater(bitrate, 0)
        again = await self.nora.get(self.path)
        self.assertEqual((200, self.body, "LOCAL"), (again.status, again.body, again.header("X-Cache-Status")))
        self.assertEqual(1, len(self.far.heads))
        self.assertEqual(0, await self.value("SELECT count(*) FROM remote_download"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM doomed_file"))

    async def test_first_bytes_at_once_and_one_download_for_all(self) -> None:
        """Listeners hear the beginning before the end is here; ten of them are one request."""
        in_pieces(self.far, "/song", self.body, every=0.05)
        talk = await self.served.talk()
        talk.ask("GET", f"/api/v1/{self.path}", {"Cookie": self.cookie()})
        await self.until_heard(talk, self.body[:1500])
        self.assertFalse(talk.heard.endswith(self.body))
        others = await gatherResults([Deferred.fromCoroutine(self.nora.get(self.path)) for _ in range(9)])
        self.assertEqual([self.body] * 9, [one.body for one in others])
        self.assertEqual(1, len(self.far.heads))
        await self.until(self.is_kept)

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.nora.cookies.items())

    async def until_heard(self, talk: Any, piece: bytes) -> None:
        async def is_heard() -> bool:
            return piece in talk.heard

        await self.until(is_heard)

    async def test_ranges_while_it_comes(self) -> None:
        """What is near is waited for; each range is right."""
        in_pieces(self.far, "/song", self.body, every=0.05)
        whole = Deferred.fromCoroutine(self.nora.get(self.path))
        said = await self.nora.get(self.path, headers={"Range": "bytes=4000-8999"})
        self.assertEqual((206, self.body[4000:9000]), (said.status, said.body))
        self.assertEqual(f"bytes 4000-8999/{len(self.body)}", said.header("Content-Range"))
        said = await self.nora.get(self.path, headers={"Range": "bytes=-10"})
        self.assertEqual((206, self.body[-10:]), (said.status, said.body))
        said = await self.nora.get(self.path, headers={"Range": f"bytes={len(self.body)}-"})
        self.assertEqual(416, said.status)
        self.assertEqual(self.body, (await whole).body)
        self.assertEqual(1, len(self.far.heads))

    async def test_far_ahead(self) -> None:
        """Who seeks far ahead has the far end asked for just that."""
        body = self.body + os.urandom(4 << 20)
        in_pieces(self.far, "/song", body, step=20_000, every=0.05)
        first = await self.served.talk()
        first.ask("GET", f"/api/v1/{self.path}", {"Cookie": self.cookie()})
        await self.until_heard(first, body[:1000])
        start = 3 << 20
        said = await self.nora.get(self.path, headers={"Range": f"bytes={start}-{start + 99_999}"})
        self.assertEqual((206, body[start : start + 100_000]), (said.status, said.body))
        self.assertEqual(2, len(self.far.heads))
        asked = headers_of(self.far.heads[1])
        self.assertEqual((f"bytes={start}-{start + 99_999}", TAG), (asked["range"], asked["if-range"]))

    async def test_only_looking(self) -> None:
        """HEAD asks nobody for anything."""
        said = await self.nora.head(self.path)
        self.assertEqual((200, b"", KIND), (said.status, said.body, said.header("Content-Type")))
        self.assertEqual([], self.far.heads)

    async def test_rights_first(self) -> None:
        """Who may not hear it makes nobody ask."""
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        self.assertEqual(404, (await self.nora.get(self.path)).status)
        self.assertEqual([], self.far.heads)
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_library_id, approved) VALUES ('https://x/1', %s, %s, true)",
            self.nora.viewer.actor_id, self.library,
        )  # fmt: skip
        await self.changed("libraries")
        self.far.says("/song", ok(self.body, KIND))
        self.assertEqual(self.body, (await self.nora.get(self.path)).body)
        bob = await self.person("bob")
        self.assertEqual(404, (await bob.get(self.path)).status, "what nora brought is not bob's")

    async def test_transcoded_as_it_comes(self) -> None:
        """Another form is made while the file comes; and kept, and the file is, too."""
        in_pieces(self.far, "/song", self.body, every=0.02)
        said = await self.nora.get(self.path, to="ogg")
        self.assertEqual((200, b"OggS", "audio/ogg"), (said.status, said.body[:4], said.header("Content-Type")))
        await self.until(self.is_kept)

        async def has_version() -> bool:
            return bool(await self.value("SELECT count(*) FROM upload_version"))

        await self.until(has_version)
        self.assertEqual(1, len(self.far.heads))

    async def test_transcoded_when_it_is_here(self) -> None:
        """What cannot be read as it comes is converted when all of it is here."""
        body = a_sound(os.path.abspath(self.mktemp()), "m4a")
        await self.do("UPDATE upload SET mimetype = 'audio/mp4'")
        in_pieces(self.far, "/song", body, "audio/mp4", every=0.02)
        said = await self.nora.get(self.path, to="mp3")
        self.assertEqual((200, "audio/mpeg"), (said.status, said.header("Content-Type")))
        self.assertGreater(len(said.body), 1000)
        self.assertTrue(await self.is_kept())

    async def test_listener_leaves(self) -> None:
        """A download that nobody hears goes on when half of it is here."""
        in_pieces(self.far, "/song", self.body, step=len(self.body) // 2 + 1, every=0.3)
        talk = await self.served.talk()
        talk.ask("GET", f"/api/v1/{self.path}", {"Cookie": self.cookie()})
        await self.until_heard(talk, self.body[:1000])
        talk.hang_up()
        await self.until(self.is_kept)


class SigningTests(RemoteCase):
    """Who asks, and who is believed."""

    async def key_ids(self) -> list[str | None]:
        """By whom what was asked of the far end was signed."""
        signatures = [headers_of(head).get("signature") for head in self.far.heads]
        return [None if one is None else one.partition('keyId="')[2].partition('"')[0] for one in signatures]

    async def test_asked_by_the_listener(self) -> None:
        """The listener's own actor signs; nobody else is told of them."""
        self.far.says("/song", moved(self.far.url("/there")))
        other = await FarEnd.on(self)
        self.far.says("/there", moved(other.url("/elsewhere")))
        other.says("/elsewhere", ok(self.body, KIND))
        self.assertEqual(self.body, (await self.nora.get(self.path)).body)
        fid = await self.value("SELECT fid FROM actor WHERE id = %s", self.nora.viewer.actor_id)
        self.assertEqual([f"{fid}#main-key"] * 2, await self.key_ids())
        self.assertIsNone(other.header("Signature"))

    async def test_asked_by_the_pod(self) -> None:
        """For visitors the pod's own actor asks."""
        await self.open_up()
        self.far.says("/song", ok(self.body, KIND))
        self.assertEqual(self.body, (await self.visitor().get(self.path)).body)
        self.assertEqual([f"https://{HOME}/federation/actors/service#main-key"], await self.key_ids())

    async def test_shut_out(self) -> None:
        """Servers that moderators want no media of are not asked."""
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, reject_media) VALUES (%s, %s, true)",
            self.nora.viewer.actor_id, f"127.0.0.1:{self.far.port}",
        )  # fmt: skip
        await self.changed("libraries")
        await self.failed(await self.nora.get(self.path))
        self.assertEqual([], self.far.heads)

    async def test_alone(self) -> None:
        """A pod that does not federate asks no other."""
        await self.parts.preferences.change_one("federation__enabled", False)
        await self.failed(await self.nora.get(self.path))
        self.assertEqual([], self.far.heads)

    async def test_mislabelled(self) -> None:
        """What another pod calls a page is not sent as one."""
        await self.do("UPDATE upload SET mimetype = 'text/html'")
        await self.changed()
        self.far.says("/song", ok(self.body, KIND))
        said = await self.nora.get(self.path)
        self.assertEqual(("application/octet-stream", self.body), (said.header("Content-Type"), said.body))

    async def test_heard_by_a_signature(self) -> None:
        """An actor of another pod hears what they follow, and nobody else's; a wrong signature opens nothing."""
        mine = await self.library_of(self.nora, "me")
        [track] = await self.an_album_of(mine, tracks=1)
        body = await self.a_file(mine, track)
        path = f"/api/v1/listen/{await self.track_uuid(track)}/"
        eve = await self.an_actor("eve", f"127.0.0.1:{self.far.port}")
        pair = await self.give_key(eve)
        await self.do("UPDATE actor SET last_fetch_date = now() WHERE id = %s", eve)
        self.assertEqual(401, (await self.visitor().get(path)).status)
        self.assertEqual(404, (await self.signed(path, eve, pair)).status)
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_library_id, approved) VALUES ('https://x/2', %s, %s, true)",
            eve, mine,
        )  # fmt: skip
        await self.changed("libraries")
        said = await self.signed(path, eve, pair)
        self.assertEqual((200, body), (said.status, said.body))
        said = await self.signed(path, eve, pair, {"Range": "bytes=5-9"})
        self.assertEqual((206, body[5:10]), (said.status, said.body))
        said = await self.signed(path, eve, new_keys())
        self.assertEqual(503, said.status, "she may have another key by now, and her server cannot be asked")

    async def signed(self, path: str, actor: int, pair: KeyPair, further: Mapping[str, str] | None = None) -> Answer:
        """What an actor of another pod is answered."""
        fid = await self.value("SELECT fid FROM actor WHERE id = %s", actor)
        there = target(f"https://{HOME}{path}")
        order = Order(f"{fid}#main-key", "GET", there, None, Scheme.CAVAGE, time.time())
        told = headers(order, partial(signed, private_key(pair.private)))
        return await self.served.ask("GET", path, {"Host": HOME, **told, **(further or {})})


class StoreTests(RemoteCase, StorePodCase):
    """A pod whose media lie in an object store."""

    told = dict(RemoteCase.environment)

    async def test_kept_in_the_store(self) -> None:
        """What was heard lies in the bucket, and is heard from there."""
        in_pieces(self.far, "/song", self.body)
        said = await self.nora.get(self.path)
        self.assertEqual((200, self.body), (said.status, said.body))
        await self.until(self.is_kept)
        name, storage = await self.row("audio_file", "storage")
        self.assertEqual(("s3", self.body), (storage, self.lies(name)))
        said = await self.nora.get(self.path, headers={"Range": "bytes=100-199"})
        self.assertEqual((206, self.body[100:200]), (said.status, said.body))
        self.assertEqual(1, len(self.far.heads))

    async def test_heard_while_the_store_is_away(self) -> None:
        """It is heard all the same, and not kept."""
        in_pieces(self.far, "/song", self.body)
        self.faults.refuse()
        said = await self.nora.get(self.path)
        self.assertEqual((200, self.body), (said.status, said.body))


class FeedTests(FeedCase):
    """Episodes of feeds."""

    async def test_heard(self) -> None:
        """An episode is heard, by whoever follows; after it was sent around the companies that count; unsigned."""
        body = a_sound(os.path.abspath(self.mktemp()))
        self.far.says("/feed", ok(feed(item(1, url=self.far.url("/0"))), "application/rss+xml"))
        for number in range(5):
            self.far.says(f"/{number}", moved(self.far.url(f"/{number + 1}")))
        self.far.says("/5", ok(body, "binary/octet-stream"))
        await self.subscribed()
        path = f"listen/{await self.value('SELECT uuid FROM track')}/"
        said = await self.alice.get(path)
        self.assertEqual((200, body, KIND), (said.status, said.body, said.header("Content-Type")))
        self.assertIsNone(self.far.header("Signature"))
        bob = await self.person("bob")
        self.assertEqual(404, (await bob.get(path)).status)
        said = await self.alice.head(path)
        self.assertEqual(200, said.status)


class TroubleTests(RemoteCase):
    """Far ends that do not send what they should."""

    async def test_refused_and_remembered(self) -> None:
        """An error of theirs is 503 with a time; nobody asks again before that."""
        for answer in (ok(b"no", status="404 Not Found"), ok(b"x", status="500 Oops")):
            self.far.heads.clear()
            self.far.says("/song", answer)
            await self.failed(await self.nora.get(self.path))
            await self.failed(await self.nora.get(self.path))
            self.assertEqual(1, len(self.far.heads))
            await self.forgiven()

    async def forgiven(self) -> None:
        """Failures are forgotten."""
        upload = await self.value("SELECT id FROM upload WHERE uuid = %s", self.far_upload)
        await self.ground.cache.drop(f"remote-audio:{upload}", f"remote-audio:{upload}:{self.nora.viewer.actor_id}")

    async def test_no_sound(self) -> None:
        """Pages and documents are no sound, whatever they say that they are."""
        for body, kind in (
            (b"<!DOCTYPE html><html></html>", "text/html"),
            (b"  <html></html>", KIND),
            (b'{"detail": "no"}', "application/octet-stream"),
            (b"", KIND),
            (self.body, "image/png"),
        ):
            self.far.says("/song", ok(body, kind))
            await self.failed(await self.nora.get(self.path))
            await self.forgiven()

    async def test_noise(self) -> None:
        """Bytes that are no audio are heard by who was there, and never kept."""
        self.far.says("/song", ok(b"\x01\x02" * 5000, KIND))
        self.assertEqual(10_000, len((await self.nora.get(self.path)).body))
        await self.quiet()
        await self.failed(await self.nora.get(self.path))
        self.assertEqual(1, len(self.far.heads))

    async def quiet(self) -> None:
        async def is_quiet() -> bool:
            return not self.parts.remote_audio._works

        await self.until(is_quiet)

    async def test_broken_off_and_resumed(self) -> None:
        """Where the far end breaks off, the rest is asked for."""
        half = len(self.body) // 2

        def deed(line: Line) -> None:
            if "range" in headers_of(self.far.heads[-1]):
                span = f"bytes {half}-{len(self.body) - 1}/{len(self.body)}"
                line.write(ok(self.body[half:], KIND, "206 Partial Content", Content_Range=span))
                line.end()
            else:
                line.write(ok(self.body, KIND, ETag=TAG)[: half - len(self.body)])
                reactor.callLater(0.05, line.end)

        self.far.does("/song", deed)
        self.assertEqual(self.body, (await self.nora.get(self.path)).body)
        await self.until(self.is_kept)
        asked = headers_of(self.far.heads[1])
        self.assertEqual((f"bytes={half}-", TAG), (asked["range"], asked["if-range"]))

    async def test_broken_off_for_good(self) -> None:
        """What cannot be continued is cut for who hears it, and not kept."""
        self.far.says("/song", ok(self.body, KIND)[:-1000])
        with self.assertRaises(HungUp):
            await self.nora.get(self.path)
        await self.quiet()
        await self.failed(await self.nora.get(self.path))
        self.assertEqual([], os.listdir(self.parts.remote_audio._home.folder))

    async def test_too_long(self) -> None:
        """What is larger than it may be is not brought, whether it says so or not."""
        self.far.says("/song", b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 2000000000\r\n\r\nx")
        await self.failed(await self.nora.get(self.path))

    async def test_silent(self) -> None:
        """A far end that says nothing is given up."""
        self.far.does("/song", lambda line: None)
        await self.failed(await self.nora.get(self.path))

    async def test_sent_away(self) -> None:
        """A redirect is followed, but not to where nothing is asked."""
        self.far.says("/song", moved(self.far.url("/there")))
        self.far.says("/there", ok(self.body, KIND))
        self.assertEqual(self.body, (await self.nora.get(self.path)).body)
        await self.quiet()
        for place in ("http://10.0.0.1/x", "http://169.254.169.254/latest", "http://localhost:5432/"):
            await self.do("UPDATE upload SET source = %s", self.far.url(f"/{len(place)}"))
            self.far.says(f"/{len(place)}", moved(place))
            await self.failed(await self.nora.get(self.path))
            await self.forgiven()

    async def test_moved_elsewhere(self) -> None:
        """What is said of a copy does not change it; when the owner names another address, it goes."""
        self.far.says("/song", ok(self.body, KIND))
        await self.nora.get(self.path)
        await self.until(self.is_kept)
        before = await self.row("size", "mimetype", "duration")
        await self.do("UPDATE upload SET size = 5, mimetype = 'audio/ogg', duration = 999")
        self.assertEqual(before, await self.row("size", "mimetype", "duration"))
        await self.do("UPDATE upload SET source = %s", self.far.url("/other"))
        self.assertFalse(await self.is_kept())
        self.assertEqual(1, await self.value("SELECT count(*) FROM doomed_file"))
