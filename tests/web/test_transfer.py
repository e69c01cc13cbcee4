"""Bytes out: whole and in part, to readers of every temper, and by the front."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL.SSL import Connection
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    connectProtocol,
    serverFromString,
    wrapClientTLS,
)
from twisted.internet.interfaces import IConsumer, IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.internet.ssl import CertificateOptions
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from fwtwisted.outside.blobs import open_file
from fwtwisted.outside.pouring import pour
from fwtwisted.web.app import resource_app
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Doors, Mount
from fwtwisted.web.transfer import Delivery, Front, FrontHeader, FrontKind, hand_over, send
from fwtwisted.wire.http import ByteSource, Span
from tests.servers import free_port
from tests.waiting import settled, until
from tests.web.serving import Answer, HungUp, Served, Talk, reactor, serve

WHOLE = bytes(number * number % 251 for number in range(300_000))
ETAG = '"0123456789abcdef"'
AUDIO = Delivery("audio/mpeg", headers={"Cache-Control": "private", "Vary": "Authorization, Cookie"})


class Watched:
    """A source that tells whether it was closed."""

    def __init__(self, source: ByteSource, *, kernel: bool) -> None:
        self._source, self._kernel = source, kernel
        self.length = source.length
        self.etag: str | None = ETAG
        self.modified: datetime | None = datetime(2026, 11, 21, tzinfo=UTC)
        self.cache_status = "LOCAL"
        self.age: int | None = None
        self.closings = 0

    async def ready(self, span: Span | None) -> None:
        """As the source."""
        await self._source.ready(span)

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """As the source."""
        return self._source.produce(consumer, span)

    def descriptor(self) -> int | None:
        """As the source, if the kernel may send it."""
        return self._source.descriptor() if self._kernel else None

    def close(self) -> None:
        """Count it."""
        self.closings += 1
        self._source.close()


class Live:
    """A source that nobody knows the length of, as a transcode."""

    length: int | None = None
    etag: str | None = None
    modified: datetime | None = None
    cache_status = "MISS"
    age: int | None = None

    def __init__(self, pieces: int, *, breaks: bool = False) -> None:
        self._left, self._breaks = pieces, breaks
        self.closings = 0

    async def ready(self, span: Span | None) -> None:
        """It is."""

    def produce(self, consumer: IConsumer, span: Span | None) -> Deferred[None]:
        """Piece by piece."""
        return pour(consumer, self._piece, lambda: deferLater(reactor, 0, lambda: None), self.close)

    def _piece(self) -> bytes:
        if self._breaks and not self._left:
            raise EOFError("the program died")
        self._left -= 1
        return b"live" * 1000 if self._left >= 0 else b""

    def descriptor(self) -> int | None:
        """None."""
        return None

    def close(self) -> None:
        """Count it."""
        self.closings += 1


class Player:
    """Sends what it is given."""

    app = resource_app()

    def __init__(self, path: str) -> None:
        self.path, self.kernel = path, True
        self.sources: list[Watched | Live] = []

    @app.route("/file", methods=["GET"])
    async def file(self, request: LeanRequest) -> None:
        source = Watched(await open_file(deferToThread, self.path), kernel=self.kernel)
        self.sources.append(source)
        await send(request, source, AUDIO)

    @app.route("/named", methods=["GET"])
    async def named(self, request: LeanRequest) -> None:
        await send(request, await open_file(deferToThread, self.path), Delivery("audio/flac", "Motörhead - Ace.flac"))

    @app.route("/live/<int:pieces>", methods=["GET"])
    async def live(self, request: LeanRequest, pieces: int) -> None:
        source = Live(pieces, breaks=b"breaks" in request.query_string)
        self.sources.append(source)
        await send(request, source, AUDIO)

    @app.route("/front", methods=["GET"])
    async def front(self, request: LeanRequest) -> bytes:
        header = Front(FrontKind.NGINX).stored("tracks/a b?.mp3")
        assert header is not None
        return hand_over(request, header, AUDIO)


class TransferCase(TestCase):
    """A file to be sent."""

    kernel = True

    async def serve(self, content: bytes = WHOLE) -> Served:
        """Serve it."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(content)
        self.player = Player(path)
        self.player.kernel = self.kernel
        return await serve(self, [Mount("/play", self.player.app.resource())])

    async def begun(self, served: Served) -> Any:
        """Wait until something was sent, and no more can be; the connection at the site's end."""
        await until(lambda: any(channel.transport.bytes_sent for channel in served.site._channels), "a beginning")
        await settled()
        [channel] = served.site._channels
        return channel

    async def closed(self) -> None:
        """Wait until every source was closed."""
        while not all(source.closings for source in self.player.sources):
            await deferLater(reactor, 0.01, lambda: None)


