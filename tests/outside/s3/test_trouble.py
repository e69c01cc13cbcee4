"""What a store does wrong, and what a listener or an uploader notices of it: docs/storage.md §10, row by row."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import LogLevel, capturedLogs

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import IN_STORE, LOCAL
from fwtwisted.outside.origin import Changed, CutShort, StoreAway, Unseen
from fwtwisted.outside.s3.building import StoreParts
from fwtwisted.outside.s3.keyring import KeyFiles
from fwtwisted.outside.s3.writing import Labels
from fwtwisted.wire.s3.signing import Keys
from tests.faults import Fault
from tests.outside.s3.case import StoreCase, body_of
from tests.s3_server import BLIND, POD
from tests.waiting import Stopwatch

SONG = bytes(range(256)) * 8192  # 2 MiB


def events(captured: Sequence[Mapping[str, Any]], level: Any = None) -> list[str]:
    """The names of what was logged."""
    return [str(one.get("event")) for one in captured if level is None or one["log_level"] is level]


class ReadingTests(StoreCase):
    """Listeners of what is not cached."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.lay("tracks/a.mp3", SONG)

    async def test_the_whole_and_parts(self) -> None:
        """As they lie there; the end is cut where the object ends."""
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))
        self.assertEqual(SONG[5:10], await self.got("tracks/a.mp3", 5, 9))
        self.assertEqual(SONG[-3:], await self.got("tracks/a.mp3", len(SONG) - 3, len(SONG) + 100))
        with self.assertRaises(ValueError):
            await self.origin.fetch("tracks/a.mp3", len(SONG))

    async def test_connections_are_kept(self) -> None:
        """One after the other goes over one connection."""
        for _ in range(5):
            await self.got("tracks/a.mp3", 0, 9)
            await self.origin.head("tracks/a.mp3")
        self.assertEqual(1, len(self.faults.open))

    async def test_busy(self) -> None:
        """503 SlowDown, 429, 500, 502, 504: tried again; the listener waits a little."""
        for status in (503, 429, 500, 502, 504):
            self.faults.next(Fault(status=status, code="SlowDown"), times=2)
            self.assertEqual(SONG[:1], await self.got("tracks/a.mp3", 0, 0))
        self.assertEqual(15, len(self.faults.asked))

    async def test_busy_for_good(self) -> None:
        """At most as often as is set, then 503 with Retry-After; and then nobody is kept waiting at all."""
        self.faults.always(Fault(status=503, code="SlowDown"))
        with self.assertRaises(StoreAway) as raised:
            await self.got("tracks/a.mp3")
        self.assertEqual((30, 5), (raised.exception.retry_after, len(self.faults.asked)))
        with Stopwatch() as watch, self.assertRaises(StoreAway):
            await self.got("tracks/a.mp3")
        self.assertLess(watch.seconds, 0.5)
        self.assertEqual(5, len(self.faults.asked))
        self.assertTrue(self.client.is_away)
        self.faults.well()
        self.assertTrue(await self.client.knock())
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))

    async def test_retry_after(self) -> None:
        """What the store asks for is waited for; too long a wait is told at once."""
        self.faults.next(Fault(status=503, code="SlowDown", headers=(("Retry-After", "1"),)))
        began = time.monotonic()
        await self.got("tracks/a.mp3", 0, 0)
        self.assertGreater(time.monotonic() - began, 0.99)
        self.faults.next(Fault(status=503, code="SlowDown", headers=(("Retry-After", "300"),)))
        with Stopwatch() as watch, self.assertRaises(StoreAway):
            await self.got("tracks/a.mp3", 0, 0)
        self.assertLess(watch.seconds, 2)

    async def test_refused_connections(self) -> None:
        """Unreachable: tried some times, then the breaker opens and answers at once."""
        self.faults.refuse()
        with self.assertRaises(StoreAway):
            await self.got("tracks/a.mp3")
        with Stopwatch() as watch, self.assertRaises(StoreAway):
            await self.origin.head("tracks/a.mp3")
        self.assertLess(watch.seconds, 0.5)

    async def test_silence(self) -> None:
        """A store that takes requests and says nothing is heard of within the time-out."""
        self.faults.next(Fault(hang=True))
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))

    async def test_slow(self) -> None:
        """As long as bytes flow there is no limit, and the time-out is for silence."""
        self.faults.next(Fault(latency=1.5, bytes_a_second=1 << 20))
        began = time.monotonic()
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))
        self.assertGreater(time.monotonic() - began, 3)

    async def test_cut_short(self) -> None:
        """Whatever breaks in the middle goes on from there, by Range and If-Match, again and again."""
        self.faults.always(Fault(method="GET", cut_at=400_000))
        self.assertEqual(hashlib.sha256(SONG).digest(), hashlib.sha256(await self.got("tracks/a.mp3")).digest())
        first, *others = self.faults.asked
        self.assertNotIn("range", first.headers)
        self.assertEqual(len(SONG) // 400_000, len(others))
        self.assertEqual(
            [f"bytes={400_000 * (number + 1)}-{len(SONG) - 1}" for number in range(len(others))],
            [asked.headers["range"] for asked in others],
        )
        self.assertEqual(1, len({asked.headers["if-match"] for asked in others}))

    async def test_cut_short_for_good(self) -> None:
        """When nothing comes any more the body ends with an error, never with an end."""
        self.faults.next(Fault(method="GET", cut_at=0.5))
        self.faults.always(Fault(reset=True))
        fetched = await self.origin.fetch("tracks/a.mp3")
        with self.assertRaises(CutShort):
            await body_of(fetched.body)

    async def test_stalls(self) -> None:
        """A body that goes silent is resumed after the time-out."""
        self.faults.next(Fault(method="GET", cut_at=0.5, stalls=True))
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))

    async def test_resets(self) -> None:
        """A connection that is reset before an answer: tried again."""
        self.faults.next(Fault(reset=True), times=2)
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))

    async def test_replaced_in_the_middle(self) -> None:
        """Bytes of two objects are never mixed."""
        self.faults.next(Fault(method="GET", cut_at=0.5, stalls=True))
        fetched = await self.origin.fetch("tracks/a.mp3")
        self.lay("tracks/a.mp3", SONG[::-1])
        with self.assertRaises(Changed):
            await body_of(fetched.body)
        with self.assertRaises(Changed):
            await self.origin.fetch("tracks/a.mp3", if_match=fetched.whole.etag)

    async def test_lies_about_ranges(self) -> None:
        """A partial body under 200, or another range than was asked for, is not believed: the whole is cut by us."""
        self.faults.next(Fault(path="a.mp3", keep=lambda head: head.replace(b"206 Partial Content", b"200 OK")))
        self.assertEqual(SONG[100:200], await self.got("tracks/a.mp3", 100, 199))
        self.assertNotIn("range", self.faults.asked[-1].headers)
        self.faults.next(Fault(keep=lambda head: head.replace(b"bytes 100-199", b"bytes 101-200")))
        self.assertEqual(SONG[100:200], await self.got("tracks/a.mp3", 100, 199))

    async def test_nothing_there(self) -> None:
        """404, with or without a document."""
        for ask in (self.origin.fetch, self.origin.head):
            with self.assertRaises(NotFound):
                await ask("tracks/none.mp3")
        for name in ("../x", "a//b", ".hidden", ""):
            with self.assertRaises(NotFound):
                await self.origin.fetch(name)

    async def test_forbidden_is_missing_without_the_right_to_list(self) -> None:
        """403 for one key: nothing lies there that our key may see, found out by a list."""
        self.faults.next(Fault(path="/none.mp3", status=403, code="AccessDenied"), times=3)
        with self.assertRaises(Unseen):
            await self.origin.fetch("tracks/none.mp3")
        with self.assertRaises(Unseen):
            await self.origin.head("tracks/none.mp3")
        blind = self.store_parts(BLIND)
        self.faults.next(Fault(path="/none.mp3", status=403, code="AccessDenied"))
        self.faults.next(Fault(path="list-type", status=403, code="AccessDenied"))
        with capturedLogs() as captured, self.assertRaises(Unseen):
            await blind.store.fetch("tracks/none.mp3")
        self.assertIn("s3.cannot-tell", events(captured))

    async def test_forbidden_and_there(self) -> None:
        """403 for a key that the list shows is our trouble, and is told."""
        self.faults.next(Fault(path="a.mp3", status=403, code="AccessDenied"))
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await self.origin.fetch("tracks/a.mp3")
        self.assertIn("s3.forbidden", events(captured, LogLevel.error))

    async def test_no_bucket(self) -> None:
        """A bucket that is gone is told as loud as can be."""
        self.server.remove_bucket(self.bucket_name)
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await self.origin.fetch("tracks/a.mp3")
        self.assertIn("s3.no-bucket", events(captured, LogLevel.critical))

    async def test_clock(self) -> None:
        """A wrong clock is learnt from the store; the listener notices nothing, the operator does."""
        self.faults.next(
            Fault(status=403, code="RequestTimeTooSkewed", headers=(("Date", "Sat, 01 Jan 2022 00:00:00 GMT"),))
        )
        self.faults.next(Fault(status=403, code="RequestTimeTooSkewed"))
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await self.origin.fetch("tracks/a.mp3")
        self.assertIn("s3.clock", events(captured, LogLevel.error))
        self.assertTrue(self.faults.asked[-1].headers["x-amz-date"].startswith("20220101T0000"))
        now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        self.faults.next(Fault(status=403, code="RequestTimeTooSkewed", headers=(("Date", now),)))
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))
        self.assertLess(abs(self.client.offset.total_seconds()), 5)

    async def test_region(self) -> None:
        """The right region is learnt from the refusal, once, and said."""
        told = "<Region>eu-west-3</Region>"
        self.faults.next(Fault(status=400, code="AuthorizationHeaderMalformed", extra=told))
        with capturedLogs() as captured:
            self.assertEqual(SONG, await self.got("tracks/a.mp3"))
        self.assertIn("s3.region", events(captured, LogLevel.warn))
        self.assertIn("/eu-west-3/s3/", self.faults.asked[-1].headers["authorization"])
        self.assertIn("eu-west-3", self.client.url("x", 60))

    async def test_redirects(self) -> None:
        """Within the store's own domain once, with a new signature; to nobody else."""
        place = f"http://127.0.0.1:{self.server.port}/{self.bucket_name}/tracks/a.mp3"
        self.faults.next(Fault(status=307, code="TemporaryRedirect", headers=(("Location", place),)))
        self.assertEqual(SONG, await self.got("tracks/a.mp3"))
        self.assertEqual(1, len(self.faults.asked))
        self.faults.next(Fault(status=307, headers=(("Location", "http://evil.example/x"),)))
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await self.origin.fetch("tracks/a.mp3")
        self.assertIn("s3.elsewhere", events(captured, LogLevel.error))

    async def test_nothing_of_the_caller_goes_along(self) -> None:
        """The store hears our signature, a range and a condition, and nothing else."""
        await self.got("tracks/a.mp3", 1, 2)
        ours = {"host", "authorization", "x-amz-date", "x-amz-content-sha256", "range", "connection"}
        self.assertEqual(set(), self.faults.asked[0].headers.keys() - ours)


