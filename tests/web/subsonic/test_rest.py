"""One call from the request to the envelope (docs/subsonic.md §1, §2, §5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from twisted.trial.unittest import TestCase

from fwtwisted.core.subsonic.login import Session
from fwtwisted.model.errors import Forbidden, NotFound, Throttled, Unavailable
from fwtwisted.model.people import Viewer
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import EMPTY, Caller, Counted, call, media_call
from fwtwisted.web.subsonic.rest import Rest
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload, Server
from fwtwisted.wire.subsonic.errors import Code, Refused
from tests.web.serving import Answer, Served, serve

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FAILURES = {"403": Forbidden, "404": NotFound, "bug": RuntimeError}


class Area:
    """Some calls."""

    @call("ping")
    async def ping(self, asked: Asked, caller: Caller) -> Payload:
        return EMPTY

    @call("getOpenSubsonicExtensions", is_open=True)
    async def extensions(self, asked: Asked, caller: Caller) -> Payload:
        return {"openSubsonicExtensions": [{"name": "formPost", "versions": [1]}]}

    @call("echo")
    async def echo(self, asked: Asked, caller: Caller) -> Counted:
        return Counted({"echo": {"id": asked.many("id"), "c": caller.client}}, 77)

    @call("fail")
    async def fail(self, asked: Asked, caller: Caller) -> Payload:
        if asked.text("how") == "busy":
            raise Throttled(9)
        raise FAILURES[asked.needed("how")]

    @media_call("stream")
    async def stream(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes | None:
        if asked.truth("away", False):
            raise Unavailable("The store is away.")
        request.setHeader("Content-Type", "audio/mpeg")
        return b"bytes"


NADIA = Session(
    Viewer(1, 2, "nadia", is_local=True, scopes=frozenset({"read:libraries"})), "nadia@pod.example", frozenset(), 0,
    catalog=1, libraries=1, ratings=1, notes=1,
)  # fmt: skip


async def admit(request: LeanRequest, asked: Asked, *, is_counted: bool) -> Caller:
    if asked.text("u") != "nadia":
        raise Refused(Code.WRONG_CREDENTIALS, "Wrong username or password")
    return Caller(NADIA, asked.text("c") or "")


class RestTests(TestCase):
    """A site with a few calls."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.enabled = True
        rest = Rest(Server("fwtwisted", "1", "1.4.0"), [Area()], admit, self.is_enabled)
        self.served: Served = await serve(self, rest.mounts())

    async def is_enabled(self) -> bool:
        return self.enabled

    async def get(self, path: str, **query: str) -> Answer:
        return await self.served.ask("GET", f"{path}?{urlencode({'u': 'nadia', 'f': 'json', **query})}")

    def envelope(self, answer: Answer) -> dict[str, Any]:
        told: dict[str, Any] = answer.json["subsonic-response"]
        self.assertEqual("*", answer.header("Access-Control-Allow-Origin"))
        return told

    async def test_every_spelling_of_an_address(self) -> None:
        """With and without ``.view``, in any case, with a slash too many, in both places."""
        for path in (
            "/rest/ping",
            "/rest/ping.view",
            "/rest/ping/",
            "/rest/PING.view",
            "//rest/ping.view",
            "/rest//ping.view",
            "/api/subsonic/rest/ping",
        ):
            self.assertEqual("ok", self.envelope(await self.get(path))["status"], path)

    async def test_names_that_nobody_knows(self) -> None:
        """404, and still an envelope in the format that was asked for."""
        answer = await self.get("/rest/getNothing.view")
        self.assertEqual((404, 0), (answer.status, self.envelope(answer)["error"]["code"]))
        answer = await self.served.ask("GET", "/rest/getNothing.view")
        self.assertEqual((404, "text/xml; charset=utf-8"), (answer.status, answer.header("Content-Type")))

    async def test_switched_off(self) -> None:
        """405 with an envelope."""
        self.enabled = False
        answer = await self.get("/rest/ping")
        self.assertEqual((405, "failed"), (answer.status, self.envelope(answer)["status"]))

    async def test_parameters_from_query_and_body(self) -> None:
        """Thousands of ids in a form, the credentials in the query; the query comes first."""
        body = urlencode([("id", str(number)) for number in range(6000)]).encode()
        answer = await self.served.ask("POST", "/rest/echo?u=nadia&f=json&id=x&c=App", FORM, body)
        told = self.envelope(answer)
        self.assertEqual(["x", "0", "1"], told["echo"]["id"][:3])
        self.assertEqual((6001, "App"), (len(told["echo"]["id"]), told["echo"]["c"]))
        self.assertEqual("77", answer.header("X-Total-Count"))

    async def test_everything_in_the_body(self) -> None:
        """Log-in, format and arguments."""
        answer = await self.served.ask("POST", "/rest/echo.view", FORM, b"u=nadia&f=json&id=7")
        self.assertEqual(["7"], self.envelope(answer)["echo"]["id"])

    async def test_multipart(self) -> None:
        """A form of the other kind is read too."""
        body = b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n7\r\n--b--\r\n'
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await self.served.ask("POST", "/rest/echo?u=nadia&f=json", kind, body)
        self.assertEqual(["7"], self.envelope(answer)["echo"]["id"])

    async def test_bodies_of_another_type(self) -> None:
        """Some apps say that an empty body, or none, is JSON."""
        for method in ("GET", "POST"):
            answer = await self.served.ask(method, "/rest/ping?u=nadia&f=json", {"Content-Type": "application/json"})
            self.assertEqual("ok", self.envelope(answer)["status"])

    async def test_a_body_that_cannot_be_read(self) -> None:
        """An envelope in the format of the query."""
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await self.served.ask("POST", "/rest/echo?u=nadia&f=json", kind, b"nothing of the kind")
        self.assertEqual((200, 0), (answer.status, self.envelope(answer)["error"]["code"]))

    async def test_failures(self) -> None:
        """Each becomes its code; a bug says no more than that there was one."""
        for how, code in (("403", 50), ("404", 70)):
            self.assertEqual(code, self.envelope(await self.get("/rest/fail", how=how))["error"]["code"])
        told = self.envelope(await self.get("/rest/fail", how="bug"))
        self.assertEqual({"code": 0, "message": "internal error"}, told["error"])
        self.assertEqual(1, len(self.flushLoggedErrors(RuntimeError)))
        self.assertEqual(10, self.envelope(await self.get("/rest/fail"))["error"]["code"])

    async def test_asked_too_often(self) -> None:
        """429 says when to come back."""
        answer = await self.get("/rest/fail", how="busy")
        self.assertEqual((429, "9"), (answer.status, answer.header("Retry-After")))
        self.assertEqual("failed", self.envelope(answer)["status"])

    async def test_versions(self) -> None:
        """Another generation is refused; what cannot be read, or is newer within ours, is not."""
        for version, code in (("0.9", 20), ("2.0.0", 30)):
            self.assertEqual(code, self.envelope(await self.get("/rest/ping", v=version))["error"]["code"])
        for version in ("1.99.0", "1", "x", ""):
            self.assertEqual("ok", self.envelope(await self.get("/rest/ping", v=version))["status"])

    async def test_credentials(self) -> None:
        """Wrong ones are told with status 200; the extensions need none."""
        answer = await self.get("/rest/ping", u="else")
        self.assertEqual((200, 40), (answer.status, self.envelope(answer)["error"]["code"]))
        answer = await self.get("/rest/getOpenSubsonicExtensions", u="else")
        self.assertEqual("ok", self.envelope(answer)["status"])

    async def test_jsonp(self) -> None:
        """A function is called; a name that is none is never echoed."""
        answer = await self.get("/rest/ping", f="jsonp", callback="got")
        self.assertTrue(answer.body.startswith(b"got({"))
        self.assertEqual("application/javascript; charset=utf-8", answer.header("Content-Type"))
        for callback in ("alert(1)//", ""):
            answer = await self.get("/rest/ping", f="jsonp", callback=callback)
            self.assertEqual(10, self.envelope(answer)["error"]["code"])

    async def test_bytes(self) -> None:
        """By GET and POST; HEAD sends the head; a store that is away is told with a status."""
        for method in ("GET", "POST", "HEAD"):
            answer = await self.served.ask(method, "/rest/stream?u=nadia")
            self.assertEqual(
                (200, "audio/mpeg", "5"), (answer.status, *map(answer.header, ("Content-Type", "Content-Length")))
            )
            self.assertEqual(b"" if method == "HEAD" else b"bytes", answer.body)
        answer = await self.get("/rest/stream", away="true")
        self.assertEqual((503, 0), (answer.status, self.envelope(answer)["error"]["code"]))

    async def test_other_methods(self) -> None:
        """An envelope, not an error of another protocol."""
        answer = await self.served.ask("DELETE", "/rest/ping?u=nadia&f=json")
        self.assertEqual((200, "failed"), (answer.status, self.envelope(answer)["status"]))