class KernelTests(TransferCase):
    """A file, sent by the kernel."""

    async def test_the_whole(self) -> None:
        """Every byte, with what docs/storage.md §6.4 wants said about them."""
        served = await self.serve()
        said = await served.ask("GET", "/play/file")
        self.assertEqual((200, WHOLE), (said.status, said.body))
        for name, value in {
            "Content-Type": "audio/mpeg", "Content-Length": "300000", "Accept-Ranges": "bytes", "ETag": ETAG,
            "Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT", "Cache-Control": "private", "Content-Disposition": None,
            "Vary": "Authorization, Cookie", "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }.items():  # fmt: skip
            self.assertEqual(value, said.header(name), name)
        await self.closed()

    async def test_a_part(self) -> None:
        """One range, from the front or the end; connections live on."""
        served = await self.serve()
        talk = await served.talk()
        for asked, span in {
            "bytes=0-0": (0, 1),
            "bytes=1000-": (1000, 300_000),
            "bytes=-5": (299_995, 300_000),
        }.items():
            talk.ask("GET", "/play/file", {"Range": asked})
            said = await talk.answer()
            self.assertEqual((206, "Partial Content"), (said.status, said.reason))
            self.assertEqual(WHOLE[span[0] : span[1]], said.body)
            self.assertEqual(f"bytes {span[0]}-{span[1] - 1}/300000", said.header("Content-Range"))
        talk.ask("GET", "/play/file", {"Range": "bytes=300000-"})
        said = await talk.answer()
        self.assertEqual((416, "bytes */300000", b""), (said.status, said.header("Content-Range"), said.body))
        await self.closed()

    async def test_conditions(self) -> None:
        """What is there already is not sent; a range of other bytes is none."""
        served = await self.serve()
        for headers, status in (
            ({"If-None-Match": ETAG}, 304),
            ({"If-Modified-Since": "Sat, 21 Nov 2026 00:00:00 GMT"}, 304),
            ({"If-Match": '"other"'}, 412),
            ({"Range": "bytes=0-1", "If-Range": ETAG}, 206),
            ({"Range": "bytes=0-1", "If-Range": '"other"'}, 200),
            ({"Range": "bytes=0-1,5-6"}, 200),
        ):
            said = await served.ask("GET", "/play/file", headers)
            self.assertEqual((status, ETAG), (said.status, said.header("ETag")), headers)
        said = await served.ask("GET", "/play/file", {"If-None-Match": ETAG})
        self.assertEqual(
            ("private", None, None), tuple(said.header(n) for n in ("Cache-Control", "Content-Length", "Content-Type"))
        )
        await self.closed()

    async def test_head(self) -> None:
        """The same without a body; ranges are for GET."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("HEAD", "/play/file", {"Range": "bytes=0-1"})
        said = await talk.answer("HEAD")
        self.assertEqual((200, "300000", b""), (said.status, said.header("Content-Length"), talk.heard))
        talk.ask("GET", "/play/file")
        self.assertEqual(WHOLE, (await talk.answer()).body)
        self.assertEqual(405, (await served.ask("POST", "/play/file")).status)
        await self.closed()

    async def test_an_empty_file(self) -> None:
        """It is sent, too."""
        served = await self.serve(b"")
        said = await served.ask("GET", "/play/file")
        self.assertEqual((200, "0", b""), (said.status, said.header("Content-Length"), said.body))
        self.assertEqual(416, (await served.ask("GET", "/play/file", {"Range": "bytes=-1"})).status)

    async def test_saving(self) -> None:
        """A name for the disk, for old browsers and new."""
        said = await (await self.serve()).ask("GET", "/play/named")
        self.assertEqual(
            "attachment; filename=\"Motorhead - Ace.flac\"; filename*=UTF-8''Mot%C3%B6rhead%20-%20Ace.flac",
            said.header("Content-Disposition"),
        )

    async def test_many_at_once_on_one_connection(self) -> None:
        """Asked at once, answered in order, files and others."""
        served = await self.serve()
        talk = await served.talk()
        for _ in range(5):
            talk.ask("GET", "/play/file", {"Range": "bytes=5-"})
            talk.ask("GET", "/play/nothing")
        for _ in range(5):
            self.assertEqual(WHOLE[5:], (await talk.answer()).body)
            self.assertEqual(404, (await talk.answer()).status)
        await self.closed()

    async def test_a_reader_who_pauses(self) -> None:
        """Gets every byte in the end, in memory that does not grow with the file."""
        large = os.urandom(1 << 20) * 12
        served = await self.serve(large)
        talk = await served.talk()
        talk.stop_reading()
        talk.ask("GET", "/play/file")
        channel = await self.begun(served)
        buffered = len(channel.transport.dataBuffer) + channel.transport._tempDataLen
        self.assertLess(buffered, 1 << 20)
        self.assertLess(channel.transport.bytes_sent, len(large))
        talk.read_on()
        said = await talk.answer()
        self.assertEqual(hashlib.sha256(large).digest(), hashlib.sha256(said.body).digest())

    async def test_a_reader_who_leaves(self) -> None:
        """The source is closed, and nothing is logged as a bug."""
        served = await self.serve(WHOLE * 80)
        talk = await served.talk()
        talk.stop_reading()
        talk.ask("GET", "/play/file")
        await self.begun(served)
        talk.hang_up()
        await self.closed()

    async def test_a_file_that_becomes_shorter(self) -> None:
        """The connection is cut, so that nobody takes a part for the whole."""
        served = await self.serve(WHOLE * 80)
        talk = await served.talk()
        talk.stop_reading()
        talk.ask("GET", "/play/file")
        await self.begun(served)
        os.truncate(self.player.path, 1000)
        with capturedLogs() as events:
            talk.read_on()
            with self.assertRaises(HungUp):
                await talk.answer()
            await self.closed()
        self.assertIn("web.cut-short", [event.get("event") for event in events])


class ProducerTests(KernelTests):
    """The same without the kernel's help, as over TLS."""

    kernel = False


class OtherSocketsTests(TransferCase):
    """Sockets that are not plain TCP."""

    async def file_over(self, server: str, client: IStreamClientEndpoint) -> Answer:
        """The file, asked over an endpoint."""
        served = await self.serve(WHOLE * 20)
        doors = Doors(served.site, [serverFromString(reactor, server)])
        await doors.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(doors.close()))
        talk = await connectProtocol(client, Talk())
        talk.ask("GET", "/play/file")
        said = await talk.answer()
        talk.hang_up()
        await talk.closed
        return said

    async def test_a_unix_socket(self) -> None:
        """Every byte arrives."""
        folder = mkdtemp()
        self.addCleanup(rmtree, folder)
        said = await self.file_over(f"unix:{folder}/socket", UNIXClientEndpoint(reactor, f"{folder}/socket"))
        self.assertEqual((200, WHOLE * 20), (said.status, said.body))

    async def test_tls(self) -> None:
        """Every byte arrives, encrypted: the kernel's way round is not taken."""
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(self_signed("pod.example"))
        port = free_port()
        options = CertificateOptions(verify=False)
        client = wrapClientTLS(AnyPeer(options), TCP4ClientEndpoint(reactor, "127.0.0.1", port))
        said = await self.file_over(f"ssl:{port}:interface=127.0.0.1:privateKey={path}:certKey={path}", client)
        self.assertEqual((200, WHOLE * 20), (said.status, said.body))


