"""The front door: hosts, limits, deadlines, other sites' pages, the log, and leaving in good order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import CannotListenError, ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.websocket import WebSocketResource, WebSocketTransport

from fwtwisted.web.accesslog import blotted
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Doors, Mount, Site, SiteSettings
from tests.waiting import settled, until
from tests.web.echoing import MEGABYTE, Echo, Foreign, SiteCase
from tests.web.serving import SILENT, HungUp, Served, Talk, reactor, serve


class HostTests(SiteCase):
    """Whose Host header is answered."""

    async def test_only_our_names_are_answered(self) -> None:
        """Ports and case do not matter; others are 400, as is none at all."""
        served = await self.serve(evolve(SILENT, hosts=frozenset(("pod.example", ".music.example", "::1"))))
        for host, status in {
            "pod.example": 200, "POD.example:5000": 200, "pod.example.": 200, "a.music.example": 200, "[::1]:80": 200,
            "evil.example": 400, "pod.example.evil": 400, "pod.example:x": 400, "": 400, "\xff": 400,
        }.items():  # fmt: skip
            said = await served.ask("GET", "/api/v1/echo", {"Host": host})
            self.assertEqual(status, said.status, host)
        talk = await served.talk()
        talk.say(b"GET /api/v1/echo HTTP/1.1\r\n\r\n")
        self.assertEqual({"detail": "Invalid Host header."}, (await talk.answer()).json)

    async def test_none_is_named_in_http_1_0(self) -> None:
        """Old players are answered that know no Host; one that they do name must be ours."""
        served = await self.serve(evolve(SILENT, hosts=frozenset(("pod.example",))))
        for head, status in ((b"", 200), (b"Host: pod.example\r\n", 200), (b"Host: evil.example\r\n", 400)):
            talk = await served.talk()
            talk.say(b"GET /api/v1/echo HTTP/1.0\r\n", head, b"\r\n")
            self.assertEqual(status, (await talk.answer()).status, head)

    async def test_health_may_be_asked_by_any_name_from_this_machine(self) -> None:
        """A container's check knows no name."""
        served = await self.serve(evolve(SILENT, hosts=frozenset(("pod.example",))))
        self.assertEqual(204, (await served.ask("GET", "/health/quiet", {"Host": "10.0.0.1"})).status)

    async def test_targets_of_other_forms(self) -> None:
        """A proxy's absolute form is read; an asterisk is for OPTIONS; the rest leads nowhere."""
        served = await self.serve()
        self.assertEqual(200, (await served.ask("GET", "http://pod.example/api/v1/echo")).status)
        everything = await served.ask("OPTIONS", "*")
        self.assertEqual((200, "0"), (everything.status, everything.header("Content-Length")))
        self.assertEqual(404, (await served.ask("GET", "nowhere")).status)
        self.assertEqual(404, (await served.ask("GET", "/")).status)


