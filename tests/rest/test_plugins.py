"""Plugins: what people set, and services elsewhere that are told what they listen to (docs/api.md §4.18)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from attrs import define, field
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from fwtwisted.core.plugins.choices import LastfmSettings
from fwtwisted.core.plugins.relay import LANE
from fwtwisted.core.plugins.telling import Telling
from fwtwisted.db import jobs
from fwtwisted.db.jobs import GiveUp, Job, Later
from fwtwisted.model.errors import RemoteFailed
from tests.rest.pod import PodCase

reactor: Any = the_reactor
LASTFM = LastfmSettings("pod-key", "pod-secret")
MALOJA = {"server_url": "https://maloja.example/", "api_key": "k"}


@define
class Asked:
    """What a service was asked."""

    path: str
    query: dict[str, list[str]]
    headers: Headers
    body: bytes


@define(eq=False)
class Service(Resource):
    """A service elsewhere.  :ivar answers: status and body by path."""

    isLeaf = True
    answers: dict[str, tuple[int, bytes]] = field(factory=dict)
    asked: list[Asked] = field(factory=list)
    rest: str = ""

    def __attrs_pre_init__(self) -> None:
        Resource.__init__(self)

    def render(self, request: Request) -> bytes:
        path = request.path.decode()
        query = parse_qs(request.uri.decode().partition("?")[2])
        assert request.content is not None
        self.asked.append(Asked(path, query, request.requestHeaders, request.content.read()))
        status, body = self.answers.get(path, (404, b""))
        request.setResponseCode(status)
        if self.rest:
            request.setHeader("Retry-After", self.rest)
        return body


class PluginCase(PodCase):
    """Alice, who has tracks to listen to, and a service on the loopback interface."""

    environment: Mapping[str, str] = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "EXTERNAL_REQUESTS_TIMEOUT": "2"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.service = Service()
        port = reactor.listenTCP(0, Site(self.service), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.url = f"http://127.0.0.1:{port.getHost().port}"
        self.alice = await self.person("alice")
        self.track, *_ = await self.an_album_of(await self.library_of(self.alice), "Nova", "Tides")
        self.mbid = uuid4()
        await self.do("UPDATE track SET mbid = %s WHERE id = %s", self.mbid, self.track)
        parts, url = self.parts, f"{self.url}/2.0/"
        self.telling = Telling(
            self.database, parts.fetching, LASTFM, parts.telling._now, "1", listenbrainz_url=self.url, lastfm_url=url
        )

    async def uses(self, name: str, **conf: object) -> None:
        """Alice sets a plugin up and switches it on."""
        said = await self.alice.post(f"plugins/{name}", conf)
        self.assertEqual(200, said.status, said)
        self.assertEqual(200, (await self.alice.post(f"plugins/{name}/enable")).status)

    async def listens(self) -> None:
        """She listens."""
        said = await self.alice.post("history/listenings/", {"track": self.track})
        self.assertEqual(201, said.status)

    async def waiting(self) -> list[Job]:
        """The jobs that are due; they leave the queue by this."""
        kinds = list(self.telling.jobs())
        found = await self.database.transaction(lambda tx: jobs.claim(tx, LANE, kinds, 10, 60.0))
        await self.do("DELETE FROM job WHERE kind = ANY(%s)", kinds)
        return found

    async def done(self) -> None:
        """Do the one job that there is."""
        (job,) = await self.waiting()
        await Deferred.fromCoroutine(self.telling.jobs()[job.kind].run(job))

    async def told(self) -> Asked:
        """What the service was asked, when the one job is done."""
        await self.done()
        return self.service.asked[-1]


class ChoiceTests(PluginCase):
    """What people set."""

    async def test_the_list(self) -> None:
        """All of them, switched off; without Last.fm a scrobbler needs a server."""
        found = {one["name"]: one for one in (await self.alice.get("plugins")).json}
        self.assertEqual({"listenbrainz", "maloja", "scrobbler"}, set(found))
        for one in found.values():
            self.assertEqual((False, None, False), (one["enabled"], one["values"], one["source"]))
        url = found["scrobbler"]["conf"][0]
        self.assertEqual(("url", "url", True), (url["name"], url["type"], url["required"]))

    async def test_set_and_forgotten(self) -> None:
        """As the web app does it: enable, then values; everybody has their own."""
        self.assertEqual({}, (await self.alice.post("plugins/maloja/enable")).json)
        said = await self.alice.post("plugins/maloja", MALOJA)
        self.assertEqual((200, True), (said.status, said.json["enabled"]))
        self.assertEqual({**MALOJA, "nofix": False}, said.json["values"])
        bob = await self.person("bob")
        self.assertIsNone((await bob.get("plugins/maloja/")).json["values"])
        await self.alice.post("plugins/maloja/disable/")
        self.assertFalse((await self.alice.get("plugins/maloja/")).json["enabled"])
        self.assertEqual(204, (await self.alice.delete("plugins/maloja/")).status)
        self.assertIsNone((await self.alice.get("plugins/maloja/")).json["values"])

    async def test_what_cannot_be_set(self) -> None:
        """Nonsense is told by its field; what is no plugin is not there; none is a source."""
        said = await self.alice.post("plugins/maloja/", {"server_url": "ftp://x", "nofix": "perhaps"})
        self.assertEqual((400, ["nofix", "server_url"]), (said.status, sorted(said.json)))
        said = await self.alice.post("plugins/maloja/", {"server_url": None})
        self.assertEqual((400, ["api_key", "server_url"]), (said.status, sorted(said.json)))
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "enable"), ("POST", "scan")):
            self.assertEqual(404, (await self.alice.send(method, f"plugins/nothing/{path}", {})).status)
        self.assertEqual(405, (await self.alice.post("plugins/maloja/scan")).status)


class TellingTests(PluginCase):
    """Services are told."""

    async def test_nobody_is_told_without_being_asked(self) -> None:
        """No plugin that is switched on, no job; one that is switched off later is not told of what waits."""
        await self.listens()
        await self.alice.post("plugins/maloja", MALOJA)
        await self.listens()
        self.assertEqual([], await self.waiting())
        await self.uses("listenbrainz", user_token="t")
        await self.listens()
        await self.alice.post("plugins/listenbrainz/disable")
        await self.done()
        self.assertEqual([], self.service.asked)

    async def test_listenbrainz(self) -> None:
        """A listen with everything that is known; favourites only when that is wished, as they stand now."""
        await self.uses("listenbrainz", user_token="secret token")
        self.service.answers["/1/submit-listens"] = (200, b'{"status": "ok"}')
        await self.listens()
        asked = await self.told()
        self.assertEqual(["Token secret token"], asked.headers.getRawHeaders("authorization"))
        (listen,) = json.loads(asked.body)["payload"]
        told = listen["track_metadata"]
        self.assertEqual(
            ("Nova", "Tides 1", "Tides"), tuple(told[n] for n in ("artist_name", "track_name", "release_name"))
        )
        self.assertEqual(
            (str(self.mbid), 1), (told["additional_info"]["recording_mbid"], told["additional_info"]["tracknumber"])
        )
        await self.alice.post("favorites/tracks/", {"track": self.track})
        await self.done()
        self.assertEqual(1, len(self.service.asked))
        await self.uses("listenbrainz", user_token="t", submit_favorites=True, submit_listenings=False)
        self.service.answers["/1/feedback/recording-feedback"] = (200, b"{}")
        await self.alice.post("favorites/tracks/remove/", {"track": self.track})
        asked = await self.told()
        self.assertEqual({"recording_mbid": str(self.mbid), "score": 0}, json.loads(asked.body))
        await self.listens()
        await self.done()
        self.assertEqual(2, len(self.service.asked))

    async def test_maloja(self) -> None:
        """One scrobble at the server of one's own."""
        await self.uses("maloja", server_url=f"{self.url}/", api_key="key", nofix=True)
        self.service.answers["/apis/mlj_1/newscrobble"] = (200, b'{"status": "success"}')
        await self.listens()
        told = json.loads((await self.told()).body)
        self.assertEqual(
            (["Nova"], "Tides 1", "key", True), tuple(told[n] for n in ("artists", "title", "key", "nofix"))
        )

    async def test_audioscrobbler(self) -> None:
        """A greeting with a proof of the password, then the listening where the server says."""
        await self.uses("scrobbler", url=f"{self.url}/", username="al", password="pw")
        self.service.answers["/"] = (200, f"OK\nsid\n{self.url}/now\n{self.url}/submit\n".encode())
        self.service.answers["/submit"] = (200, b"OK\n")
        await self.listens()
        told = parse_qs((await self.told()).body.decode())
        self.assertEqual((["sid"], ["Tides 1"], ["P"]), (told["s"], told["t[0]"], told["o[0]"]))
        greeting = self.service.asked[0].query
        proof = _md5(_md5("pw") + greeting["t"][0])
        self.assertEqual(([proof], ["al"]), (greeting["a"], greeting["u"]))

    async def test_lastfm(self) -> None:
        """Without a server of one's own: the pod's registration signs."""
        await self.do("INSERT INTO plugin (account_id, name, is_enabled, conf) SELECT id, 'scrobbler', true, "
                      "'{\"url\": null, \"username\": \"al\", \"password\": \"pw\"}' FROM account")  # fmt: skip
        self.service.answers["/2.0/"] = (200, b'{"session": {"key": "sk"}, "scrobbles": {}}')
        await self.listens()
        told = {name: value for name, (value,) in parse_qs((await self.told()).body.decode()).items()}
        self.assertEqual(("track.scrobble", "sk", "Nova"), (told["method"], told["sk"], told["artist"]))
        proof = told.pop("api_sig")
        told.pop("format")
        self.assertEqual(_md5("".join(f"{name}{told[name]}" for name in sorted(told)) + "pod-secret"), proof)
        self.service.answers["/2.0/"] = (403, b'{"message": "no", "error": 9}')
        await self.listens()
        with self.assertRaises(GiveUp):
            await self.done()
        self.service.answers["/2.0/"] = (403, b'{"error": 29, "message": "too often"}')
        await self.listens()
        with self.assertRaises(RemoteFailed):
            await self.done()

    async def test_trouble(self) -> None:
        """What may pass is tried again, what is refused for good is given up, and no secret is told."""
        await self.uses("listenbrainz", user_token="secret token")
        outcomes: tuple[tuple[int, type[Exception]], ...] = (
            (500, RemoteFailed), (401, GiveUp), (400, GiveUp), (302, RemoteFailed), (429, Later), (503, Later),
        )  # fmt: skip
        self.service.rest = "90"
        for status, outcome in outcomes:
            self.service.answers["/1/submit-listens"] = (status, b"")
            await self.listens()
            with self.assertRaises(outcome) as caught:
                await self.done()
            self.assertNotIn("secret", str(caught.exception))
            if isinstance(caught.exception, Later):
                self.assertEqual(90.0, caught.exception.seconds)

    async def test_private_addresses(self) -> None:
        """Nobody sends us into our own network."""
        await self.uses("maloja", server_url="http://10.0.0.1/", api_key="key")
        await self.listens()
        with self.assertRaises(GiveUp):
            await self.done()

    async def test_audioscrobbler_refuses(self) -> None:
        """A wrong password stays wrong; a server in trouble is asked again."""
        await self.uses("scrobbler", url=f"{self.url}/", username="al", password="pw")
        outcomes: tuple[tuple[bytes, type[Exception]], ...] = (
            (b"BADAUTH\n", GiveUp), (b"FAILED busy\n", RemoteFailed), (b"<html>", RemoteFailed),
        )  # fmt: skip
        for body, outcome in outcomes:
            self.service.answers["/"] = (200, body)
            await self.listens()
            with self.assertRaises(outcome):
                await self.done()

    async def test_gone_meanwhile(self) -> None:
        """A listening that is not there any more is told to nobody."""
        await self.uses("maloja", **MALOJA)
        await self.listens()
        await self.do("DELETE FROM listening")
        await self.done()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
