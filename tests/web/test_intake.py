"""Bytes in: uploads of any size and temper, into a real spool."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from time import monotonic, thread_time
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IPullProducer
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from fwtwisted.model.errors import FwError, NoRoom, Unauthenticated
from fwtwisted.outside import disk
from fwtwisted.outside.spool import Spool, SpoolSettings
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.intake import FileIntake, IntakeSettings, Spooled, received
from fwtwisted.web.reading import multipart_parser
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from tests.waiting import settled, until
from tests.web.serving import Answer, HungUp, Served, Talk, encoded_form, reactor, serve

MIB = 1 << 20
BOUNDARY = b"----a-boundary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
ROOM = SpoolSettings(reserve_bytes=0)


class Desk:
    """Where uploads are handed in."""

    app = resource_app()

    def __init__(self, folder: str) -> None:
        self.spool = Spool(folder, deferToThread, ROOM)
        self.admission: Deferred[None] | None = None
        self.admitted: list[int | None] = []
        self.slowly: Deferred[None] | None = None
        self.handled = 0
        self.kept: list[str] = []

    async def admit(self, request: LeanRequest, length: int | None) -> None:
        """Whoever brings a token may."""
        if self.admission is not None:
            await self.admission
        if request.header(b"Authorization") is None:
            raise Unauthenticated()
        self.admitted.append(length)

    async def open(self, filename: str) -> Spooled:
        """A file of the spool; one that is called ``full`` finds no room."""
        if filename.startswith("full"):
            raise NoRoom()
        if filename.startswith("bug"):
            raise ZeroDivisionError
        return await self.spool.open(uuid4(), filename)

    @app.route("/", methods=["POST"])
    async def take(self, request: LeanRequest) -> bytes:
        self.handled += 1
        async with received(request) as parts:
            if self.slowly is not None:
                await self.slowly
            files = []
            for file in parts.files:
                with open(file.path, "rb") as content:
                    same = hashlib.sha256(content.read()).hexdigest() == file.sha256 if file.size < 4 * MIB else None
                files.append([file.field, file.filename, file.size, file.sha256, same])
                self.kept.append(file.path)
            return answer(request, 201, {"fields": parts.fields, "files": files})

    @app.route("/failing", methods=["POST"])
    async def fail(self, request: LeanRequest) -> bytes:
        async with received(request) as parts:
            assert parts.files
            raise NoRoom()

    @app.route("/large", methods=["GET"])
    def large(self, request: LeanRequest) -> bytes:
        return answer(request, 200, "x" * 4 * MIB)

    @app.route("/unread", methods=["POST"])
    async def unread(self, request: LeanRequest) -> bytes:
        return answer(request, 200, "not looked at")


class IntakeCase(TestCase):
    """A desk, and what is left in its spool."""

    settings = IntakeSettings(body_limit=8 * MIB)

    async def serve(self, settings: IntakeSettings | None = None) -> Served:
        """Serve it."""
        self.folder = os.path.abspath(self.mktemp())
        self.desk = Desk(self.folder)
        intake = FileIntake(settings or self.settings, self.desk.admit, self.desk.open, deferToThread)
        intakes = {("POST", path): intake for path in ("", "/failing", "/unread", "/nowhere")}
        return await serve(self, [Mount("/api/v1/uploads", self.desk.app.resource(), intakes=intakes)])

    async def send(
        self, body: bytes, headers: dict[str, str] | None = None, path: str = "", served: Served | None = None
    ) -> Answer:
        """Hand something in."""
        served = served or await self.serve()
        return await served.ask("POST", f"/api/v1/uploads{path}", {"Authorization": "x"} | FORM | (headers or {}), body)

    async def begun(self, served: Served, length: int, first: bytes) -> Talk:
        """An upload under way."""
        talk = await served.talk()
        headers = {"Authorization": "x", "Content-Length": str(length)} | FORM
        talk.ask("POST", "/api/v1/uploads", headers)
        talk.say(first)
        await settled()
        return talk

    async def emptied(self) -> None:
        """Wait until nothing is left in the spool; the test's time-out is the limit."""
        while self.left():
            await settled(1)

    def left(self) -> list[str]:
        """What lies in the spool."""
        return [name for name in os.listdir(self.folder) if name != disk.GATE] if os.path.isdir(self.folder) else []


