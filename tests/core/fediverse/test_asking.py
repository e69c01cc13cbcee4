"""Documents of other servers: docs/federation.md §1.3, §5.1, §5.4, §8.1."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock, deferLater

from fwtwisted.core.fediverse.asking import Asking, AskingGround, Page, is_activity
from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.signing import Signing
from fwtwisted.core.people.keys import new_keys
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.model.errors import ShutOut
from fwtwisted.model.federation import Answer, AskFailed, Scheme
from fwtwisted.model.people import Pod
from fwtwisted.outside.fetching import Fetching, FetchSettings, Refused, system_lookup
from fwtwisted.outside.shared import MemoryBell, MemoryCache
from fwtwisted.wire.targets import Exemptions, Target
from tests.database import HOME, DatabaseCase
from tests.hostile import FarEnd, Line, moved, ok
from tests.threads import pooled

ACTIVITY = "application/activity+json"
FETCH = FetchSettings("fwtwisted/1", Exemptions.of(["127.0.0.1"]), connect_seconds=60, idle_seconds=3, total_seconds=60)


class AskingCase(DatabaseCase):
    """Somebody who asks a far end; ``self.shut_out`` are parts of addresses that moderators want nothing of."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.far = await FarEnd.on(self)
        self.clock = Clock()
        self.clock.advance(1_800_000_000)
        self.cache = MemoryCache(self.clock)
        self.threads = pooled(self)
        self.shut_out: list[str] = []
        self.schemes: dict[str, Scheme] = {}
        self.nadia = await self.an_actor("nadia")
        pair = new_keys()
        await self.do(
            "UPDATE actor SET private_key = %s, key_id = fid || '#main-key' WHERE id = %s", pair.private, self.nadia
        )
        self.asking = self.another_process()

    def another_process(self, fetch: FetchSettings = FETCH) -> Asking:
        """The same with a memory of its own."""
        keys = OwnKeys(self.database, MemoryBell(self.clock), self.clock.seconds)
        asking = Asking(
            AskingGround(
                Fetching(reactor, self.threads, fetch, system_lookup(self.threads)),
                Signing(keys, self.threads, self.clock.seconds),
                ServiceActor(self.database, self.threads, Pod(f"https://{HOME}", HOME), "service"),
                self,
                self,
                self.cache,
                self.threads,
                self.clock.seconds,
            )
        )
        self.addCleanup(asking.close)
        return asking

    async def permit_url(self, url: str) -> None:
        """As ``Policies`` does."""
        if any(part in url for part in self.shut_out):
            raise ShutOut

    async def permit_hop(self, target: Target) -> None:
        """As ``Policies`` does."""
        if any(part in target.url for part in self.shut_out):
            raise Refused

    async def scheme_for(self, origin: str) -> Scheme:
        """As ``Peers`` does."""
        return self.schemes.get(origin, Scheme.CAVAGE)

    async def remember(self, origin: str, scheme: Scheme) -> None:
        """As ``Peers`` does."""
        self.schemes[origin] = scheme

    def has(self, path: str, kind: str = ACTIVITY, body: bytes | None = None) -> str:
        """Have a document there; its address."""
        document = {"id": self.far.url(path), "type": "Note"}
        self.far.says(path, ok(json.dumps(document).encode() if body is None else body, kind))
        return self.far.url(path)

    def wants(self, path: str, sign: str, refusal: bytes = b"") -> str:
        """A document for whom the head holds these words."""
        good = ok(json.dumps({"id": self.far.url(path)}).encode(), ACTIVITY)

        def deed(line: Line) -> None:
            line.write(good if sign in self.far.heads[-1] else refusal or ok(b"", status="401 Unauthorized"))
            line.end()

        self.far.does(path, deed)
        return self.far.url(path)

    async def fails(self, code: str, work: Coroutine[Deferred[Any], Any, object], status: int | None = None) -> None:
        """Asking ends so."""
        error = await self.assertFailure(Deferred.fromCoroutine(work), AskFailed)
        assert isinstance(error, AskFailed)
        self.assertEqual((code, status), (error.code, error.status_code))