class KeysTests(StoreCase):
    """Keys that are changed while we run."""

    async def test_rotation(self) -> None:
        """Refused keys are read again from their files, once, and nobody notices."""
        self.lay("tracks/a.mp3", SONG)
        secret = self.a_file(b"wrong\n")
        from_files = self.settings_with(secret)
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await from_files.store.fetch("tracks/a.mp3")
        self.assertIn("s3.credentials", events(captured, LogLevel.error))
        self.assertNotIn(POD.secret_key, repr(captured))
        with open(secret, "w") as stream:
            stream.write(POD.secret_key + "\n")
        fetched = await from_files.store.fetch("tracks/a.mp3")
        self.assertEqual(SONG, await body_of(fetched.body))
        self.assertTrue((await from_files.store.head("tracks/a.mp3")).size)

    def settings_with(self, secret: str) -> StoreParts:
        """A pod whose secret is in a file."""
        return self.store_parts(Keys(POD.access_key, "old"), files=KeyFiles(secret_key=secret))


class WritingTests(StoreCase):
    """Uploaders."""

    async def stored(self, name: str, body: bytes) -> str:
        """Store a file."""
        return await self.blobs.store.keep(name, self.a_file(body))

    async def test_one_piece(self) -> None:
        """With type, cache rules, our digest, and what the store can check it by."""
        self.assertEqual(IN_STORE, await self.stored("tracks/a.mp3", SONG))
        self.assertEqual(SONG, self.lies("tracks/a.mp3"))
        sent = next(asked for asked in self.faults.asked if asked.method == "PUT").headers
        self.assertEqual(
            ("audio/mpeg", "private, no-store", hashlib.sha256(SONG).hexdigest(), str(len(SONG)), "*"),
            tuple(sent[name] for name in ("content-type", "cache-control", "x-amz-meta-sha256", "content-length",
                                          "if-none-match")),
        )  # fmt: skip
        self.assertIn("content-md5", sent)
        self.assertNotIn("x-amz-acl", sent)
        await self.blobs.store.put("attachments/a.png", b"picture")
        public = self.faults.asked[-1].headers
        self.assertEqual(("image/png", "public, max-age=31536000, immutable"),
                         (public["content-type"], public["cache-control"]))  # fmt: skip

    async def test_parts(self) -> None:
        """Large files go in equal parts, and are what they were."""
        body = os.urandom(12 << 20)
        await self.stored("tracks/b.flac", body)
        self.assertEqual(body, self.lies("tracks/b.flac"))
        lengths = [int(one.headers["content-length"]) for one in self.faults.asked if "partNumber" in one.path]
        self.assertEqual([2 << 20, 5 << 20, 5 << 20], sorted(lengths))
        self.assertEqual((await self.origin.head("tracks/b.flac")).sha256, hashlib.sha256(body).hexdigest())

    async def test_trouble_with_parts(self) -> None:
        """Busy, reset, cut: each part is sent again; the object is whole."""
        body = os.urandom(12 << 20)
        self.faults.next(Fault(method="PUT", status=503, code="SlowDown"), times=2)
        self.faults.next(Fault(method="PUT", reset=True))
        self.faults.next(Fault(method="PUT", after_store=True))
        await self.stored("tracks/b.flac", body)
        self.assertEqual(body, self.lies("tracks/b.flac"))

    async def test_an_answer_is_lost(self) -> None:
        """The store has it, we were not told: sent again, found, one object."""
        self.faults.next(Fault(method="PUT", after_store=True))
        await self.stored("tracks/a.mp3", SONG)
        self.assertEqual(["tracks/a.mp3"], self.server.keys(self.bucket_name))
        self.faults.next(Fault(method="POST", path="uploadId", after_store=True), times=2)
        body = os.urandom(12 << 20)
        await self.stored("tracks/b.flac", body)
        self.assertEqual(body, self.lies("tracks/b.flac"))

    async def test_completed_with_an_error(self) -> None:
        """200 with an error in it is not believed; it is said again."""
        error = b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"
        self.faults.next(Fault(method="POST", path="uploadId", status=200, body=error))
        body = os.urandom(12 << 20)
        await self.stored("tracks/b.flac", body)
        self.assertEqual(body, self.lies("tracks/b.flac"))

    async def test_given_up(self) -> None:
        """An upload in parts that cannot be ended leaves none behind."""
        self.faults.always(Fault(method="PUT", path="partNumber=2", status=403, code="AccessDenied"))
        with self.assertRaises(StoreAway):
            await self.stored("tracks/b.flac", os.urandom(12 << 20))
        self.assertIsNone(self.lies("tracks/b.flac"))
        self.assertEqual([], await self.parts.bucket.unfinished())

    async def test_resumed(self) -> None:
        """Parts that are there already are not sent again."""
        body, key = os.urandom(17 << 20), "tracks/b.flac"
        path = self.a_file(body)
        labels = Labels(key, "audio/flac")
        self.faults.always(Fault(method="PUT", path="partNumber=3", status=403, code="AccessDenied"))
        with self.assertRaises(StoreAway):
            await self.parts.writer.put_file(key, path, labels, resumes=True)
        self.assertEqual(1, len(await self.parts.bucket.unfinished()))
        self.faults.well()
        before = self.faults.count("PUT", "partNumber")
        await self.parts.writer.put_file(key, path, labels, resumes=True)
        self.assertEqual(body, self.lies(key))
        self.assertLess(self.faults.count("PUT", "partNumber") - before, 4)
        self.assertEqual([], await self.parts.bucket.unfinished())

    async def test_wrong_digest_on_the_way(self) -> None:
        """BadDigest: sent again."""
        self.faults.next(Fault(method="PUT", status=400, code="BadDigest"))
        await self.stored("tracks/a.mp3", SONG)
        self.assertEqual(SONG, self.lies("tracks/a.mp3"))

    async def test_acl_that_nobody_knows(self) -> None:
        """Left out from then on, said once, and the upload is stored."""
        parts = self.store_parts(POD, public_acl="public-read", private_acl="private")
        self.faults.next(Fault(method="PUT", status=400, code="AccessControlListNotSupported"))
        with capturedLogs() as captured:
            await parts.blobs.store.put("attachments/a.png", b"1")
            await parts.blobs.store.put("tracks/b.mp3", b"2")
        self.assertEqual(1, events(captured).count("s3.no-acl"))
        acls = [asked.headers.get("x-amz-acl") for asked in self.faults.asked if asked.method == "PUT"]
        self.assertEqual(["public-read", None, None], acls)

    async def test_conditions_that_nobody_knows(self) -> None:
        """501 to If-None-Match: left out from then on."""
        self.faults.next(Fault(method="PUT", status=501, code="NotImplemented"))
        await self.stored("tracks/a.mp3", SONG)
        self.assertEqual(SONG, self.lies("tracks/a.mp3"))
        self.assertFalse(self.parts.writer.manners.if_none_match)

    async def test_idle_connection_closed(self) -> None:
        """A kept connection that the store has closed is no failure, also for what is not asked twice by itself."""
        await self.stored("tracks/a.mp3", SONG)
        self.faults.next(Fault(method="PUT", reset=True))
        await self.blobs.store.put("tracks/b.mp3", b"x")
        self.assertEqual(b"x", self.lies("tracks/b.mp3"))