class LimitTests(SiteCase):
    """How much a request may be."""

    async def test_a_body_is_refused_before_it_is_read(self) -> None:
        """By the announced length; nothing of it need be sent."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/echo", {"Content-Length": str(MEGABYTE + 1), "Content-Type": "application/json"})
        said = await talk.answer("POST")
        self.assertEqual((413, "close"), (said.status, said.header("Connection")))
        self.assertEqual({"detail": "The request is too large."}, said.json)

    async def test_no_invitation_precedes_a_refusal(self) -> None:
        """Who waits for 100 gets 413 alone."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/echo", {"Content-Length": str(2 * MEGABYTE), "Expect": "100-continue"})
        self.assertEqual(413, (await talk.answer("POST")).status)
        talk = await served.talk()
        talk.ask(
            "POST",
            "/api/v1/echo",
            {"Content-Length": "2", "Expect": "100-continue", "Content-Type": "application/json"},
        )
        await until(lambda: talk.heard, "an invitation")
        self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", talk.heard)
        talk.say(b"{}")
        self.assertEqual(200, (await talk.answer("POST")).status)

    async def test_a_refusal_reaches_a_client_that_goes_on_sending(self) -> None:
        """What it sends is dropped, and the connection is not reset under its answer."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/echo", {"Content-Length": str(64 * MEGABYTE)})
        for _ in range(32):
            talk.say(b"x" * MEGABYTE)
        self.assertEqual(413, (await talk.answer("POST")).status)

    async def test_a_body_of_unknown_length_is_counted(self) -> None:
        """Chunks are read up to the limit."""
        served = await self.serve()
        for size, status in ((MEGABYTE - 20, 400), (MEGABYTE + 20, 413)):  # the first is no JSON
            talk = await served.talk()
            talk.ask("POST", "/api/v1/echo", {"Transfer-Encoding": "chunked", "Content-Type": "application/json"})
            for _ in range(4):
                talk.say(b"%x\r\n" % (size // 4), b"x" * (size // 4), b"\r\n")
            talk.say(b"0\r\n\r\n")
            self.assertEqual(status, (await talk.answer("POST")).status, size)

    async def test_a_place_may_take_more(self) -> None:
        """The limit is the mount's."""
        served = await self.serve()
        body = b'{"a": "' + b"x" * MEGABYTE + b'"}'
        headers = {"Content-Type": "application/json"}
        self.assertEqual(200, (await served.ask("POST", "/api/v1/roomy", headers, body)).status)
        self.assertEqual(413, (await served.ask("POST", "/api/v1/echo", headers, body)).status)
        self.assertEqual(413, (await served.ask("POST", "/api/v1/nowhere", headers, body)).status)

    async def test_heads_are_bounded(self) -> None:
        """Bytes and number: 431."""
        served = await self.serve()
        many = {f"X-{number}": "y" for number in range(120)}
        for headers in (many, {"X-Long": "y" * 70_000}, {f"X-{number}": "y" * 9_000 for number in range(10)}):
            self.assertEqual(431, (await served.ask("GET", "/api/v1/echo", headers)).status)
        talk = await served.talk()
        talk.say(b"GET /" + b"x" * 70_000)
        self.assertEqual(431, (await talk.answer()).status)
        self.assertEqual(200, (await served.ask("GET", "/api/v1/echo", {"X-Long": "y" * 30_000})).status)

    async def test_heads_that_mean_two_things_are_refused(self) -> None:
        """Two lengths, absurd ones, chunks beside them, two hosts, bare line feeds, spaces in names, look-alikes."""
        served = await self.serve()
        for lines in (
            b"Content-Length: 2\r\nContent-Length: 3\r\n",
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
            b"Content-Length: +2\r\n",
            b"Content-Length: " + b"9" * 5_000 + b"\r\n",
            b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n",
            b"Host: b\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"A: b\nContent-Length: 2\r\n",
            b"A : b\r\n",
            b"no colon\r\n",
            b"X_Forwarded_For: 1.2.3.4\r\n",
            b"x-real_ip: 1.2.3.4\r\n",
        ):
            talk = await served.talk()
            talk.say(
                b"POST /api/v1/echo HTTP/1.1\r\nHost: a\r\n",
                lines,
                b"A: b\r\n\r\n{}GET /api/v1/echo HTTP/1.1\r\nHost: a\r\n\r\n",
            )
            said = await talk.answer("POST")
            self.assertEqual((400, "close"), (said.status, said.header("Connection")), lines)
            self.assertEqual(b"", talk.heard)
        self.assertEqual(0, self.echo.answered)

    async def test_what_is_no_http_at_all(self) -> None:
        """It is refused in HTTP's own words."""
        served = await self.serve()
        for line in (b"hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / SPDY/9\r\n\r\n", b"\x16\x03\x01\x02\r\n\r\n"):
            talk = await served.talk()
            talk.say(line)
            self.assertEqual(400, (await talk.answer()).status, line)
        talk = await served.talk()
        talk.ask("POST", "/api/v1/echo", {"Transfer-Encoding": "chunked"}, b"zz\r\n")
        self.assertEqual(400, (await talk.answer()).status)

    async def test_old_clients(self) -> None:
        """HTTP/1.0 is answered, and the connection closed."""
        served = await self.serve()
        talk = await served.talk()
        talk.say(b"GET /api/v1/echo HTTP/1.0\r\nHost: a\r\n\r\n")
        said = await talk.answer()
        self.assertEqual((200, "close"), (said.status, said.header("Connection")))
        await talk.closed