class UploadTests(IntakeCase):
    """What arrives."""

    async def test_a_file_and_fields(self) -> None:
        """Each byte, its hash, its size, the sender's name; repeated fields are a list; the spool is clear again."""
        content = os.urandom(3 * MIB + 17)
        body = encoded_form(
            BOUNDARY,
            ("library", None, b"one"),
            ("audio_file", "집으로.mp3", content),
            ("tags", None, "é".encode()),
            ("tags", None, b"b"),
        )
        said = await self.send(body)
        self.assertEqual(201, said.status)
        self.assertEqual({"library": "one", "tags": ["é", "b"]}, said.json["fields"])
        digest = hashlib.sha256(content).hexdigest()
        self.assertEqual([["audio_file", "집으로.mp3", len(content), digest, True]], said.json["files"])
        self.assertEqual([len(body)], self.desk.admitted)
        await self.emptied()

    async def test_both_slash_forms(self) -> None:
        """The intake is for both."""
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x"))
        self.assertEqual(1, len((await self.send(body, path="/")).json["files"]))

    async def test_small_and_empty_files(self) -> None:
        """Also several; a file field without a choice is an empty field."""
        body = encoded_form(BOUNDARY, ("a", "1", b""), ("b", "2", b"\r\n--"), ("c", "", b""))
        said = await self.send(body)
        self.assertEqual([["a", 0], ["b", 4]], [[file[0], file[2]] for file in said.json["files"]])
        self.assertEqual({"c": ""}, said.json["fields"])

    async def test_a_body_in_crumbs(self) -> None:
        """However it is cut."""
        body = encoded_form(BOUNDARY, ("library", None, b"one"), ("audio_file", "a.mp3", b"--\r\n----a-bound" * 20))
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/uploads", {"Authorization": "x", "Transfer-Encoding": "chunked"} | FORM)
        for at in range(0, len(body), 7):
            piece = body[at : at + 7]
            talk.say(b"%x\r\n" % len(piece), piece, b"\r\n")
            await deferLater(reactor, 0, lambda: None)
        talk.say(b"0\r\n\r\n")
        said = await talk.answer()
        self.assertEqual((201, 300), (said.status, said.json["files"][0][2]))
        self.assertEqual([None], self.desk.admitted)

    async def test_other_bodies_are_documents(self) -> None:
        """Without files; and small."""
        said = await self.send(b'{"a": 1}', {"Content-Type": "application/json"})
        self.assertEqual({"fields": {"a": 1}, "files": []}, said.json)
        said = await self.send(b'{"a": "' + b"x" * 2 * MIB, {"Content-Type": "application/json"})
        self.assertEqual(413, said.status)

    async def test_the_next_request(self) -> None:
        """The connection lives on."""
        served = await self.serve()
        talk = await served.talk()
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 300_000))
        for _ in range(3):
            talk.ask("POST", "/api/v1/uploads", {"Authorization": "x"} | FORM, body)
            self.assertEqual(201, (await talk.answer()).status)