class AwayTests(StoreCase):
    """The store is away: this disk keeps what comes, until it is back."""

    async def test_kept_here_and_owed(self) -> None:
        """It is stored, served, and noted as owed; the note stays until it is paid."""
        self.faults.refuse()
        self.assertEqual(LOCAL, await self.blobs.keep("tracks/a.mp3", self.a_file(SONG)))
        self.assertEqual(LOCAL, await self.blobs.put("attachments/b.png", b"picture"))
        self.assertEqual(len(SONG), await self.blobs.size("tracks/a.mp3"))
        self.assertTrue((await self.blobs.place("tracks/a.mp3")).is_here)
        self.assertEqual({"tracks/a.mp3", "attachments/b.png"}, {name async for name in self.blobs.owed()})
        self.faults.admit()
        self.assertTrue(await self.blobs.store.revive())
        async for name in self.blobs.owed():
            self.assertTrue(await self.blobs.ship(name))
            await self.blobs.paid(name)
        self.assertEqual(SONG, self.lies("tracks/a.mp3"))
        self.assertEqual([], [name async for name in self.blobs.owed()])
        self.assertFalse((await self.blobs.place("tracks/a.mp3")).is_here)
        self.assertEqual(len(SONG), await self.blobs.size("tracks/a.mp3"))

    async def test_many_at_once(self) -> None:
        """A folder's import goes on here."""
        self.faults.refuse()
        pairs = [(f"tracks/{number}.mp3", self.a_file(SONG[number:])) for number in range(3)]
        copied = await self.blobs.copy_all(pairs)
        self.assertEqual([LOCAL] * 3, [one.storage for one in copied if one is not None])


class TurnsTests(StoreCase):
    """Few connections, many listeners."""

    line = {"connections": 2}

    async def test_more_listeners_than_connections(self) -> None:
        """All are served in order."""
        self.lay("tracks/a.mp3", SONG)
        bodies = [Deferred.fromCoroutine(self.got("tracks/a.mp3")) for _ in range(10)]
        for body in await gatherResults(bodies):
            self.assertEqual(SONG, body)
        self.assertLessEqual(len(self.faults.open), 2)

    async def test_who_pauses_lets_others_go_first(self) -> None:
        """Listeners that want nothing for a while give their connections to those who do, and go on later."""
        self.lay("tracks/a.mp3", SONG * 4)
        paused = [await self.origin.fetch("tracks/a.mp3") for _ in range(2)]
        heads = [body.body.next() for body in paused]
        heads = [await head if isinstance(head, Deferred) else head for head in heads]
        self.assertEqual(SONG[:10], await self.got("tracks/a.mp3", 0, 9))
        for head, one in zip(heads, paused, strict=True):
            assert isinstance(head, bytes)
            self.assertEqual(SONG * 4, head + await body_of(one.body))