class DeadlineTests(SiteCase):
    """How long things may take; the clock is ours, the sockets are real."""

    def setUp(self) -> None:
        """A clock that stands still."""
        self.clock = Clock()

    async def connected(self, said: bytes = b"") -> Talk:
        """A connection on which this much was said, and has arrived."""
        served = await self.serve(clock=self.clock)
        talk = await served.talk()
        talk.say(said)
        self.site = served.site
        await settled()
        return talk

    async def pass_time(self, seconds: float) -> None:
        """Second by second."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
        await settled()

    async def test_an_idle_connection(self) -> None:
        """It is closed after 75 seconds, and not before."""
        talk = await self.connected()
        await self.pass_time(75)
        self.assertFalse(talk.is_closed)
        await self.pass_time(2)
        await talk.closed

    async def test_an_idle_connection_after_an_answer(self) -> None:
        """The time counts from the answer."""
        talk = await self.connected()
        await self.pass_time(60)
        talk.ask("GET", "/api/v1/echo")
        await talk.answer()
        await self.pass_time(70)
        talk.ask("GET", "/api/v1/echo")
        self.assertEqual(200, (await talk.answer()).status)

    async def test_more_connections_than_there_is_room_for(self) -> None:
        """Whoever has had nothing to do for longest makes room; nobody who is being answered does."""
        served = await self.serve(SiteSettings(most_connections=3), clock=self.clock)
        busy, dribbling, idle = [await served.talk() for _ in range(3)]
        head = b"POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        busy.say(head, b"{")
        dribbling.say(b"GET /api/v1/echo HTTP/1.1\r\n")
        await settled()
        self.clock.advance(5)
        idle.ask("GET", "/api/v1/echo")
        await idle.answer()
        self.assertEqual(200, (await served.ask("GET", "/api/v1/echo")).status)
        await dribbling.closed
        late = []
        for _ in range(3):
            late.append(await served.talk())
            await settled()
            self.clock.advance(1)
        await idle.closed
        busy.say(b"}")
        self.assertEqual(200, (await busy.answer()).status)
        await late[0].closed
        self.assertEqual([True, False, False], [one.is_closed for one in late])

    async def test_a_head_that_dribbles_in(self) -> None:
        """Thirty seconds in all, however many bytes come."""
        talk = await self.connected(b"GET /api/v1/echo HTTP/1.1\r\n")
        for _ in range(29):
            talk.say(b"A: b\r\n")
            await self.pass_time(1)
        self.assertFalse(talk.is_closed)
        talk.say(b"A: b\r\n")
        await self.pass_time(2)
        await talk.closed

    async def test_a_body_that_stops(self) -> None:
        """Sixty seconds without a byte."""
        head = b"POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
        talk = await self.connected(head)
        for _ in range(3):
            await self.pass_time(50)
            talk.say(b"x")
            await settled()
        self.assertFalse(talk.is_closed)
        await self.pass_time(62)
        await talk.closed

    async def test_a_handler_may_take_longer(self) -> None:
        """No deadline of the connection ends our own work."""
        talk = await self.connected(b"GET /api/v1/echo/slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await self.pass_time(1000)
        self.echo.waiting.callback(None)
        self.assertEqual(200, (await talk.answer()).status)

    async def test_a_client_that_stops_reading(self) -> None:
        """It is cut off when it takes nothing for 120 seconds; while it takes something it is not."""
        talk = await self.connected()
        talk.stop_reading()
        talk.ask("GET", "/api/v1/echo/large")
        await settled()
        await self.pass_time(100)
        talk.read_on()
        await settled()
        talk.stop_reading()
        await settled()
        await self.pass_time(100)
        self.assertEqual(1, self.site.connections)
        await self.pass_time(125)
        await until(lambda: not self.site.connections, "the end of the connection")
        talk.read_on()
        with self.assertRaises(HungUp):
            await talk.answer()

    async def test_a_refused_client_that_does_not_leave(self) -> None:
        """It has five seconds to read its refusal."""
        talk = await self.connected(b"POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        self.assertEqual(413, (await talk.answer()).status)
        await self.pass_time(4)
        self.assertFalse(talk.is_closed)
        await self.pass_time(3)
        await talk.closed


class OriginTests(SiteCase):
    """Pages of other sites."""

    async def test_any_origin_may_read_the_api(self) -> None:
        """It is echoed, with credentials; also on failures, never without asking."""
        served = await self.serve()
        for path, status in (("/api/v1/echo", 200), ("/api/v1/nowhere", 404), ("/federation/x", 404)):
            said = await served.ask("GET", path, {"Origin": "https://other.example"})
            self.assertEqual(status, said.status)
            self.assertEqual("https://other.example", said.header("Access-Control-Allow-Origin"))
            self.assertEqual(("true", "Origin"), (said.header("Access-Control-Allow-Credentials"), said.header("Vary")))
            self.assertIn("Content-Range", said.header("Access-Control-Expose-Headers") or "")
        self.assertIsNone((await served.ask("GET", "/api/v1/echo")).header("Access-Control-Allow-Origin"))

    async def test_a_refusal_can_be_read_too(self) -> None:
        """413 carries the same headers."""
        served = await self.serve()
        talk = await served.talk()
        talk.ask("POST", "/api/v1/echo", {"Content-Length": "99999999", "Origin": "https://other.example"})
        self.assertEqual("https://other.example", (await talk.answer()).header("Access-Control-Allow-Origin"))

    async def test_media_are_for_everybody(self) -> None:
        """Without credentials."""
        said = await (await self.serve()).ask("GET", "/media/quiet", {"Origin": "https://other.example"})
        self.assertEqual("*", said.header("Access-Control-Allow-Origin"))
        self.assertIsNone(said.header("Access-Control-Allow-Credentials"))

    async def test_subsonic_is_for_everybody(self) -> None:
        """Apps of any host ask, also with a slash too many, and without cookies (docs/subsonic.md rule 2)."""
        for path in ("/rest/ping", "//rest/ping.view", "/api/subsonic/rest/ping"):
            headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
            said = await (await self.serve()).ask("OPTIONS", path, headers)
            self.assertEqual((200, "*"), (said.status, said.header("Access-Control-Allow-Origin")), path)
            self.assertIsNone(said.header("Access-Control-Allow-Credentials"))
            self.assertIn("HEAD", said.header("Access-Control-Allow-Methods") or "")

    async def test_a_preflight(self) -> None:
        """Methods and headers are told, and nothing is done."""
        headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "PATCH"}
        said = await (await self.serve()).ask("OPTIONS", "/api/v1/echo/", headers)
        self.assertEqual(200, said.status)
        self.assertIn("PATCH", said.header("Access-Control-Allow-Methods") or "")
        for name in ("authorization", "content-type", "x-csrftoken", "range"):
            self.assertIn(name, said.header("Access-Control-Allow-Headers") or "")
        self.assertEqual(0, self.echo.answered)


class LogTests(SiteCase):
    """The access log."""

    async def logged(self, path: str, headers: Mapping[str, str] | None = None) -> list[Any]:
        """The events of one request."""
        served = await self.serve(SiteSettings())
        with capturedLogs() as events:
            await served.ask("GET", path, headers)
        return [event for event in events if event.get("event") == "web.request"]

    async def test_a_line_per_request(self) -> None:
        """Who (by number), what, how it went, how much, how long."""
        [event] = await self.logged("/api/v1/echo/secret", {"X-Forwarded-For": "1.2.3.4", "X-Request-ID": "r1"})
        self.assertEqual(
            ("1.2.3.4", "GET", 204, 7, "r1"),
            tuple(event[k] for k in ("client", "method", "status", "account", "request")),
        )
        self.assertGreaterEqual(event["seconds"], 0)
        self.assertEqual("info", event["log_level"].name)

    async def test_health_checks_are_for_those_who_debug(self) -> None:
        """A quiet request is logged below info."""
        [event] = await self.logged("/health/quiet")
        self.assertEqual("debug", event["log_level"].name)

    async def test_secrets_are_blotted_out(self) -> None:
        """By name, however the name is spelled."""
        for target, safe in {
            "/a?token=abc&x=1": "/a?token=…&x=1",
            "/rest/ping?u=me&p=enc:aa&t=b&s=c&f=json": "/rest/ping?u=me&p=…&t=…&s=…&f=json",
            "/a?%74oken=abc&Access_Token=b": "/a?%74oken=…&Access_Token=…",
            "/a?tokens=1&top=2&t": "/a?tokens=1&top=2&t",
            "/token=abc": "/token=abc",
            "/authorize?x=y&state=a&nonce=b&code_challenge=c": "/authorize?x=y&state=…&nonce=…&code_challenge=…",
            "/x?code=a&code_verifier=b&refresh_token=c&client_secret=d": (
                "/x?code=…&code_verifier=…&refresh_token=…&client_secret=…"
            ),
            "/login?next=/authorize%3Fstate%3Da": "/login?next=…",
        }.items():
            self.assertEqual(safe, blotted(target.encode()))
        [event] = await self.logged("/api/v1/echo?token=abc")
        self.assertNotIn("abc", str(event))


class LeavingTests(SiteCase):
    """Stopping in good order."""

    async def test_requests_in_flight_finish(self) -> None:
        """Idle connections are closed at once, busy ones after their answer; nobody new is let in."""
        served = await self.serve()
        doors = Doors(served.site, [TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")])
        [address] = await doors.open()
        assert isinstance(address, IPv4Address)
        idle, busy = await Served(served.site, address.port).talk(), await Served(served.site, address.port).talk()
        busy.ask("GET", "/api/v1/echo/slow")
        await self.echo.started
        closing = Deferred.fromCoroutine(doors.close())
        await idle.closed
        with self.assertRaises(ConnectionRefusedError):
            await Served(served.site, address.port).talk()
        self.assertFalse(closing.called)
        self.echo.waiting.callback(None)
        said = await busy.answer()
        self.assertEqual((200, "close"), (said.status, said.header("Connection")))
        await closing

    async def test_requests_that_do_not_finish_are_cut(self) -> None:
        """After the grace time."""
        clock = Clock()
        served = await self.serve(evolve(SILENT, grace_seconds=30.0), clock)
        talk = await served.talk()
        talk.ask("GET", "/api/v1/echo/slow")
        await self.echo.started
        draining = Deferred.fromCoroutine(served.site.drain())
        clock.advance(29)
        self.assertFalse(draining.called)
        clock.advance(2)
        await draining
        await talk.closed
        self.assertEqual(b"", talk.heard)

    async def test_all_endpoints_or_none(self) -> None:
        """When one is taken, those before it are closed again."""
        served = await self.serve()
        site = Site([], SILENT, reactor)
        first = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        taken = TCP4ServerEndpoint(reactor, served.port, interface="127.0.0.1")
        with self.assertRaises(CannotListenError):
            await Doors(site, [first, taken]).open()


class Parrot:
    """Says again what it hears over a WebSocket."""

    app = resource_app()

    def __init__(self) -> None:
        self.lost = 0

    @app.route("/", methods=["GET"])
    async def live(self, request: LeanRequest) -> Resource:
        return WebSocketResource(self)

    def buildProtocol(self, request: Request) -> Parrot:
        """One parrot for all."""
        return self

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        """Somebody is there."""
        self.transport = transport

    def negotiationFinished(self) -> None:
        """And ready."""

    def textMessageReceived(self, message: str) -> None:
        """Say it again."""
        self.transport.sendTextMessage(message * 2)

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """Nothing."""

    def pongReceived(self, payload: bytes) -> None:
        """Nothing."""

    def connectionLost(self, reason: Failure) -> None:
        """Gone."""
        self.lost += 1


class WebSocketTests(TestCase):
    """A handler that returns a WebSocket."""

    async def opened(self) -> Talk:
        """A WebSocket with the parrot."""
        self.parrot, self.clock = Parrot(), Clock()
        self.site = await serve(self, [Mount("/api/v1/activity", self.parrot.app.resource())], SILENT, self.clock)
        talk = await self.site.talk()
        talk.ask(
            "GET",
            "/api/v1/activity",
            {
                "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            },
        )  # fmt: skip
        await until(lambda: b"\r\n\r\n" in talk.heard, "an answer")
        self.assertTrue(talk.heard.startswith(b"HTTP/1.1 101"))
        talk.heard = b""
        return talk

    async def test_messages(self) -> None:
        """They go to and fro, and no deadline of HTTP ends that."""
        talk = await self.opened()
        for _ in range(300):
            self.clock.advance(1)
        talk.say(b"\x81\x82\0\0\0\0hi")
        await until(lambda: len(talk.heard) >= 6, "an echo")
        self.assertEqual(b"\x81\x04hihi", talk.heard)
        talk.hang_up()
        await talk.closed
        await until(lambda: not self.site.site.connections, "the end of the connection")
        self.assertEqual(1, self.parrot.lost)

    async def test_leaving(self) -> None:
        """When the house stops, the connection is closed without waiting."""
        talk = await self.opened()
        await self.site.site.drain()
        await talk.closed

    async def test_what_is_no_handshake(self) -> None:
        """It is refused."""
        self.parrot = Parrot()
        served = await serve(self, [Mount("/api/v1/activity", self.parrot.app.resource())])
        said = await served.ask("GET", "/api/v1/activity")
        self.assertEqual(4, said.status // 100)


class MountTests(SiteCase):
    """The table of prefixes."""

    async def test_resources_of_other_kinds(self) -> None:
        """They see the path below their prefix; their bugs say nothing."""
        served = await self.serve()
        said = await served.ask("GET", "/foreign/a/b%20c")
        self.assertEqual((200, b"a/b c"), (said.status, said.body))
        self.assertEqual(500, (await served.ask("POST", "/foreign")).status)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_apps_may_share_a_prefix(self) -> None:
        """Their routes are joined."""

        class More:
            app = resource_app()

            @app.route("/more/", methods=["GET"])
            async def more(self, request: LeanRequest) -> bytes:
                return answer(request, 200, "more")

        echo, more = Echo(), More()
        served = await serve(self, [Mount("/api/v1", echo.app.resource()), Mount("/api/v1", more.app.resource())])
        self.assertEqual("more", (await served.ask("GET", "/api/v1/more")).json)
        self.assertEqual(204, (await served.ask("GET", "/api/v1/quiet")).status)

    def test_prefixes_are_spelled_one_way(self) -> None:
        """A slash at the start, none at the end; strangers cannot share."""
        for prefix in ("api", "/api/", "/"):
            with self.assertRaises(ValueError):
                Site([Mount(prefix, Foreign())], SILENT, reactor)
        with self.assertRaises(ValueError):
            Site([Mount("/a", Foreign()), Mount("/a", Foreign())], SILENT, reactor)


class ForeignBytesTests(SiteCase):
    """Any bytes on the wire."""

    async def test_noise(self) -> None:
        """Whatever comes, the next client is served and nothing is logged as a bug."""
        served = await self.serve()
        noise = [bytes((seed * number) % 256 for number in range(1, 400)) for seed in range(1, 120)]
        verbs = [b"GET ", b"POST /api/v1/echo HTTP/1.1\r\n", b"GET /api/v1/echo HTTP/1.1\r\nHost: a\r\n", b"\r\n"]
        for number, bytes_ in enumerate(noise):
            talk = await served.talk()
            talk.say(verbs[number % len(verbs)], bytes_, b"\r\n\r\n")
            await settled(1)
            talk.hang_up()
        self.assertEqual(200, (await served.ask("GET", "/api/v1/echo")).status)