@implementer(IOpenSSLClientConnectionCreator)
class AnyPeer:
    """Trusts whoever answers."""

    def __init__(self, options: CertificateOptions) -> None:
        self._context = options.getContext()

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> Connection:
        """A connection that verifies nothing."""
        return Connection(self._context, None)


def self_signed(name: str) -> bytes:
    """A key and a certificate for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)


class LiveTests(TransferCase):
    """Bytes that are made while they are sent."""

    async def test_a_stream(self) -> None:
        """No length, no ranges, in chunks."""
        served = await self.serve()
        said = await served.ask("GET", "/play/live/50", {"Range": "bytes=0-1"})
        self.assertEqual((200, b"live" * 50_000), (said.status, said.body))
        self.assertEqual(
            ("chunked", None, None),
            tuple(said.header(n) for n in ("Transfer-Encoding", "Content-Length", "Accept-Ranges")),
        )
        await self.closed()

    async def test_old_clients(self) -> None:
        """HTTP/1.0 knows no chunks: the end of the connection is the end of the bytes."""
        served = await self.serve()
        talk = await served.talk()
        talk.say(b"GET /play/live/3 HTTP/1.0\r\nHost: a\r\n\r\n")
        heard = await talk.all()
        self.assertEqual(b"live" * 3000, heard.partition(b"\r\n\r\n")[2])

    async def test_head(self) -> None:
        """Nothing is made for it."""
        served = await self.serve()
        said = await served.ask("HEAD", "/play/live/3")
        self.assertEqual((200, None), (said.status, said.header("Content-Length")))
        await self.closed()

    async def test_a_stream_that_breaks(self) -> None:
        """It does not end as if it were whole."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("GET", "/play/live/3?breaks")
        with self.assertRaises(HungUp) as caught:
            await talk.answer()
        self.assertFalse(caught.exception.heard.endswith(b"0\r\n\r\n"))
        await self.closed()