class AdmissionTests(IntakeCase):
    """Who may send at all."""

    async def test_a_large_answer_after_an_upload_that_came_at_once(self) -> None:
        """The connection was held until admission; the next requests on it are read all the same."""
        served = await self.serve()
        self.desk.admission = Deferred()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/uploads", {"Authorization": "x"} | FORM, encoded_form(BOUNDARY, ("name", None, b"a")))
        await settled()
        self.desk.admission.callback(None)
        self.assertEqual(201, (await talk.answer()).status)
        for _ in range(2):
            talk.ask("GET", "/api/v1/uploads/large")
            self.assertEqual(4 * MIB + 2, len((await talk.answer()).body))

    async def test_a_refusal_comes_before_the_body(self) -> None:
        """At once, and nothing is spooled."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/uploads", {"Content-Length": str(7 * MIB), "Expect": "100-continue"} | FORM)
        said = await talk.answer()
        self.assertEqual((401, "close"), (said.status, said.header("Connection")))
        self.assertEqual('Bearer realm="api"', said.header("WWW-Authenticate"))
        self.assertEqual((0, []), (self.desk.handled, self.left()))

    async def test_a_refusal_of_what_is_here_already(self) -> None:
        """A small body may have arrived whole before the answer is known."""
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x"))
        served = await self.serve()
        said = await served.ask("POST", "/api/v1/uploads", FORM, body)
        self.assertEqual(401, said.status)
        self.assertEqual([], self.left())

    async def test_nothing_is_read_before_admission(self) -> None:
        """The connection is paused; then every byte is there."""
        served = await self.serve()
        self.desk.admission = Deferred()
        content = os.urandom(6 * MIB)
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", content))
        talk = await self.begun(served, len(body), body)
        await until(lambda: [channel.phase.name for channel in served.site._channels] == ["BODY"], "the head")
        self.assertEqual([], self.left())
        self.desk.admission.callback(None)
        said = await talk.answer()
        self.assertEqual(hashlib.sha256(content).hexdigest(), said.json["files"][0][3])

    async def test_who_waits_for_it_is_invited_when_admitted(self) -> None:
        """100 comes after the admission."""
        served = await self.serve()
        self.desk.admission = Deferred()
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x"))
        talk = await served.talk()
        headers = {"Authorization": "x", "Content-Length": str(len(body)), "Expect": "100-continue"} | FORM
        talk.ask("POST", "/api/v1/uploads", headers)
        await settled()
        self.assertEqual(b"", talk.heard)
        self.desk.admission.callback(None)
        await until(lambda: talk.heard, "an invitation")
        self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", talk.heard)
        talk.say(body)
        self.assertEqual(201, (await talk.answer()).status)

    async def test_a_client_that_leaves_before_admission(self) -> None:
        """Nothing comes of it."""
        served = await self.serve()
        self.desk.admission = Deferred()
        talk = await self.begun(served, 1000, b"")
        talk.hang_up()
        await settled()
        self.desk.admission.callback(None)
        await settled()
        self.assertEqual((0, []), (self.desk.handled, self.left()))


class RefusalTests(IntakeCase):
    """What is turned away, and leaves nothing behind."""

    async def test_too_large(self) -> None:
        """By announcement, by count, by its fields."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/uploads", {"Authorization": "x", "Content-Length": str(9 * MIB)} | FORM)
        self.assertEqual(413, (await talk.answer()).status)
        self.assertEqual([], self.desk.admitted)
        talk = await served.talk()
        talk.ask("POST", "/api/v1/uploads", {"Authorization": "x", "Transfer-Encoding": "chunked"} | FORM)
        start = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"|")).partition(b"|")[0]
        talk.say(b"%x\r\n" % len(start), start, b"\r\n")
        for _ in range(9):
            talk.say(b"%x\r\n" % MIB, b"x" * MIB, b"\r\n")
        self.assertEqual(413, (await talk.answer()).status)
        self.assertEqual(
            413, (await self.send(encoded_form(BOUNDARY, ("a", None, b"x" * (MIB + 1))), served=served)).status
        )
        self.assertEqual(0, self.desk.handled)
        await self.emptied()

    async def test_broken_forms(self) -> None:
        """Each is 400."""
        served = await self.serve()
        good = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 1000))
        bad: list[tuple[bytes, dict[str, str]]] = [
            (good[:-4], {}),
            (good[:200], {}),
            (b"no form", {}),
            (good.replace(b"Content-Disposition", b"Content Disposition"), {}),
            (good.replace(b"\r\n\r\nx", b"\n\nx"), {}),
            (good, {"Content-Type": "multipart/form-data"}),
            (good, {"Content-Type": "multipart/form-data; boundary=" + "x" * 300}),
            (encoded_form(BOUNDARY, *(("a", None, b"") for _ in range(70))), {}),
            (encoded_form(BOUNDARY, *(("a", "f", b"") for _ in range(9))), {}),
            (encoded_form(BOUNDARY, ("a" * 9000, None, b"")), {}),
        ]
        for body, headers in bad:
            said = await self.send(body, headers, served=served)
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), body[:100])
            await self.emptied()

    async def test_a_broken_form_is_told_at_once(self) -> None:
        """While the client is still sending."""
        served = await self.serve()
        talk = await self.begun(served, 7 * MIB, b"--" + BOUNDARY + b"xx\r\n" + b"x" * 1000)
        self.assertEqual(400, (await talk.answer()).status)

    async def test_no_room(self) -> None:
        """507, whether it shows at the start or in the middle."""
        for at_once in (True, False):
            served = await self.serve()
            body = encoded_form(BOUNDARY, ("audio_file", "full.mp3", b"x" * 5 * MIB))
            if at_once:
                said = await self.send(body, served=served)
            else:
                talk = await self.begun(served, len(body) + 1000, body[:3000])
                said = await talk.answer()
            self.assertEqual((507, {"detail": "There is no room left to store this."}), (said.status, said.json))
            await self.emptied()

    async def test_a_disk_that_fills_up(self) -> None:
        """507 in the middle of the body, and the part is removed."""
        served = await self.serve()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 6 * MIB))
        talk = await self.begun(served, len(body) + 1000, body)
        self.assertEqual(507, (await talk.answer()).status)
        await self.emptied()

    async def test_a_bug_in_the_store(self) -> None:
        """It is logged and told as a bug."""
        said = await self.send(encoded_form(BOUNDARY, ("audio_file", "bug.mp3", b"x" * MIB)))
        self.assertEqual((500, {"detail": "internal error"}), (said.status, said.json))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_a_handler_that_fails(self) -> None:
        """The spool is cleared; also when it never looks, or when there is none."""
        served = await self.serve()
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 2 * MIB))
        for path, status in {"/failing": 507, "/unread": 200, "/nowhere": 404}.items():
            self.assertEqual(status, (await self.send(body, path=path, served=served)).status)
            await self.emptied()

    async def test_a_client_that_leaves_in_the_middle(self) -> None:
        """Its file is removed."""
        served = await self.serve()
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 6 * MIB))
        talk = await self.begun(served, len(body), body[: 3 * MIB])
        await until(lambda: len(self.left()) == 1, "a beginning")
        talk.hang_up()
        await self.emptied()
        self.assertEqual(0, self.desk.handled)

    async def test_a_client_that_leaves_when_all_is_here(self) -> None:
        """The handler finishes its work undisturbed, then the spool is cleared."""
        served = await self.serve()
        self.desk.slowly = Deferred()
        body = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"x" * 1000))
        talk = await self.begun(served, len(body), body)
        await until(lambda: self.desk.handled, "the handler")
        talk.hang_up()
        await talk.closed
        await until(lambda: self.desk.handled, "the handler")
        await settled()
        self.assertEqual((1, 1, []), (self.desk.handled, len(self.left()), self.desk.kept))
        self.desk.slowly.callback(None)
        await self.emptied()
        self.assertEqual(1, len(self.desk.kept))


