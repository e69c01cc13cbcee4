"""Requests that mean no good at every URL of the federation, signed rightly, wrongly or not at all: never a 5xx."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from attrs import frozen
from hypothesis import strategies as st

from fwtwisted.wire.signatures.received import Received
from tests.rest.test_hostile import BODIES, NO_UUID, TEXTS, VARIABLE, Route, drawn, routes
from tests.signed import a_key, a_request, by_cavage, by_messages
from tests.web.federation.posting import ACTIVITY, FAR, HOME_URL, PostingCase
from tests.web.serving import Answer

ATTACKS = int(os.environ.get("FWTWISTED_ATTACKS", "900"))
OURS = ("/federation", "/.well-known", "/ns")
KEY = f"https://{FAR}/federation/actors/ada#main-key"
PAGES = ("/@alice", "/channels/alice", "/library/tracks/1", "/library/albums/1", "/library/artists/1", "/library/x")
ACCEPTS = (
    ACTIVITY, "application/ld+json", "application/json", "text/html", "*/*", "", "q=1", "application/*;q=0.5",
    ",".join(["text/html;q=0.1"] * 300), "application/activity+json;q=" + "9" * 400, ";;;", "\xff\xfe", "a/b;q=nan",
)  # fmt: skip
RESOURCES = (
    "acct:alice@pod.example", "acct:al\0ice@pod.example", "acct:@pod.example", "acct:alice@pod.example:99999",
    "https://pod.example/@alice", "https://pod.example/", "https://[", "https://pod.example/federation/actors/%00",
    "https://pod.example/@%ff", "acct:\ud800@pod.example", "https://pod.example:x/@alice", f"{HOME_URL}/actors/alice",
)  # fmt: skip
HEADERS = (
    "Signature", "Signature-Input", "Date", "Digest", "Content-Digest", "Host", "Authorization", "User-Agent",
    "Accept", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Content-Encoding", "Range",
    "If-None-Match", "If-Modified-Since", "Cookie", "Origin",
)  # fmt: skip
WORDS = (
    "", " ", ",", "=", '"', "()", "sig1=()", 'sig1=("@method")', "sig1=:AA==:", 'keyId="x"', "SHA-256=", "a" * 9000,
    "sha-256=:AA==:", 'keyId="https://far.example/x",signature="AA==",headers="(request-target) host date digest"',
    "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 99999 99:99:99 +9999", "gzip", "bytes=0-", "Signature x", "Basic x",
    'sig1=("@method" "@target-uri" "content-digest");created=99999999999999;keyid="x"', "\xff", "pod.example:99999",
    'sig1=("@query-param";name="page");created=1', 'keyId="https://[",signature="AA=="', "Bearer", "funkwhale/1.", "W/",
    'keyId="https://far.example/x",created=1e999,signature="AA=="', "sig1=?1", "sig1=-", "for=[::1", "http://[",
)  # fmt: skip


@frozen
class Odd:
    """A request.  :ivar signed: by which scheme.  :ivar changed: headers that are replaced after it was signed."""

    method: str
    path: str
    signed: str
    body: bytes
    kind: str
    changed: Mapping[str, str]


def odd_requests(known: Sequence[Route], real: Mapping[str, Sequence[str]]) -> st.SearchStrategy[Odd]:
    """:param real: what may stand in paths, by the kind of the variable."""
    strange = st.sampled_from([text[:500] for text in TEXTS if text])
    query = st.lists(
        st.tuples(st.sampled_from(("page", "resource", "rel")), st.sampled_from(TEXTS + RESOURCES)), max_size=2
    )
    changed = st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(WORDS), max_size=2)

    @st.composite
    def odd(draw: st.DrawFn) -> Odd:
        route = draw(st.sampled_from(known))
        fitting = VARIABLE.sub(lambda found: draw(st.sampled_from(real[found[1] or "string"])), route.rule)
        path = draw(st.just(fitting) | st.just(VARIABLE.sub(lambda _: quote(draw(strange), safe=""), route.rule)))
        told = urlencode(draw(query), errors="surrogatepass")
        body = draw(st.sampled_from(BODIES) | st.just(b'{"type": "Like"}')) if route.method != "GET" else b""
        return Odd(
            draw(st.just(route.method) | st.sampled_from(("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"))),
            f"{path}?{told}" if told else path,
            draw(st.sampled_from(("", "cavage", "messages"))),
            body,
            draw(st.sampled_from(ACCEPTS)),
            draw(changed),
        )  # fmt: skip

    return odd()


class OddRequestTests(PostingCase):
    """Whatever is asked, the answer is one of the contract's."""

    environment = {"THROTTLING_ENABLED": "false"}
    timeout = 240

    async def test_nothing_is_answered_with_a_5xx(self) -> None:
        """Every URL, with strange names, queries, bodies, signatures and other headers."""
        library = await self.library_of(self.alice)
        track = await self.a_track("Ebb", await self.an_artist("Nova"))
        await self.a_file(library, track)
        uuids = [str(await self.track_uuid(track)), str(await self.value("SELECT uuid FROM library")), NO_UUID]
        real = {"int": ["1"], "uuid": uuids, "string": ["alice", "service", "ada"], "path": ["x"]}
        known = [route for route in routes(self.mounts) if route.rule.startswith(OURS)]
        known += [Route("GET", path) for path in PAGES]
        self.assertGreater(len(known), 25)
        bad, seen = [], set()
        for one in drawn(odd_requests(known, real), ATTACKS):
            said = await self._sent(one)
            seen.add(said.status)
            if said.status >= 500:
                bad.append((one, said.status))
        self.assertEqual([], bad)
        self.assertLessEqual({200, 202, 302, 400, 401, 404}, seen)

    async def _sent(self, one: Odd) -> Answer:
        body = one.body if one.method in ("POST", "PUT") else b""
        bare = a_request(one.method, one.path, body or None, time.time(), accept=one.kind)
        request = _signed(bare, one.signed)
        headers = {name.title(): ", ".join(values) for name, values in request.headers.items()}
        return await self.served.ask(
            one.method, one.path, headers | {"Content-Type": ACTIVITY} | dict(one.changed), body
        )


def _signed(request: Received, scheme: str) -> Received:
    body = "" if request.digests is None else " digest"
    if scheme == "cavage":
        return by_cavage(request, a_key(), f"(request-target) host date{body}", key_id=KEY)
    if scheme == "messages":
        names = '"@method" "@target-uri"' + (' "content-digest"' if body else "")
        return by_messages(request, a_key(), names, key_id=KEY, created=int(time.time()))
    return request
