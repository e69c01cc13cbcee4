"""Asking other servers: what comes, what is refused, and what a bad far end may cost (docs/federation.md §8.1)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList, ensureDeferred
from twisted.internet.ssl import Certificate, PrivateCertificate, trustRootFromCertificates
from twisted.trial.unittest import TestCase

from fwtwisted.outside.fetching import (
    PLAIN_WISH,
    Crowded,
    Fetching,
    FetchSettings,
    Garbled,
    Misled,
    NoSuchHost,
    Refused,
    TooLong,
    TooSlow,
    Unreachable,
    Wish,
    conditions,
    system_lookup,
    unpacked,
)
from fwtwisted.wire.targets import PLAIN_OR_SECURE, Exemptions, Target
from tests.hostile import FarEnd, Line, moved, ok
from tests.threads import pooled
from tests.waiting import GUARD_SECONDS, PATIENCE_SECONDS

BOTH = Wish(schemes=PLAIN_OR_SECURE)
QUICK = FetchSettings("fwtwisted/1 (+https://pod.example/)", connect_seconds=0.5, idle_seconds=0.3, total_seconds=1.5)
PATIENT = evolve(QUICK, connect_seconds=PATIENCE_SECONDS, idle_seconds=PATIENCE_SECONDS, total_seconds=PATIENCE_SECONDS)


class FetchCase(TestCase):
    """Somebody who asks a far end on the loopback."""

    timeout = GUARD_SECONDS

    async def setUp(self) -> None:  # type: ignore[override]
        self.threads = pooled(self)
        self.far = await FarEnd.on(self)
        self.names: dict[str, Sequence[str]] = {}
        self.lookups: list[str] = []

    def fetching(self, *exempt: str, settings: FetchSettings = PATIENT, trust: Any = None) -> Fetching:
        """With exempt hosts; by default the far end alone."""
        entries = exempt or ("127.0.0.1",)
        return Fetching(reactor, self.threads, evolve(settings, exempt=Exemptions.of(entries)), self._lookup, trust)

    async def _lookup(self, host: str) -> Sequence[str]:
        self.lookups.append(host)
        if host in self.names:
            return self.names[host]
        return await system_lookup(self.threads)(host)

    async def fails(self, kind: type[Exception], path: str, wish: Wish = BOTH) -> Exception:
        """Asking for the path fails so, and nobody stays connected."""
        fetching = self.fetching(settings=QUICK if kind is TooSlow else PATIENT)
        error = await self.assertFailure(ensureDeferred(fetching.get(self.far.url(path), wish)), kind)
        self.assertIs(kind, type(error))
        await self.far.left()
        assert isinstance(error, Exception)
        return error


class AskingTests(FetchCase):
    """What is sent and what comes back."""

    async def test_an_answer_comes_whole(self) -> None:
        """Status, headers and body, and who asked."""
        self.far.says("/a", ok(b"hello", ETag='"1"'))
        got = await self.fetching().get(self.far.url("/a?b=c#d"), BOTH)
        self.assertEqual((200, b"hello", '"1"'), (got.status, got.body, got.headers["etag"]))
        self.assertTrue(got.is_good)
        self.assertEqual(self.far.url("/a?b=c"), got.url)
        self.assertEqual(QUICK.user_agent, self.far.header("user-agent"))
        self.assertEqual("gzip", self.far.header("accept-encoding"))
        self.assertEqual(f"127.0.0.1:{self.far.port}", self.far.header("host"))
        await self.far.left()

    async def test_bodies_and_further_headers_are_sent(self) -> None:
        """A POST with its body, and headers made for the hop."""
        self.far.says("/in", ok(b"", status="202 Accepted"))

        async def sign(there: Target) -> dict[str, str]:
            return {"Signature": there.host}

        wish = evolve(BOTH, method="POST", body=b"{}", headers={"Content-Type": "application/json"}, sign=sign)
        got = await self.fetching().get(self.far.url("/in"), wish)
        self.assertEqual(202, got.status)
        self.assertEqual("2", self.far.header("content-length"))
        self.assertEqual("127.0.0.1", self.far.header("signature"))
        self.assertTrue(self.far.heads[0].startswith("POST /in "))

    async def test_conditions_are_asked_and_not_modified_is_told(self) -> None:
        """304 has no body."""
        self.far.says("/a", b'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\n\r\n')
        wish = evolve(BOTH, headers=conditions('"1"', None))
        got = await self.fetching().get(self.far.url("/a"), wish)
        self.assertEqual((304, b""), (got.status, got.body))
        self.assertEqual('"1"', self.far.header("if-none-match"))
        self.assertIsNone(self.far.header("if-modified-since"))

    async def test_errors_are_answers_cut_short(self) -> None:
        """A 500 with a long page is told with the beginning of it."""
        self.far.says("/a", ok(b"x" * 100_000, status="500 Broken"))
        got = await self.fetching().get(self.far.url("/a"), BOTH)
        self.assertEqual((500, 65536, False), (got.status, len(got.body), got.is_good))

    async def test_packed_answers_are_unpacked(self) -> None:
        """gzip, whose length counts after unpacking."""
        self.far.says("/a", ok(gzip.compress(b"y" * 5_000), Content_Encoding="gzip"))
        self.assertEqual(b"y" * 5_000, (await self.fetching().get(self.far.url("/a"), BOTH)).body)
        await self.fails(TooLong, "/a", evolve(BOTH, largest=4_999))

    async def test_answers_that_end_with_the_connection(self) -> None:
        """Without a length, in the manner of HTTP/1.0."""
        self.far.says("/a", b"HTTP/1.0 200 OK\r\n\r\nall of it")
        self.assertEqual(b"all of it", (await self.fetching().get(self.far.url("/a"), BOTH)).body)

    async def test_at_most_so_many_at_once_to_one_host(self) -> None:
        """The fifth waits until one of four is done."""
        self.far.does("/wait", lambda line: None)
        fetching = self.fetching(settings=PATIENT)
        asked = [ensureDeferred(fetching.get(self.far.url("/wait"), BOTH)) for _ in range(6)]
        while len(self.far.heads) < 4:
            await _moment(0.01)
        await _moment(0.1)
        self.assertEqual(4, len(self.far.heads))
        self.far.lines[0].write(ok(b"done"))
        while len(self.far.heads) < 5:
            await _moment(0.01)
        ending = DeferredList(asked, consumeErrors=True)
        for one in asked:
            one.cancel()
        await ending
        await self.far.left()

    async def test_another_port_is_another_server(self) -> None:
        """Whoever is slow there keeps nobody waiting here."""
        self.far.does("/wait", lambda line: None)
        other = await FarEnd.on(self)
        other.says("/", ok(b"quick"))
        fetching = self.fetching(settings=evolve(PATIENT, at_once_per_host=1))
        slow = ensureDeferred(fetching.get(self.far.url("/wait"), BOTH))
        self.assertEqual(b"quick", (await fetching.get(other.url("/"), BOTH)).body)
        slow.cancel()
        await self.assertFailure(slow, CancelledError)
        await self.far.left()

    async def test_who_waits_for_others_gives_up(self) -> None:
        """As long as asking itself may take, and no longer; then it was not asked."""
        self.far.does("/wait", lambda line: line.for_ever(b"HTTP/1.1 102 Wait\r\n\r\n", 0.1))
        fetching = self.fetching(settings=evolve(QUICK, at_once_per_host=1))
        asked = [ensureDeferred(fetching.get(self.far.url("/wait"), BOTH)) for _ in range(3)]
        await self.assertFailure(asked[2], Crowded)
        for one in asked[:2]:
            await self.assertFailure(one, TooSlow)
        self.assertLess(len(self.far.heads), 3)
        await self.far.left()


class RedirectTests(FetchCase):
    """Where an answer sends us on."""

    async def test_what_is_meant_for_one_server_does_not_reach_another(self) -> None:
        """Credentials and signatures stay with the server that was asked; a body is not sent on at all."""
        other = await FarEnd.on(self)
        other.says("/", ok(b"hello"))
        self.far.says("/away", moved(other.url("/")))
        self.far.says("/here", moved(self.far.url("/end")))
        self.far.says("/end", ok(b"end"))

        async def sign(there: Target) -> dict[str, str]:
            return {"Signature": "mine"}

        wish = evolve(BOTH, headers={"authorization": "Bearer x", "Accept": "text/plain"}, sign=sign)
        fetched = await self.fetching().get(self.far.url("/away"), wish)
        self.assertEqual(b"hello", fetched.body)
        self.assertEqual(
            [None, None, "text/plain"], [other.header(n) for n in ("authorization", "signature", "accept")]
        )
        await self.fetching().get(self.far.url("/here"), wish)
        self.assertEqual(["Bearer x", "mine"], [self.far.header(n) for n in ("authorization", "signature")])
        await self.fails(Misled, "/away", evolve(wish, method="POST", body=b"{}"))
        self.assertEqual(1, len(other.heads))

    async def test_redirects_are_followed_and_remembered(self) -> None:
        """The settled address is as far as permanent ones lead."""
        self.far.says("/old", moved("/new", "301 Moved Permanently"))
        self.far.says("/new", moved(self.far.url("/today"), "302 Found"))
        self.far.says("/today", ok(b"news"))
        got = await self.fetching().get(self.far.url("/old"), BOTH)
        self.assertEqual(b"news", got.body)
        self.assertEqual((self.far.url("/today"), self.far.url("/new")), (got.url, got.settled_url))

    async def test_loops_end(self) -> None:
        """Three are followed, and none where none may be."""
        self.far.says("/round", moved("/round"))
        await self.fails(Misled, "/round")
        self.assertEqual(4, len(self.far.heads))
        await self.fails(Misled, "/round", evolve(BOTH, redirects=0))

    async def test_private_places_are_refused_at_each_hop(self) -> None:
        """A server that is fit cannot send us to one that is not, however it is written."""
        for place in (
            "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "http://localhost:6379/",
            "http://2130706433/", "http://0x7f.1/", "http://127.1:5432/", "file:///etc/passwd", "gopher://x.example/",
            "http://user:pass@far.example/", "http://far.example:25/", "//127.0.0.2/",
        ):  # fmt: skip
            self.far.says("/on", moved(place))
            await self.fails(Refused, "/on")
        self.assertEqual({"127.0.0.1"}, set(self.lookups))

    async def test_each_hop_is_permitted(self) -> None:
        """Moderation has its word for every host."""
        hosts: list[str] = []

        async def permit(there: Target) -> None:
            hosts.append(there.url)
            if there.url.endswith("/b"):
                raise Refused("blocked")

        self.far.says("/a", moved("/b"))
        await self.fails(Refused, "/a", evolve(BOTH, permit=permit))
        self.assertEqual([self.far.url("/a"), self.far.url("/b")], hosts)


class AddressTests(FetchCase):
    """Which addresses a name may lead to."""

    async def test_loopback_is_refused_unless_exempt(self) -> None:
        """By default nothing here is asked; a host with a port exempts that port alone."""
        for entries in (("other.example",), (f"127.0.0.1:{self.far.port + 1}",), ("127.0.0.2",)):
            with self.assertRaises(Refused):
                await self.fetching(*entries).get(self.far.url("/"), BOTH)
        self.far.says("/", ok(b"fine"))
        got = await self.fetching(f"127.0.0.1:{self.far.port}").get(self.far.url("/"), BOTH)
        self.assertEqual(b"fine", got.body)
        self.assertEqual(1, len(self.far.heads))

    async def test_one_bad_address_is_enough(self) -> None:
        """A name with a public and a private address is not asked at all."""
        self.names["two.example"] = ("93.184.216.34", "10.0.0.7")
        with self.assertRaises(Refused):
            await self.fetching("nothing.example").get(self.far.url("/", "two.example"), BOTH)
        self.names["two.example"] = ()
        with self.assertRaises(NoSuchHost):
            await self.fetching("nothing.example").get(self.far.url("/", "two.example"), BOTH)

    async def test_what_was_judged_is_what_is_connected_to(self) -> None:
        """A name is looked up once: a second answer (rebinding) would never be seen."""
        self.names["far.example"] = ("127.0.0.1",)
        self.far.says("/", ok(b"judged"))
        got = await self.fetching("127.0.0.1").get(self.far.url("/", "far.example"), BOTH)
        self.assertEqual((b"judged", ["far.example"]), (got.body, self.lookups))
        self.assertEqual(f"far.example:{self.far.port}", self.far.header("host"))

    async def test_a_name_that_changes_its_mind(self) -> None:
        """Fit at first and private from then on (rebinding): nobody but the judged address is asked."""
        answers = [("127.0.0.1",), ("127.0.0.2",), ("10.0.0.7",)]

        async def lookup(host: str) -> Sequence[str]:
            self.lookups.append(host)
            return answers[min(len(self.lookups), len(answers)) - 1]

        fetching = Fetching(reactor, self.threads, evolve(PATIENT, exempt=Exemptions.of(["127.0.0.1"])), lookup)
        self.far.says("/", ok(b"judged"))
        self.far.says("/on", moved("/"))
        for path in ("/", "/on"):
            url = self.far.url(path, "far.example")
            if path == "/":
                self.assertEqual(b"judged", (await fetching.get(url, BOTH)).body)
                self.assertEqual(1, len(self.lookups))
            with self.assertRaises(Refused):
                await fetching.get(url, BOTH)
        self.assertEqual(1, len(self.far.heads))
        self.lookups.clear()
        with self.assertRaises(Refused):
            await fetching.get(self.far.url("/on", "far.example"), BOTH)
        self.assertEqual((2, 2), (len(self.lookups), len(self.far.heads)))

    async def test_unknown_names(self) -> None:
        """The name server says no."""
        with self.assertRaises(NoSuchHost):
            await self.fetching().get("https://nobody.invalid/")

    async def test_plain_http_must_be_allowed(self) -> None:
        """By the wish, or for the exempt host."""
        with self.assertRaises(Refused):
            await self.fetching("other.example").get("http://far.example/", PLAIN_WISH)

    async def test_a_closed_port(self) -> None:
        """Nobody listens."""
        with self.assertRaises(Unreachable):
            await self.fetching().get("http://127.0.0.1:1024/", BOTH)


class HostileTests(FetchCase):
    """Far ends that mean harm end soon and leave nothing open."""

    async def test_silence(self) -> None:
        """Connected, and never a word."""
        self.far.does("/", lambda line: None)
        await self.fails(TooSlow, "/")

    async def test_a_drip(self) -> None:
        """A byte now and then keeps the line, but not for ever."""
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        self.far.does("/", lambda line: line.drip(head, b"x", 0.1))
        await self.fails(TooSlow, "/")

    async def test_a_stop_in_the_middle(self) -> None:
        """The body begins and goes no further."""
        self.far.does("/", lambda line: line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx"))
        await self.fails(TooSlow, "/")

    async def test_a_break_in_the_middle(self) -> None:
        """The body is shorter than it was said to be."""
        self.far.says("/", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx")
        await self.fails(Unreachable, "/")

    async def test_ten_gigabytes(self) -> None:
        """Told in the head: nothing is read.  Not told: reading stops at the limit."""
        self.far.does("/told", lambda line: line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"))
        await self.fails(TooLong, "/told")
        self.far.does("/flood", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536))
        await self.fails(TooLong, "/flood")

    async def test_a_bomb(self) -> None:
        """A small packed body that unpacks to much."""
        packed = gzip.compress(bytes(50_000_000))
        self.assertLess(len(packed), 100_000)
        self.far.says("/", ok(packed, Content_Encoding="gzip"))
        await self.fails(TooLong, "/")

    async def test_broken_packing(self) -> None:
        """What says that it is gzip and is not, or ends too early, or is packed in another way."""
        for body, coding in ((b"plain", "gzip"), (gzip.compress(b"abc" * 99)[:-9], "gzip"), (b"x", "br")):
            self.far.says("/", ok(body, Content_Encoding=coding))
            await self.fails(Garbled, "/")

    async def test_endless_heads(self) -> None:
        """One long header, many headers, many provisional answers."""
        for piece in (b"x" * 4096, b"X-A: b\r\n" * 500, b"HTTP/1.1 102 Wait\r\n\r\n" * 200):
            self.far.does("/", partial(_drip, b"HTTP/1.1 ", piece))
            error = await self.assertFailure(
                ensureDeferred(self.fetching().get(self.far.url("/"), BOTH)), TooLong, Garbled, Unreachable
            )
            self.assertIsNotNone(error)
            await self.far.left()
        self.far.does("/", partial(_drip, b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 500))
        await self.fails(TooLong, "/")

    async def test_heads_that_come_at_once(self) -> None:
        """How long a head may be does not hang on how many pieces it comes in."""
        for lines, is_read in ((31, True), (33, False)):
            answer = ok(b"x" * 50_000, **{f"X_{number}": "b" * 1_000 for number in range(lines)})
            self.far.says("/", answer)
            self.assertEqual(is_read, answer.index(b"\r\n\r\n") < 32 * 1024)
            if is_read:
                self.assertEqual(50_000, len((await self.fetching().get(self.far.url("/"), BOTH)).body))
            else:
                await self.fails(TooLong, "/")

    async def test_what_is_no_http(self) -> None:
        """Another protocol."""
        self.far.says("/", b"220 mail.example ESMTP ready\r\n\r\n")
        await self.fails(Garbled, "/")

    async def test_nothing_at_all(self) -> None:
        """The line is cut without a word."""
        self.far.says("/", b"")
        await self.fails(Unreachable, "/")


class TlsTests(FetchCase):
    """The name is proven, whatever address it has."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.certificate = own_certificate("secure.example")
        self.far = await FarEnd.on(self, self.certificate.options())
        self.far.says("/", ok(b"safe"))
        for name in ("secure.example", "other.example"):
            self.names[name] = ("127.0.0.1",)

    async def test_the_right_name(self) -> None:
        """A certificate of somebody whom we trust, for the name that we asked."""
        trust = trustRootFromCertificates([Certificate.loadPEM(self.certificate.dumpPEM())])
        got = await self.fetching(trust=trust).get(self.far.url("/", "secure.example"))
        self.assertEqual(b"safe", got.body)

    async def test_who_hangs_up_at_once(self) -> None:
        """The line is over while the answer is unpacked in a thread: GoToSocial packs all that it says."""
        trust = trustRootFromCertificates([Certificate.loadPEM(self.certificate.dumpPEM())])
        self.far.says("/", ok(gzip.compress(b"safe" * 50_000), Content_Encoding="gzip"))
        for _ in range(5):
            got = await self.fetching(trust=trust).get(self.far.url("/", "secure.example"))
            self.assertEqual(b"safe" * 50_000, got.body)

    async def test_wrong_names_and_strangers(self) -> None:
        """Neither another name nor an unknown signer is believed."""
        trust = trustRootFromCertificates([Certificate.loadPEM(self.certificate.dumpPEM())])
        with self.assertRaises(Unreachable):
            await self.fetching(trust=trust).get(self.far.url("/", "other.example"))
        with self.assertRaises(Unreachable):
            await self.fetching().get(self.far.url("/", "secure.example"))
        self.assertEqual([], self.far.heads)

    async def test_a_file_of_certificates(self) -> None:
        """EXTERNAL_REQUESTS_CA_BUNDLE: who is in it is believed, for their own name; a file of nothing is told of."""
        bundle = Path(self.mktemp())
        bundle.write_bytes(own_certificate("another.example").dumpPEM() + self.certificate.dumpPEM())
        believing = self.fetching(settings=evolve(PATIENT, ca_bundle=str(bundle)))
        self.assertEqual(b"safe", (await believing.get(self.far.url("/", "secure.example"))).body)
        with self.assertRaises(Unreachable):
            await believing.get(self.far.url("/", "other.example"))
        for text in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            bundle.write_bytes(text)
            self.assertRaises(ValueError, self.fetching, settings=evolve(PATIENT, ca_bundle=str(bundle)))

    async def test_verification_can_be_switched_off(self) -> None:
        """EXTERNAL_REQUESTS_VERIFY_SSL=false."""
        got = await self.fetching(settings=evolve(PATIENT, verify=False)).get(self.far.url("/", "other.example"))
        self.assertEqual(b"safe", got.body)

    async def test_never_from_secure_to_plain(self) -> None:
        """A redirect that gives up TLS is not followed."""
        self.far.says("/", moved("http://secure.example/"))
        with self.assertRaises(Refused):
            await self.fetching(settings=evolve(PATIENT, verify=False)).get(self.far.url("/", "other.example"), BOTH)


class UnpackingTests(TestCase):
    """gzip with a limit."""

    def test_cut(self) -> None:
        """Of errors, as much as there is."""
        packed = gzip.compress(b"abc" * 100)
        self.assertEqual(b"abc", unpacked(packed, 3, is_cut=True))
        self.assertEqual(b"abc" * 100, unpacked(packed, 300))


def own_certificate(name: str) -> PrivateCertificate:
    """A certificate for a name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return PrivateCertificate.loadPEM(secret + made.public_bytes(Encoding.PEM))


def _drip(first: bytes, piece: bytes, line: Line) -> None:
    line.drip(first, piece)


async def _moment(seconds: float) -> None:
    woken: Deferred[None] = Deferred()
    reactor.callLater(seconds, woken.callback, None)
    await woken