class DocumentTests(AskingCase):
    """What comes."""

    async def test_signed(self) -> None:
        """By who asks, or by the pod itself; with the one type that Funkwhale answers well to."""
        url = self.has("/note")
        answer = await self.asking.document(f"{url}#part", as_actor=self.nadia)
        self.assertEqual(Answer(url, {"id": url, "type": "Note"}), answer)
        self.assertEqual(ACTIVITY, self.far.header("accept"))
        self.assertIn(
            'keyId="https://pod.example/federation/actors/nadia#main-key"', self.far.header("signature") or ""
        )
        await self.asking.document(url)
        self.assertIn("/actors/service#main-key", self.far.header("signature") or "")

    async def test_types(self) -> None:
        """Two types are believed to be documents, and no others."""
        profile = "https://www.w3.org/ns/activitystreams"
        for kind in (
            ACTIVITY,
            f"{ACTIVITY}; charset=utf-8",
            "Application/Activity+JSON",
            f'application/ld+json; profile="{profile}"',
            f"application/ld+json;profile={profile}",
            f'application/ld+json; charset=utf-8; profile="x {profile}"',
        ):
            self.assertTrue(is_activity(kind), kind)
        for kind in (
            "", "application/json", "application/ld+json", 'application/ld+json; profile="x"', "text/html", "image/png",
            f'text/plain; profile="{profile}"', "application/activity+json2",
        ):  # fmt: skip
            self.assertFalse(is_activity(kind), kind)
        await self.fails("invalid_json", self.asking.document(self.has("/a", "application/json")))
        await self.fails("invalid_json", self.asking.document(self.has("/b", "text/html")))

    async def test_pages(self) -> None:
        """A page is an answer to whoever pasted its address."""
        url = self.has("/page", "text/html; charset=utf-8", b"<html>")
        self.assertEqual(Page(url, b"<html>"), await self.asking.document_or_page(url))

    async def test_for_everybody(self) -> None:
        """Nodeinfo and WebFinger are asked for without a signature, by their own types."""
        url = self.has("/nodeinfo", "application/json; charset=utf-8", b'{"version": "2.0"}')
        answer = await self.asking.json(url, "application/json")
        self.assertEqual({"version": "2.0"}, answer.document)
        self.assertEqual((None, "application/json"), (self.far.header("signature"), self.far.header("accept")))

    async def test_what_is_no_document(self) -> None:
        """Errors have the codes that people are told."""
        await self.fails("invalid_json", self.asking.document(self.has("/a", body=b"{")))
        await self.fails("invalid_json", self.asking.document(self.has("/b", body=b"[]")))
        await self.fails("invalid_json", self.asking.document(self.has("/c", body=b'{"a":1,"a":2}')))
        await self.fails("invalid_json", self.asking.document(self.has("/e", body=b'{"a":"' + b"x" * 99_999)))
        await self.fails("invalid_jsonld", self.asking.document(self.has("/d", body=b'{"@graph": []}')))
        await self.fails("http", self.asking.document(self.far.url("/nothing")), 404)
        await self.fails("request", self.asking.document(self.has("/f", body=b" " * 2_000), largest=1_000))
        self.far.does("/slow", lambda line: None)
        await self.fails("timeout", self.asking.document(self.far.url("/slow")))
        await self.fails("connection", self.asking.document("http://127.0.0.1:1/x"))
        await self.fails("request", self.asking.document("https://localhost/x"))
        await self.fails("request", self.asking.document("http://far.example/x"))
        await self.fails("request", self.asking.document("mailto:a@b.example"))


class ModerationTests(AskingCase):
    """Moderators are asked before, on the way, and after."""

    async def test_before(self) -> None:
        """Nothing is sent; who is let in again is asked at once."""
        url = self.has("/note")
        self.shut_out.append("/note")
        await self.fails("blocked", self.asking.document(url))
        self.assertEqual([], self.far.heads)
        self.shut_out.clear()
        await self.asking.document(url)

    async def test_on_the_way(self) -> None:
        """Redirects lead nowhere else."""
        self.far.says("/moved", moved(self.has("/note")))
        self.shut_out.append("/note")
        await self.fails("request", self.asking.document(self.far.url("/moved")))
        self.assertEqual(1, len(self.far.heads))

    async def test_after(self) -> None:
        """By the id of what came, however it is spelled."""
        self.shut_out.append("bad.example")
        for number, body in enumerate((b'{"id": "https://bad.example/1"}', b'{"@id": ["https://bad.example/1"]}')):
            await self.fails("blocked", self.asking.document(self.has(f"/note{number}", body=body)))


class KnockTests(AskingCase):
    """Servers that understand another way of signing."""

    async def test_the_path_alone(self) -> None:
        """Whoever checks the path without its query gets that; it is remembered."""
        self.far.says("/library", ok(b"", status="401 Unauthorized"))
        await self.fails("http", self.asking.document(self.far.url("/library?page=1")), 401)
        self.assertEqual(3, len(self.far.heads))
        self.assertEqual([False, False, True], ["Signature-Input" in head for head in self.far.heads])
        self.assertNotEqual(self.far.header("signature", 0), self.far.header("signature", 1))

    async def test_rfc_9421(self) -> None:
        """Whoever wants the newer way gets that, at once the next time."""
        await self.asking.document(self.wants("/a", "Signature-Input: sig1=("))
        self.assertEqual(2, len(self.far.heads))
        self.assertEqual({f"http://127.0.0.1:{self.far.port}": Scheme.MESSAGES}, self.schemes)
        await self.asking.document(self.wants("/b", "Signature-Input: sig1=("))
        self.assertEqual(3, len(self.far.heads))
        await self.asking.document(self.wants("/c", "(request-target)"))
        self.assertEqual(5, len(self.far.heads))

    async def test_what_they_ask_for(self) -> None:
        """A refusal may say what is to be signed."""
        asks = 'fed=("@method" "@authority" "@path" "date");created'
        refusal = ok(b"", status="401 Unauthorized", Accept_Signature=asks)
        await self.asking.document(
            self.wants("/a", 'Signature-Input: fed=("@method" "@authority" "@path" "date");', refusal)
        )

    async def test_not_for_another_server(self) -> None:
        """A redirect to another server bears no signature; if that wants one, it gets one of its own."""
        other = await FarEnd.on(self)
        other.says("/x", ok(b"{}", ACTIVITY))
        self.far.says("/moved", moved(other.url("/x")))
        answer = await self.asking.document(self.far.url("/moved"))
        self.assertEqual(other.url("/x"), answer.url)
        self.assertIsNone(other.header("signature"))
        other.says("/y", ok(b"", status="401 Unauthorized"))
        self.far.says("/guarded", moved(other.url("/y")))
        await self.fails("http", self.asking.document(self.far.url("/guarded")), 401)
        self.assertEqual([False, True], ["Signature: " in other.heads[1], "Signature: " in other.heads[-1]])