@implementer(IPullProducer)
class Pouring:
    """Sends a long body, a piece at a time as the socket takes it."""

    def __init__(self, consumer: IConsumer, pieces: Iterator[bytes]) -> None:
        self._consumer, self._pieces = consumer, pieces
        self.done: Deferred[None] = Deferred()

    def resumeProducing(self) -> None:
        """The next piece."""
        piece = next(self._pieces, None)
        if piece is not None:
            self._consumer.write(piece)
            return
        self._consumer.unregisterProducer()
        self.done.callback(None)

    def stopProducing(self) -> None:
        """The site has gone."""
        self.done.errback(HungUp(b""))


def resident_bytes() -> int:
    """What this process holds in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class LargeTests(IntakeCase):
    """An upload that is larger than memory should be."""

    pieces = 256

    async def test_a_large_upload(self) -> None:
        """Memory stays flat, the reactor keeps turning, others are served."""
        served = await self.serve(IntakeSettings(body_limit=1 << 30))
        piece = os.urandom(MIB)
        whole = encoded_form(BOUNDARY, ("audio_file", "a.mp3", b"|"))
        head, _, tail = whole.partition(b"|")
        talk: Any = await served.talk()
        length = len(head) + len(tail) + self.pieces * MIB
        talk.ask("POST", "/api/v1/uploads", {"Authorization": "x", "Content-Length": str(length)} | FORM)
        talk.say(head)
        before, turns, busy, largest = resident_bytes(), [monotonic()], [thread_time()], [0]

        def look() -> None:
            turns.append(monotonic())
            busy.append(thread_time())
            largest[0] = max(largest[0], resident_bytes())

        looking = LoopingCall(look)
        looking.start(0.01)
        pouring = Pouring(talk.transport, (piece for _ in range(self.pieces)))
        talk.transport.registerProducer(pouring, False)
        other = await served.ask("GET", "/api/v1/uploads/x")
        self.assertEqual(404, other.status)
        await pouring.done
        talk.say(tail)
        said = await talk.answer()
        looking.stop()
        digest = hashlib.sha256()
        for _ in range(self.pieces):
            digest.update(piece)
        self.assertEqual([self.pieces * MIB, digest.hexdigest()], said.json["files"][0][2:4])
        self.assertLess(largest[0] - before, 30 * MIB)
        self.assertLess(median(b - a for a, b in pairwise(turns)), 0.1)
        self.assertLess(sorted(b - a for a, b in pairwise(busy))[-5], 0.1)
        await self.emptied()


class ForeignBytesTests(SynchronousTestCase):
    """Any bytes in a form."""

    @settings(max_examples=300, deadline=None)
    @given(
        st.text(max_size=20) | st.none(),
        st.lists(
            st.binary(max_size=30)
            | st.sampled_from(
                [b"--X", b"\r\n", b"--", b'Content-Disposition: form-data; name="a"; filename="b"', b"\r\n\r\n"]
            ),
            max_size=12,
        ),
    )
    def test_parser(self, boundary: str | None, pieces: list[bytes]) -> None:
        """The parser is made or refused, and never raises anything of its own that we do not know."""
        try:
            parser = multipart_parser(boundary, 8)
        except FwError:
            return
        try:
            for piece in pieces:
                if piece:
                    list(parser.parse(piece))
            parser.close()
        except ValueError as why:
            self.assertEqual("multipart", type(why).__module__)
