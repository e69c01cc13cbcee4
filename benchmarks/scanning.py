"""
How long a library elsewhere takes to be looked through, and what lists cost when half of the music lives elsewhere.

    python -m benchmarks.scanning [TRACKS [OF OUR OWN]]          (10000 unless told otherwise, and none of our own)

Somebody follows the library by the REST face; the other server, which answers from memory as Funkwhale 1.x writes,
accepts, and is walked through in pages of 50.  What it takes itself is taken off.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from benchmarks.asking import ask, crowd, form
from benchmarks.inbox import a_post
from benchmarks.lists import HEAD, deep, one_page
from benchmarks.raw import raw_twisted
from benchmarks.server import Pod
from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.wire.signatures.keys import private_key
from tests.audio import make_many

TRACKS, PER_PAGE, PER_ALBUM, ALBUMS_PER_ARTIST = 10_000, 50, 10, 5
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", "https://funkwhale.audio/ns", {}]
PUBLISHED = "2024-01-02T03:04:05.678901+00:00"
PATIENCE_SECONDS = 600.0
NODEINFO = "/api/v1/instance/nodeinfo/2.0/"


# --- the other server ----------------------------------------------------------------------------


class Library:
    """What the other server has, written once."""

    def __init__(self, home: str, count: int, keys: KeyPair) -> None:
        self.home, self.count, self._keys = home, count, keys
        self.fid, self.owner = f"{home}/federation/music/libraries/l", f"{home}/federation/actors/anna"
        self.pages = -(-count // PER_PAGE)
        self.answers = {self._path(self.owner): self._actor(), self._path(self.fid): self._library()}
        self.answers |= {"/.well-known/nodeinfo": self._nodeinfo_link(), "/nodeinfo": self._nodeinfo()}
        for number in range(1, self.pages + 1):
            self.answers[self._path(self._page_id(number))] = self._page(number)

    def _path(self, url: str) -> str:
        return url.removeprefix(self.home)

    def _page_id(self, number: int) -> str:
        return f"{self.fid}?page={number}"

    def _nodeinfo_link(self) -> bytes:
        link = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{self.home}/nodeinfo"}
        return orjson.dumps({"links": [link]})

    def _nodeinfo(self) -> bytes:
        return orjson.dumps({
            "version": "2.0", "software": {"name": "funkwhale", "version": "1.4.0"}, "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []}, "openRegistrations": False, "usage": {"users": {"total": 1}},
            "metadata": {},
        })  # fmt: skip

    def _actor(self) -> bytes:
        public_key = {"id": f"{self.owner}#main-key", "owner": self.owner, "publicKeyPem": self._keys.public}
        return orjson.dumps({
            "@context": CONTEXT, "type": "Person", "id": self.owner, "preferredUsername": "anna", "name": "Anna",
            "inbox": f"{self.owner}/inbox", "outbox": f"{self.owner}/outbox", "publicKey": public_key,
            "followers": f"{self.owner}/followers",
            "endpoints": {"sharedInbox": f"{self.home}/federation/shared/inbox"},
        })  # fmt: skip

    def _library(self) -> bytes:
        return orjson.dumps({
            "@context": CONTEXT, "type": "Library", "id": self.fid, "attributedTo": self.owner, "actor": self.owner,
            "name": "Everything", "summary": None, "audience": PUBLIC, "followers": f"{self.fid}/followers",
            "totalItems": self.count, "first": self._page_id(1), "current": self._page_id(1),
            "last": self._page_id(self.pages),
        })  # fmt: skip

    def _page(self, number: int) -> bytes:
        first = (number - 1) * PER_PAGE
        onward = {"next": self._page_id(number + 1)} if number < self.pages else {}
        return orjson.dumps({
            "@context": CONTEXT, "type": "CollectionPage", "id": self._page_id(number), "partOf": self.fid,
            "attributedTo": self.owner, "actor": self.owner, "name": "Everything", "summary": None,
            "totalItems": self.count, "first": self._page_id(1), "last": self._page_id(self.pages), **onward,
            "items": [self._file(place) for place in range(first, min(first + PER_PAGE, self.count))],
        })  # fmt: skip

    def _file(self, number: int) -> Mapping[str, Any]:
        fid = f"{self.home}/federation/music/uploads/{number}"
        listen = f"{self.home}/api/v1/listen/{number}/?upload={number}&download=false"
        return {
            "type": "Audio", "id": fid, "library": self.fid, "name": f"Far {number}", "attributedTo": self.owner,
            "to": PUBLIC, "published": PUBLISHED, "updated": PUBLISHED, "bitrate": 320000, "size": 8656581,
            "duration": 213, "track": self._track(number),
            "url": [{"type": "Link", "mediaType": "audio/mpeg", "href": listen}],
        }  # fmt: skip

    def _track(self, number: int) -> Mapping[str, Any]:
        artist = self._artist(number // (PER_ALBUM * ALBUMS_PER_ARTIST))
        album = {
            **self._thing("albums", number // PER_ALBUM, "winter far"), "released": "1999-05-06", "artists": [artist],
        }  # fmt: skip
        told = {"position": 1 + number % PER_ALBUM, "disc": 1, "artists": [artist], "album": album}
        return {**self._thing("tracks", number, "river far"), **told, "license": None, "copyright": None}

    def _artist(self, number: int) -> Mapping[str, Any]:
        return self._thing("artists", number, "Band")

    def _thing(self, kind: str, number: int, word: str) -> Mapping[str, Any]:
        return {
            "type": kind[:-1].title(), "id": f"{self.home}/federation/music/{kind}/{number}",
            "name": f"{word} {number}", "published": PUBLISHED, "musicbrainzId": None, "attributedTo": self.owner,
            "tag": [{"type": "Hashtag", "name": "#Rock"}],
        }  # fmt: skip

    def accept(self, follow: Mapping[str, Any]) -> bytes:
        """The request that lets somebody in, as it travels."""
        told = {"type": "Accept", "id": f"{follow['id']}/accept", "object": follow, "to": [follow["actor"]]}
        return a_post(private_key(self._keys.private), self.owner, told, "localhost")


class Server(ThreadingHTTPServer):
    """
    Answers from memory.

    :ivar pod: the port of whoever follows.  :ivar spent: seconds between question and answer, of all together.
    """

    daemon_threads = True
    library: Library
    pod = 0
    spent = 0.0


class Answers(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def do_GET(self) -> None:
        """A document."""
        began = time.perf_counter()
        body = self.server.library.answers.get(self.path)
        self._say(200 if body else 404, body or b"{}")
        self.server.spent += time.perf_counter() - began

    def do_POST(self) -> None:
        """Somebody tells us something; who wishes to follow may."""
        activity = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(202, b"{}")
        if activity["type"] == "Follow":
            told = ask(self.server.pod, self.server.library.accept(activity))
            assert told.status == 202, told

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if "nodeinfo" in self.path else "application/activity+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


# --- ours ----------------------------------------------------------------------------------------


def main() -> None:
    """Follow, wait, and look at lists."""
    words = [int(word) for word in sys.argv[1:3]]
    count, own = (*words, *(TRACKS, 0)[len(words) :])
    server = Server(("127.0.0.1", 0), Answers)
    server.library = Library(f"http://127.0.0.1:{server.server_address[1]}", count, new_keys())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Pod(FEDERATION_ALLOW_PRIVATE="127.0.0.1") as pod:
        server.pod = pod.port
        pod.set_up()
        walk(pod, server)
        if own:
            make_many(pod.music, own)
            pod.add_music(pod.music)
            pod.settle()
            lists(pod, count + own)


def walk(pod: Pod, server: Server) -> None:
    """Follow the library; see how long it takes until all of it is there, and what pages make of it meanwhile."""
    quiet = crowd(pod.port, [form("GET", NODEINFO)], seconds=3, rest=0.02)
    seen = pod.call("POST", "/api/v1/federation/libraries/fetch/", {"fid": server.library.fid}).json["results"][0]
    cpu, ours, began, server.spent = pod.cpu_seconds, pod.own_cpu_seconds, time.perf_counter(), 0.0
    pod.call("POST", "/api/v1/federation/follows/library/", {"target": seen["uuid"]})
    waits: list[float] = []
    scan: Mapping[str, Any] = {}
    while scan.get("status") not in ("finished", "errored"):
        assert time.perf_counter() - began < PATIENCE_SECONDS, scan
        waits += crowd(pod.port, [form("GET", NODEINFO)], seconds=0.3, rest=0.02).waits
        scan = pod.call("GET", f"/api/v1/federation/libraries/{seen['uuid']}/").json["latest_scan"] or {}
    seconds = time.perf_counter() - began
    count, ratio = server.library.count, 1000 / server.library.count
    assert scan["processed_files"] == count and scan["status"] == "finished", scan
    print(
        f"{count} tracks in {seconds:.1f} s, of which the other server took {server.spent:.1f} s; "
        f"{ratio * (pod.cpu_seconds - cpu):.2f} ms CPU a track, {ratio * (pod.own_cpu_seconds - ours):.2f} of it ours"
    )
    print(f"a page: p95 {quiet.percentile(0.95):.1f} ms before, {p95(waits):.1f} ms meanwhile")


def p95(waits: Sequence[float]) -> float:
    """Milliseconds."""
    return 1000 * sorted(waits)[int(0.95 * len(waits))]


def lists(pod: Pod, count: int) -> None:
    """What pages of 25 cost."""
    print(
        f"\n{count} tracks, of which {pod.call('GET', '/api/v1/tracks/?page_size=1').json['count']} can be seen\n{HEAD}"
    )
    with raw_twisted() as anchor:
        for who, headers in (("signed in", pod.login), ("visitor", {})):
            for name, path in deep(count).items():
                one_page(pod, anchor, who, name, form("GET", f"/api/v1/{path}", headers))


if __name__ == "__main__":
    main()