class FrontTests(SynchronousTestCase):
    """How the front is asked."""

    def test_nginx(self) -> None:
        """Below its internal locations, percent-encoded; also what is imported in place or lies in a store."""
        front = Front(FrontKind.NGINX, "/_hidden", "/data/media", "/music/")
        self.assertEqual(
            FrontHeader("X-Accel-Redirect", "/_hidden/media/tracks/%25%3F%C3%A9.mp3"), front.stored("tracks/%?é.mp3")
        )
        self.assertEqual(
            FrontHeader("X-Accel-Redirect", "/_hidden/music/A/b%20c.ogg"), front.in_place("/music/A/b c.ogg")
        )
        self.assertEqual(FrontHeader("X-Accel-Redirect", "/_hidden/music/%FF"), front.in_place("/music/\udcff"))
        self.assertEqual(
            FrontHeader("X-Accel-Redirect", "/_hidden/media/https://s3.example/b/a%2520b%3FX%3D1%26Y%3D2"),
            front.elsewhere("https://s3.example/b/a%20b?X=1&Y=2"),
        )

    def test_apache(self) -> None:
        """By the path on its disk."""
        front = Front(FrontKind.APACHE2, media_root="/data/media", music_root="/music", music_serve_root="/srv/music")
        self.assertEqual(FrontHeader("X-Sendfile", "/data/media/tracks/a.mp3"), front.stored("tracks/a.mp3"))
        self.assertEqual(FrontHeader("X-Sendfile", "/srv/music/A/b.ogg"), front.in_place("/music/A/b.ogg"))
        self.assertIsNone(front.elsewhere("https://s3.example/b"))

    def test_ourselves(self) -> None:
        """Without a front, and for files outside its folder."""
        self.assertIsNone(Front().stored("a"))
        self.assertIsNone(Front(music_root="/music").in_place("/music/a"))
        for path in ("/musical/a", "/other/a", "/music"):
            self.assertIsNone(Front(FrontKind.NGINX, music_root="/music").in_place(path))


class HandOverTests(TransferCase):
    """The answer that the front gets."""

    async def test_no_bytes_of_ours(self) -> None:
        """The labels are ours, the bytes are not."""
        said = await (await self.serve()).ask("GET", "/play/front")
        self.assertEqual(
            (200, b"", "/_protected/media/tracks/a%20b%3F.mp3"),
            (said.status, said.body, said.header("X-Accel-Redirect")),
        )
        self.assertEqual(("audio/mpeg", "private"), (said.header("Content-Type"), said.header("Cache-Control")))