class MemoryTests(AskingCase):
    """What came, or failed, a moment ago."""

    async def test_answers(self) -> None:
        """Are good for a minute, for the same asker; unless a fresh one is wanted."""
        url = self.has("/note")
        for _ in range(3):
            await self.asking.document(url, as_actor=self.nadia)
        self.assertEqual(1, len(self.far.heads))
        await self.asking.document(url)
        await self.asking.document(url, as_actor=self.nadia, fresh=True)
        self.assertEqual(3, len(self.far.heads))
        self.clock.advance(61)
        await self.asking.document(url, as_actor=self.nadia)
        self.assertEqual(4, len(self.far.heads))

    async def test_failures(self) -> None:
        """Are remembered for ten minutes, by all processes; unless a fresh answer is wanted, and then no more."""
        url = self.far.url("/note")
        for asking in (self.asking, self.another_process()):
            await self.fails("http", asking.document(url), 404)
        self.assertEqual(1, len(self.far.heads))
        self.has("/note")
        await self.fails("http", self.asking.document(url), 404)
        await self.asking.document(url, fresh=True)
        await self.another_process().document(url)
        self.assertEqual(3, len(self.far.heads))
        self.far.says("/b", ok(b"", status="410 Gone"))
        await self.fails("http", self.asking.document(self.far.url("/b")), 410)
        self.clock.advance(601)
        await self.fails("http", self.asking.document(self.far.url("/b")), 410)
        self.assertEqual(5, len(self.far.heads))

    async def test_what_was_not_asked(self) -> None:
        """Nothing is remembered of a server that others of ours kept busy."""
        asking = self.another_process(evolve(FETCH, at_once_per_host=1, total_seconds=0.5))
        for path in ("/a", "/b"):
            self.far.does(path, lambda line: None)
        slow = [Deferred.fromCoroutine(asking.document(self.far.url("/a")))]
        await deferLater(reactor, 0.25, int)  # so that the second takes over while the third has a while to wait still
        slow.append(Deferred.fromCoroutine(asking.document(self.far.url("/b"))))
        await self.fails("timeout", asking.document(self.has("/note")))
        for one in slow:
            await self.assertFailure(one, AskFailed)
        await asking.document(self.has("/note"))
        await self.fails("timeout", asking.document(self.far.url("/a")))
        self.assertLess(len(self.far.heads), 4)
        await self.far.left()

    async def test_failures_that_pass(self) -> None:
        """Whoever is in a hurry asks again after a minute, where the server may only have been busy."""
        url, other = self.far.url("/busy"), self.far.url("/none")
        self.far.says("/busy", ok(b"", status="503 Service Unavailable"))
        for seconds, asked in ((0, 1), (59, 1), (2, 2)):
            self.clock.advance(seconds)
            await self.fails("http", self.asking.document(url, soon=True), 503)
            self.assertEqual(asked, len(self.far.heads))
        self.clock.advance(61)
        self.has("/busy")
        await self.fails("http", self.asking.document(url), 503)
        await self.asking.document(url, soon=True)
        await self.fails("http", self.asking.document(other, soon=True), 404)
        self.clock.advance(61)
        await self.fails("http", self.asking.document(other, soon=True), 404)
        self.assertEqual(4, len(self.far.heads))

    async def test_people_look_again(self) -> None:
        """What people look up, by a page or a handle, is asked for again after a minute as well."""
        url = self.far.url("/busy")
        self.far.says("/busy", ok(b"", status="502 Bad Gateway"))
        for seconds, asked in ((0, 2), (59, 2), (2, 4)):
            self.clock.advance(seconds)
            await self.fails("http", self.asking.document_or_page(url), 502)
            await self.fails("http", self.asking.json(url, "application/jrd+json"), 502)
            self.assertEqual(asked, len(self.far.heads))

    async def test_the_same_at_once(self) -> None:
        """One request for all; who leaves does not take it from the others."""
        url = self.has("/note")
        asked = [Deferred.fromCoroutine(self.asking.document(url)) for _ in range(5)]
        leaving = asked.pop(0)
        leaving.addErrback(lambda _: None)
        leaving.cancel()
        found = await gatherResults(asked)
        self.assertEqual([url] * 4, [answer.url for answer in found])
        self.assertEqual(1, len(self.far.heads))
